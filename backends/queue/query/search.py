"""Finding rows of a store by a selector: a scan over text, a window at a time, so that others get their turn."""

from collections.abc import Iterable, Sequence
from threading import Event

import numpy as np
import numpy.typing as npt

from backends.queue.listing.store import FIELDS, PART, QueueStore, Rows
from backends.queue.select import Selector
from backends.terms import ANYWHERE, SPACED, Term

OF_RECIPIENTS = ("recipient", "reason")
IN_TEXT = (ANYWHERE, *FIELDS)
CLOSE_LOOKS = 3000
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


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


def first(store: QueueStore, selector: Selector, order: Sequence[int], now: float, want: int) -> list[int]:
    """The first `want` matching rows in the given order: for a screen at once, where matches are frequent.

    Most rows are passed over by their text alone; fewer are given when too many have to be looked at closely.
    """
    plain = [term for term in selector.terms if term.field in IN_TEXT and not (term.pattern or term.excluded)]
    needle = max(map(_needle, plain), key=len, default=b"")
    starts = store.text_at[order]
    ends = starts + store.field_end[order, -1]
    found: list[int] = []
    looked = 0
    for row, start, end in zip(order, starts.tolist(), ends.tolist(), strict=True):
        if needle not in store.text[start:end]:
            continue
        looked += 1
        if selector.matches(store.message(int(row)), now):
            found.append(int(row))
        if len(found) >= want or looked >= CLOSE_LOOKS:
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
        return np.isin(store.queue, _named(store.queues, term))
    if term.field == "domain":
        return with_domain(store, _named(store.domains, term))
    mask = np.zeros(len(store), np.bool_)
    look = _matching if term.pattern else _containing
    for rows, window in store.windows():
        if stop is not None and stop.is_set():
            break
        mask[rows][look(store, term, rows, window)] = True
    return mask


def _needle(term: Term) -> bytes:
    return term.text.encode("utf-8", "replace")


def _named(names: Sequence[str], term: Term) -> list[int]:
    return [code for code, name in enumerate(names) if term.found_in(name.lower().translate(SPACED))]


def _containing(store: QueueStore, term: Term, rows: slice, window: slice) -> Places:
    """Which of a window's rows have the term's text in its field."""
    text, needle = store.text[window], _needle(term)
    hits: list[int] = []
    at = text.find(needle)
    while at >= 0:
        hits.append(at)
        if term.field == ANYWHERE:
            at = text.find(b"\n", at)
            if at < 0:
                break
        at = text.find(needle, at + 1)
    if not hits:
        return np.zeros(0, np.intp)
    starts, ends = store.text_at[rows], store.field_end[rows]
    places = np.array(hits, np.int64) + window.start
    found: Places = np.searchsorted(starts, places, side="right") - 1
    if term.field == ANYWHERE:
        return found
    field = FIELDS.index(term.field)
    places -= starts[found]
    there = places < ends[found, field]
    if field:
        there &= places > ends[found, field - 1]
    return np.asarray(found[there])


def _matching(store: QueueStore, term: Term, rows: slice, window: slice) -> Places:
    """Which of a window's rows have the term's pattern in its field."""
    search = term.pattern.search if term.pattern else term.found_in
    texts = store.texts(window)
    fields = range(len(FIELDS)) if term.field == ANYWHERE else (FIELDS.index(term.field),)
    found: list[int] = []
    for field in fields:
        hits = [
            i
            for i, text in enumerate(texts[field :: len(FIELDS)])
            if (search(text) if PART not in text else any(map(search, text.split(PART))))
        ]
        if FIELDS[field] in OF_RECIPIENTS:
            some = store.recipients[rows] > 0
            hits = [i for i in hits if some[i]]
        found += hits
    return np.array(found, np.intp)
