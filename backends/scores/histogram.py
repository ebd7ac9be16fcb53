"""How the scores spread: buckets of one width, ham, spam and virus apart."""

from itertools import pairwise
from math import ceil, floor

import msgspec

from backends.scores.tally import Tally

WIDTHS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
MOST_BUCKETS = 4000
FAR = 24.0
"""Scores that are so far from the thresholds and from the middle do not widen what is shown: GTUBE gives 1,000."""

OUT_OF_REACH = 60.0
"""A threshold beyond this and its negative is one that was put out of reach (kill at 999), and is not shown."""


class Histogram(msgspec.Struct, frozen=True):
    """Buckets from `low` up, each `width` wide and with the counts of ham, spam and virus; a bucket holds its lower end.

    `below` and `above`: how many scores lie outside.
    """

    low: float
    width: float
    counts: tuple[tuple[int, ...], ...]
    below: int = 0
    above: int = 0

    @property
    def high(self) -> float:
        """Where the last bucket ends."""
        return self.low + self.width * len(self.counts)


def histogram(tally: Tally, low: float, high: float, width: float) -> Histogram:
    """The buckets that reach from `low` to `high`, both moved outwards to whole widths."""
    first = floor(low / width + 1e-6)
    last = min(max(ceil(high / width - 1e-6), first + 1), first + MOST_BUCKETS)
    edges = [tally.below(number * width) for number in range(first, last + 1)]
    counts = tuple(
        tuple(upper - lower for lower, upper in zip(one, other, strict=True))
        for one, other in pairwise(edges)
    )
    return Histogram(
        low=round(first * width, 6),
        width=width,
        counts=counts,
        below=sum(edges[0]),
        above=tally.scored() - sum(edges[-1]),
    )


def span(
    tally: Tally, buckets: int, width: float | None = None, shown: tuple[float, ...] = ()
) -> tuple[float, float, float]:
    """Lowest and highest score and the width of buckets, so many at most, that show these scores best.

    Nearly all messages and the scores `shown`, the thresholds, have to be seen; what is far from both is counted apart.
    """
    shown = tuple(one for one in shown if abs(one) <= OUT_OF_REACH)
    middle = tally.percentile(0.5)
    near = [*shown, *([] if middle is None or abs(middle) > FAR else [middle])] or [0.0]
    lowest, highest = tally.percentile(0.002), tally.percentile(0.99)
    low = min((*near, max(min(near) - FAR, min(near) if lowest is None else lowest))) - 1
    high = max((*near, min(max(near) + FAR, max(near) if highest is None else highest))) + 1
    chosen = width or next((one for one in WIDTHS if (high - low) / one <= buckets - 1), WIDTHS[-1])
    if (high - low) / chosen > buckets - 1:  # the thresholds first, the rest as far as there is room
        centre = (min(near) + max(near)) / 2
        low = max(low, min(centre - buckets * chosen / 2, high - (buckets - 1) * chosen))
    first = floor(low / chosen + 1e-6)
    return first * chosen, (first + buckets) * chosen, chosen
