"""The rows of the antivirus pane's tables: signatures on disk, what they have caught, freshclam's runs."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from backends.antivirus.values import Database, Run, Signature
from backends.text import age_text, size_text, time_text, visible
from mailtui.antivirus_text import LOADED, run_text
from mailtui.screens.progress_rows import took_text
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.glyphs import Glyphs

SIGNATURES, CAUGHT, RUNS = "Signatures", "Caught", "Runs"
OFFICIAL = "official"
COLUMNS = {
    SIGNATURES: (
        Column("File", key="name", priority=9, min_width=14),
        Column("Kind", 11, key="kind", priority=6),
        Column("Version", 7, "right", key="version", priority=5),
        Column("Signatures", 10, "right", key="signatures", priority=8),
        Column("Size", 5, "right", key="size", priority=3),
        Column("Built", 5, "right", key="built", priority=7),
        Column("Here", 5, "right", key="here", priority=4),
        Column("Loaded", 6, key="loaded", priority=8),
        Column("From", key="from", priority=2, min_width=22),
    ),
    CAUGHT: (
        Column("Messages", 8, "right", key="messages", priority=8),
        Column("Last", 5, "right", key="last", priority=7),
        Column("First", 5, "right", key="first", priority=3),
        Column("Caught by", key="signature", priority=9, min_width=20),
        Column("In", 24, key="file", priority=6, min_width=12),
    ),
    RUNS: (
        Column("freshclam ran", 19, key="when", priority=8, min_width=13),
        Column("Ago", 5, "right", key="ago", priority=6),
        Column("Took", 6, "right", key="took", priority=4),
        Column("What came of it", key="outcome", priority=9, min_width=20),
    ),
}

T = TypeVar("T")


class Rows(Generic[T]):
    """Rows that are there as a whole; `now` in epoch seconds."""

    def __init__(self, rows: Sequence[T], now: float, signs: Glyphs) -> None:
        self.rows, self.now, self.signs = rows, now, signs
        self._places = {self.name(row): at for at, row in reversed([*enumerate(rows)])}

    @abstractmethod
    def name(self, row: T) -> str:
        """What is copied of it, and its key."""

    @abstractmethod
    def cells_of(self, row: T) -> Sequence[Cell]:
        """Its cells."""

    @abstractmethod
    def detail(self, row: T) -> str:
        """What the columns do not tell."""

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def key(self, row: int) -> str:
        return self.name(self.rows[row])

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)

    def cells(self, row: int) -> Sequence[Cell]:
        return self.cells_of(self.rows[row])

    def told(self, row: int) -> str:
        """The line below the table."""
        return self.detail(self.rows[row])


class Databases(Rows[Database]):
    """The files of signatures."""

    def name(self, row: Database) -> str:
        return row.name

    def cells_of(self, row: Database) -> Sequence[Cell]:
        loaded: Cell = LOADED[row.loaded]
        if row.loaded is not True:
            loaded = (LOADED[row.loaded], "dim" if row.loaded is None else "bad")
        return (
            visible(row.name),
            (row.kind, "dim"),
            "-" if row.version is None else str(row.version),
            "-" if row.signatures is None else f"{row.signatures:,}",
            size_text(row.size),
            "-" if row.built is None else age_text(self.now - row.built),
            age_text(self.now - row.changed) if row.changed else "-",
            loaded,
            (visible(row.trouble), "bad") if row.trouble else (visible(row.source or "-"), "dim"),
        )

    def detail(self, row: Database) -> str:
        parts = [visible(row.name)]
        if row.trouble:
            parts.append(visible(row.trouble))
        elif row.loaded is not True:
            parts.append("clamd has another in memory" if row.loaded is False else "not known whether loaded")
        if row.built is not None:
            parts.append(f"built {time_text(row.built)}")
        if row.changed:
            parts.append(f"here since {time_text(row.changed)}")
        if row.source:
            parts.append(f"by {visible(row.source)}")
        return f" {self.signs.dot} ".join(parts)


class Signatures(Rows[Signature]):
    """The signatures that were met in mail."""

    def name(self, row: Signature) -> str:
        return row.name

    def cells_of(self, row: Signature) -> Sequence[Cell]:
        return (
            f"{row.count:,}",
            age_text(self.now - row.last),
            age_text(self.now - row.first),
            visible(row.name),
            (visible(row.file or "?"), "dim" if row.file in {"", OFFICIAL} else "accent"),
        )

    def detail(self, row: Signature) -> str:
        where = f"in {visible(row.file)}" if row.file else "in no file that is here now"
        times = f"first {time_text(row.first)} {self.signs.dot} last {time_text(row.last)} {self.signs.dot} {where}"
        return f"{visible(row.name)} {self.signs.dot} {times}"


class Runs(Rows[Run]):
    """freshclam's runs."""

    def name(self, row: Run) -> str:
        return time_text(row.started)

    def cells_of(self, row: Run) -> Sequence[Cell]:
        style = {"failed": "bad", "updated": "good", "running": "accent"}.get(row.outcome, "dim")
        return (
            time_text(row.started),
            age_text(self.now - row.started),
            "-" if row.ended is None else took_text(row.ended - row.started),
            (visible(run_text(row)), style),
        )

    def detail(self, row: Run) -> str:
        return f"{time_text(row.started)} {self.signs.dot} {visible(run_text(row))}"
