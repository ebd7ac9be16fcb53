"""master.cf by service and by option, as postconf(1) -M and -P name them."""

from collections.abc import Mapping
from dataclasses import dataclass

from backends.apply.edit import pieces
from backends.apply.edit.main_cf import HEADING
from backends.apply.edit.pieces import Piece

_COLUMNS = 8  # name, type, private, unprivileged, chroot, wakeup, processes, command


@dataclass(frozen=True, slots=True)
class Service:
    """One entry: its eight columns, its `-o` options in order, and the other arguments of its command."""

    columns: tuple[str, ...]
    options: dict[str, str]
    arguments: tuple[str, ...]

    @property
    def name(self) -> str:
        """`smtp/inet`, say."""
        return f"{self.columns[0]}/{self.columns[1]}"


def services(content: bytes) -> dict[str, str]:
    """Columns three to eight and the command's other arguments by `name/type`, and options by `name/type/option`."""
    found: dict[str, str] = {}
    for piece in pieces.read(content):
        if service := _service(piece):
            found[service.name] = " ".join((*service.columns[2:], *service.arguments))
            found |= {f"{service.name}/{option}": value for option, value in service.options.items()}
    return found


def with_services(content: bytes, wanted: Mapping[str, str | None]) -> bytes:
    """The file with these, keyed as `services` keys them; None takes a service or an option away."""
    by_service: dict[str, dict[str, str | None]] = {}
    for key, value in wanted.items():
        name, kind, option = (*key.split("/", 2), "")[:3]
        by_service.setdefault(f"{name}/{kind}", {})[option] = value
    now = {service.name: service for piece in pieces.read(content) if (service := _service(piece))}
    texts = {name: _text(now.get(name), name, changes) for name, changes in by_service.items()}
    return pieces.edited(
        content,
        texts,
        name_of=_name,
        same=lambda piece, text: _service(piece) == _service(Piece((), " ".join(text.split()))),
        written=lambda _name, text: text,
        heading=HEADING,
    )


def _text(old: Service | None, name: str, changes: Mapping[str, str | None]) -> str | None:
    """The entry as it is to be; None: it goes."""
    columns = changes.get("", "" if old is None else " ".join((*old.columns[2:], *old.arguments)))
    if not columns:
        return None
    options = dict(old.options) if old else {}
    for option, value in changes.items():
        if value is None:
            options.pop(option, None)
        elif option:
            options[option] = value
    words = columns.split()
    service, kind = name.split("/")
    head = f"{service:<9} {kind:<5} " + " ".join(f"{word:<7}" for word in words[: _COLUMNS - 3])
    arguments = " ".join(words[_COLUMNS - 2 :])
    return (
        f"{head} {words[_COLUMNS - 3]}\n"
        + "".join(f"  -o {_option(*pair)}\n" for pair in options.items())
        + (f"  {arguments}\n" if arguments else "")
    )


def _option(name: str, value: str) -> str:
    return f"{{ {name} = {value} }}" if " " in value else f"{name}={value}"


def _name(piece: Piece) -> str:
    service = _service(piece)
    return service.name if service else ""


def _service(piece: Piece) -> Service | None:
    words = _words(piece.text)
    if len(words) < _COLUMNS:
        return None
    options: dict[str, str] = {}
    arguments: list[str] = []
    rest = iter(words[_COLUMNS:])
    for word in rest:
        if word == "-o" and all(one.startswith("-") for one in arguments):
            name, _, value = _unbraced(next(rest, "")).partition("=")
            options[name.strip()] = value.strip()
        else:
            arguments.append(word)
    return Service(tuple(words[:_COLUMNS]), options, tuple(arguments))


def _unbraced(word: str) -> str:
    """What stands in braces, or the word itself."""
    return word[1:-1] if word.startswith("{") and word.endswith("}") else word


def _words(text: str) -> list[str]:
    """Words between blanks; what stands in braces that match is one."""
    words: list[str] = []
    depth = 0
    for word in text.split(" "):
        if depth:
            words[-1] += f" {word}"
        elif word:
            words.append(word)
            if not word.startswith("{"):
                continue
        depth = max(0, depth + word.count("{") - word.count("}"))
    return words
