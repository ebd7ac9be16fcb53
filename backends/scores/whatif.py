"""What a threshold that stood elsewhere would have done: how many messages would change side, and which.

A message is over a level when its score is not below it (amavis: `spam_level >= tag2_level`).
"""

import msgspec
import numpy as np

from backends.errors import BadRequest
from backends.scores.store import NO_SCORE, Store
from backends.scores.tally import HAM_KIND, Numbers, Tally, thousandths

LEVELS = ("tag2", "kill")

MOST = 100_000
"""Of more messages that change side the latest are listed."""


class Moved(msgspec.Struct, frozen=True):
    """A level that stands at `at` in place of `was`. `over`: how many messages were over it, of `scored`.

    `count` would change side: `more` are over it then, or fewer; `ham` of them amavis took for ham.
    """

    name: str
    was: float
    at: float
    scored: int
    over: int
    count: int
    ham: int

    @property
    def more(self) -> bool:
        """Whether more messages are over the level than before."""
        return self.at < self.was

    @property
    def between(self) -> tuple[float, float]:
        """The scores, from the first to before the last, that change side."""
        return min(self.at, self.was), max(self.at, self.was)


def moved(tally: Tally, name: str, was: float, at: float) -> Moved:
    """What the move changes: two looks into sums that are there already, whatever the number of messages."""
    low, high = tally.below(min(was, at)), tally.below(max(was, at))
    changed = [upper - lower for lower, upper in zip(low, high, strict=True)]
    scored = tally.scored()
    over = scored - sum(low if was <= at else high)
    return Moved(name, was, at, scored, over, sum(changed), changed[HAM_KIND])


def rows_between(store: Store, low: float, high: float, since: float, until: float) -> Numbers:
    """The messages with a score from `low` to before `high`, the latest in the log first; at most MOST."""
    found: list[Numbers] = []
    for block in store.blocks(since, until):
        scores = block.rows["score"]
        wanted = (scores >= thousandths(low)) & (scores < thousandths(high)) & (scores != NO_SCORE)
        if wanted.any():
            found = [np.concatenate([*found, block.numbers[wanted]])[-MOST:]]
    return found[0][::-1] if found else np.empty(0, np.int64)


def latest(store: Store, since: float, until: float) -> Numbers:
    """The messages of that time, the latest in the log first; at most MOST."""
    found = np.empty(0, np.int64)
    for block in store.blocks(since, until):
        found = np.concatenate([found, block.numbers])[-MOST:]
    return found[::-1]


def parse_level(text: str) -> tuple[str, float]:
    """`tag2=5.0` as a name and a score.

    :raises BadRequest: it is no such thing.
    """
    name, _, value = text.partition("=")
    try:
        score = float(value)
    except ValueError:
        score = float("nan")
    if name not in LEVELS or not -1000 <= score <= 1000:
        raise BadRequest(
            f"{text[:40]!r} is no threshold", hint=f"for example tag2=5.0; there are {' and '.join(LEVELS)}"
        )
    return name, score
