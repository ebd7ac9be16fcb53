"""The names of a panel's views in one line, the one in front standing out; a click goes to another."""

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget


class ViewLine(Widget):
    """Views by their names, each with a badge; at the right a note about the one in front."""

    COMPONENT_CLASSES = {"view-line--active", "view-line--warn", "view-line--note"}  # noqa: RUF012
    DEFAULT_CSS = """
    ViewLine {
        height: 1;
        color: $text-muted;
        & > .view-line--active { color: $text-accent; text-style: bold underline; }
        & > .view-line--warn { color: $text-warning; }
        & > .view-line--note { color: $text-muted; }
    }
    """

    class Chosen(Message):
        """A name was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str], *, id: str) -> None:  # noqa: A002  Textual's name for it
        super().__init__(id=id)
        self._names, self._active, self._note = names, names[0], ""
        self._badges: dict[str, tuple[str, bool]] = {}
        self._spans: list[tuple[int, int, str]] = []

    def show(self, *, active: str | None = None, note: str | None = None) -> None:
        """Bring a view to the front, or say something else of it."""
        self._active = self._active if active is None else active
        self._note = self._note if note is None else note
        self.refresh()

    def badge(self, name: str, text: str, *, warn: bool = False) -> None:
        """Say something short beside a name."""
        if self._badges.get(name) != (text, warn):
            self._badges[name] = (text, warn)
            self.refresh()

    def render(self) -> Text:
        """The line; which name is where is kept for clicks."""
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        self._spans = []
        for name in self._names:
            start = text.cell_len
            text.append(" ")
            text.append(
                name, self.get_component_rich_style("view-line--active") if name == self._active else ""
            )
            badge, warn = self._badges.get(name, ("", False))
            if badge:
                text.append(f" {badge}", self.get_component_rich_style("view-line--warn") if warn else "")
            text.append(" ")
            self._spans.append((start, text.cell_len, name))
        room = self.size.width - text.cell_len - len(self._note) - 1
        if self._note and room > 0:
            text.append(" " * room + self._note, self.get_component_rich_style("view-line--note"))
        return text

    def on_click(self, event: events.Click) -> None:
        for start, end, name in self._spans:
            if start <= event.x < end:
                self.post_message(self.Chosen(name))
