"""Carrying out acts on triplets: in chunks that hold a lock for some 100 ms at most; what goes is kept for the undo."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from threading import Event

from backends.greylist import where
from backends.greylist.connection import Session, Sql, Value
from backends.greylist.plan import NAMED, Plan, Purge
from backends.greylist.reading import COLUMNS, look_up
from backends.greylist.regions import Region, regions
from backends.greylist.schema import Table
from backends.greylist.trash import Batch, NotKept, Row
from backends.greylist.values import Key, Triplet
from backends.outcome import LeftOut, Outcome

Progress = Callable[[float], None]
LOCKING = 40_000
"""Rows that one purging statement looks at, as the engine estimates them: some 50 ms."""
DELETED = range(1_000, 8_001)
"""Rows that one purging statement deletes: as many as keep it within its time."""
STATEMENT_TIME = 0.05  # s
"""A million rows make 1.1 GB of InnoDB's redo log, of gld's own `-c` as well. Where that is full, everybody waits for its
pages besides: seconds with Debian's 96 MB, where no statement is small enough for less. Never to fill it is no way out:
InnoDB then writes its pages at `innodb_io_capacity`, and the purge takes a quarter of an hour."""
NAMED_AT_ONCE = 100
"""Rows that one statement names by their keys."""
CHANGED = "it has changed meanwhile"
GONE = "it is not in the greylist any more"
OPEN = "it would be let in already"


def release(session: Session, plan: Plan, first: int, batch: Batch | NotKept) -> Outcome:
    """Set `first` of the planned rows back, of those that are as they were planned."""
    left_out = [*plan.left_out]
    for chunk in _chunks(plan.rows):
        changed = []
        with session.transaction():
            for row in chunk:
                values = (first, row.ip, row.sender, row.recipient, row.first, row.n)
                sql = f"UPDATE greylist SET first = %s WHERE {where.SAME} AND first = %s AND n = %s"  # noqa: S608
                if session.change(sql, values):
                    changed.append(row)
            batch.add([_row(row) for row in changed])
        left_out += _left_out(session, [row for row in chunk if row not in changed])
    return _outcome(plan, left_out)


def delete(session: Session, table: Table, plan: Plan, batch: Batch | NotKept) -> Outcome:
    """Delete the planned rows, of those that are as they were planned."""
    left_out = [*plan.left_out]
    for chunk in _chunks(plan.rows):
        condition = _unchanged(chunk)
        gone = {_key(row) for row in _deleted(session, table, condition, len(chunk), batch)}
        left_out += _left_out(session, [row for row in chunk if row.key not in gone])
    return _outcome(plan, left_out)


def purge(
    session: Session,
    table: Table,
    plan: Plan,
    wanted: Purge,
    batch: Batch | NotKept,
    *,
    progress: Progress | None,
    stop: Event | None,
) -> Outcome:
    """Delete what was last used before a time, in the order of the key; a stop leaves the rest after any statement."""
    old = old_rows(wanted)
    done, seen, pace = 0, 0, _Pace(stop)
    _spare_others(session, table)
    for region in regions(session, table.columns[0].collation, limit=LOCKING):
        condition = where.both(region.condition, old)
        for part in _parts(session, region, condition):
            done += _emptied(session, table, part, batch, pace)
            if _is_set(stop):
                break
        if _is_set(stop):
            break
        seen += region.rows
        if progress is not None:
            progress(min(seen / max(table.rows, seen, 1), 1.0))
    return Outcome(plan.name, max(plan.count, done), done)


def old_rows(wanted: Purge) -> Sql:
    """As `gld -c` and `gld -k` have it (source: server.c)."""
    return Sql("last < %s AND n = 1" if wanted.one_hit else "last < %s", (wanted.before,))


def restore(session: Session, rows: Sequence[Row]) -> list[LeftOut]:
    """Put deleted rows back; gives those whose place is taken."""
    places = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(rows))
    sql = f"INSERT INTO greylist ({COLUMNS}) VALUES {places} ON DUPLICATE KEY UPDATE n = n"  # noqa: S608
    if session.change(sql, [value for row in rows for value in row]) == len(rows):
        return []
    there = look_up(session, [_key(row) for row in rows])
    return [
        LeftOut(str(_key(row)), "it is in the greylist again, with other times")
        for row in rows
        if (now := there.get(_key(row))) is not None and _row(now)[3:] != (*row[3:],)
    ]


def shut(session: Session, rows: Sequence[Row], first: int) -> list[LeftOut]:
    """Set `first` of released rows to what it was; gives those that have passed since, or are gone."""
    left_out = []
    with session.transaction():
        for ip, sender, recipient, before, _, n in rows:
            sql = f"UPDATE greylist SET first = %s WHERE {where.SAME} AND first = %s AND n = %s"  # noqa: S608
            if not session.change(sql, (before, ip, sender, recipient, first, n)):
                left_out.append(LeftOut(f"{ip} {sender} {recipient}", "it has passed meanwhile, or is gone"))
    return left_out


def _spare_others(session: Session, table: Table) -> None:
    """Have deletions lock the rows that go and no others, so that gld can insert between them all the while.

    InnoDB does so below its usual isolation, where the binary log does not want statements.
    """
    ((by_statement,),) = session.rows("SELECT @@log_bin AND @@binlog_format = 'STATEMENT'")
    if table.transactional and not by_statement:
        session.change("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")


def _parts(session: Session, region: Region, condition: Sql) -> Iterator[Sql]:
    """The region itself; one that cannot be cut further in parts of named rows, so that no other is locked."""
    if region.rows <= 2 * LOCKING:
        yield condition
        return
    after: Key | None = None
    while True:
        beyond = condition if after is None else where.both(condition, where.beyond(after))
        sql = f"SELECT ip, sender, recipient FROM greylist WHERE {beyond.text} ORDER BY ip, sender, recipient LIMIT %s"  # noqa: S608
        keys = [Key(*row) for row in session.rows(sql, (*beyond.values, NAMED_AT_ONCE))]
        if not keys:
            return
        yield where.both(where.these(keys), condition)
        after = keys[-1]


class _Pace:
    """How many rows a statement may delete, so that whoever waits for it does not wait for long; `stop`: none more."""

    def __init__(self, stop: Event | None) -> None:
        self.stop = stop
        self.limit = min(1_000, DELETED.stop - 1)

    def took(self, rows: int, seconds: float) -> None:
        """So many went in that time, without what bringing it to disk took: smaller parts do not make that less."""
        if rows == self.limit:
            wanted = int(self.limit * min(2.0, STATEMENT_TIME / max(seconds, 0.001)))
            self.limit = min(max(wanted, DELETED.start), DELETED.stop - 1)


def _emptied(session: Session, table: Table, condition: Sql, batch: Batch | NotKept, pace: _Pace) -> int:
    done = 0
    while not _is_set(pace.stop):
        limit = pace.limit
        gone = len(_deleted(session, table, condition, limit, batch, pace=pace))
        done += gone
        if gone < limit:
            break
    return done


def _is_set(stop: Event | None) -> bool:
    return stop is not None and stop.is_set()


def _deleted(
    session: Session,
    table: Table,
    condition: Sql,
    limit: int,
    batch: Batch | NotKept,
    *,
    pace: _Pace | None = None,
) -> Sequence[tuple[str | int, ...]]:
    """Delete rows, at most so many, and keep them first: in one transaction, or where there are none, read before."""
    some = f"FROM greylist WHERE {condition.text} ORDER BY ip, sender, recipient LIMIT %s"
    values: tuple[Value, ...] = (*condition.values, limit)
    if not table.transactional:
        batch.add(session.rows(f"SELECT {COLUMNS} {some}", values))
    with session.transaction() if table.transactional else nullcontext():
        began = time.monotonic()
        rows = session.rows(f"DELETE {some} RETURNING {COLUMNS}", values)
        if pace is not None:
            pace.took(len(rows), time.monotonic() - began)
        if table.transactional:
            batch.add(rows)
    batch.sync()
    return rows


def _unchanged(rows: Sequence[Triplet]) -> Sql:
    """These very rows."""
    values: list[Value] = []
    for row in rows:
        values += _row(row)
    same = f"({where.SAME} AND first = %s AND last = %s AND n = %s)"
    return Sql(f"({' OR '.join([same] * len(rows))})", tuple(values))


def _left_out(session: Session, rows: Sequence[Triplet]) -> list[LeftOut]:
    if not rows:
        return []
    there = look_up(session, [row.key for row in rows])
    return [LeftOut(str(row.key), CHANGED if row.key in there else GONE) for row in rows]


def _outcome(plan: Plan, left_out: Sequence[LeftOut]) -> Outcome:
    asked = plan.count + len(plan.left_out)
    return Outcome(plan.name, asked, asked - len(left_out), tuple(left_out[:NAMED]))


def _chunks(rows: Sequence[Triplet]) -> Iterator[Sequence[Triplet]]:
    for at in range(0, len(rows), NAMED_AT_ONCE):
        yield rows[at : at + NAMED_AT_ONCE]


def _row(row: Triplet) -> tuple[str | int, ...]:
    return (row.ip, row.sender, row.recipient, row.first, row.last, row.n)


def _key(row: Row) -> Key:
    return Key(str(row[0]), str(row[1]), str(row[2]))
