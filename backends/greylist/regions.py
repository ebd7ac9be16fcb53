"""The table cut into regions of its key, so that no statement looks at more than a bounded number of rows.

Where to cut is asked of the engine, which estimates how many rows lie between two keys without reading them. The
bounds are beginnings of addresses: digits, dots and colons, which every collation has in a known order.
"""

from collections.abc import Iterator
from typing import NamedTuple

from backends.greylist.connection import Session, Sql
from backends.greylist.where import NOTHING, both

READING = 100_000
"""Rows that one reading statement looks at: some 50 ms, for which a table without transactions is locked."""
DEPTH = 24  # characters
_BYTES, _UNICODE = ".0123456789:abcdef", ":.0123456789abcdef"


class Region(NamedTuple):
    """Rows whose address is at least `low` and below `high` (None: no bound), and about how many they are."""

    low: str | None
    high: str | None
    rows: int

    @property
    def condition(self) -> Sql:
        parts = []
        if self.low is not None:
            parts.append(Sql("ip >= %s", (self.low,)))
        if self.high is not None:
            parts.append(Sql("ip < %s", (self.high,)))
        return both(*parts)


def regions(
    session: Session, collation: str, within: Sql = NOTHING, *, limit: int = READING
) -> Iterator[Region]:
    """The regions in the order of the key, found as they are asked for.

    One of a single address may be larger than `limit`; `within` restricts them by address.
    """
    order = _UNICODE if "uca" in collation or "unicode" in collation else _BYTES

    def cut(prefix: str, low: str | None, high: str | None) -> Iterator[Region]:
        whole = Region(low, high, _estimate(session, low, high, within))
        if whole.rows <= limit or len(prefix) >= DEPTH:
            if whole.rows:
                yield whole
            return
        bounds = [low, *(prefix + char for char in order), high]
        for char, start, end in zip(["", *order], bounds, bounds[1:], strict=False):
            if char:
                yield from cut(prefix + char, start, end)
            elif rows := _estimate(session, start, end, within):
                yield Region(start, end, rows)

    return _merged(cut("", None, None), limit)


def _merged(found: Iterator[Region], limit: int) -> Iterator[Region]:
    """Neighbours put together while they stay within the limit."""
    open_: Region | None = None
    for region in found:
        if open_ is not None and open_.rows + region.rows <= limit:
            open_ = Region(open_.low, region.high, open_.rows + region.rows)
            continue
        if open_ is not None:
            yield open_
        open_ = region
    if open_ is not None:
        yield open_


def _estimate(session: Session, low: str | None, high: str | None, within: Sql) -> int:
    """About how many rows; 0 only where there are none."""
    where = both(Region(low, high, 0).condition, within)
    (plan, *_) = session.rows(
        f"EXPLAIN SELECT n FROM greylist FORCE INDEX (PRIMARY) WHERE {where.text}",  # noqa: S608
        where.values,
    )
    return int(plan[8] or 0)
