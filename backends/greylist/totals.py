"""How many triplets are in each state: estimates at once and while the whole table is counted, then the exact numbers.

Where readers hold nobody up, one statement counts all of it: conditions on the key, as regions have them, would double
its time. Meanwhile samples from all over the table tell the shares.
"""

from collections.abc import Callable
from threading import Event

from backends.greylist import where
from backends.greylist.connection import Database, Sql
from backends.greylist.scanning import scan
from backends.greylist.schema import Table
from backends.greylist.stats_values import Totals
from backends.greylist.values import Rules

SAMPLE = 300  # rows
WAVES = 4
_PLACES = ("", *"123456789", *(f"{octet}." for octet in range(10, 224, 9)))
_SAMPLED = f"""
FROM (SELECT n, first FROM greylist WHERE ip >= %s ORDER BY ip, sender, recipient LIMIT {SAMPLE}) AS some
"""  # noqa: S608 - a constant


def read_totals(
    database: Database,
    table: Table,
    rules: Rules,
    now: float,
    *,
    each: Callable[[Totals], None],
    stop: Event | None = None,
) -> None:
    """Tell them, `exact` at last.

    :raises Refused: it was stopped.
    """
    shut, lost = where.bounds(rules, now)
    select = Sql(
        "SELECT COUNT(*), COUNT(CASE WHEN n > 1 THEN 1 END),"
        " COUNT(CASE WHEN first <= %s THEN CASE WHEN n <= 1 THEN 1 END END),"
        " COUNT(CASE WHEN first > %s THEN CASE WHEN n <= 1 THEN 1 END END)",
        (lost, shut),
    )
    counted: tuple[int, ...] = (0, 0, 0, 0)
    if table.transactional:
        sampling = _Sampling(database, table, select, each)
        sampling.wave()
        sql = f"{select.text} FROM greylist"
        (counted,) = database.rows_of_long(sql, select.values, meanwhile=sampling.wave, stop=stop)
    else:
        for part in scan(database, table, select, stop=stop):
            counted = tuple(map(sum, zip(counted, part.rows[0], strict=True)))
            each(_totals(counted, table.rows, done=part.done))
    each(_totals(counted, done=1.0))


class _Sampling:
    """Shares of the table by some rows in many places, more of them with each wave."""

    def __init__(self, database: Database, table: Table, select: Sql, each: Callable[[Totals], None]) -> None:
        self._database, self._table, self._select, self._each = database, table, select, each
        self._counted: tuple[int, ...] = (0, 0, 0, 0)
        self._waves = 0

    def wave(self) -> None:
        if self._waves >= WAVES or not self._table.rows:
            return
        with self._database.session() as session:
            for place in _PLACES[self._waves :: WAVES]:
                (some,) = session.rows(f"{self._select.text}{_SAMPLED}", (*self._select.values, place))
                self._counted = tuple(map(sum, zip(self._counted, some, strict=True)))
        self._waves += 1
        self._each(_totals(self._counted, self._table.rows, done=0.0))


def _totals(counted: tuple[int, ...], about: int = 0, *, done: float) -> Totals:
    """The numbers; of a part of the table they are scaled to about all of it."""
    seen, *parts = counted
    total = seen if done >= 1 else max(about, seen)
    passed, never, waiting = (part * total // max(seen, 1) for part in parts)
    ready = total - passed - never - waiting if seen else 0
    return Totals(
        done=done, total=total, waiting=waiting, ready=ready, never=never, passed=passed, exact=done >= 1
    )
