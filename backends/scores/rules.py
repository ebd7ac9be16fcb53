"""Which rules decide: how often each hit, for spam and for ham, and what it added and took away. Pure.

A message may lie in the quarantine and in several mailboxes: amavis delivers what it has a copy of (`D_PASS`), and to each
recipient. Its mail_id, which amavis writes into all of these, makes it one; see `once`.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from backends.scores.told import Ruled

Order = Literal["sum", "count"]


class Rule(msgspec.Struct, frozen=True):
    """One rule: in how many spam and ham messages it hit; what it added to their scores, and took from them (below 0)."""

    name: str
    spam: int
    ham: int
    spam_added: float
    spam_taken: float
    ham_added: float
    ham_taken: float

    @property
    def count(self) -> int:
        """In how many messages it hit."""
        return self.spam + self.ham

    @property
    def added(self) -> float:
        return self.spam_added + self.ham_added

    @property
    def taken(self) -> float:
        return self.spam_taken + self.ham_taken

    @property
    def sum(self) -> float:
        """All that it gave, both ways."""
        return self.added + self.taken


def once(messages: Iterable[Ruled]) -> list[Ruled]:
    """Each message once, as the first of its copies tells it: those of one mail_id, or, where amavis wrote none, those
    that Postfix delivered under one queue ID, which it may use again: with the same sender and rules. Nothing that a
    sender writes makes two messages one; what has neither is taken for a message of its own.
    """
    found: dict[object, Ruled] = {}
    for number, one in enumerate(messages):
        key: object = one.mail_id or number
        if not one.mail_id and one.queue_id:
            key = (one.queue_id, one.sender, one.score, one.rules)
        found.setdefault(key, one)
    return list(found.values())


def tallied(
    messages: Iterable[Ruled], since: float = 0, until: float = float("inf"), *, order: Order = "sum"
) -> list[Rule]:
    """The rules of the messages of that time: those that moved scores most first, or those that hit most often."""
    counts: dict[str, list[int]] = {}
    sums: dict[str, list[float]] = {}
    for message in messages:
        if not since <= message.time < until:
            continue
        own = 0 if message.spam else 1
        for name, score in dict(message.rules).items():
            counts.setdefault(name, [0, 0])[own] += 1
            sums.setdefault(name, [0.0] * 4)[2 * own + (score < 0)] += score
    found = [Rule(name, *counts[name], *(round(one, 3) for one in sums[name])) for name in counts]
    if order == "count":
        return sorted(found, key=lambda rule: (-rule.count, -abs(rule.sum), rule.name))
    return sorted(found, key=lambda rule: (-abs(rule.sum), -rule.count, rule.name))


def compacted(messages: Iterable[Ruled]) -> tuple[Ruled, ...]:
    """The same messages in a tenth of the room: of what tells them apart the mail_id stays, equal pairs are held once."""
    pairs: dict[tuple[str, float], tuple[str, float]] = {}
    return tuple(
        Ruled(
            one.time,
            one.spam,
            one.score,
            tuple(pairs.setdefault(pair, pair) for pair in one.rules),
            one.mail_id,
        )
        for one in messages
    )
