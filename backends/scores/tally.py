"""How many messages have which score, to the thousandth: all that a histogram, percentiles and a moved threshold need.

Two megabytes, however many messages are counted. Scores beyond ±100 are rare, and kept one by one.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from backends.maillog.verdict import CATEGORIES, taken_for
from backends.scores.store import HIGHEST, NO_SCORE, THOUSANDTHS, Rows

HAM_KIND, SPAM_KIND, VIRUS_KIND = range(3)
KINDS = ("ham", "spam", "virus")
"""What amavis took a message for; banned files count as viruses, whatever else was no spam as ham."""

REACH = 100
"""Scores between this and its negative are counted, others kept."""

_BEYOND = HIGHEST + 1
_KIND_OF = np.zeros(256, np.uint8)
_KIND_OF[: len(CATEGORIES)] = [KINDS.index(taken_for(category)) for category in CATEGORIES]
_BINS = 2 * REACH * THOUSANDTHS + 1

Kinds = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


def kinds(rows: Rows) -> Kinds:
    """Which of KINDS each row is."""
    found: Kinds = _KIND_OF[rows["category"]]
    return found


class Tally:
    """Counts of scores, apart for each kind. `unscored`: how many of each kind have none."""

    def __init__(self) -> None:
        self._counts = np.zeros((len(KINDS), _BINS), np.uint32)
        self._far: list[list[Numbers]] = [[] for _ in KINDS]
        self._sums: Numbers | None = None
        self.unscored = [0] * len(KINDS)

    def add(self, rows: Rows) -> None:
        """Count these as well."""
        self._sums = None
        scores, kind = rows["score"].astype(np.int64), kinds(rows)
        there = scores != NO_SCORE
        near = there & (np.abs(scores) <= REACH * THOUSANDTHS)
        for number in range(len(KINDS)):
            own = kind == number
            self.unscored[number] += int(np.count_nonzero(own & ~there))
            found = scores[own & near] + REACH * THOUSANDTHS
            if len(found):
                self._counts[number] += np.bincount(found, minlength=_BINS).astype(np.uint32)
            if len(far := scores[own & there & ~near]):
                self._far[number].append(far)

    def scored(self, kind: int | None = None) -> int:
        """How many have a score, of one kind or of all."""
        which = range(len(KINDS)) if kind is None else [kind]
        return sum(int(self._cumulative[one, -1]) + sum(map(len, self._far[one])) for one in which)

    def total(self, kind: int | None = None) -> int:
        """How many there are, scored or not."""
        return self.scored(kind) + (sum(self.unscored) if kind is None else self.unscored[kind])

    def below(self, score: float) -> tuple[int, ...]:
        """How many of each kind have a score below this one."""
        at = thousandths(score)
        place = min(max(at + REACH * THOUSANDTHS, 0), _BINS)
        near = self._cumulative[:, place]
        return tuple(int(near[kind]) + self._far_below(kind, at) for kind in range(len(KINDS)))

    def percentile(
        self, share: float, kinds: Sequence[int] = (HAM_KIND, SPAM_KIND, VIRUS_KIND)
    ) -> float | None:
        """The smallest score that a share (0 to 1) of the scored messages does not exceed; None: there are none."""
        far = self._far_of(kinds)
        low, high = far[far < 0], far[far > 0]
        summed = self._cumulative[list(kinds)].sum(axis=0)
        near = int(summed[-1])
        count = len(far) + near
        if not count:
            return None
        rank = min(count, max(1, int(np.ceil(share * count - 1e-9)))) - 1
        if rank < len(low):
            return int(low[rank]) / THOUSANDTHS
        if rank >= len(low) + near:
            return int(high[rank - len(low) - near]) / THOUSANDTHS
        place = int(np.searchsorted(summed, rank - len(low), side="right")) - 1
        return (place - REACH * THOUSANDTHS) / THOUSANDTHS

    def extremes(self) -> tuple[float, float] | None:
        """The lowest and the highest score; None: there are none."""
        low, high = self.percentile(0), self.percentile(1)
        return None if low is None or high is None else (low, high)

    @property
    def _cumulative(self) -> Numbers:
        """For each kind, how many lie below each thousandth; the last: all that were counted."""
        if self._sums is None:
            sums = np.zeros((len(KINDS), _BINS + 1), np.int64)
            np.cumsum(self._counts, axis=1, out=sums[:, 1:])
            self._sums = sums
        return self._sums

    def _far_of(self, kinds: Sequence[int]) -> Numbers:
        far = [some for kind in kinds for some in self._far[kind]]
        return np.sort(np.concatenate(far)) if far else np.empty(0, np.int64)

    def _far_below(self, kind: int, at: int) -> int:
        return sum(int(np.count_nonzero(some < at)) for some in self._far[kind])


def tally(blocks: Iterable[Rows]) -> Tally:
    """Count all of these."""
    found = Tally()
    for rows in blocks:
        found.add(rows)
    return found


def thousandths(score: float) -> int:
    """A score as it is stored: whole thousandths, and beyond all that are stored not further than that."""
    return round(max(-_BEYOND, min(_BEYOND, score * THOUSANDTHS)))
