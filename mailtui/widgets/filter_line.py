"""The line that a filter is typed into; there while it is written or filters."""

from textual import on
from textual.message import Message
from textual.widgets import Input


class FilterLine(Input):
    """Hidden until it is begun; tells each change at once, and when typing is done."""

    class Typed(Message):
        """The filter is this now."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Done(Message):
        """Enter was pressed."""

    def on_mount(self) -> None:
        self.display = False

    def begin(self) -> None:
        """Show the line and type into it."""
        self.display = True
        self.focus()

    def end(self) -> None:
        """Filter by nothing any more."""
        self.value, self.display = "", False

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self.value.strip()))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.display = bool(self.value.strip())
        self.post_message(self.Done())
