"""The top line: which machine, how its services are, what time it is there."""

from collections.abc import Sequence
from time import localtime, strftime

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from mailtui.widgets.cells import clean
from mailtui.widgets.glyphs import glyphs

STYLES = {"running": "good", "unknown": "part"}
BAD = "bad"


class StatusLine(Horizontal):
    """One line. The clock is a widget of its own: as it goes on, nothing else is drawn again."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        background: $panel;
        padding: 0 1;
    }
    """

    def __init__(self, name: str, *, plain: bool = False) -> None:
        super().__init__()
        self._lights = Lights(name, plain=plain)
        self._clock = Clock()

    def compose(self) -> ComposeResult:
        yield self._lights
        yield self._clock

    def show(
        self,
        *,
        lights: Sequence[tuple[str, str]] | None = None,
        now: float | None = None,
        seconds: bool = True,
        note: str | None = None,
    ) -> None:
        """Change what is given; `now` in epoch seconds, told with its seconds or without; `lights` as in `Lights`."""
        if now is not None:
            self._clock.show(strftime("%H:%M:%S" if seconds else "%H:%M", localtime(now)))
        if lights is not None or note is not None:
            self._lights.show(lights, note)


class Clock(Widget):
    """The time, at the right."""

    DEFAULT_CSS = """
    Clock {
        width: 9;
        height: 1;
        background: $panel;
        text-style: bold;
        color: $text-accent;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._time = ""

    def show(self, time: str) -> None:
        if time != self._time:
            self._time = time
            self.refresh()

    def render(self) -> Text:
        return Text(f"{self._time:>9}")


class Lights(Widget):
    """The machine's name, and pairs of a service's name and its state: `running`, `unknown`, or what is bad; cut to fit."""

    COMPONENT_CLASSES = {"status-line--name", "status-line--good", "status-line--part", "status-line--bad"}  # noqa: RUF012
    DEFAULT_CSS = """
    Lights {
        width: 1fr;
        height: 1;
        background: $panel;
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
        self._note = ""

    def show(self, lights: Sequence[tuple[str, str]] | None, note: str | None) -> None:
        """Change what is given."""
        before = self._lights, self._note
        self._lights = self._lights if lights is None else lights
        self._note = self._note if note is None else note
        if before != (self._lights, self._note):
            self.refresh()

    def render(self) -> Text:
        text = Text(self._host, self.get_component_rich_style("status-line--name"), no_wrap=True, end="")
        if self._note:
            text.append(f"  {self._note}", self.get_component_rich_style("status-line--part"))
        for name, state in self._lights:
            style = STYLES.get(state, BAD)
            glyph = {"good": self._glyphs.good, "part": self._glyphs.part, BAD: self._glyphs.bad}[style]
            named = self.get_component_rich_style(f"status-line--{style}")
            text.append("  ")
            text.append(glyph, named)
            text.append(clean(name), named if style == BAD else "")
        text.truncate(max(1, self.size.width), overflow="ellipsis")
        return text
