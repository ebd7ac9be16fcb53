"""The top line: which machine, how its services are, what time it is there."""

from collections.abc import Sequence
from time import localtime, strftime

from rich.text import Text
from textual.widget import Widget

from mailtui.widgets.cells import clean
from mailtui.widgets.glyphs import glyphs

STYLES = {"running": "good", "unknown": "part", "stopped": "bad"}


class StatusLine(Widget):
    """One line. `lights` are pairs of a name and `running`, `stopped` or `unknown`."""

    COMPONENT_CLASSES = {"status-line--name", "status-line--good", "status-line--part", "status-line--bad"}  # noqa: RUF012
    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        background: $panel;
        padding: 0 1;
        & > .status-line--name { color: $text-accent; text-style: bold; }
        & > .status-line--good { color: $success; }
        & > .status-line--part { color: $text-warning; }
        & > .status-line--bad { color: $error; text-style: bold; }
    }
    """

    def __init__(self, name: str, *, plain: bool = False) -> None:
        super().__init__()
        self._host = clean(name)
        self._glyphs = glyphs(plain=plain)
        self._lights: Sequence[tuple[str, str]] = ()
        self._now = 0.0
        self._note = ""

    def show(
        self,
        *,
        lights: Sequence[tuple[str, str]] | None = None,
        now: float | None = None,
        note: str | None = None,
    ) -> None:
        """Change what is given; `now` in epoch seconds."""
        before = self._lights, self._now, self._note
        self._lights = self._lights if lights is None else lights
        self._now = self._now if now is None else now
        self._note = self._note if note is None else note
        if before != (self._lights, self._now, self._note):
            self.refresh()

    def render(self) -> Text:
        """The line, cut to fit: the clock stays at the right."""
        width = self.size.width
        text = Text(self._host, self.get_component_rich_style("status-line--name"), no_wrap=True, end="")
        if self._note:
            text.append(f"  {self._note}", self.get_component_rich_style("status-line--part"))
        for name, state in self._lights:
            glyph = {"running": self._glyphs.good, "unknown": self._glyphs.part}.get(state, self._glyphs.bad)
            text.append("  ")
            text.append(glyph, self.get_component_rich_style(f"status-line--{STYLES.get(state, 'bad')}"))
            text.append(
                clean(name), self.get_component_rich_style("status-line--bad") if state == "stopped" else ""
            )
        clock = strftime("%H:%M:%S", localtime(self._now)) if self._now else ""
        room = max(1, width - len(clock) - 1)
        text.truncate(room, overflow="ellipsis")
        text.append(" " * max(0, width - text.cell_len - len(clock)))
        text.append(clock)
        return text
