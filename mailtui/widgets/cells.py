"""What a table is made of: a source of rows, cells made safe, columns fitted to a width, rows drawn as strips."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, Protocol, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

Cell: TypeAlias = str | tuple[str, str]
"""Text, or text and the name of a style: the suffix of one of the table's component classes."""

Align: TypeAlias = Literal["left", "right"]

SPACER = 1
"""Blank cells between two columns."""

KEPT_STRIPS = 512
"""Drawn rows a painter keeps: more than any screen has lines."""

LONGEST = 8
"""Characters worth looking at for one terminal cell."""

FLEXIBLE_MIN = 8
"""The least width of a flexible column that names none."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as declared; all widths in terminal cells."""

    label: str
    width: int = 0
    """Wanted width; 0 takes what the others leave (several such columns share it)."""
    align: Align = "left"
    key: str = ""
    """The owner's name for it, compared with the table's `sort_column`."""
    min_width: int = 0
    """It may shrink to this before columns are dropped; 0: a fixed column does not shrink."""
    priority: int = 0
    """Columns with the lowest priority go first when the table is too narrow; of equals, the rightmost."""
    elide: Literal["end", "start"] = "end"
    """Which end of too long a text is cut: `start` keeps the end, as domains want it."""

    @property
    def least(self) -> int:
        """The narrowest this column is worth drawing."""
        return self.min_width or self.width or FLEXIBLE_MIN


class Source(Protocol):
    """The rows of a table. Rows are numbered from 0; a key names the same row in every later source."""

    @property
    def row_count(self) -> int:
        """How many rows there are."""

    def cells(self, row: int) -> Sequence[Cell]:
        """Return the cells of a row, one for each column."""

    def key(self, row: int) -> str:
        """Return the row's key."""

    def index_of(self, key: str) -> int | None:
        """Return the row with this key, or None if it is not here."""


class _NoRows:
    row_count = 0

    def cells(self, row: int) -> Sequence[Cell]:
        raise IndexError(row)

    def key(self, row: int) -> str:
        raise IndexError(row)

    def index_of(self, key: str) -> int | None:
        return None


NO_ROWS: Final[Source] = _NoRows()
"""The source of a table that was given none yet."""


def fit_columns(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """Return `(index, width)` of the columns drawn in `width` cells, spacers not counted as theirs.

    Too narrow: columns are dropped by priority; the last one is cut. Room to spare goes to shrunken fixed
    columns first, the most important one first, then in equal parts to the flexible ones.
    """
    if width <= 0 or not columns:
        return []
    importance = sorted(range(len(columns)), key=lambda i: (-columns[i].priority, i))
    kept: set[int] = set()
    spare = width + SPACER
    for index in importance:
        least = columns[index].least + SPACER
        if kept and least > spare:
            break
        kept.add(index)
        spare -= least
    widths = {index: min(columns[index].least, width) for index in kept}
    spare = max(0, spare)
    for index in importance:
        if index in kept and columns[index].width:
            grow = min(spare, max(0, columns[index].width - widths[index]))
            widths[index] += grow
            spare -= grow
    flexible = [index for index in sorted(kept) if not columns[index].width]
    for place, index in enumerate(flexible):
        share = spare // (len(flexible) - place)
        widths[index] += share
        spare -= share
    return sorted(widths.items())


def clean(text: str) -> str:
    """Replace everything that could command or confuse a terminal by `·`.

    That is what `str.isprintable` rejects: C0 and C1 controls, bidirectional and other format characters,
    surrogates, private and unassigned code points. Foreign spaces become plain ones.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else " " if unicodedata.category(char) == "Zs" else "·" for char in text
    )


def fit(
    text: str, width: int, align: Align = "left", elide: Literal["end", "start"] = "end", ellipsis: str = "…"
) -> str:
    """Return cleaned `text` in exactly `width` terminal cells, padded or cut with an ellipsis.

    Never looks at more than `LONGEST` characters for a cell: a subject may have a megabyte, or a thousand accents.
    """
    if len(text) > width * LONGEST:
        text = text[: width * LONGEST] if elide == "end" else text[len(text) - width * LONGEST :]
    text = clean(text)
    plain = text.isascii()
    length = len(text) if plain else cell_len(text)
    if length <= width:
        padding = " " * (width - length)
        return padding + text if align == "right" else text + padding
    if width < 1:
        return ""
    if elide == "end":
        return (text[: width - 1] if plain else set_cell_size(text, width - 1)) + ellipsis
    return ellipsis + (text[length - width + 1 :] if plain else _tail(text, width - 1))


def _tail(text: str, width: int) -> str:
    """Return the last `width` cells of `text`, padded left where a wide character did not fit."""
    start = len(text)
    while start and cell_len(text[start - 1 :]) <= width:
        start -= 1
    tail = text[start:]
    return " " * (width - cell_len(tail)) + tail


def abbreviate(count: int) -> str:
    """Return a count in at most four characters up to 999G: 999, 1.2k, 12k, 1.2M; rounded down."""
    if count < 1000:
        return str(count)
    for unit in "kMG":
        whole, rest = divmod(count, 1000)
        if whole < 10:
            return f"{whole}.{rest // 100}{unit}"
        if whole < 1000 or unit == "G":
            return f"{whole}{unit}"
        count = whole
    return str(count)


class Painter:
    """Draws the rows of one source as strips of one width in one set of styles, and keeps the latest drawn.

    When the source, a style or the width changes, another painter is made. The first terminal cell of a line is
    the gutter, where the cursor's mark goes.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        source: Source,
        width: int,
        style: Callable[[str], Style],
        *,
        focused: bool = False,
        ascii_only: bool = False,
        sort: tuple[str, bool] = ("", False),
    ) -> None:
        """`style` resolves a cell's style name, "" is the table's own; `sort` is a column's key and "reversed"."""
        self.width = width
        self._source = source
        self._layout = [(index, columns[index], size) for index, size in fit_columns(columns, width - 1)]
        self._spare = width - max(1, sum(SPACER + size for _, _, size in self._layout))
        self._resolve = style
        self._styles: dict[str, Style] = {}
        self._focused = focused
        self._sort_column = sort[0]
        marks = "^v" if ascii_only else "▲▼"
        self._sort_mark = marks[sort[1]]
        self._cursor_mark = ">" if ascii_only else "▸"
        self._ellipsis = "~" if ascii_only else "…"
        self._strips: LRUCache[int, Strip] = LRUCache(KEPT_STRIPS)
        self._cursor: tuple[int, Strip] | None = None

    def forget(self, row: int) -> None:
        """Draw this row anew when next asked for it."""
        self._strips.discard(row)
        self._cursor = None

    def row(self, row: int) -> Strip:
        """Return a row, drawn with as few segments as its styles allow."""
        strip = self._strips.get(row)
        if strip is None:
            strip = self._strips[row] = self._draw(self._source.cells(row))
        return strip

    def cursor(self, row: int) -> Strip:
        """Return a row as the cursor shows it: a mark in the gutter, and the cursor's background.

        Focused, its text takes the cursor's colours, legible on any background; unfocused it keeps its own.
        Cells with a background of their own keep that.
        """
        if self._cursor is None or self._cursor[0] != row:
            self._cursor = (row, self._draw_cursor(self.row(row)))
        return self._cursor[1]

    @cached_property
    def blank(self) -> Strip:
        """A line below the last row."""
        return Strip.blank(self.width, self._style(""))

    @cached_property
    def header(self) -> Strip:
        """The labels, with a mark at the sorted column."""
        cells: dict[int, Cell] = {}
        for index, column, width in self._layout:
            cells[index] = (column.label, "header")
            if self._sort_column and column.key == self._sort_column:
                label = set_cell_size(column.label, min(width - 1, cell_len(column.label)))
                cells[index] = (label + self._sort_mark, "sorted")
        return self._draw([cells.get(index, "") for index in range(max(cells, default=-1) + 1)])

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self._resolve(name)
        return self._styles[name]

    def _draw(self, cells: Sequence[Cell]) -> Strip:
        segments: list[Segment] = []
        run, run_name, spacer = " "[: self.width], "", ""
        for index, column, width in self._layout:
            cell = cells[index]
            text, name = (cell, "") if isinstance(cell, str) else cell
            text = spacer + fit(text, width, column.align, column.elide, self._ellipsis)
            spacer = " " * SPACER
            if name == run_name:
                run += text
            else:
                segments.append(Segment(run, self._style(run_name)))
                run, run_name = text, name
        segments.append(Segment(run, self._style(run_name)))
        if self._spare > 0:
            segments.append(Segment(" " * self._spare, self._style("")))
        return Strip(segments, self.width)

    def _draw_cursor(self, strip: Strip) -> Strip:
        style, plain = self._style("cursor"), self._style("").bgcolor
        behind = Style(bgcolor=style.bgcolor)
        segments = [Segment(self._cursor_mark[: self.width], style)]
        gutter = 1
        for text, own, _ in strip:
            if own is None or own.bgcolor == plain:
                shown = style if own is None or self._focused else own + behind
            else:
                shown = own
            segments.append(Segment(text[gutter:], shown))
            gutter = 0
        return Strip(Segment.simplify(segments), strip.cell_length)
