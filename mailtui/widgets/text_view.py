"""Lines of text to scroll through: wrapped to the width, drawn when seen, never read as markup."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import chop_cells
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mailtui.widgets.cells import clean

Line = tuple[str, str]
"""Text and the name of its style: `text`, `name`, `head`, `dim` or `warn`."""
LONGEST = 4000


class TextView(ScrollView, can_focus=True):
    """Shows lines; a line longer than 4,000 characters is cut and says so."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "text-view--text",
        "text-view--name",
        "text-view--head",
        "text-view--dim",
        "text-view--warn",
    }
    DEFAULT_CSS = """
    TextView {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .text-view--name { color: $text-accent; }
        & > .text-view--head { color: $text-accent; text-style: bold; }
        & > .text-view--dim { color: $text-muted; }
        & > .text-view--warn { color: $text-warning; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="text.up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="text.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="text.page-up"),
        Binding("pagedown,space", "page_down", "Page down", show=False, id="text.page-down"),
        Binding("home,g", "scroll_home", "Top", show=False, id="text.top"),
        Binding("end,G", "scroll_end", "End", show=False, id="text.end"),
    ]

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._lines = lines
        self._wrapped: list[Line] = []

    def show(self, lines: Sequence[Line]) -> None:
        """Show other lines, from the top."""
        self._lines = lines
        self._wrap()
        self.scroll_to(y=0, animate=False)

    def on_resize(self) -> None:
        self._wrap()

    def _wrap(self) -> None:
        width = max(1, self.scrollable_content_region.width)
        self._wrapped = [piece for line in self._lines for piece in wrap(line, width)]
        self.virtual_size = Size(width, len(self._wrapped))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        at = y + int(self.scroll_offset.y)
        if at >= len(self._wrapped):
            return Strip.blank(width, self.rich_style)
        text, style = self._wrapped[at]
        strip = Strip([Segment(text, self.get_component_rich_style(f"text-view--{style}"))])
        return strip.adjust_cell_length(width, self.rich_style)


def wrap(line: Line, width: int) -> list[Line]:
    """The line in pieces of at most `width` terminal cells, clean of what a terminal would obey."""
    text, style = line
    cut = len(text) - LONGEST
    shown = clean(text[:LONGEST].replace("\t", "    "))
    pieces = [(piece, style) for piece in _pieces(shown, width)]
    if cut > 0:
        pieces.append((f"({cut:,} more characters in this line)", "dim"))
    return pieces


def _pieces(text: str, width: int) -> list[str]:
    """The text in pieces that fit into `width` terminal cells."""
    if text.isascii():
        return [text[i : i + width] for i in range(0, len(text), width)] or [""]
    return chop_cells(text, max(2, width)) or [""]
