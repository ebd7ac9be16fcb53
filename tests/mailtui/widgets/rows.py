"""Fake rows and a host app for the widgets' tests."""

from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.message import Message
from textual.widget import Widget

from mailtui.widgets.virtual_table import Cell, Column, VirtualTable

COLUMNS = (
    Column("ID", 6, key="id", priority=9),
    Column("Size", 6, "right", key="size", priority=1),
    Column("Who", 0, key="who", min_width=10, priority=5),
)


class FakeRows:
    """Rows numbered on without end; `first` shifts them, so that keys move. Counts what is decoded."""

    def __init__(self, row_count: int, first: int = 0) -> None:
        self.row_count = row_count
        self.first = first
        self.decoded: list[int] = []

    def cells(self, row: int) -> Sequence[Cell]:
        """Return three cells, the last one styled in every other row."""
        self.decoded.append(row)
        number = row + self.first
        who = f"user{number}@example.org"
        return (f"k{number}", str(number * 10), (who, "warn") if number % 2 else who)

    def key(self, row: int) -> str:
        """Return the row's key."""
        if not 0 <= row < self.row_count:
            raise IndexError(row)
        return f"k{row + self.first}"

    def index_of(self, key: str) -> int | None:
        """Return where a key is now."""
        row = int(key[1:]) - self.first
        return row if 0 <= row < self.row_count else None


class Texts:
    """Rows of one or more literal cells."""

    def __init__(self, *rows: Sequence[Cell]) -> None:
        self.rows = rows
        self.row_count = len(rows)

    def cells(self, row: int) -> Sequence[Cell]:
        """Return a row."""
        return self.rows[row]

    def key(self, row: int) -> str:
        """Return the row's number as its key."""
        return str(row)

    def index_of(self, key: str) -> int | None:
        """Return the row of that number."""
        return int(key) if int(key) < self.row_count else None


class HostApp(App[None]):
    """One widget, focused, and what it posted."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.posted: list[Message] = []

    def compose(self) -> ComposeResult:
        """Yield the widget."""
        yield self.widget

    def on_mount(self) -> None:
        """Focus it."""
        self.widget.focus()

    def on_virtual_table_cursor_moved(self, message: VirtualTable.CursorMoved) -> None:
        """Record."""
        self.posted.append(message)

    def on_virtual_table_opened(self, message: VirtualTable.Opened) -> None:
        """Record."""
        self.posted.append(message)


def lines(table: VirtualTable) -> list[str]:
    """Return the text of every visible line, as the compositor gets it."""
    return [strip.text for strip in table.render_lines(table.size.region)]
