"""The rows of the maps pane's upper tables: what is wrong, and the lookup tables."""

from collections.abc import Sequence

from backends.maps.values import About, Finding
from backends.text import age_text, size_text, visible
from mailtui.maps_text import said, uses_text
from mailtui.panes.maps.reading import Reading
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.glyphs import Glyphs

FINDING_COLUMNS = (
    Column("", 1, key="sign", priority=9),
    Column("Wrong in", 26, key="table", priority=8, min_width=16, elide="start"),
    Column("Line", 7, "right", key="line", priority=6),
    Column("", key="what", priority=7, min_width=36),
    Column("What to do", key="hint", priority=5, min_width=44),
)
TABLE_COLUMNS = (
    Column("", 1, key="sign", priority=9),
    Column("Table", 34, key="table", priority=8, min_width=18, elide="start"),
    Column("Type", 8, key="type", priority=6),
    Column("Entries", 9, "right", key="entries", priority=7),
    Column("Size", 5, "right", key="size", priority=5),
    Column("Age", 5, "right", key="age", priority=4),
    Column("Wrong", 5, "right", key="wrong", priority=3),
    Column("Used by", key="uses", priority=2, min_width=16),
)
LEVELS = {"good": "good", "note": "warn", "bad": "bad"}


class Findings:
    """What is wrong, the worst first."""

    def __init__(self, findings: Sequence[Finding], signs: Glyphs) -> None:
        self.findings, self._signs = findings, signs

    @property
    def row_count(self) -> int:
        return len(self.findings)

    def key(self, row: int) -> str:
        one = self.findings[row]
        return f"{one.table}\0{one.line}\0{one.what}"

    def index_of(self, key: str) -> int | None:
        return next((row for row in range(self.row_count) if self.key(row) == key), None)

    def cells(self, row: int) -> Sequence[Cell]:
        one = self.findings[row]
        line = f"{one.line:,}" if one.line else ""
        return (
            sign(one.level, self._signs),
            visible(place(one.table)),
            line,
            visible(said(one)),
            (visible(one.hint), "dim"),
        )


class Tables:
    """The lookup tables as the configuration has them; ages are of `now` in epoch seconds."""

    def __init__(self, reading: Reading, now: float, signs: Glyphs) -> None:
        self.abouts, self._seen, self._now, self._signs = reading.abouts, reading.seen, now, signs

    @property
    def row_count(self) -> int:
        return len(self.abouts)

    def key(self, row: int) -> str:
        return self.abouts[row].table.name

    def index_of(self, key: str) -> int | None:
        return next((row for row, one in enumerate(self.abouts) if one.table.name == key), None)

    def cells(self, row: int) -> Sequence[Cell]:
        one = self.abouts[row]
        table = one.table
        state: Cell = sign(one.state, self._signs) if table.name in self._seen else (self._signs.dot, "dim")
        return (
            state,
            visible(place(table.name)),
            visible(table.type),
            "cache" if table.cache else "" if one.entries is None else f"{one.entries:,}",
            "" if one.size is None else size_text(one.size),
            "" if one.modified is None else age_text(max(0.0, self._now - one.modified)),
            str(len(one.findings)) if one.findings else "",
            (visible(uses_text(table)), "dim"),
        )


def about_lines(about: About, now: float) -> list[str]:
    """What refers to a table, and when its files were written; `now` in epoch seconds."""
    uses = ", ".join(dict.fromkeys(map(str, about.table.uses)))
    built = "" if about.built is None else f"built {age_text(max(0.0, now - about.built))} ago"
    return [f"used by {visible(uses)}" if uses else "nothing refers to it", built]


def place(name: str) -> str:
    """A table's name without its type, where that leaves a path."""
    rest = name.partition(":")[2]
    return rest if rest.startswith("/") else name


def sign(level: str, signs: Glyphs) -> Cell:
    """The shape of a state, in its colour."""
    shape = {"good": signs.good, "note": signs.warn, "bad": signs.bad}[level]
    return shape, LEVELS[level]
