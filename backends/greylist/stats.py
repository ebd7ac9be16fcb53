"""Statistics, region by region: each part is told as it grows, and can be stopped between two regions."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from threading import Event

from backends.greylist import where
from backends.greylist.connection import Database, Sql
from backends.greylist.pools import LEAST, pools_of
from backends.greylist.scanning import Rows, scan
from backends.greylist.schema import Table
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
    Wanted,
)
from backends.greylist.totals import read_totals
from backends.greylist.values import DAY, Rules

Each = Callable[[Part], None]
STALE = 90 * DAY
GROUPS = 5000
"""Groups of one region that are counted; where there are more, the rarest are not."""
POOL_WINDOW = 7 * DAY
POOL_ROWS = 500_000
_NETWORK = "IF(LOCATE(':', ip), SUBSTRING_INDEX(ip, ':', 4), SUBSTRING_INDEX(ip, '.', 3))"
_DOMAIN = "LOWER(SUBSTRING_INDEX(sender, '@', -1))"
_TOPS: dict[By, tuple[str, bool]] = {
    "never-domain": (_DOMAIN, True),
    "never-network": (_NETWORK, True),
    "network": (_NETWORK, False),
    "domain": (_DOMAIN, False),
    "recipient": ("LOWER(recipient)", False),
}
_PAIR = "CRC32(CONCAT(LOWER(sender), CHAR(0), LOWER(recipient)))"


class Statistics:
    """One reading of them; `now` in epoch seconds."""

    def __init__(
        self,
        database: Database,
        table: Table,
        rules: Rules,
        *,
        now: float,
        each: Each,
        top: int,
        stop: Event | None = None,
    ) -> None:
        self._database, self._table, self._rules, self._now = database, table, rules, int(now)
        self._each, self._top, self._stop = each, top, stop
        self._done = 0.0

    def tell(self, part: Wanted) -> None:
        """Read a part, and tell it while it grows.

        :raises Refused: it was stopped.
        """
        match part:
            case "totals":
                read_totals(
                    self._database, self._table, self._rules, self._now, each=self._each, stop=self._stop
                )
            case "never":
                self._tops(("never-domain", "never-network"))
            case "course":
                self._course()
            case "delays":
                self._delays()
            case "pools":
                self._pools()
            case "top":
                self._tops(("domain", "network", "recipient"))

    def _course(self) -> None:
        days: Counter[int] = Counter()
        passed: Counter[int] = Counter()
        stale = 0
        sql = Sql(
            "SELECT first DIV 86400, COUNT(*), COUNT(CASE WHEN n > 1 THEN 1 END), COUNT(CASE WHEN last < %s THEN 1 END)",
            (self._now - STALE,),
        )
        for rows in self._scanned(sql, tail="GROUP BY first DIV 86400"):
            for day, count, through, old in rows:
                days[int(day)] += count
                passed[int(day)] += through
                stale += old
            told = tuple(Day(day * DAY, days[day], passed[day]) for day in sorted(days))
            self._each(Course(self._done, told, stale))

    def _delays(self) -> None:
        counts: Counter[int] = Counter()
        bounds = ", ".join(map(str, DELAYS))
        sql = Sql(f"SELECT INTERVAL(last - first - 1, {bounds}), COUNT(*)")
        for rows in self._scanned(sql, within=Sql("n = 2"), tail="GROUP BY 1"):
            for place, count in rows:
                counts[max(int(place), 0)] += count
            self._each(Delays(self._done, tuple(counts[place] for place in range(len(DELAYS) + 1))))

    def _tops(self, names: Sequence[By]) -> None:
        for by in names:
            expression, never = _TOPS[by]
            within = where.state("never", self._rules, self._now) if never else where.NOTHING
            counts: Counter[str] = Counter()
            exact = True
            sql = Sql(f"SELECT {expression} AS name, COUNT(*) AS hits")
            tail = f"GROUP BY name ORDER BY hits DESC LIMIT {GROUPS}"
            for rows in self._scanned(sql, within=within, tail=tail):
                exact = exact and len(rows) < GROUPS
                for name, count in rows:
                    counts[name] += count
                if len(counts) > 20 * GROUPS:
                    counts, exact = Counter(dict(counts.most_common(10 * GROUPS))), False
                best = tuple(Counted(name, count) for name, count in counts.most_common(self._top))
                self._each(Top(self._done, by, best, exact))

    def _pools(self) -> None:
        """Pairs of sender and recipient are told by a checksum, and looked at again where it comes often."""
        waiting = Sql("n <= 1 AND first > %s", (self._now - POOL_WINDOW,))
        sums = array("I")
        for rows in self._scanned(Sql(f"SELECT {_PAIR}"), within=waiting):
            if len(sums) < POOL_ROWS:
                sums.extend(row[0] for row in rows)
            self._each(Pools(self._done / 2, ()))
        often = Counter({pair: len([*same]) for pair, same in groupby(sorted(sums))}).most_common(
            2 * self._top
        )
        chosen = [pair for pair, count in often if count >= LEAST]
        if not chosen:
            self._each(Pools(1.0, ()))
            return
        found: dict[tuple[str, str], list[str]] = {}
        within = where.both(waiting, Sql(f"{_PAIR} IN ({', '.join(['%s'] * len(chosen))})", tuple(chosen)))
        for rows in self._scanned(Sql("SELECT sender, recipient, ip"), within=within):
            for sender, recipient, ip in rows:
                found.setdefault((sender.lower(), recipient.lower()), []).append(ip)
            self._each(Pools(0.5 + self._done / 2, pools_of(found, self._top)))

    def _scanned(self, select: Sql, *, within: Sql = where.NOTHING, tail: str = "") -> Iterator[Rows]:
        """What a statement gives for each region, at least once; `self._done` tells how far it is."""
        self._done, told = 1.0, False
        found = scan(self._database, self._table, select, wanted=within, tail=tail, stop=self._stop)
        with closing(found):
            for part in found:
                self._done, told = part.done, True
                yield part.rows
        if not told:
            yield ()
