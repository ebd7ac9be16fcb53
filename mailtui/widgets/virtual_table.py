"""A table of a million rows: rows are decoded when drawn, drawn once, and a cursor move repaints two lines."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mailtui.widgets.cells import NO_ROWS, Cell, Column, Painter, Source

__all__ = ["Cell", "Column", "Source", "VirtualTable"]


class VirtualTable(ScrollView, can_focus=True):
    """A table with a fixed header line and one line per row, drawn on Textual's Line API.

    Padding, border and opacity work as in any widget; outline, hatch and tint are not drawn.
    """

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "virtual-table--header",
        "virtual-table--sorted",
        "virtual-table--cursor",
        "virtual-table--warn",
        "virtual-table--bad",
        "virtual-table--good",
        "virtual-table--dim",
        "virtual-table--accent",
        "virtual-table--mark",
    }

    DEFAULT_CSS = """
    VirtualTable {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .virtual-table--header { color: $text-muted; text-style: bold; }
        & > .virtual-table--sorted { color: $text-accent; text-style: bold; }
        & > .virtual-table--cursor { background: $block-cursor-blurred-background; text-style: bold; }
        &:focus > .virtual-table--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
        & > .virtual-table--warn { color: $text-warning; }
        & > .virtual-table--bad { color: $error; text-style: bold; }
        & > .virtual-table--good { color: $success; }
        & > .virtual-table--dim { color: $text-muted; }
        & > .virtual-table--accent { color: $text-accent; }
        & > .virtual-table--mark { color: $text-accent; text-style: bold; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_up", "Up", show=False, id="table.up"),
        Binding("down,j", "cursor_down", "Down", show=False, id="table.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="table.page-up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="table.page-down"),
        Binding("home,g", "first", "First row", show=False, id="table.first"),
        Binding("end,G", "last", "Last row", show=False, id="table.last"),
        Binding("enter", "open", "Open", show=False, id="table.open"),
    ]

    ascii_only: reactive[bool] = reactive(False)
    """Draw the cursor, the sort mark and the ellipsis in ASCII."""
    sort_column: reactive[str] = reactive("")
    """Key of the column that carries the sort mark; sorting itself is the owner's."""
    sort_reverse: reactive[bool] = reactive(False)
    """Whether the sort mark points down."""

    class RowMessage(Message):
        """What a table tells its owner about a row."""

        def __init__(self, table: "VirtualTable") -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> "VirtualTable":
            """The table, for `@on` selectors."""
            return self.table

    class CursorMoved(RowMessage):
        """The cursor is on another row, or its row has another index; both None: there are no rows."""

        def __init__(self, table: "VirtualTable", row: int | None, key: str | None) -> None:
            super().__init__(table)
            self.row = row
            self.key = key

    class Opened(RowMessage):
        """Enter or a double click on a row."""

        def __init__(self, table: "VirtualTable", key: str) -> None:
            super().__init__(table)
            self.key = key

    def __init__(
        self,
        columns: Sequence[Column] = (),
        source: Source | None = None,
        *,
        id: str | None = None,  # noqa: A002  Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._source: Source = NO_ROWS
        self._cursor: int | None = None
        self._cursor_key: str | None = None
        self._painter: Painter | None = None
        self._page = 1
        if source is not None:
            self.swap(source)

    # What owners use

    @property
    def source(self) -> Source:
        """The rows shown."""
        return self._source

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns as declared; those that fit are drawn."""
        return self._columns

    @property
    def cursor(self) -> int | None:
        """The row under the cursor, None when there are no rows."""
        return self._cursor

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor, None when there are no rows."""
        return self._cursor_key

    @property
    def visible_rows(self) -> range:
        """The rows on the screen."""
        top = self.scroll_offset.y
        return range(top, min(top + self._page, self._source.row_count))

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Declare other columns; the source must have cells to match when next drawn."""
        self._columns = tuple(columns)
        self.refresh_rows()

    def swap(self, source: Source) -> None:
        """Show other rows in one step.

        The cursor stays on its key at the same screen line; if the key has gone, at the same index. With the
        cursor out of sight the topmost row is held instead.
        """
        old, top, was = self._source, self.scroll_offset.y, (self._cursor, self._cursor_key)
        cursor = None if self._cursor_key is None else source.index_of(self._cursor_key)
        if self._cursor is not None and self._cursor in self.visible_rows:
            held, now = self._cursor, cursor
        else:
            held, now = top, source.index_of(old.key(top)) if top < old.row_count else None
        if cursor is None and source.row_count:
            cursor = min(self._cursor or 0, source.row_count - 1)
        self._source = source
        self._cursor, self._cursor_key = cursor, None if cursor is None else source.key(cursor)
        size = Size(1, source.row_count + 1)
        if size != self.virtual_size:
            self.virtual_size = size
        self._scroll(top if now is None else top + now - held)
        self.refresh_rows()
        if bool(old.row_count) != bool(source.row_count) and self.is_attached:
            self.refresh_bindings()
        if was != (self._cursor, self._cursor_key):
            self.post_message(self.CursorMoved(self, self._cursor, self._cursor_key))

    def refresh_rows(self) -> None:
        """Decode and draw all visible rows again: marks changed, ages moved on."""
        self._painter = None
        self.refresh()

    def refresh_row(self, row: int) -> None:
        """Decode and draw one row again."""
        if self._painter is not None:
            self._painter.forget(row)
        self._repaint((row,))

    def move_cursor(self, row: int) -> None:
        """Move the cursor to a row, clamped to those there are, and bring it into view."""
        self._move(row, self.scroll_offset.y)

    # Keys and mouse

    def action_cursor_up(self) -> None:
        """Move the cursor up a row."""
        self._move_by(-1)

    def action_cursor_down(self) -> None:
        """Move the cursor down a row."""
        self._move_by(1)

    def action_page_up(self) -> None:
        """Move cursor and view up a page."""
        self._move_by(-self._page, scroll=True)

    def action_page_down(self) -> None:
        """Move cursor and view down a page."""
        self._move_by(self._page, scroll=True)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self.move_cursor(0)

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self.move_cursor(self._source.row_count - 1)

    def action_open(self) -> None:
        """Post `Opened` for the row under the cursor."""
        if self._cursor_key is not None:
            self.post_message(self.Opened(self, self._cursor_key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer `open` only where there is a row to open."""
        return self._cursor is not None if action == "open" else True

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the row clicked; a double click opens it."""
        offset = event.get_content_offset(self)
        row = -1 if offset is None else self.scroll_offset.y + offset.y - 1
        if offset is None or offset.y < 1 or row >= self._source.row_count:
            return
        self.move_cursor(row)
        if event.chain == 2:
            self.action_open()

    def on_resize(self) -> None:
        """Keep the cursor in view if it was, and the scroll position in range."""
        was_visible = self._cursor in self.visible_rows
        self._page = max(1, self.scrollable_content_region.height - 1)
        top = self.scroll_offset.y
        if was_visible and self._cursor is not None:
            top = min(max(top, self._cursor - self._page + 1), self._cursor)
        self._scroll(top)

    # Moving

    def _move_by(self, rows: int, *, scroll: bool = False) -> None:
        """Move the cursor, and with `scroll` the view too, so that the cursor keeps its screen line."""
        if self._cursor is not None:
            self._move(self._cursor + rows, self.scroll_offset.y + (rows if scroll else 0))

    def _move(self, row: int, top: int) -> None:
        """Put the cursor on `row`, scroll to `top` or as far from it as the cursor needs, repaint what changed."""
        if self._cursor is None:
            return
        old, row = self._cursor, min(max(row, 0), self._source.row_count - 1)
        self._scroll(min(max(top, row - self._page + 1), row))
        if row == old:
            return
        self._cursor, self._cursor_key = row, self._source.key(row)
        self._repaint((old, row))
        self.post_message(self.CursorMoved(self, row, self._cursor_key))

    def _scroll(self, top: int) -> None:
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _repaint(self, rows: Iterable[int]) -> None:
        top, width = self.scroll_offset.y, self.scrollable_content_region.width
        regions = [Region(0, row - top + 1, width, 1) for row in rows if row in self.visible_rows]
        if regions:
            self.refresh(*regions)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scroll; the bar's thumb is repainted only when it moves by an eighth of a cell.

        Over a slow link the bar would otherwise be sent again with every line of a million.
        """
        if self.show_vertical_scrollbar:
            eighths = max(1, self._page * 8)
            step = max(1, self.virtual_size.height // eighths)
            at_end = new_value >= self.max_scroll_y
            self.vertical_scrollbar.position = new_value if at_end else new_value // step * step
        if round(old_value) != round(new_value):
            width, height = self.scrollable_content_region.size
            self.refresh(Region(0, 1, width, height - 1))

    # Drawing

    def _forget_drawn(self) -> None:
        self._painter = None

    watch_ascii_only = watch_sort_column = watch_sort_reverse = _forget_drawn

    def notify_style_update(self) -> None:
        """Forget what was drawn in the styles of before: focus or theme changed."""
        super().notify_style_update()
        self._painter = None

    def _component_style(self, name: str) -> Style:
        """Return the style of a component class by its suffix; any other name gives the table's own."""
        return self.get_component_rich_style(f"virtual-table--{name}", default=self.rich_style)

    def _painter_now(self) -> Painter:
        """Return the painter for the present width, styles and source."""
        width = self.scrollable_content_region.width
        if self._painter is None or self._painter.width != width:
            self._painter = Painter(
                self._columns,
                self._source,
                width,
                self._component_style,
                focused=self.has_focus,
                ascii_only=self.ascii_only,
                sort=(self.sort_column, self.sort_reverse),
            )
        return self._painter

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the visible lines; without border and padding these are the cached strips themselves."""
        if self.styles.gutter or self.opacity < 1:
            return super().render_lines(crop)
        painter, top = self._painter_now(), self.scroll_offset.y
        strips = [self._draw_line(y, top, painter) for y in crop.line_range]
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        if crop.x or crop.right < painter.width:
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """Return screen line `y`: the header, a row, or nothing."""
        return self._draw_line(y, self.scroll_offset.y, self._painter_now())

    def _draw_line(self, y: int, top: int, painter: Painter) -> Strip:
        row = top + y - 1
        if y == 0:
            return painter.header
        if row == self._cursor:
            return painter.cursor(row)
        return painter.row(row) if row < self._source.row_count else painter.blank
