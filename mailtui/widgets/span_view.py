"""Rows of coloured text to scroll through: laid out for the width, drawn when seen, never read as markup."""

from abc import abstractmethod
from collections.abc import Sequence
from textwrap import wrap as by_words
from typing import ClassVar

from rich.cells import chop_cells, set_cell_size
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mailtui.widgets.cells import clean

Span = tuple[str, str]
"""Text and the name of its style: the suffix of one of the view's component classes."""
Row = Sequence[Span]
LONGEST = 4000
TAB = "    "


class SpanView(ScrollView, can_focus=True):
    """Shows what `lay_out` gives; the first `fixed` rows stay where they are."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "span-view--text",
        "span-view--name",
        "span-view--head",
        "span-view--dim",
        "span-view--warn",
        "span-view--bad",
        "span-view--good",
    }
    DEFAULT_CSS = """
    SpanView {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .span-view--name { color: $text-accent; }
        & > .span-view--head { color: $text-accent; text-style: bold; }
        & > .span-view--dim { color: $text-muted; }
        & > .span-view--warn { color: $text-warning; }
        & > .span-view--bad { color: $error; text-style: bold; }
        & > .span-view--good { color: $success; }
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
    fixed = 0

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()

    @abstractmethod
    def lay_out(self, width: int) -> Sequence[Row]:
        """All rows, none wider than `width` terminal cells and each clean of what a terminal would obey."""

    def renew(self) -> None:
        """Lay out again: what is shown is another, or the width is."""
        width = max(1, self.scrollable_content_region.width)
        self._rows = self.lay_out(width)
        self.virtual_size = Size(width, len(self._rows))
        self.refresh()

    def on_resize(self) -> None:
        self.renew()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        at = y if y < self.fixed else y + int(self.scroll_offset.y)
        if at >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        styled = [
            Segment(text, self.get_component_rich_style(f"span-view--{style}"))
            for text, style in self._rows[at]
        ]
        return Strip(styled).adjust_cell_length(width, self.rich_style)


def shown(text: str) -> str:
    """The text as it is drawn, without what is behind its first 4,000 characters."""
    return clean(text[:LONGEST].replace("\t", TAB))


def chopped(text: str, width: int) -> list[str]:
    """Clean text in pieces that fit into `width` terminal cells."""
    if text.isascii():
        return [text[i : i + width] for i in range(0, len(text), width)] or [""]
    return chop_cells(text, max(2, width)) or [text]


def broken(text: str, width: int) -> list[str]:
    """The same pieces, but broken behind blanks where these are not far."""
    pieces: list[str] = []
    while len(piece := chopped(text[: 2 * width], width)[0]) < len(text):
        blank = piece.rfind(" ", len(piece) // 2)
        cut = max(1, len(piece)) if blank < 0 else blank + 1
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]


def folded(text: str, width: int, hang: int = 0) -> list[str]:
    """Prose in pieces that fit, broken between words where that can be; all but the first begin with `hang` blanks."""
    lines = by_words(shown(text), max(hang + 2, width), subsequent_indent=" " * hang, break_on_hyphens=False)
    return [piece for line in lines for piece in chopped(line, width)] or [""]


def padded(text: str, width: int) -> str:
    """Clean text in exactly so many terminal cells."""
    return f"{text:<{width}}" if text.isascii() and len(text) <= width else set_cell_size(text, width)


def chopped_spans(spans: Row, width: int) -> list[list[Span]]:
    """Clean spans in rows that fit into `width` terminal cells, broken behind blanks where these are not far."""
    rows: list[list[Span]] = []
    left = [(text, style) for text, style in spans if text]
    for piece in broken("".join(text for text, _ in left), width):
        row: list[Span] = []
        room = len(piece)
        while room:
            text, style = left.pop(0)
            row.append((text[:room], style))
            if len(text) > room:
                left.insert(0, (text[room:], style))
            room -= min(room, len(text))
        rows.append(row)
    return rows
