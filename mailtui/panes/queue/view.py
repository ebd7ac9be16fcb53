"""What the queue pane shows of a snapshot: computed in a worker, swapped in whole. Knows no widget."""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING

from backends.errors import Refused
from backends.queue.plan import Action, Target
from backends.queue.select import Selector
from mailtui.panes.listed import view as listed
from mailtui.panes.queue.reading import Reading

if TYPE_CHECKING:
    from backends.queue.listing.snapshot import QueueSnapshot
    from backends.queue.listing.store import QueueStore, Rows
    from backends.queue.query.groups import Group
    from backends.queue.query.search import Mask
    from backends.queue.query.shape import Shape

SCREENFUL = 100
QUICK_LOOK = 5_000


@dataclass(frozen=True, slots=True)
class Wish(listed.Wish):
    """What of the queue is wanted: besides filter and order one reason (a `reason_key`) and one domain."""

    sort: str = "age"
    reverse: bool = True
    reason: str = ""
    domain: str = ""
    side: str = "recipient"

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.reason[1:], self.domain)


@dataclass(frozen=True, slots=True)
class View:
    """A wish fulfilled. `rows` are row numbers of the snapshot's store in the order shown."""

    snapshot: "QueueSnapshot"
    wish: Wish
    rows: "Rows"
    groups: "list[Group]"
    shape: "Shape"
    matching: int
    partial: bool = False

    @property
    def total(self) -> int:
        return len(self.rows)

    def keys(self) -> Iterable[str]:
        return map(self.snapshot.store.queue_id, self.rows.tolist())

    def not_shown(self, keys: Set[str]) -> int:
        rows = [self.snapshot.store.row_of(queue_id) for queue_id in keys]
        shown = set(self.rows.tolist()) if len(rows) > 1 else self.rows
        return sum(row is None or row not in shown for row in rows)

    def targets(self, selection: "listed.Selection[View]", action: Action) -> list[Target]:
        """The messages selected that the action changes; those marked that are gone meanwhile are left out."""
        messages = map(self.snapshot.store.message, self._there(selection))
        return [Target.of(message) for message in messages if action.changes(message.queue_name)]

    def there(self, selection: "listed.Selection[View]") -> int:
        """How many of the messages selected are not gone meanwhile."""
        return len(self._there(selection))

    def _there(self, selection: "listed.Selection[View]") -> list[int]:
        """Their rows."""
        if selection.marks:
            marked = map(self.snapshot.store.row_of, sorted(selection.marks))
            return [row for row in marked if row is not None]
        rows: list[int] = (self.rows if selection.row is None else self.rows[[selection.row]]).tolist()
        return rows


def look(
    reading: Reading,
    wish: Wish,
    now: float,
    last: View | None,
    *,
    stop: Event,
    early: Callable[[View], None],
) -> View:
    """Make the view of a wish; `early` is given the first screen of a new filter, then the list without its groups.

    :raises BadRequest: the filter cannot be read.
    :raises Refused: `stop` was set; there is a newer wish.
    """

    def rows_found(rows: "Rows") -> None:
        if last is not None:
            early(replace(last, snapshot=reading.snapshot, wish=wish, rows=rows, partial=True))

    if last is not None and last.wish.filter != wish.filter and (at_once := quick(reading, wish, now, last)):
        early(at_once)
    return compute(reading, wish, now, stop, rows_found)


def quick(reading: Reading, wish: Wish, now: float, last: View) -> View | None:
    """The first screen of a filter at once, where it can be had by looking at a few thousand rows."""
    from backends.queue.query.search import first  # noqa: PLC0415 - numpy, after the first frame

    if not wish.filter or wish.reason or wish.domain:
        return None
    import numpy as np  # noqa: PLC0415 - after the first frame

    order = reading.of(wish.sort)
    head = order[::-1][:QUICK_LOOK] if wish.reverse else order[:QUICK_LOOK]
    found = first(reading.snapshot.store, Selector.typed(wish.filter), head.tolist(), now, SCREENFUL)
    if len(found) < SCREENFUL:
        return None
    return replace(last, snapshot=reading.snapshot, wish=wish, rows=np.array(found, np.int32), partial=True)


def compute(
    reading: Reading,
    wish: Wish,
    now: float,
    stop: Event,
    early: Callable[["Rows"], None] = lambda _rows: None,
) -> View:
    """Filter and sort, then group and shape; `early` is given the rows before the latter.

    :raises BadRequest: the filter cannot be read.
    :raises Refused: `stop` was set; there is a newer wish.
    """
    import numpy as np  # noqa: PLC0415 - after the first frame

    from backends.queue.query import groups, search, shape  # noqa: PLC0415

    snapshot, store = reading.snapshot, reading.snapshot.store
    selector = Selector.typed(wish.filter)
    matching = np.ones(len(store), np.bool_)
    if not selector.is_empty:
        matching[:] = False
        matching[search.find(store, selector, now, stop)] = True
    narrowed = matching & _with_reason(store, wish.reason) if wish.reason else matching
    listed = narrowed
    if wish.domain:
        code = [store.domains.index(wish.domain)] if wish.domain in store.domains else []
        listed = narrowed & search.with_domain(store, code, wish.side)
    _go_on(stop)
    order = reading.of(wish.sort)
    rows = order[listed[order]]
    rows = rows[::-1] if wish.reverse else rows
    _go_on(stop)
    early(rows)
    by_reason = groups.group(store, "reason", np.flatnonzero(matching).astype(np.int32), reading.retry)
    by_domain = shape.shape(store, now=now, side=wish.side, rows=np.flatnonzero(narrowed).astype(np.int32))
    _go_on(stop)
    return View(snapshot, wish, rows, by_reason, by_domain, int(np.count_nonzero(matching)))


def reason_key(store: "QueueStore", group: "Group") -> str:
    """A group's name over all readings: `=` and its reason, or `*` and what its queue says where there is none."""
    return f"{'=' if group.code < len(store.reasons) else '*'}{group.label}"


def _with_reason(store: "QueueStore", key: str) -> "Mask":
    import numpy as np  # noqa: PLC0415 - after the first frame

    from backends.queue.query.groups import reason_codes, reason_labels  # noqa: PLC0415

    known = len(store.reasons)
    of_kind = range(known) if key.startswith("=") else range(known, known + len(store.queues))
    labels = reason_labels(store)
    return np.isin(reason_codes(store), [code for code in of_kind if labels[code] == key[1:]])


def _go_on(stop: Event) -> None:
    if stop.is_set():
        raise Refused("Superseded", hint="nothing to do: a newer view is being made")
