"""A file of logical lines: an entry begins in the first column, lines that begin with white space continue it.

So are main.cf, master.cf and aliases (source: Postfix's readlline(3)): empty lines and lines whose first character
beside white space is `#` are passed over, also between an entry and what continues it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines with their line ends. An entry's may hold comments; what is no entry has an empty `text`."""

    lines: tuple[str, ...]
    text: str = ""

    @property
    def comments(self) -> tuple[str, ...]:
        """Its lines that say nothing."""
        return tuple(line for line in self.lines if _says_nothing(line))


def read(content: bytes) -> list[Piece]:
    """All of a file in order; joined together the pieces are the file again."""
    pieces: list[Piece] = []
    lines = _lines(content)
    waiting: list[str] = []
    entry: list[str] = []
    for line in lines:
        if _says_nothing(line):
            waiting.append(line)
        elif line[0] in " \t" and entry:
            entry += [*waiting, line]
            waiting = []
        else:
            pieces += _finished(entry, waiting)
            entry, waiting = [line], []
    return [*pieces, *_finished(entry, waiting)]


def write(pieces: Iterable[Piece]) -> bytes:
    """The file of these pieces."""
    return "".join(line for piece in pieces for line in piece.lines).encode("utf-8", "surrogateescape")


def edited(
    content: bytes,
    wanted: dict[str, str | None],
    *,
    name_of: Callable[[Piece], str],
    same: Callable[[Piece, str], bool],
    written: Callable[[str, str], str],
    heading: str,
) -> bytes:
    """The file with these entries; None takes an entry away.

    Of entries with one name the last counts, and the others go. What is new is put behind all else, under `heading`.
    """
    left = dict(wanted)
    pieces: list[Piece] = []
    for piece in reversed(read(content)):
        name = name_of(piece) if piece.text else ""
        if name not in wanted:
            pieces.append(piece)
            continue
        value = left.pop(name, None)
        if value is None:
            pieces.append(Piece(piece.comments))
        elif same(piece, value):
            pieces.append(piece)
        else:
            pieces.append(Piece((*piece.comments, written(name, value))))
    pieces.reverse()
    new = [written(name, value) for name, value in left.items() if value is not None]
    if new:
        ended = not pieces or not pieces[-1].lines or pieces[-1].lines[-1].endswith("\n")
        headed = any(f"{heading}\n" in piece.lines for piece in pieces)
        above = ["" if ended else "\n", *([] if headed else ["\n", f"{heading}\n"])]
        pieces.append(Piece((*above, *new)))
    return write(pieces)


def _lines(content: bytes) -> list[str]:
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _finished(entry: list[str], waiting: list[str]) -> list[Piece]:
    found = []
    if entry:
        text = " ".join(" ".join(line.split()) for line in entry if not _says_nothing(line))
        found.append(Piece(tuple(entry), text))
    if waiting:
        found.append(Piece(tuple(waiting)))
    return found
