"""The entries of one table as rows: read a part at a time where they are many, or those that a filter leaves."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from threading import Event
from typing import NamedTuple

from textual.cache import LRUCache

from backends.errors import Refused
from backends.host.maps import Maps
from backends.maps.hiding import hidden_entry
from backends.maps.index import Index
from backends.maps.reading import Entry
from backends.maps.search import MOST, Found
from backends.maps.values import Table
from backends.text import visible
from mailtui.panes.maps.reading import has_entries
from mailtui.widgets.cells import Cell, Column

ENTRY_COLUMNS = (
    Column("Line", 10, "right", key="line", priority=7, min_width=6),
    Column("Key", key="key", priority=9, min_width=16),
    Column("Value", key="value", priority=8, min_width=16),
    Column("", 7, key="ignored", priority=6),
)
KEPT = 16
"""Parts that are kept, however many there are."""
DRAWN = 400
"""Characters of a key or value that a row may need."""


class Wanted(NamedTuple):
    """Whose entries, and the filter as typed."""

    table: Table
    filter: str = ""


class Rows:
    """Entries as rows, here none; an entry that is not there yet is shown as being read."""

    count = 0
    hidden = False
    """Whether values are shown only where an entry is opened."""

    def written(self, row: int) -> Entry | None:
        """The entry of a row as it is in the source; None: it is not there yet."""
        return None

    def entry(self, row: int) -> Entry | None:
        """The same as it is shown."""
        entry = self.written(row)
        return hidden_entry(entry) if entry is not None and self.hidden else entry

    def row_of_line(self, line: int, part: Callable[[Index, int], Sequence[Entry]]) -> int:
        """The row of the entry on a line of the source, or before it. `part` reads one, and may block."""
        return 0

    @property
    def row_count(self) -> int:
        return self.count

    def key(self, row: int) -> str:
        return str(row)

    def index_of(self, key: str) -> int | None:
        return int(key) if int(key) < self.count else None

    def cells(self, row: int) -> Sequence[Cell]:
        entry = self.entry(row)
        if entry is None:
            return "", ("reading", "dim"), "", ""
        style = "warn" if entry.problem else ""
        return (
            (f"{entry.line:,}", "dim"),
            (visible(entry.key[:DRAWN]), style),
            (visible(entry.value[:DRAWN]), style),
            ("ignored", "warn") if entry.problem else "",
        )


class Indexed(Rows):
    """All entries of a table; `want` is told which part of which rows is drawn and lacks."""

    def __init__(self, table: Table, index: Index, want: "Want") -> None:
        self.table, self.index, self.count, self._want = table, index, index.count, want
        self._parts: LRUCache[int, Sequence[Entry]] = LRUCache(KEPT)

    def written(self, row: int) -> Entry | None:
        number = self.index.part(row)
        entries = self._parts.get(number)
        if entries is None:
            self._want((self, number))
            return None
        at = row - self.index.places[number][0]
        return entries[at] if at < len(entries) else None

    def put(self, number: int, entries: Sequence[Entry]) -> None:
        """A part is there."""
        self._parts[number] = entries

    def row_of_line(self, line: int, part: Callable[[Index, int], Sequence[Entry]]) -> int:
        if not self.count:
            return 0
        number = max(0, bisect_right(self.index.places, line, key=lambda place: place[2]) - 1)
        before = bisect_right(part(self.index, number), line, key=lambda entry: entry.line)
        return self.index.places[number][0] + max(0, before - 1)


Part = tuple[Indexed, int]
Want = Callable[[Part], object]


class Matching(Rows):
    """The entries that a filter leaves."""

    def __init__(self, found: Found) -> None:
        self.entries, self.count = found.entries, len(found.entries)

    def written(self, row: int) -> Entry | None:
        return self.entries[row]

    def row_of_line(self, line: int, part: Callable[[Index, int], Sequence[Entry]]) -> int:
        return max(0, bisect_right(self.entries, line, key=lambda entry: entry.line) - 1)


class Shown(NamedTuple):
    """What was wanted, as rows; `note` says what is not among them."""

    wanted: Wanted
    rows: Rows
    note: str = ""


def look(
    maps: Maps,
    wanted: Wanted,
    want: Want,
    stop: Event,
    progress: Callable[[int], None],
    *,
    read_only: bool = False,
) -> Shown:
    """Find the entries, and read the first of them; runs in a thread.

    :raises BackendError: they cannot be read, or the filter cannot.
    :raises Refused: whoever only reads could find hidden values out by what a filter leaves.
    """
    if not has_entries(wanted.table):
        return Shown(wanted, Rows(), "kept elsewhere: in main.cf or master.cf, in a database, or at a server")
    hidden = maps.hides(wanted.table)
    if wanted.filter:
        if hidden and read_only:
            raise Refused(
                "A table whose values are hidden is not filtered here", hint="leave the filter: esc"
            )
        found = maps.search(wanted.table, wanted.filter, stop, progress)
        matching = Matching(found)
        matching.hidden = hidden
        return Shown(wanted, matching, found.cut or (f"only the first {MOST:,}" if found.more else ""))
    index = maps.index(wanted.table, stop, progress)
    rows = Indexed(wanted.table, index, want)
    rows.hidden = hidden
    if index.count:
        rows.put(0, maps.part(wanted.table, index, 0))
    return Shown(wanted, rows, index.cut)
