"""Sorting a store by any column. The work is done in numpy, which lets other threads run meanwhile."""

import numpy as np
import numpy.typing as npt

from backends.queue.store import FIELD, Ints, QueueStore, Rows

TEXT_FIELDS = {"id": 0, "sender": 1, "recipient": 2}
SIGNIFICANT = 256  # bytes of a text that are compared


def permutation(store: QueueStore, column: str, retry: Ints | None = None) -> Rows:
    """Row numbers in ascending order of a column; equal ones stay in the listing's order.

    Columns: queue, id, age, retry, size, sender, recipient, reason. `age` ascending is youngest first; `retry`
    needs the retry times (epoch seconds, 0 unknown) and leaves the order alone without them.
    """
    if column in TEXT_FIELDS:
        return _by_text(store, TEXT_FIELDS[column])
    if column == "reason":
        rank = np.argsort(np.argsort(np.array(store.reasons)))
        return _stable(rank[store.reason])
    if column == "retry":
        return _stable(retry) if retry is not None else np.arange(len(store), dtype=np.int32)
    return _stable({"queue": store.queue, "age": -store.arrival, "size": store.size}[column])


def _stable(keys: npt.NDArray[np.integer]) -> Rows:
    return np.argsort(keys, kind="stable").astype(np.int32)


def _by_text(store: QueueStore, field: int) -> Rows:
    """Sort by a text field eight bytes at a time; only rows that are still equal are looked at again."""
    text = np.frombuffer(store.text, np.uint8)
    start, end = _bounds(store, text, field)
    order = np.arange(len(store), dtype=np.int32)
    places = np.arange(len(store))  # into `order`: rows not told apart yet
    group = np.zeros(len(store), np.int64)  # of each place: equal so far
    for depth in range(0, SIGNIFICANT, 8):
        rows = order[places]
        keys = _eight_bytes(text, start[rows] + depth, end[rows])
        within = np.lexsort((keys, group))
        order[places] = rows[within]
        keys, group = keys[within], group[within]
        new = np.concatenate(([True], (keys[1:] != keys[:-1]) | (group[1:] != group[:-1])))
        group = np.cumsum(new)
        alone = new & np.concatenate((new[1:], [True]))
        open_ = ~alone & (keys != 0)
        places, group = places[open_], group[open_]
        if not len(places):
            break
    return order


def _bounds(store: QueueStore, text: npt.NDArray[np.uint8], field: int) -> tuple[Ints, Ints]:
    marks = np.flatnonzero(text == ord(FIELD))
    nth = np.searchsorted(marks, store.text_at)
    start = store.text_at if field == 0 else marks[nth + field - 1] + 1
    return start, marks[nth + field]


def _eight_bytes(text: npt.NDArray[np.uint8], start: Ints, end: Ints) -> npt.NDArray[np.uint64]:
    """The next eight bytes from `start` as a number that sorts like them; zero past `end`."""
    keys = np.zeros(len(start), np.uint64)
    for i in range(8):
        at = start + i
        byte = np.where(at < end, text[np.minimum(at, len(text) - 1)], 0).astype(np.uint64)
        keys = (keys << np.uint64(8)) | byte
    return keys
