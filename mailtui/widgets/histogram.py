"""A histogram whose marks can be moved: tab chooses one, the arrows move it, enter asks what that means."""

from dataclasses import replace
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mailtui.chart import Chart, Span, buckets_that_fit, draw

STEP = 0.1
LEAP = 1.0
"""How far an arrow moves a mark, and with shift."""


class Histogram(Widget, can_focus=True):
    """Draws a chart as large as it is itself; moves one of its marks, the active one, between two bounds."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "histogram--part-0",
        "histogram--part-1",
        "histogram--part-2",
        "histogram--moved",
        "histogram--mark",
        "histogram--active",
        "histogram--was",
        "histogram--axis",
        "histogram--label",
    }
    DEFAULT_CSS = """
    Histogram {
        height: 10;
        & > .histogram--part-0 { color: $success; }
        & > .histogram--part-1 { color: $secondary; }
        & > .histogram--part-2 { color: $error; text-style: bold; }
        & > .histogram--moved { color: $warning; text-style: bold; }
        & > .histogram--mark { color: $foreground; }
        & > .histogram--active { color: $foreground; }
        &:focus > .histogram--active { color: $text-accent; text-style: bold; }
        & > .histogram--was { color: $text-muted; }
        & > .histogram--axis { color: $text-muted; }
        & > .histogram--label { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left",
            "move(-1)",
            "Move",
            tooltip="Move the threshold down a tenth; tab chooses which",
            key_display="←→",
            id="histogram.left",
        ),
        Binding("right", "move(1)", "Move it up", show=False, id="histogram.right"),
        Binding(
            "shift+left", "leap(-1)", "Move it down by a whole point", show=False, id="histogram.leap-left"
        ),
        Binding(
            "shift+right", "leap(1)", "Move it up by a whole point", show=False, id="histogram.leap-right"
        ),
        Binding("tab", "next(1)", "Which", show=False, id="histogram.next"),
        Binding("shift+tab", "next(-1)", "The threshold before", show=False, id="histogram.before"),
        Binding("backspace", "reset", "As it was", show=False, id="histogram.reset"),
        Binding(
            "enter",
            "open",
            "List",
            tooltip="List the messages that change side",
            key_display="enter",
            id="histogram.open",
        ),
    ]

    class Moved(Message):
        """A mark stands elsewhere now, or another is the active one."""

        def __init__(self, chart: Chart) -> None:
            super().__init__()
            self.chart = chart

    class Opened(Message):
        """Enter was pressed: what is between where the active mark stood and where it stands?"""

    def __init__(self, *, plain: bool = False, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.chart = Chart()
        self.bounds = (-1000.0, 1000.0)
        self._plain = plain
        self._lines: list[list[Span]] | None = None
        self._styles: dict[str, Style] = {}

    def show(self, chart: Chart) -> None:
        """Show another chart."""
        self.chart, self._lines = chart, None
        self.refresh()

    @property
    def fits(self) -> int:
        """How many buckets there is room for."""
        return buckets_that_fit(self.content_size.width)

    @property
    def active(self) -> int | None:
        """Which mark is the active one."""
        return next((number for number, mark in enumerate(self.chart.marks) if mark.active), None)

    # Keys

    def action_move(self, steps: int) -> None:
        """Move the active mark by a tenth, to a whole tenth."""
        self._move(steps * STEP)

    def action_leap(self, steps: int) -> None:
        """Move the active mark by one."""
        self._move(steps * LEAP)

    def action_reset(self) -> None:
        """Put the active mark back where it was."""
        if (active := self.active) is not None and (was := self.chart.marks[active].was) is not None:
            self._put(active, was)

    def action_next(self, step: int) -> None:
        """Make the next mark the active one; behind the last one goes to the next widget."""
        wanted = (self.active or 0) + step
        if self.active is None or not 0 <= wanted < len(self.chart.marks):
            (self.screen.focus_next if step > 0 else self.screen.focus_previous)()
            return
        marks = [mark._replace(active=number == wanted) for number, mark in enumerate(self.chart.marks)]
        self._changed(replace(self.chart, marks=tuple(marks)))

    def action_open(self) -> None:
        """Ask what the active mark's move means."""
        self.post_message(self.Opened())

    def _move(self, by: float) -> None:
        if (active := self.active) is None:
            return
        at, was = self.chart.marks[active].at, self.chart.marks[active].was
        moved = round(round((at + by) / STEP) * STEP, 6)
        if was is not None and min(at, moved) < was < max(at, moved):
            moved = was  # where it stood is a place to stop at, on a whole tenth or not
        self._put(active, min(max(moved, self.bounds[0]), self.bounds[1]))

    def _put(self, number: int, at: float) -> None:
        marks = list(self.chart.marks)
        marks[number] = marks[number]._replace(at=at)
        self._changed(replace(self.chart, marks=tuple(marks)))

    def _changed(self, chart: Chart) -> None:
        self.show(chart)
        self.post_message(self.Moved(chart))

    # Drawing

    def notify_style_update(self) -> None:
        """Forget the styles of before: focus or theme changed."""
        super().notify_style_update()
        self._styles = {}

    def on_resize(self) -> None:
        self._lines = None

    def render_line(self, y: int) -> Strip:
        width, height = self.content_size
        if self._lines is None:
            self._lines = draw(self.chart, width, height, plain=self._plain)
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        segments = [Segment(text, self._style(name)) for text, name in self._lines[y]]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self.get_component_rich_style(f"histogram--{name}", default=self.rich_style)
        return self._styles[name]
