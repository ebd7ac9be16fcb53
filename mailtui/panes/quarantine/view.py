"""What the pane shows of a listing: computed in a worker, swapped in whole. Knows no widget."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

from backends.errors import Refused
from backends.quarantine.listing import SEPARATOR, Listing
from backends.quarantine.message import Header, Target
from backends.quarantine.names import KINDS
from backends.quarantine.select import IN_NAME, Selector
from backends.quarantine.stats import Stats, stats
from mailtui.panes.listed import view as listed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows: TypeAlias = NDArray[np.int64]
    Mask: TypeAlias = NDArray[np.bool_]

AT_FIRST = 200  # messages that are read before the first answer of a filter
THEN = 4000


@dataclass(frozen=True, slots=True)
class Wish(listed.Wish):
    """What of the quarantine is wanted: besides filter and order one kind."""

    sort: str = "age"
    kind: str = ""

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.kind,)


class Places:
    """Which row of a listing a path has, by hashes: a dictionary of a million paths takes too much room."""

    def __init__(self, listing: Listing) -> None:
        import numpy as np  # noqa: PLC0415 - after the first frame

        self.listing = listing
        hashes = np.fromiter(
            map(hash, listing.columns.paths.split(SEPARATOR.encode())), np.int64, len(listing) or 1
        )
        self._order = np.argsort(hashes)
        self._hashes = hashes[self._order]

    def rows_of(self, paths: Iterable[str]) -> "Rows":
        """The rows of those paths that are there."""
        import numpy as np  # noqa: PLC0415 - after the first frame

        sought = [path.encode("utf-8", "surrogateescape") for path in paths]
        if not sought or not len(self.listing):
            return np.empty(0, np.int64)
        hashes = np.fromiter(map(hash, sought), np.int64, len(sought))
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        return np.unique(self._order[at[self._hashes[at] == hashes]])


@dataclass(frozen=True, slots=True)
class View:
    """A wish fulfilled. `rows` are those of the listing in the order shown, `stats` of all kinds that match."""

    listing: Listing
    places: Places
    wish: Wish
    rows: "Rows"
    stats: Stats
    partial: bool = False

    @property
    def total(self) -> int:
        return len(self.rows)

    def keys(self) -> Iterable[str]:
        return map(self.listing.path, self.rows.tolist())

    def not_shown(self, keys: Set[str]) -> int:
        import numpy as np  # noqa: PLC0415 - after the first frame

        return len(keys) - int(np.isin(self.places.rows_of(keys), self.rows).sum())

    def targets(self, selection: "listed.Selection[View]") -> list[Target]:
        """The messages selected; those marked that are gone meanwhile are left out."""
        if selection.marks:
            rows = self.places.rows_of(selection.marks).tolist()
        elif selection.row is not None:
            rows = [int(self.rows[selection.row])]
        else:
            rows = self.rows.tolist()
        return [self.listing.target(row) for row in rows]

    def target(self, row: int) -> Target:
        """The message shown in a row."""
        return self.listing.target(int(self.rows[row]))


def compute(
    places: Places,
    wish: Wish,
    headers: Callable[[Sequence[Target], Event], Sequence[Header]],
    *,
    now: float,
    stop: Event,
    early: Callable[[View], None] = lambda _: None,
) -> View:
    """Sort, filter and count; where a filter reads messages, `early` is given what was found so far.

    :raises BadRequest: the filter cannot be read.
    :raises Refused: `stop` was set; there is a newer wish.
    """
    import numpy as np  # noqa: PLC0415 - after the first frame

    listing, selector = places.listing, Selector.typed(wish.filter)
    order = _order(listing, wish)
    if not selector.is_empty:
        order = order[_possible(listing, selector, now)[order]]
    if selector.reads:
        found: list[int] = []
        at, step = 0, AT_FIRST
        while at < len(order):
            some = order[at : at + step].tolist()
            targets = [listing.target(row) for row in some]
            known = headers(targets, stop)
            found += [
                row
                for row, target, header in zip(some, targets, known, strict=True)
                if selector.matches(target, header, now)
            ]
            _go_on(stop)
            at, step = at + step, THEN
            if at < len(order):
                early(_view(places, wish, np.array(found, np.int64), now, partial=True))
        order = np.array(found, np.int64)
    _go_on(stop)
    return _view(places, wish, order, now, partial=listing.partial)


def _view(places: Places, wish: Wish, matching: "Rows", now: float, *, partial: bool) -> View:
    import numpy as np  # noqa: PLC0415 - after the first frame

    listing, rows = places.listing, matching
    if wish.kind:
        kinds = np.frombuffer(listing.columns.kinds, np.uint8)
        rows = matching[kinds[matching] == KINDS.index(wish.kind)]
    return View(listing, places, wish, rows, stats(listing, now, matching), partial)  # type: ignore[arg-type]


def _order(listing: Listing, wish: Wish) -> "Rows":
    import numpy as np  # noqa: PLC0415 - after the first frame

    times = np.frombuffer(listing.columns.mtimes, np.int64)
    keys: dict[str, tuple[NDArray[np.generic], ...]] = {
        "age": (-times,),
        "size": (-times, np.frombuffer(listing.columns.sizes, np.int64)),
        "kind": (-times, np.frombuffer(listing.columns.kinds, np.uint8)),
    }
    order = np.lexsort(keys[wish.sort])
    return order[::-1] if wish.reverse else order


def _possible(listing: Listing, selector: Selector, now: float) -> "Mask":
    """Which rows can match, by what is known without reading."""
    import numpy as np  # noqa: PLC0415 - after the first frame

    ages = now - np.frombuffer(listing.columns.mtimes, np.int64) / 1e9
    mask = np.ones(len(listing), np.bool_)
    if selector.older_than is not None:
        mask &= ages >= selector.older_than
    if selector.newer_than is not None:
        mask &= ages < selector.newer_than
    if selector.larger_than is not None:
        mask &= np.frombuffer(listing.columns.sizes, np.int64) > selector.larger_than
    for one in selector.terms:
        if one.field == "kind":
            wanted = [number for number, kind in enumerate(KINDS) if one.found_in(kind) is not one.excluded]
            mask &= np.isin(np.frombuffer(listing.columns.kinds, np.uint8), wanted)
        elif one.field in IN_NAME:
            rows = [
                row
                for row in np.flatnonzero(mask).tolist()
                if one.found_in(listing.path(row).lower()) is one.excluded
            ]
            mask[rows] = False
    return mask


def _go_on(stop: Event) -> None:
    if stop.is_set():
        raise Refused("Superseded", hint="nothing to do: a newer view is being made")
