"""The entries of a source one after the other, of a file of any size."""

from collections.abc import Iterable, Iterator

import msgspec

from backends.errors import BadRequest
from backends.maps.kinds import KEYED, PATTERNS
from backends.maps.lines import logical, read
from backends.maps.values import Table
from backends.text import visible


class Entry(msgspec.Struct, frozen=True):
    """One entry as it is read; `problem` says why Postfix ignores it."""

    line: int
    key: str
    value: str
    problem: str = ""


def must_have_entries(table: Table) -> None:
    """
    :raises BadRequest: the table has no file of entries.
    """
    if not table.path or table.type not in KEYED | PATTERNS or table.cache:
        raise BadRequest(
            f"{visible(table.name)} has no file of entries",
            hint="see and change it where it is kept: in main.cf or master.cf, in its database, or at its server",
        )


def entries_of(table: Table, pieces: Iterable[bytes]) -> Iterator[Entry]:
    """The entries in blocks that end where a logical line ends; those of regexp: and its like have the pattern as their key."""
    line = 0
    for block in pieces:
        for _start, _end, number, text in logical(block):
            yield entry_of(table, line + number, text)
        line += block.count(b"\n")


def entry_of(table: Table, line: int, text: bytes) -> Entry:
    """The entry that a logical line is."""
    if table.type in PATTERNS:
        key, *rest = text.decode("utf-8", "surrogateescape").split(None, 1)
        return Entry(line, key, rest[0].strip() if rest else "")
    key_bytes, value_bytes, problem = read(text, alias=table.alias)
    return Entry(
        line,
        key_bytes.decode("utf-8", "surrogateescape"),
        value_bytes.decode("utf-8", "surrogateescape"),
        problem,
    )
