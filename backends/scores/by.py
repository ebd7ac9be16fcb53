"""Scores by the domain of the sender, or by recipient."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from backends.maillog.verdict import taken_for
from backends.scores.told import Scored

By = Literal["domain", "recipient"]
MOST = 200_000
"""So many names are told apart; what comes then is counted together, as `(others)`."""

OTHERS = "(others)"


class Group(msgspec.Struct, frozen=True):
    """So many messages: the spam and the viruses among them, the mean of their scores and the highest (None: none has)."""

    name: str
    count: int
    spam: int
    virus: int
    mean: float | None
    most: float | None


def grouped(messages: Iterable[Scored], by: By, since: float = 0, until: float = float("inf")) -> list[Group]:
    """The groups of the messages of that time, the largest first. A message counts for each of its recipients."""
    found: dict[str, list[float]] = {}
    for one in messages:
        if not since <= one.time < until:
            continue
        for name in _names(one, by):
            known = name if name in found or len(found) < MOST else OTHERS
            sums = found.setdefault(known, [0, 0, 0, 0, 0.0, float("-inf")])
            sums[0] += 1
            sums[1] += one.is_spam
            sums[2] += taken_for(one.category) == "virus"
            if one.score is not None:
                sums[3] += 1
                sums[4] += one.score
                sums[5] = max(sums[5], one.score)
    groups = [_group(name, sums) for name, sums in found.items()]
    return sorted(groups, key=lambda group: (-group.count, group.name))


def _group(name: str, sums: list[float]) -> Group:
    count, spam, virus, scored, total, most = sums
    mean = round(total / scored, 3) if scored else None
    return Group(name, int(count), int(spam), int(virus), mean, most if scored else None)


def _names(one: Scored, by: By) -> Iterable[str]:
    if by == "recipient":
        return dict.fromkeys(recipient.lower() for recipient in one.recipients) or ("(none)",)
    return (one.sender.rpartition("@")[2].lower() or "<>",)
