"""Lines of coloured text among which a cursor goes from stop to stop; what lies between belongs to the stop above."""

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from mailtui.widgets.span_view import Row, SpanView

GUTTER = 1
"""Cells at the left, where the cursor's mark goes."""


class Line(NamedTuple):
    """One line on the screen; `stop` is what the cursor is on when it is here, empty: it passes by."""

    spans: Row
    stop: str = ""


LayOut = Callable[[int], Sequence[Line]]
"""All lines for a width in terminal cells, each clean and no wider than that."""


class StopList(SpanView, inherit_bindings=False):
    """The cursor stays on its stop when other lines are shown, once it was moved; until then it is on the first.

    The same lines again are not drawn again.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"span-view--strong", "span-view--cursor"}
    DEFAULT_CSS = """
    StopList {
        & > .span-view--strong { text-style: bold; }
        & > .span-view--cursor { background: $block-cursor-blurred-background; }
        &:focus > .span-view--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Up", show=False, id="table.up"),
        Binding("down,j", "step(1)", "Down", show=False, id="table.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="table.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="table.page-down"),
        Binding("home,g", "end(-1)", "First row", show=False, id="table.first"),
        Binding("end,G", "end(1)", "Last row", show=False, id="table.last"),
        Binding("enter", "open", "Details", key_display="enter", id="table.open"),
    ]

    class Moved(Message):
        """The cursor is on another stop; empty: there is none."""

        def __init__(self, where: str) -> None:
            super().__init__()
            self.where = where

    class Opened(Moved):
        """Enter or a double click on a stop."""

    def __init__(self, *, plain: bool = False, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._mark = ">" if plain else "▸"
        self._lay_out: LayOut = lambda _width: ()
        self._lines: Sequence[Line] = ()
        self._stops: list[int] = []
        self._at = 0
        self._moved = False

    @property
    def stop(self) -> str:
        """What the cursor is on; empty: nothing."""
        return self._lines[self._stops[self._at]].stop if self._stops else ""

    def show(self, lay_out: LayOut) -> None:
        """Show other lines."""
        self._lay_out = lay_out
        if self.size.width:
            self.renew()

    def lay_out(self, width: int) -> Sequence[Row]:
        return [line.spans for line in self._lay_out(width - GUTTER)]

    def renew(self) -> None:
        width = max(GUTTER + 1, self.scrollable_content_region.width)
        lines = self._lay_out(width - GUTTER)
        if lines == self._lines and self.virtual_size.width == width:
            return
        before, at = self.stop, self._at if self._moved else 0
        self._lines, self._rows = lines, [line.spans for line in lines]
        self._stops = [row for row, line in enumerate(lines) if line.stop]
        kept = (place for place, row in enumerate(self._stops) if self._moved and lines[row].stop == before)
        self._at = next(kept, min(at, max(0, len(self._stops) - 1)))
        self.virtual_size = Size(width, len(lines))
        self._reveal()
        self.refresh()
        if before != self.stop:
            self.post_message(self.Moved(self.stop))

    # Keys and mouse

    def action_step(self, steps: int) -> None:
        """Go to the next stop, or scroll on where there is none."""
        if not 0 <= self._at + steps < len(self._stops):
            self.scroll_to(y=self.scroll_offset.y + steps, animate=False)
        else:
            self._go(self._at + steps)

    def action_page(self, pages: int) -> None:
        """Go about as far as the screen is high."""
        if not self._stops:
            return
        wanted = self._stops[self._at] + pages * max(1, self.size.height - 1)
        self._go(max(sum(row <= wanted for row in self._stops) - 1, 0))

    def action_end(self, way: int) -> None:
        """Go to the first or the last stop."""
        self._go(0 if way < 0 else len(self._stops) - 1)

    def action_open(self) -> None:
        if self.stop:
            self.post_message(self.Opened(self.stop))

    def on_click(self, event: events.Click) -> None:
        """Go to the stop clicked, or the one that the line belongs to."""
        offset = event.get_content_offset(self)
        row = -1 if offset is None else int(self.scroll_offset.y) + offset.y
        if 0 <= row < len(self._lines):
            self._go(max(sum(place <= row for place in self._stops) - 1, 0))
            if event.chain == 2:
                self.action_open()

    def _go(self, at: int) -> None:
        if not self._stops or at == self._at:
            return
        old, self._at, self._moved = self._at, at, at > 0
        top = self.scroll_offset.y
        self._reveal()
        if top == self.scroll_offset.y:
            rows = (self._stops[old], self._stops[at])
            self.refresh(*(Region(0, int(row - top), self.size.width, 1) for row in rows))
        else:
            self.refresh()
        self.post_message(self.Moved(self.stop))

    def _reveal(self) -> None:
        """Scroll no further than to see the stop with what belongs to it."""
        if not self._stops:
            return
        row, height = self._stops[self._at], max(1, self.size.height)
        ends = self._stops[self._at + 1] if self._at + 1 < len(self._stops) else len(self._lines)
        first = 0 if self._at == 0 else row
        top = min(max(int(self.scroll_offset.y), ends - height), first)
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    # Drawing

    def render_line(self, y: int) -> Strip:
        at, width = y + int(self.scroll_offset.y), self.size.width
        here = bool(self._stops) and at == self._stops[self._at]
        spans = self._rows[at] if at < len(self._rows) else ()
        segments = [Segment((self._mark if here else " ")[:width], self._style("text", here=here))]
        segments += [Segment(text, self._style(style, here=here)) for text, style in spans]
        return Strip(segments).adjust_cell_length(width, self._style("text", here=here))

    def _style(self, name: str, *, here: bool) -> Style:
        """Under the cursor it has the cursor's background; the focused one's colours, too."""
        own = self.get_component_rich_style(f"span-view--{name}")
        if not here:
            return own
        cursor = self.get_component_rich_style("span-view--cursor")
        return cursor if self.has_focus else own + Style(bgcolor=cursor.bgcolor)
