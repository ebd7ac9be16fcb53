"""Stacked bars in characters, for the console and for the command line: each part has a shape of its own. Pure."""

from collections.abc import Sequence
from math import ceil, floor, log10, sqrt
from typing import NamedTuple

FILLS = ("▁▂▃▄▅▆▇█", "░░░░▒▒▒▒", "✖✖✖✖✖✖✖✖")
ASCII_FILLS = ("....####", "----====", "xxxxxxxx")
"""For each part, what a cell shows that is filled by one eighth to eight."""

_SIGNS, _ASCII_SIGNS = ("█", "░▒", "✖"), (".#", "-=", "x")

NOTHING = -1


class Piece(NamedTuple):
    """What one cell of a bar shows: a character, and which part of the bar it belongs to; none: -1."""

    char: str
    part: int


BLANK = Piece(" ", NOTHING)


def stacked(
    counts: Sequence[int], most: int, height: int, *, root: bool = False, plain: bool = False
) -> list[Piece]:
    """One bar, from its foot up, `height` cells for `most`; what is there at all shows an eighth of a cell.

    A cell belongs to the part that has most of it. `root`: the height is that of the square root.
    """
    total = sum(counts)
    if total <= 0 or height < 1:
        return [BLANK] * max(height, 0)
    share = total / max(most, total)
    eighths = max(1, round(8 * height * (sqrt(share) if root else share)))
    fills = ASCII_FILLS if plain else FILLS
    cells = []
    for start in range(0, 8 * height, 8):
        filled = min(8, eighths - start)
        if filled <= 0:
            cells.append(BLANK)
        else:
            part = _part_of(counts, (start * total / eighths, (start + filled) * total / eighths))
            cells.append(Piece(fills[part][filled - 1], part))
    return cells


def signs(*, plain: bool = False) -> tuple[str, ...]:
    """What tells each part: how a cell looks that is filled in part and in full, where these differ by more than height."""
    return _ASCII_SIGNS if plain else _SIGNS


def spark(values: Sequence[float], *, most: float = 0.0, plain: bool = False) -> str:
    """A line of bars one cell high; without `most` the largest value is the highest. What is zero is a blank."""
    most = most or max(values, default=0.0)
    steps = ".:-=+*#@" if plain else FILLS[0]
    return "".join(" " if value <= 0 or most <= 0 else steps[_step(value / most)] for value in values)


def across(value: float, most: float, width: int, *, plain: bool = False) -> str:
    """A bar that lies, `width` cells long for `most`; what is there at all shows a cell."""
    if value <= 0 or most <= 0:
        return ""
    return ("#" if plain else FILLS[0][-2]) * min(width, max(1, round(width * value / most)))


def round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20 … and their tenths that is not below `least`."""
    if least <= 0:
        return 1.0
    ten = 10.0 ** floor(log10(least))
    return next((step * ten for step in (1, 2, 5) if step * ten >= least * (1 - 1e-9)), 10 * ten)


def ticks(low: float, high: float, cells: int, apart: int = 8) -> list[float]:
    """Round values for the labels of an axis `cells` wide, at least `apart` cells from one another."""
    if cells < 1 or high <= low:
        return []
    step = round_step((high - low) * apart / cells)
    return [number * step for number in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _step(share: float) -> int:
    return max(0, min(7, round(8 * share) - 1))


def _part_of(counts: Sequence[int], span: tuple[float, float]) -> int:
    """Which part of the bar has most of a span of it, both in what is counted."""
    found, widest, at = 0, -1.0, 0.0
    for part, count in enumerate(counts):
        shared = min(span[1], at + count) - max(span[0], at)
        if count and shared > widest:
            found, widest = part, shared
        at += count
    return found
