"""Sorting a store by any column. The work is done in numpy, which lets other threads run meanwhile."""

from mmap import mmap

import numpy as np
import numpy.typing as npt

from backends.queue.listing.store import FIELDS, Ints, QueueStore, Rows

TEXT_FIELDS = FIELDS[:3]
SIGNIFICANT = 256  # bytes of a text that are compared
_KEEP = np.array([(1 << 64) - (1 << 8 * (8 - kept)) for kept in range(9)], np.uint64)


def permutation(store: QueueStore, column: str, retry: Ints | None = None) -> Rows:
    """Row numbers in ascending order of a column; equal ones stay in the listing's order.

    Columns: queue, id, age, retry, size, sender, recipient, reason. `age` ascending is youngest first; `retry`
    needs the retry times (epoch seconds, 0 unknown) and leaves the order alone without them.
    """
    if column in TEXT_FIELDS:
        return _by_text(store, FIELDS.index(column))
    if column == "reason":
        rank = np.argsort(np.argsort(np.array(store.reasons)))
        return stable_order(rank[store.reason])
    if column == "retry":
        return stable_order(retry) if retry is not None else np.arange(len(store), dtype=np.int32)
    numbers: dict[str, npt.NDArray[np.integer]] = {
        "queue": store.queue,
        "age": -store.arrival,
        "size": store.size,
    }
    return stable_order(numbers[column])


def stable_order(keys: npt.NDArray[np.integer]) -> Rows:
    """The places of ascending keys; equal ones stay in their order."""
    if len(keys) and keys.min() >= 0:
        keys = keys.astype(np.min_scalar_type(int(keys.max())))  # small ones are sorted much quicker
    return np.argsort(keys, kind="stable").astype(np.int32)


def _by_text(store: QueueStore, field: int) -> Rows:
    """Sort by a text field some bytes at a time; only rows that are still equal are looked at again."""
    start = store.text_at + (store.field_end[:, field - 1] + 1 if field else 0)
    end = np.minimum(store.text_at + store.field_end[:, field], start + SIGNIFICANT)
    eight = _eight_bytes(store.text)
    order = np.arange(len(store), dtype=np.int32)
    places = np.arange(len(store))  # into `order`: rows not told apart yet
    group = np.zeros(len(store), np.uint64)  # of each place: equal so far
    depth = 0
    while len(places):
        rows = order[places]
        width = (64 - int(group[-1]).bit_length()) // 8
        keys = _next_bytes(eight, start[rows] + depth, end[rows], width) | (group << np.uint64(8 * width))
        mixed = _mixed(keys, group)
        within = np.flatnonzero(mixed)[np.argsort(keys[mixed], kind="stable")]
        order[places[mixed]] = rows[within]
        keys[mixed] = keys[within]
        first = np.concatenate(([True], keys[1:] != keys[:-1]))
        alone = first & np.concatenate((first[1:], [True]))
        still = ~alone & ((keys & np.uint64(0xFF)) != 0)
        group = (np.cumsum(first[still], dtype=np.uint64)) if still.any() else group[:0]
        places = places[still]
        depth += width
    return order


def _eight_bytes(text: mmap | bytes) -> npt.NDArray[np.uint64]:
    """At each place of the text the eight bytes from there, as a number that sorts like them."""
    count = max(len(text) - 7, 0)
    return np.ndarray((count,), np.dtype(">u8"), text, strides=(1,))


def _next_bytes(eight: npt.NDArray[np.uint64], start: Ints, end: Ints, width: int) -> npt.NDArray[np.uint64]:
    """The next `width` bytes of each text, each byte counted one higher, so that nothing sorts before NUL."""
    left = np.clip(end - start, 0, width)
    keys = eight[start].astype(np.uint64) + np.uint64(0x0101010101010101)  # UTF-8 has no byte 0xFF
    keys &= _KEEP[left]
    return keys >> np.uint64(8 * (8 - width))


def _mixed(keys: npt.NDArray[np.uint64], group: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Which places are in a group that is not all the same."""
    differs = (keys[1:] != keys[:-1]) & (group[1:] == group[:-1])
    mixed = np.zeros(int(group[-1]) + 1, np.bool_)
    mixed[group[1:][differs]] = True
    return np.asarray(mixed[group])
