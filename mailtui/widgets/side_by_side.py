"""Two texts side by side, or one above the other where the screen is narrow; what differs is marked by shape too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import ClassVar

from rich.cells import cell_len
from textual.message import Message

from mailtui.widgets.pairs import Pair, spot
from mailtui.widgets.span_view import Row, Span, SpanView, chopped_spans, padded, shown

BESIDE_FROM = 100  # terminal cells from which on two sides stand beside each other


@dataclass(frozen=True, slots=True)
class Signs:
    """What marks a line that is on one side only, or another on each."""

    left: str = "‹"
    right: str = "›"
    changed: str = "±"
    rule: str = "│"
    skipped: str = "···"


DRAWN = Signs()
PLAIN = Signs("<", ">", "|", " ", "...")


class SideBySide(SpanView):
    """Shows pairs of lines below the names of the sides; changes can be gone through."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"span-view--left", "span-view--right"}
    DEFAULT_CSS = """
    SideBySide {
        & > .span-view--left { color: $text-warning; text-style: bold; }
        & > .span-view--right { color: $text-accent; text-style: bold; }
    }
    """
    fixed = 1

    class AtChange(Message):
        """Another change is at the top; `number` from 1, 0 where there is none."""

        def __init__(self, number: int, of: int) -> None:
            super().__init__()
            self.number, self.of = number, of

    def __init__(
        self,
        names: tuple[str, str],
        pairs: Sequence[Pair] = (),
        *,
        plain: bool = False,
        id: str | None = None,  # noqa: A002  Textual's name
    ) -> None:
        super().__init__(id=id)
        self._names, self._pairs = names, pairs
        self._signs = PLAIN if plain else DRAWN
        self._tops: list[int] = []
        self._change = 0

    def show(self, pairs: Sequence[Pair]) -> None:
        """Show others, from the top."""
        self._pairs, self._change = pairs, 0
        self.renew()
        self.scroll_to(y=0, animate=False)

    def lay_out(self, width: int) -> Sequence[Row]:
        sides = Beside(self._names, self._signs, width) if width >= BESIDE_FROM else None
        layout = sides or Above(self._names, self._signs, width)
        rows: list[Row] = [layout.heading]
        self._tops = []
        differed = False
        for pair in self._pairs:
            if pair.differs and not differed:
                self._tops.append(len(rows))
            differed = pair.differs
            rows += layout.rows(pair, _digits(self._pairs))
        return rows

    def renew(self) -> None:
        super().renew()
        self._change = min(self._change, max(0, len(self._tops) - 1))
        self.post_message(self.AtChange(min(self._change + 1, len(self._tops)), len(self._tops)))

    def go(self, step: int) -> None:
        """Bring the next change to the top, or with -1 the one before."""
        if self._tops:
            self._change = min(max(0, self._change + step), len(self._tops) - 1)
            self.scroll_to(y=max(0, self._tops[self._change] - self.fixed - 2), animate=False)
            self.post_message(self.AtChange(self._change + 1, len(self._tops)))


class Beside:
    """Left and right in two columns of a row, the mark between them."""

    def __init__(self, names: tuple[str, str], signs: Signs, width: int) -> None:
        self._signs, self._side = signs, max(4, (width - 3) // 2)
        left, right = names
        self.heading: Row = [(padded(left, self._side), "left"), ("   ", "text"), (right, "right")]

    def rows(self, pair: Pair, digits: int) -> Iterator[Row]:
        """The pair in as many rows as its longer side needs."""
        if pair.kind == "skipped":
            yield _skipped(pair, digits, self._signs)
            return
        left, right = _sides(pair)
        room = max(2, self._side - digits - 1)
        lefts = chopped_spans(left, room) if pair.left_number else []
        rights = chopped_spans(right, room) if pair.right_number else []
        sign = getattr(self._signs, pair.kind, self._signs.rule)
        style = {"left": "left", "right": "right", "changed": "warn"}.get(pair.kind, "dim")
        for at, (one, other) in enumerate(zip_longest(lefts, rights)):
            numbers = (pair.left_number, pair.right_number) if at == 0 else (0, 0)
            yield [
                _number(numbers[0], digits),
                *_padded(one or [], room),
                (f" {sign if at == 0 else self._signs.rule} ", style if at == 0 else "dim"),
                _number(numbers[1], digits),
                *(other or []),
            ]


class Above:
    """What stands left above what stands right, each with its mark."""

    def __init__(self, names: tuple[str, str], signs: Signs, width: int) -> None:
        self._signs, self._width = signs, width
        left, right = names
        self.heading: Row = [
            (f"{signs.left} {left}", "left"),
            ("   ", "text"),
            (f"{signs.right} {right}", "right"),
        ]

    def rows(self, pair: Pair, digits: int) -> Iterator[Row]:
        """The pair, the left side's rows first."""
        if pair.kind == "skipped":
            yield _skipped(pair, digits + 2, self._signs)
            return
        left, right = _sides(pair)
        if pair.kind == "same":
            yield from self._one(" ", "dim", pair.left_number, left, digits)
            return
        if pair.left_number:
            yield from self._one(self._signs.left, "left", pair.left_number, left, digits)
        if pair.right_number:
            yield from self._one(self._signs.right, "right", pair.right_number, right, digits)

    def _one(self, sign: str, style: str, number: int, line: Row, digits: int) -> Iterator[Row]:
        for at, row in enumerate(chopped_spans(line, max(2, self._width - digits - 3))):
            yield [
                (f"{sign} " if at == 0 else "  ", style),
                _number(number if at == 0 else 0, digits),
                *row,
            ]


def _sides(pair: Pair) -> tuple[Row, Row]:
    """Both lines in spans: what is the same recedes, what differs stands out."""
    left, right = shown(pair.left), shown(pair.right)
    if pair.kind == "same":
        return [(left, "dim")], [(right, "dim")]
    if pair.kind != "changed":
        return [(left, "left")], [(right, "right")]
    where = spot(left, right)
    sides = []
    for line, style in ((left, "left"), (right, "right")):
        before, at, behind = where.of(line)
        sides.append([(before, "text"), (at, style), (behind, "text")])
    return sides[0], sides[1]


def _skipped(pair: Pair, indent: int, signs: Signs) -> Row:
    lines = "1 line" if pair.skipped == 1 else f"{pair.skipped:,} lines"
    return [(f"{'':{indent}} {signs.skipped} {lines} the same", "dim")]


def _number(number: int, digits: int) -> Span:
    return f"{number or '':>{digits}} ", "dim"


def _padded(row: list[Span], width: int) -> list[Span]:
    room = width - sum(cell_len(text) for text, _ in row)
    return [*row, (" " * max(0, room), "text")]


def _digits(pairs: Sequence[Pair]) -> int:
    """Cells that hold any of the line numbers."""
    return len(str(max((max(pair.left_number, pair.right_number) for pair in pairs), default=0)))
