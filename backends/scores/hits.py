"""The messages that a rule hit, among those of the log, which names no rules. Pure.

What is known of them from the quarantine and from mailboxes is a time, a score and amavis's mail_id. By time and score few
rows of the log come into question, and the mail_id in their lines decides.
"""

from collections.abc import Iterable

import numpy as np

from backends.scores.store import Store
from backends.scores.tally import Numbers, thousandths
from backends.scores.told import Ruled

NEAR = 60
"""Seconds between a message's line in the log and its file in the quarantine or in a mailbox."""
ROWS_EACH = 4
"""Of each message at most so many rows on average come into question: the latest."""


def hit_by(rule: str, messages: Iterable[Ruled], since: float, until: float) -> list[Ruled]:
    """Those of that time that the rule hit, in their order."""
    return [
        one for one in messages if since <= one.time < until and any(name == rule for name, _ in one.rules)
    ]


def candidates(store: Store, messages: Iterable[Ruled]) -> Numbers:
    """The rows that have the score of one of these messages at about its time, the latest first."""
    sought = [one for one in messages if one.mail_id and one.score is not None]
    if not sought:
        return np.empty(0, np.int64)
    scores = np.array([thousandths(one.score or 0.0) for one in sought], np.int64)
    times = np.array([int(one.time) for one in sought], np.int64)
    wanted = np.sort(_keys(scores, times))
    found = np.empty(0, np.int64)
    for block in store.blocks(max(0, int(times.min()) - NEAR), int(times.max()) + NEAR + 1):
        keys = _keys(block.rows["score"].astype(np.int64), block.rows["time"].astype(np.int64))
        after = np.searchsorted(wanted, keys)
        near = np.abs(wanted[np.minimum(after, len(wanted) - 1)] - keys) <= NEAR
        near |= np.abs(wanted[np.maximum(after - 1, 0)] - keys) <= NEAR
        found = np.concatenate([found, block.numbers[near]])[-len(sought) * ROWS_EACH :]
    return found[::-1]


def _keys(scores: Numbers, times: Numbers) -> Numbers:
    """Score and time in one number: those of the same score are as far apart as their times."""
    return (scores << 33) + times
