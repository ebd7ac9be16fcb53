"""Percentiles of scores and of scan times, apart for ham and spam."""

import msgspec

from backends.scores.tally import HAM_KIND, KINDS, SPAM_KIND, VIRUS_KIND, Tally

SHARES = (0.5, 0.9, 0.95, 0.99)


class Spread(msgspec.Struct, frozen=True):
    """How many messages of a kind there are and have a score; their percentiles, lowest and highest (None: none has)."""

    kind: str
    count: int
    scored: int
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    least: float | None = None
    most: float | None = None


def spreads(tally: Tally) -> tuple[Spread, ...]:
    """Of all, then of each kind."""
    whole = _spread(tally, "all", (HAM_KIND, SPAM_KIND, VIRUS_KIND))
    return whole, *(_spread(tally, name, (kind,)) for kind, name in enumerate(KINDS))


def _spread(tally: Tally, name: str, kinds: tuple[int, ...]) -> Spread:
    found = [tally.percentile(share, kinds) for share in (*SHARES, 0.0, 1.0)]
    count, scored = sum(map(tally.total, kinds)), sum(map(tally.scored, kinds))
    return Spread(name, count, scored, *found)
