"""Domain by age, as qshape(1) counts it: recipients (or senders) per domain in ages that double from 5 minutes."""

import re
from collections import defaultdict

import msgspec
import numpy as np

from backends.queue.listing.store import QueueStore, Rows

LIMITS = (5, 10, 20, 40, 80, 160, 320, 640, 1280)  # minutes; the last bucket has no limit
MIN_SUBDOMAINS = 5
LABELS = 8
BUCKETS = len(LIMITS) + 1
_PARENT = re.compile(r"\.?[^.]+\.(.*\..*)", re.DOTALL)


class ShapeRow(msgspec.Struct, frozen=True):
    """One domain (`.example.org`: all below it), its counts per age bucket from young to old."""

    domain: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


class Shape(msgspec.Struct, frozen=True):
    """Rows by falling total; `total` over all domains. `limits`: upper ages in minutes, the last bucket has none."""

    total: ShapeRow
    rows: list[ShapeRow]
    limits: tuple[int, ...] = LIMITS


def shape(
    store: QueueStore,
    *,
    now: float,
    side: str = "recipient",
    parents: bool = False,
    queues: tuple[str, ...] | None = None,
    rows: Rows | None = None,
) -> Shape:
    """The shape of the queue, of some queues by name, or of some rows. `side`: recipient or sender.

    A message counts once for each of its recipients. With `parents`, parent domains with at least five
    subdomains get a row of their own, top level domains do not (qshape -p).
    """
    chosen = np.ones(len(store), np.bool_)
    if rows is not None:
        chosen = np.zeros(len(store), np.bool_)
        chosen[rows] = True
    if queues is not None:
        chosen &= np.isin(store.queue, [code for code, name in enumerate(store.queues) if name in queues])
    bucket = np.searchsorted(np.array(LIMITS) * 60, now - store.arrival, side="right")
    if side == "sender":
        domains, buckets = store.sender_domain[chosen], bucket[chosen]
    else:
        each = np.repeat(chosen, store.recipients)
        domains, buckets = store.recipient_domain[each], np.repeat(bucket, store.recipients)[each]
    table = np.bincount(domains.astype(np.int64) * BUCKETS + buckets, minlength=len(store.domains) * BUCKETS)
    table = table.reshape(-1, BUCKETS)
    found = [
        ShapeRow(store.domains[code], tuple(table[code].tolist()))
        for code in np.flatnonzero(table.any(axis=1)).tolist()
    ]
    if parents:
        found += _parents(found)
    found.sort(key=lambda row: (-row.total, len(row.domain), row.domain))
    return Shape(ShapeRow("TOTAL", tuple(table.sum(axis=0).tolist())), found)


def _parents(rows: list[ShapeRow]) -> list[ShapeRow]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * BUCKETS)
    children: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        child = row.domain
        while parent := _parent(child):
            children[parent].add(child)
            for i, count in enumerate(row.counts):
                counts[parent][i] += count
            child = parent
    return [ShapeRow(name, tuple(counts[name])) for name in counts if len(children[name]) >= MIN_SUBDOMAINS]


def _parent(domain: str) -> str:
    """`.example.org` of `a.example.org`; nothing above that. Of a long name the last labels."""
    match = _PARENT.match(domain)
    return ".".join(("", *match[1].rsplit(".", LABELS)[-LABELS:])) if match else ""
