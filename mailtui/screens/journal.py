"""The journal: every command that was run, and how it ended."""

import time
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.journal import Entry, Journal
from backends.text import visible
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.virtual_table import VirtualTable

COLUMNS = (
    Column("At", 8, key="at", priority=5),
    Column("Result", 6, "right", key="code", priority=4),
    Column("Took", 7, "right", key="took", priority=3),
    Column("", 5, "right", key="times", priority=1),
    Column("Command", key="command", priority=9, min_width=30),
    Column("Said", 40, key="said", priority=2, min_width=36),
)


class JournalScreen(Screen[None]):
    """Shows the journal, the latest first, and follows it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,at", "dismiss", "Back", id="journal.back"),
        Binding("y", "copy", "Copy the command", id="journal.copy"),
    ]

    def __init__(self, journal: Journal, *, plain: bool) -> None:
        super().__init__()
        self._journal, self._plain = journal, plain

    def compose(self) -> ComposeResult:
        yield Static("Journal: the commands mailtui has run, latest first", id="journal-title", markup=False)
        yield VirtualTable(COLUMNS, id="journal")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(VirtualTable).ascii_only = self._plain
        self.query_one(VirtualTable).focus()
        self._follow()
        self.set_interval(1.0, self._follow)

    def _follow(self) -> None:
        self.query_one(VirtualTable).swap(_Entries(self._journal.entries()[::-1]))

    def action_copy(self) -> None:
        table = self.query_one(VirtualTable)
        if table.cursor is not None and isinstance(table.source, _Entries):
            self.app.copy_to_clipboard(table.source.entries[table.cursor].command)
            self.notify("Command copied")


class _Entries:
    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries

    @property
    def row_count(self) -> int:
        return len(self.entries)

    def key(self, row: int) -> str:
        return str(self.entries[row].number)

    def index_of(self, key: str) -> int | None:
        return next((row for row, entry in enumerate(self.entries) if str(entry.number) == key), None)

    def cells(self, row: int) -> Sequence[Cell]:
        entry = self.entries[row]
        running = entry.seconds is None
        failed = not running and entry.code != 0
        result = "runs" if running else "-" if entry.code is None else str(entry.code)
        return (
            time.strftime("%H:%M:%S", time.localtime(entry.started)),
            (result, "bad" if failed else "good"),
            "" if entry.seconds is None else f"{entry.seconds:.2f} s",
            f"{entry.times}x" if entry.times > 1 else "",
            (visible(entry.command), "warn" if entry.mutates else ""),
            (visible(entry.said), "dim"),
        )
