"""A table with marks on its rows; marks are keys and outlive every reading."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from mailtui.widgets.cells import Column
from mailtui.widgets.virtual_table import VirtualTable


class MarkedTable(VirtualTable):
    """A table whose rows can be marked one by one, in ranges, or many at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", id="marks.mark"),
        Binding("shift+down", "mark_range(1)", "Mark range down", show=False, id="marks.range-down"),
        Binding("shift+up", "mark_range(-1)", "Mark range up", show=False, id="marks.range-up"),
    ]

    class Marked(Message):
        """The marks are others now."""

    def __init__(self, columns: Sequence[Column], *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(columns, id=id)
        self.marks: set[str] = set()

    def action_mark(self) -> None:
        self._toggle()
        self.action_cursor_down()

    def action_mark_range(self, step: int) -> None:
        self._toggle(on=True)
        (self.action_cursor_down if step > 0 else self.action_cursor_up)()
        self._toggle(on=True)

    def mark(self, keys: Iterable[str]) -> None:
        """Mark these as well."""
        self.marks.update(keys)
        self._changed()

    def unmark(self) -> None:
        """Let go of all marks."""
        self.marks.clear()
        self._changed()

    def _toggle(self, *, on: bool = False) -> None:
        if self.cursor is None or self.cursor_key is None:
            return
        if on or self.cursor_key not in self.marks:
            self.marks.add(self.cursor_key)
        else:
            self.marks.discard(self.cursor_key)
        self.refresh_row(self.cursor)
        self.post_message(self.Marked())

    def _changed(self) -> None:
        self.refresh_rows()
        self.post_message(self.Marked())
