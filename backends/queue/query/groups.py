"""Messages grouped by what they have in common: delay reason, recipient domain, sender or queue."""

from array import array
from collections import defaultdict

import msgspec
import numpy as np

from backends.queue.listing.store import FIELDS, Ints, QueueStore, Rows
from backends.queue.query.order import stable_order

BY = ("reason", "domain", "sender", "queue")


class Group(msgspec.Struct, frozen=True, gc=False):
    """Messages with one label: how many, their bytes, arrival of the oldest and newest, and the soonest retry.

    Times in epoch seconds, `next_retry` 0 where it is not known. `code` is the column's number of the label.
    """

    label: str
    code: int
    count: int
    size: int
    oldest: int
    newest: int
    next_retry: int = 0


def group(store: QueueStore, by: str, rows: Rows | None = None, retry: Ints | None = None) -> list[Group]:
    """Groups by falling count. A message with several recipients counts under its first domain.

    `by`: reason, domain, sender (address) or queue. `retry`: next retry of each row, 0 unknown.
    """
    chosen = np.arange(len(store), dtype=np.int32) if rows is None else rows
    labels, codes = _coded(store, by, chosen)
    order = stable_order(codes)
    ordered = codes[order]
    if not len(ordered):
        return []
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    members = chosen[order]
    counts = np.diff(np.concatenate((starts, [len(ordered)])))
    sizes = np.add.reduceat(store.size[members], starts)
    oldest = np.minimum.reduceat(store.arrival[members], starts)
    newest = np.maximum.reduceat(store.arrival[members], starts)
    soonest = np.zeros(len(starts), np.int64)
    if retry is not None:
        known = np.where(retry > 0, retry, np.iinfo(np.int64).max)
        soonest = np.minimum.reduceat(known[members], starts)
        soonest[soonest == np.iinfo(np.int64).max] = 0
    numbers = (column.tolist() for column in (ordered[starts], counts, sizes, oldest, newest, soonest))
    found = [Group(labels[code], code, *rest) for code, *rest in zip(*numbers, strict=True)]
    found.sort(key=lambda one: one.label)
    found.sort(key=lambda one: one.count, reverse=True)
    return found


def _coded(store: QueueStore, by: str, rows: Rows) -> tuple[list[str], Ints]:
    if by == "queue":
        return list(store.queues), store.queue[rows].astype(np.int64)
    if by == "reason":
        return reason_labels(store), reason_codes(store)[rows]
    if by == "domain":
        none = len(store.domains)
        padded = np.concatenate((store.recipient_domain, [none]))
        firsts = np.where(store.recipients[rows] > 0, padded[store.recipients_at[rows]], none)
        return [*store.domains, "(no recipient)"], firsts.astype(np.int64)
    numbers: dict[str, int] = defaultdict(lambda: len(numbers))
    codes = array("q")
    for _, window in store.windows():
        codes.fromlist([numbers[sender] for sender in store.texts(window)[1 :: len(FIELDS)]])
    return list(numbers), np.frombuffer(codes, np.int64)[rows]


def reason_labels(store: QueueStore) -> list[str]:
    """A label for each number of `reason_codes`: reasons, then for messages without one what their queue says."""
    waiting = {"deferred": "no reason recorded", "active": "being delivered now", "hold": "on hold"}
    without = [waiting.get(name, f"not tried yet ({name})") for name in store.queues]
    return [*store.reasons, *without]


def reason_codes(store: QueueStore) -> Ints:
    """For each row the number of its reason; without one, a number for its queue."""
    return np.where(store.reason > 0, store.reason, len(store.reasons) + store.queue.astype(np.int64))
