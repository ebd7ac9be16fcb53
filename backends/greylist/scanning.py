"""Looking at all of the table: one statement for each region, two at once where readers hold nobody up."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, NamedTuple

from backends.errors import Refused
from backends.greylist import where
from backends.greylist.connection import Database, Session, Sql
from backends.greylist.regions import READING, Region, regions
from backends.greylist.schema import Table

Progress = Callable[[float], None]
Rows = Sequence[tuple[Any, ...]]
AT_ONCE = 2


class Part(NamedTuple):
    """What a statement gave for a region; `done` is the share of the table looked at by then."""

    done: float
    rows: Rows
    region: Region


def scan(
    database: Database,
    table: Table,
    select: Sql,
    *,
    wanted: Sql = where.NOTHING,
    within: Sql = where.NOTHING,
    tail: str = "",
    stop: Event | None = None,
) -> Generator[Part, None, None]:
    """What `SELECT … FROM greylist` gives for each region in their order.

    `within` is a condition on the address, which the key can find; `tail` are constants, such as GROUP BY.

    :raises Refused: it was stopped.
    """

    def ask(region: Region) -> Rows:
        condition = where.both(region.condition, within, wanted)
        sql = f"{select.text} FROM greylist FORCE INDEX (PRIMARY) WHERE {condition.text} {tail}"
        with database.session() as session:
            return session.rows(sql, (*select.values, *condition.values))

    at_once, seen, known = (AT_ONCE if table.transactional else 1), 0, 0
    waiting: deque[tuple[Region, Future[Rows]]] = deque()
    with database.session() as session, ThreadPoolExecutor(at_once) as pool:
        try:
            for region in cut(session, table, within):
                stopped(stop)
                known += region.rows
                waiting.append((region, pool.submit(ask, region)))
                if len(waiting) > at_once:
                    done, rows = waiting.popleft()
                    seen += done.rows
                    yield Part(min(seen / max(known, table.rows, 1), 0.99), rows.result(), done)
            while waiting:
                stopped(stop)
                done, rows = waiting.popleft()
                seen += done.rows
                share = min(seen / max(known, 1), 0.99) if waiting else 1.0
                yield Part(share, rows.result(), done)
        finally:
            for _, rows in waiting:
                rows.cancel()


def cut(session: Session, table: Table, within: Sql = where.NOTHING) -> Iterator[Region]:
    """The regions for reading: larger where nobody has to wait for a reader."""
    limit = 4 * READING if table.transactional else READING
    return regions(session, table.columns[0].collation, within, limit=limit)


def stopped(stop: Event | None) -> None:
    """
    :raises Refused: it was stopped.
    """
    if stop is not None and stop.is_set():
        raise Refused("Stopped before its end", hint="what was looked at so far is no whole")
