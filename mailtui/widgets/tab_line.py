"""The numbers of the panes in one line, each with a badge; a click goes there."""

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget


class TabLine(Widget):
    """Tabs of `(key, label, short label)`; the short labels are used where the long ones do not fit."""

    COMPONENT_CLASSES = {"tab-line--active", "tab-line--key", "tab-line--badge"}  # noqa: RUF012
    DEFAULT_CSS = """
    TabLine {
        height: 1;
        color: $text-muted;
        & > .tab-line--active { color: $text-accent; text-style: bold reverse; }
        & > .tab-line--key { color: $foreground; text-style: bold; }
        & > .tab-line--badge { color: $foreground; }
    }
    """

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, tabs: Sequence[tuple[str, str, str]]) -> None:
        super().__init__()
        self._tabs = tabs
        self._badges: dict[str, str] = {}
        self._active = ""
        self._spans: list[tuple[int, int, str]] = []

    def show(self, *, active: str | None = None, badge: tuple[str, str] | None = None) -> None:
        """Make a tab the active one, or change a tab's badge."""
        if active is not None:
            self._active = active
        if badge is not None:
            self._badges[badge[0]] = badge[1]
        self.refresh()

    def render(self) -> Text:
        """The line; which tab is where is kept for clicks."""
        widths = [sum(len(self._words(tab, short)) + 1 for tab in self._tabs) for short in (False, True)]
        short = widths[0] > self.size.width + 1
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        self._spans = []
        for tab in self._tabs:
            start = text.cell_len
            words = self._words(tab, short)
            if tab[0] == self._active:
                text.append(words, self.get_component_rich_style("tab-line--active"))
            else:
                key, _, rest = words.strip().partition(" ")
                text.append(f" {key}", self.get_component_rich_style("tab-line--key"))
                text.append(f" {rest} ")
            self._spans.append((start, text.cell_len, tab[0]))
        return text

    def _words(self, tab: tuple[str, str, str], short: bool) -> str:
        key, label, brief = tab
        badge = self._badges.get(key, "")
        return f" {key} {brief if short else label}{' ' + badge if badge else ''} "

    def on_click(self, event: events.Click) -> None:
        for start, end, key in self._spans:
            if start <= event.x < end:
                self.post_message(self.Chosen(key))
