"""A labelled matrix of counts, coloured by size: where things pile up, and how old they are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len

from mailtui.widgets.cells import Cell, Column, abbreviate, clean
from mailtui.widgets.virtual_table import VirtualTable

__all__ = ["HeatMap", "HeatRow"]

LEVELS = 5
"""Intensities a count above zero can have."""

LABEL_MIN = 12
BAR_WIDTH = 6
EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One line of the matrix."""

    label: str
    counts: tuple[int, ...]
    """One count for each column."""
    key: str = ""
    """What tells it from all others; empty: its label does."""

    @property
    def total(self) -> int:
        """The sum over all columns, also those too narrow a screen does not show."""
        return sum(self.counts)


def heat_level(count: int, most: int) -> int:
    """Return 0 for zero, else 1 to `LEVELS` on a logarithmic scale on which `most` is the hottest."""
    if count <= 0:
        return 0
    if most <= 1:
        return LEVELS
    return 1 + int((LEVELS - 1) * math.log(min(count, most)) / math.log(most))


def bar(value: int, most: int, width: int, *, ascii_only: bool = False) -> str:
    """Return a bar of at most `width` cells, linear, never empty for a value above zero."""
    eighths = max(1, round(8 * width * value / most)) if value > 0 else 0
    if ascii_only:
        return "#" * -(-eighths // 8)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (EIGHTHS[rest] if rest else "")


class _HeatSource:
    """The rows of a heat map as cells: label, counts, total, bar."""

    def __init__(self, rows: Sequence[HeatRow], owner: "HeatMap") -> None:
        self.rows = rows
        self.most = max((max(row.counts, default=0) for row in rows), default=0)
        self.most_total = max((row.total for row in rows), default=0)
        self._owner = owner
        self._index = {row.key or row.label: index for index, row in enumerate(rows)}

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def cells(self, row: int) -> Sequence[Cell]:
        label, counts, total = self.rows[row].label, self.rows[row].counts, self.rows[row].total
        return [
            label,
            *(self._heat(count) for count in counts),
            abbreviate(total),
            (bar(total, self.most_total, BAR_WIDTH, ascii_only=self._owner.ascii_only), "bar"),
        ]

    def _heat(self, count: int) -> Cell:
        level = heat_level(count, self.most)
        return (abbreviate(count), f"heat-{level}") if level else (".", "dim")

    def key(self, row: int) -> str:
        return self.rows[row].key or self.rows[row].label

    def index_of(self, key: str) -> int | None:
        return self._index.get(key)


class HeatMap(VirtualTable):
    """A `VirtualTable` whose columns are a label, one count per column, their total and a bar of it.

    Too narrow a screen loses the bar first, then the counts from the right; the total always counts them all.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "virtual-table--bar",
        *(f"virtual-table--heat-{level}" for level in range(1, LEVELS + 1)),
    }

    DEFAULT_CSS = """
    HeatMap {
        & > .virtual-table--bar { color: $accent; }
        & > .virtual-table--heat-1 { background: $accent 12%; }
        & > .virtual-table--heat-2 { background: $accent 28%; }
        & > .virtual-table--heat-3 { background: $accent 46%; color: auto; }
        & > .virtual-table--heat-4 { background: $accent 70%; color: auto; }
        & > .virtual-table--heat-5 { background: $accent; color: auto; text-style: bold; }
        &:ansi > .virtual-table--heat-1 { background: ansi_default; color: ansi_default; }
        &:ansi > .virtual-table--heat-2 { background: ansi_default; color: ansi_default; }
        &:ansi > .virtual-table--heat-3 { background: ansi_default; color: ansi_cyan; }
        &:ansi > .virtual-table--heat-4 { background: ansi_default; color: ansi_bright_cyan; text-style: bold; }
        &:ansi > .virtual-table--heat-5 { background: ansi_cyan; color: ansi_black; text-style: bold; }
    }
    """

    title = ""
    """Label of the first column."""

    def show(self, columns: Sequence[str], rows: Sequence[HeatRow], *, title: str | None = None) -> None:
        """Show another matrix in one step; `title` heads the labels. The cursor keeps to its label."""
        if title is not None:
            self.title = title
        hottest = [max((row.counts[place] for row in rows), default=0) for place in range(len(columns))]
        label_width = max((cell_len(clean(row.label)) for row in rows), default=0)
        rank = len(columns)
        self.set_columns(
            [
                Column(
                    self.title,
                    max(LABEL_MIN, cell_len(self.title), label_width),
                    min_width=LABEL_MIN,
                    priority=rank + 2,
                    elide="start",
                    key="label",
                ),
                *(
                    Column(
                        label, max(cell_len(label), _width(most)), "right", priority=rank - place, key=label
                    )
                    for place, (label, most) in enumerate(zip(columns, hottest, strict=True))
                ),
                Column("n", 4, "right", priority=rank + 1, key="total"),
                Column("", BAR_WIDTH, priority=-1),
            ]
        )
        self.swap(_HeatSource(rows, self))


def _width(most: int) -> int:
    """Return the cells that hold any count up to `most`."""
    return len(str(most)) if most < 1000 else 4
