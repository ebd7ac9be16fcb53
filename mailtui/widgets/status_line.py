"""The top line: which machine, how its services are, what time it is there."""

from collections.abc import Sequence
from time import localtime, strftime

from rich.segment import Segment
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
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
        self._clock = ""
        self._note = ""
        self._left: Strip | None = None

    def show(
        self,
        *,
        lights: Sequence[tuple[str, str]] | None = None,
        now: float | None = None,
        note: str | None = None,
    ) -> None:
        """Change what is given; `now` in epoch seconds."""
        before = self._lights, self._note
        self._lights = self._lights if lights is None else lights
        self._note = self._note if note is None else note
        clock = self._clock if now is None else strftime("%H:%M:%S", localtime(now))
        if before != (self._lights, self._note) or len(clock) != len(self._clock):
            self._clock, self._left = clock, None
            self.refresh()
        elif clock != self._clock:
            self._clock = clock
            self.refresh(Region(self.content_size.width - len(clock), 0, len(clock), 1))

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        super().notify_style_update()
        self._left = None

    def render_line(self, y: int) -> Strip:
        """The line, cut to fit: the clock stays at the right, and alone is drawn again as it goes on."""
        room = max(1, self.content_size.width - len(self._clock))
        if self._left is None or self._left.cell_length != room:
            self._left = self._drawn(room)
        return Strip([*self._left, Segment(self._clock, self.rich_style)], room + len(self._clock))

    def _drawn(self, room: int) -> Strip:
        """All that stands left of the clock."""
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
        text.truncate(max(1, room - 1), overflow="ellipsis")
        segments = Segment.apply_style(text.render(self.app.console), self.rich_style)
        return Strip(segments).adjust_cell_length(room, self.rich_style)
