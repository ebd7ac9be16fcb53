"""Statistics of triplets in memory, as the real ones are. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from backends.greylist.matching import domain_of, network_of
from backends.greylist.pools import pools_of
from backends.greylist.stats_values import (
    DELAYS,
    By,
    Counted,
    Course,
    Day,
    Delays,
    Part,
    Pools,
    Top,
    Totals,
    Wanted,
)
from backends.greylist.values import DAY, Rules, Triplet

STALE = 90 * DAY


def statistics(
    part: Wanted, rows: Sequence[Triplet], rules: Rules, *, now: float, top: int
) -> Iterator[Part]:
    """A part, whole at once; `now` in epoch seconds."""
    never = [row for row in rows if rules.state(row, now) == "never"]
    match part:
        case "totals":
            states = Counter(rules.state(row, now) for row in rows)
            yield Totals(
                done=1.0,
                total=len(rows),
                waiting=states["waiting"],
                ready=states["ready"],
                never=states["never"],
                passed=states["passed"],
                exact=True,
            )
        case "never":
            yield _top("never-domain", (domain_of(row.sender) for row in never), top)
            yield _top("never-network", (network_of(row.ip) for row in never), top)
        case "top":
            yield _top("domain", (domain_of(row.sender) for row in rows), top)
            yield _top("network", (network_of(row.ip) for row in rows), top)
            yield _top("recipient", (row.recipient for row in rows), top)
        case "course":
            days = Counter(row.first // DAY for row in rows)
            passed = Counter(row.first // DAY for row in rows if row.has_passed)
            told = tuple(Day(day * DAY, days[day], passed[day]) for day in sorted(days))
            yield Course(1.0, told, sum(row.last < now - STALE for row in rows))
        case "delays":
            waits = [row.last - row.first for row in rows if row.n == 2]
            classes = Counter(sum(wait > bound for bound in DELAYS) for wait in waits)
            yield Delays(1.0, tuple(classes[place] for place in range(len(DELAYS) + 1)))
        case "pools":
            found: dict[tuple[str, str], list[str]] = {}
            for row in rows:
                if not row.has_passed:
                    found.setdefault((row.sender, row.recipient), []).append(row.ip)
            yield Pools(1.0, pools_of(found, top))


def _top(by: By, names: Iterable[str], top: int) -> Top:
    return Top(1.0, by, tuple(Counted(name, count) for name, count in Counter(names).most_common(top)))
