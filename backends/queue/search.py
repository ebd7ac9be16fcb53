"""Finding rows of a store by a selector: a scan over text, a megabyte at a time, so that others get their turn."""

from collections.abc import Iterable
from threading import Event

import numpy as np
import numpy.typing as npt

from backends.queue.select import ANYWHERE, Selector, Term
from backends.queue.store import FIELD, PART, Ints, QueueStore, Rows

WINDOW = 1 << 20
_FIELDS = {"id": 0, "sender": 1, "recipient": 2, "reason": 3}
Mask = npt.NDArray[np.bool_]


def find(store: QueueStore, selector: Selector, now: float, stop: Event | None = None) -> Rows:
    """All rows that match, in the store's order; fewer when `stop` is set meanwhile. `now` in epoch seconds."""
    mask = np.ones(len(store), np.bool_)
    if selector.older_than is not None:
        mask &= store.arrival <= now - selector.older_than
    if selector.larger_than is not None:
        mask &= store.size > selector.larger_than
    for term in selector.terms:
        mask &= _mask(store, term, stop) ^ term.excluded
    return np.flatnonzero(mask).astype(np.int32)


def first(store: QueueStore, selector: Selector, order: Iterable[int], now: float, want: int) -> list[int]:
    """The first `want` matching rows in the given order: for a screen at once, where matches are frequent."""
    found: list[int] = []
    for row in order:
        if selector.matches(store.message(int(row)), now):
            found.append(int(row))
            if len(found) >= want:
                break
    return found


def with_domain(store: QueueStore, codes: Iterable[int], side: str = "recipient") -> Mask:
    """Which messages have a recipient (or their sender) in one of the domains."""
    wanted = np.zeros(len(store.domains) + 1, np.bool_)
    wanted[list(codes)] = True
    if side == "sender":
        return np.asarray(wanted[store.sender_domain])
    hits = np.concatenate(([0], np.cumsum(wanted[store.recipient_domain])))
    bounds = hits[store.recipients_at]
    return np.asarray(bounds[1:] > bounds[:-1])


def _mask(store: QueueStore, term: Term, stop: Event | None) -> Mask:
    if term.field == "queue":
        codes = [code for code, name in enumerate(store.queues) if term.found_in(name)]
        return np.isin(store.queue, codes)
    if term.field == "domain":
        return with_domain(
            store, (code for code, name in enumerate(store.domains) if term.found_in(name.lower()))
        )
    mask = np.zeros(len(store), np.bool_)
    if term.pattern:
        mask[_scan(store, term, stop)] = True
    elif term.field == ANYWHERE:
        mask[_containing(store, term.text, stop)] = True
    else:
        mask[[row for row in _containing(store, term.text, stop).tolist() if _in_field(store, row, term)]] = (
            True
        )
    return mask


def _containing(store: QueueStore, text: str, stop: Event | None) -> Ints:
    """Rows whose text has it anywhere; `text` in lower case."""
    needle = text.encode("utf-8", "replace")
    hits: list[int] = []
    for start, end in _windows(store):
        if stop is not None and stop.is_set():
            break
        window = store.text[start:end]
        at = window.find(needle)
        while at >= 0:
            hits.append(start + at)
            at = window.find(needle, window.find(b"\n", at))
    return np.asarray(np.searchsorted(store.text_at, np.array(hits, np.int64), side="right") - 1, np.int64)


def _windows(store: QueueStore) -> Iterable[tuple[int, int]]:
    """Pieces of the text of about a megabyte that end where a row ends."""
    total = len(store.text)
    start = 0
    while start < total:
        row = int(np.searchsorted(store.text_at, start + WINDOW))
        end = int(store.text_at[row]) if row < len(store) else total
        yield start, end
        start = end


def _scan(store: QueueStore, term: Term, stop: Event | None) -> list[int]:
    rows = []
    for row in range(len(store)):
        if row % 1024 == 0 and stop is not None and stop.is_set():
            break
        if _in_field(store, row, term):
            rows.append(row)
    return rows


def _in_field(store: QueueStore, row: int, term: Term) -> bool:
    start = int(store.text_at[row])
    fields = store.text[start : store.text.find(b"\n", start)].decode().split(FIELD)
    if term.field != ANYWHERE:
        fields = [fields[_FIELDS[term.field]]]
    return any(term.found_in(part) for field in fields for part in field.split(PART))
