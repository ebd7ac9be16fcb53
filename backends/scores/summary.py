"""All that is counted of a span of time, in one pass over its rows."""

from dataclasses import dataclass
from threading import Event

from backends.errors import Refused
from backends.scores.course import SLOTS, Counting, Course
from backends.scores.store import Store
from backends.scores.tally import Tally

TAKES_LONG = 16
"""Blocks that are counted between two looks whether nobody wants it any more."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was counted from `since` to before `until`, epoch seconds. The tally is not changed any more."""

    since: float
    until: float
    tally: Tally
    course: Course


def summary(
    store: Store,
    since: float | None = None,
    until: float | None = None,
    *,
    slots: int = SLOTS,
    stop: Event | None = None,
) -> Summary:
    """Count the messages of that time; None: from the earliest, to the latest.

    :raises Refused: `stop` was set.
    """
    first, last = store.span
    since = float(first) if since is None else since
    until = float(last + 1) if until is None else until
    tally, counting = Tally(), Counting(since, until, slots)
    for number, block in enumerate(store.blocks(since, until)):
        if stop and number % TAKES_LONG == 0 and stop.is_set():
            raise Refused("Superseded", hint="nothing to do: something else is wanted by now")
        tally.add(block.rows)
        counting.add(block.rows)
    return Summary(since, until, tally, counting.course())
