"""A histogram in characters, for the console and for the command line: bars, marks as lines, an axis. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mailtui.bars import BLANK, NOTHING, stacked, ticks

LEAST_HEIGHT = 4
"""Lines: labels of the marks, one of bars, the axis, and its numbers."""

Span = tuple[str, str]
"""Text, and what it is: part-0 … part-N, moved, mark, active, was, axis, label, or nothing."""


class Mark(NamedTuple):
    """A value of the axis that a line is drawn at; `was`: where it stood before it was moved.

    The active one is in brackets, for those who see no colour.
    """

    name: str
    at: float
    was: float | None = None
    active: bool = False

    @property
    def label(self) -> str:
        level = f"{self.at:.2f}" if abs(self.at) < 10_000 else f"{self.at:.3g}"
        return f"[{self.name} {level}]" if self.active else f"{self.name} {level}"

    @property
    def moved(self) -> bool:
        return self.was is not None and self.was != self.at


@dataclass(frozen=True, slots=True)
class Chart:
    """Buckets of the same width from `low` up, each with the counts of its parts; what lies outside is counted apart.

    `root`: heights are those of the square root, which keeps what is rare in sight.
    """

    low: float = 0.0
    width: float = 1.0
    counts: Sequence[Sequence[int]] = ()
    below: int = 0
    above: int = 0
    marks: Sequence[Mark] = ()
    root: bool = False

    @property
    def high(self) -> float:
        return self.low + self.width * len(self.counts)

    @property
    def most(self) -> int:
        """The highest bar."""
        return max(map(sum, self.counts), default=0)


def draw(chart: Chart, width: int, height: int, *, plain: bool = False) -> list[list[Span]]:
    """The chart in `height` lines of `width` cells."""
    return _Drawing(chart, width, max(height, LEAST_HEIGHT), plain=plain).lines()


def buckets_that_fit(width: int) -> int:
    """How many buckets a chart `width` cells wide has room for."""
    return max(1, width - _GUTTER - 1)


_GUTTER = 7
_SIGNS = {
    False: {"line": "│", "was": "┊", "axis": "─", "between": "━", "foot": "┴", "wall": "┤", "corner": "┼"},
    True: {"line": "|", "was": ":", "axis": "-", "between": "=", "foot": "^", "wall": "|", "corner": "+"},
}


class _Drawing:
    """`cells` is how wide each bucket is drawn; a place is a cell of the part where bars stand, from 0."""

    def __init__(self, chart: Chart, width: int, height: int, *, plain: bool) -> None:
        self.chart, self.plain, self.signs = chart, plain, _SIGNS[plain]
        self.room = max(1, width - _GUTTER)
        self.height = height - 3
        self.cells = max(1, (self.room - 1) // max(1, len(chart.counts)))
        self.used = min(self.room, self.cells * len(chart.counts))

    def lines(self) -> list[list[Span]]:
        return [self._labels(), *self._bars(), self._axis(), self._numbers()]

    def _place(self, value: float) -> int | None:
        """The cell that a value falls into; at the very end of the axis the one behind it."""
        if not self.chart.low <= value <= self.chart.high or not self.used:
            return None
        place = int((value - self.chart.low) / self.chart.width * self.cells + 1e-9)
        return place if place < self.room else None

    def _labels(self) -> list[Span]:
        row: list[Span] = [(" ", "")] * self.room
        shown = sorted((mark for mark in self.chart.marks), key=lambda mark: mark.at)
        for number, mark in enumerate(shown):
            place = self._place(mark.at)
            style = "active" if mark.active else "mark"
            if place is None:
                self._outside(row, mark, style)
                continue
            left = number == 0 and len(shown) > 1
            start = self._free(row, place, len(mark.label), left=left)
            if start is not None:
                _write(row, start, mark.label, style)
            if row[place][0] == " ":
                _write(row, place, self.signs["line"], style)
        return _gathered([(" " * _GUTTER, ""), *row])

    def _free(self, row: list[Span], place: int, length: int, *, left: bool) -> int | None:
        """Where a label begins: beside its line, else beside the other labels; None: there is no room."""
        taken = [at for at, (char, _) in enumerate(row) if char != " "]
        beside = [place - length, place + 1] if left else [place + 1, place - length]
        others = [taken[-1] + 2, taken[0] - 1 - length] if taken else []
        for start in (*beside, *others):
            if 0 <= start <= self.room - length and all(
                char == " " for char, _ in row[start : start + length]
            ):
                return start
        return None if taken else max(0, place - length)

    def _outside(self, row: list[Span], mark: Mark, style: str) -> None:
        """A mark that the axis does not reach: its label at that end."""
        arrow = "<" if self.plain else "◂"
        if mark.at < self.chart.low:
            _write(row, 0, f"{arrow} {mark.label}", style)
        else:
            text = f"{mark.label} {'>' if self.plain else '▸'}"
            _write(row, max(0, self.room - len(text)), text, style)

    def _bars(self) -> list[list[Span]]:
        most = self.chart.most
        moved = self._between()
        bars = [
            (stacked(counts, most, self.height, root=self.chart.root, plain=self.plain), number)
            for number, counts in enumerate(self.chart.counts)
        ]
        columns = [
            [
                (
                    piece.char,
                    "" if piece.part == NOTHING else "moved" if moved(number) else f"part-{piece.part}",
                )
                for piece in bar
            ]
            for bar, number in bars
            for _ in range(self.cells)
        ][: self.used]
        columns += [[(BLANK.char, "")] * self.height] * (self.room - len(columns))
        columns = [list(column) for column in columns]
        for mark in sorted(self.chart.marks, key=lambda mark: mark.active):
            if mark.moved and mark.was is not None:
                self._line(columns, mark.was, self.signs["was"], "was")
            self._line(columns, mark.at, self.signs["line"], "active" if mark.active else "mark")
        rows = []
        for line in range(self.height - 1, -1, -1):
            gutter = f"{self._height_of(line):>{_GUTTER - 2}} {self.signs['wall']}"
            rows.append(_gathered([(gutter, "axis"), *(column[line] for column in columns)]))
        return rows

    def _height_of(self, line: int) -> str:
        """What a bar counts that ends on top of a line: told at the top and, of many lines, in the middle."""
        most, share = self.chart.most, (line + 1) / self.height
        told = {self.height - 1, self.height // 2 - 1} if self.height > 3 else {self.height - 1}
        count = round(most * (share**2 if self.chart.root else share))
        return _short(count) if count and line in told else ""

    def _line(self, columns: list[list[Span]], value: float, sign: str, style: str) -> None:
        """A line where no bar stands."""
        if (place := self._place(value)) is not None:
            columns[place] = [(sign, style) if char == " " else (char, own) for char, own in columns[place]]

    def _between(self) -> "_Between":
        spans = [
            (min(mark.at, mark.was), max(mark.at, mark.was))
            for mark in self.chart.marks
            if mark.moved and mark.was is not None
        ]
        return _Between(self.chart, spans)

    def _axis(self) -> list[Span]:
        row: list[Span] = [(self.signs["axis"], "axis")] * self.room
        for mark in self.chart.marks:
            if mark.moved and mark.was is not None:
                ends = [self._near(mark.was), self._near(mark.at)]
                for passed in range(min(ends), max(ends)):
                    row[passed] = (self.signs["between"], "active")
        for mark in sorted(self.chart.marks, key=lambda mark: mark.active):
            if (place := self._place(mark.at)) is not None:
                row[place] = (self.signs["foot"], "active" if mark.active else "mark")
        return _gathered([(" " * (_GUTTER - 1) + self.signs["corner"], "axis"), *row])

    def _near(self, value: float) -> int:
        """The cell of a value, or of the end of the axis that is nearest to it."""
        kept = min(max(value, self.chart.low), self.chart.high)
        place = self._place(kept)
        return self.room - 1 if place is None else place

    def _numbers(self) -> list[Span]:
        row: list[Span] = [(" ", "")] * self.room
        above = f"{_short(self.chart.above)} above {'>' if self.plain else '▸'}" if self.chart.above else ""
        below = f"{'<' if self.plain else '◂'} {_short(self.chart.below)} below" if self.chart.below else ""
        first = len(below) - _GUTTER + 2 if below else 0
        last = self.room - len(above) - (2 if above else 0)
        step_ticks = ticks(self.chart.low, self.chart.high, self.used)
        for value in step_ticks:
            text = f"{value:g}" if abs(value) > 1e-9 else "0"
            place = self._place(value)
            start = -1 if place is None else place - (len(text) - 1 if value < 0 else len(text) // 2)
            if start >= max(0, first) and start + len(text) <= last:
                _write(row, start, text, "label")
        _write(row, max(0, self.room - len(above)), above, "label")
        _write(row, 0, below[_GUTTER:], "label")
        return _gathered([(f"{below:<{_GUTTER}}"[:_GUTTER], "label"), *row])


class _Between:
    """Whether a bucket lies, at least in part, between where a mark was and where it is."""

    def __init__(self, chart: Chart, spans: Sequence[tuple[float, float]]) -> None:
        self._chart, self._spans = chart, spans

    def __call__(self, number: int) -> bool:
        start = self._chart.low + number * self._chart.width
        return any(
            low < start + self._chart.width - 1e-9 and high > start + 1e-9 for low, high in self._spans
        )


def _short(count: int) -> str:
    """A count in at most five characters."""
    if count < 100_000:
        return str(count)
    return f"{count // 1000}k" if count < 10_000_000 else f"{count // 1_000_000}M"


def _write(row: list[Span], start: int, text: str, style: str) -> None:
    for place, char in enumerate(text, start):
        if 0 <= place < len(row):
            row[place] = (char, style)


def _gathered(row: Sequence[Span]) -> list[Span]:
    """Neighbours of one style in one piece."""
    found: list[Span] = []
    for text, style in row:
        if found and found[-1][1] == style:
            found[-1] = (found[-1][0] + text, style)
        else:
            found.append((text, style))
    return found
