"""An entry set or removed in a table's source; everything else stays as it is, byte for byte. Pure."""

import difflib

from backends.errors import BadRequest, Missing
from backends.maps.hiding import hidden_line
from backends.maps.lines import BLANK, Entry, entries, quote, read
from backends.text import visible

DIFFERENT = 5000
"""Lines: of a changed region that is longer no diff is made."""


def put(content: bytes, key: str, value: str, *, alias: bool) -> bytes:
    """The source with this value for the key: in place of the first entry, which is the one that counts, or at the end.

    :raises BadRequest: key or value cannot be written in a table.
    """
    line = _line(key, value, alias=alias)
    found = _of(content, key, alias=alias)
    if found:
        start, end = found[0].start, found[0].end
        return content[:start] + line + _comments(content[start:end]) + content[end:]
    ended = content if not content or content.endswith(b"\n") else content + b"\n"
    return ended + line


def drop(content: bytes, key: str, *, alias: bool, name: str = "") -> bytes:
    """The source without any entry of the key; `name` is what the table is called.

    :raises Missing: there is none.
    """
    found = _of(content, key, alias=alias)
    if not found:
        raise Missing(
            f"{visible(key)!r} is not in the table", hint=f"see what is: mailtui maps show {visible(name)}"
        )
    for entry in reversed(found):
        comments = _comments(content[entry.start : entry.end])
        content = content[: entry.start] + comments + content[entry.end :]
    return content


def must_be_key(key: str, *, alias: bool) -> None:
    """
    :raises BadRequest: it cannot be written as a key.
    """
    if not _is_entry(key, "x", alias=alias):
        raise BadRequest(
            f"{visible(key[:60])!r} is no key of a table",
            hint="give one on one line, without blanks, that does not begin with #",
        )


def difference(
    name: str, before: bytes, after: bytes, *, hidden: bool = False, alias: bool = False
) -> tuple[str, ...]:
    """A unified diff, each line safe to show; of more than some thousand lines only their number.

    Where values are `hidden`, lines have the first word alone.
    """
    old, new = (
        content.decode("utf-8", "replace").removesuffix("\n").split("\n") for content in (before, after)
    )
    head = _same(old, new)
    tail = _same(old[head:][::-1], new[head:][::-1])
    start = max(0, head - 3)
    stop = max(0, tail - 3)
    if max(len(old), len(new)) - start - stop > DIFFERENT:
        return (f"{len(old):,} lines before, {len(new):,} after: too different to show",)
    lines = difflib.unified_diff(
        old[start : len(old) - stop], new[start : len(new) - stop], name, name, lineterm=""
    )
    told = [line for line in lines if not line.startswith("@@")]
    if hidden:
        told[2:] = [line[:1] + hidden_line(line[1:], alias=alias) for line in told[2:]]
    return tuple("\t".join(map(visible, line.split("\t"))) for line in told)


def _comments(text: bytes) -> bytes:
    """The comments within an entry, which are not its own."""
    return b"".join(line for line in text.splitlines(keepends=True) if line.lstrip(BLANK).startswith(b"#"))


def _same(old: list[str], new: list[str]) -> int:
    """How many lines are the same from the beginning."""
    return next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other),
        min(len(old), len(new)),
    )


def _of(content: bytes, key: str, *, alias: bool) -> list[Entry]:
    wanted = _folded(key.encode("utf-8", "surrogateescape"))
    return [one for one in entries(content, alias=alias) if not one.problem and _folded(one.key) == wanted]


def _line(key: str, value: str, *, alias: bool) -> bytes:
    must_be_key(key, alias=alias)
    if not _is_entry(key, value, alias=alias):
        raise BadRequest(
            f"{visible(key[:60])!r} with this value is no entry of a table",
            hint="give a value on one line",
        )
    return _written(key, value, alias=alias) + b"\n"


def _is_entry(key: str, value: str, *, alias: bool) -> bool:
    """Whether this is read again as what it was, once it is written."""
    line = _written(key, value, alias=alias)
    wanted = (*(text.encode("utf-8", "surrogateescape") for text in (key, value.strip())), "")
    return b"\n" not in line and line.lstrip(BLANK)[:1] != b"#" and read(line, alias=alias) == wanted


def _written(key: str, value: str, *, alias: bool) -> bytes:
    raw_key, raw_value = (text.encode("utf-8", "surrogateescape") for text in (key, value.strip()))
    return quote(raw_key, alias=alias) + b"\t" + raw_value


def _folded(key: bytes) -> bytes:
    return key.decode("utf-8", "surrogateescape").casefold().encode("utf-8", "surrogateescape")
