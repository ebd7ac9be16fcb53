"""The course over time: messages, the share of spam, and how long amavis took for each."""

import msgspec
import numpy as np

from backends.scores.store import UNKNOWN, Rows
from backends.scores.tally import HAM_KIND, SPAM_KIND, Numbers, kinds

SLOTS = 60
_FINE = 7
"""Times are counted in steps of less than a hundredth of themselves: 2 to this power of them in every doubling."""

_STEPS = ((32 - _FINE) << (_FINE - 1)) + (1 << _FINE)


class Slot(msgspec.Struct, frozen=True):
    """A span of time from `start` (epoch seconds). Scan times in ms, percentiles to within a hundredth; None: no message."""

    start: float
    count: int
    spam: int
    virus: int
    p50: int | None = None
    p95: int | None = None
    most: int | None = None


class Course(msgspec.Struct, frozen=True):
    """Slots of equal length, `seconds` each, without gaps; `whole` is all of that time as one."""

    seconds: float
    slots: tuple[Slot, ...]
    whole: Slot

    @property
    def busiest(self) -> int:
        """The messages of the fullest slot."""
        return max((slot.count for slot in self.slots), default=0)


class Counting:
    """The course in the making: rows are added, in any order."""

    def __init__(self, since: float, until: float, slots: int = SLOTS) -> None:
        self._since, self._slots = since, slots
        self._seconds = max((until - since) / slots, 1.0)
        self._kinds = np.zeros((slots, 3), np.int64)
        self._steps = np.zeros((slots, _STEPS), np.uint32)
        self._most = np.full(slots, -1, np.int64)

    def add(self, rows: Rows) -> None:
        """Count these as well; what is outside of the time is left out."""
        slot = np.floor((rows["time"].astype(np.float64) - self._since) / self._seconds).astype(np.int64)
        inside = (slot >= 0) & (slot < self._slots)
        rows, slot = rows[inside], slot[inside]
        count = self._slots * 3
        self._kinds += np.bincount(slot * 3 + kinds(rows), minlength=count).reshape(self._slots, 3)
        known = rows["took"] != UNKNOWN
        took, slot = rows["took"][known].astype(np.int64), slot[known]
        found = np.bincount(slot * _STEPS + _step(took), minlength=self._steps.size)
        self._steps += found.astype(np.uint32).reshape(self._steps.shape)
        np.maximum.at(self._most, slot, took)

    def course(self) -> Course:
        """What was counted."""
        slots = tuple(
            _slot(
                self._since + number * self._seconds,
                self._kinds[number],
                self._steps[number],
                self._most[number],
            )
            for number in range(self._slots)
        )
        most = self._most.max(initial=-1)
        return Course(
            self._seconds, slots, _slot(self._since, self._kinds.sum(axis=0), self._steps.sum(axis=0), most)
        )


def _slot(start: float, found: Numbers, steps: Numbers, most: np.int64) -> Slot:
    count = int(found.sum())
    spam, virus = int(found[SPAM_KIND]), count - int(found[HAM_KIND]) - int(found[SPAM_KIND])
    if most < 0:
        return Slot(start, count, spam, virus)
    summed = np.cumsum(steps, dtype=np.int64)
    places = [int(np.searchsorted(summed, np.ceil(share * summed[-1]))) for share in (0.5, 0.95)]
    p50, p95 = (min(_least(place), int(most)) for place in places)
    return Slot(start, count, spam, virus, p50, p95, int(most))


def _step(took: Numbers) -> Numbers:
    """The step that a time falls into: exact up to 2^_FINE, then 2^(_FINE-1) of them to every doubling."""
    bits = np.frexp(took.astype(np.float64))[1].astype(np.int64)
    shift = np.maximum(bits - _FINE, 0)
    return (shift << (_FINE - 1)) + (took >> shift)


def _least(step: int) -> int:
    """The middle of a step's times."""
    half = 1 << (_FINE - 1)
    shift = max(0, step // half - 1)
    return ((step - (shift * half)) << shift) + ((1 << shift) >> 1)
