"""A quarantine in figures: each kind by age, the disk, and when it is full if it goes on like this. Pure."""

from collections.abc import Sequence

import msgspec

from backends.quarantine.listing import Listing
from backends.quarantine.names import KINDS
from backends.quarantine.retention import Room
from backends.quarantine.tree import Noted, total

HOUR, DAY = 3600.0, 86400.0
AGES = (
    ("<1h", HOUR),
    ("6h", 6 * HOUR),
    ("1d", DAY),
    ("3d", 3 * DAY),
    ("1w", 7 * DAY),
    ("2w", 14 * DAY),
    ("30d", 30 * DAY),
    ("60d", 60 * DAY),
    ("90d", 90 * DAY),
)
"""What each column but the last is younger than."""

LABELS = (*(label for label, _ in AGES), ">90d")
GROWTH = 7 * DAY
"""Seconds over which growth is measured."""

IN_SIGHT = 365 * DAY
"""Seconds: what growth would do later than that nobody can tell."""


class KindStats(msgspec.Struct, frozen=True):
    """A kind: how many files, bytes, last modification of the oldest (epoch seconds), and both by LABELS."""

    kind: str
    count: int
    size: int
    oldest: float
    counts: tuple[int, ...]
    sizes: tuple[int, ...]


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """All kinds that there are; `growth` in bytes a day, `full_in` in seconds (None: not within a year, as it is).

    `count` and `size` are of all files; `room`: of the file system.
    """

    folder: str
    taken: float
    count: int
    size: int
    kinds: tuple[KindStats, ...]
    room: Room
    growth: float
    full_in: float | None
    kept: int
    leftovers: int
    leftover_size: int
    foreign: Noted


def stats(listing: Listing, now: float, rows: Sequence[int] | None = None) -> Stats:
    """The figures; `rows` limits the kinds to some files. `now` in epoch seconds."""
    import numpy as np  # noqa: PLC0415 - for figures only

    kinds = np.frombuffer(listing.columns.kinds, np.uint8)
    times = np.frombuffer(listing.columns.mtimes, np.int64) / 1e9
    sizes = np.frombuffer(listing.columns.sizes, np.int64)
    came = times > now - GROWTH
    span = min(GROWTH, max(DAY, now - float(times.min()))) if len(times) else GROWTH
    growth = float(sizes[came].sum(dtype=np.float64)) / span * DAY
    whole, everything = total(int(sizes.sum(dtype=np.float64))), len(kinds)
    if rows is not None:
        chosen = np.asarray(rows, np.int64)
        kinds, times, sizes = kinds[chosen], times[chosen], sizes[chosen]
    place = np.searchsorted(np.array([limit for _, limit in AGES]), now - times, side="right")
    cell = kinds.astype(np.int64) * len(LABELS) + place
    shape = (len(KINDS), len(LABELS))
    counts = np.bincount(cell, minlength=len(KINDS) * len(LABELS)).reshape(shape)
    weights = np.bincount(cell, weights=sizes, minlength=len(KINDS) * len(LABELS)).reshape(shape)
    return Stats(
        folder=listing.folder,
        taken=listing.taken,
        count=everything,
        size=whole,
        kinds=tuple(
            KindStats(
                kind,
                int(counts[number].sum()),
                total(int(weights[number].sum())),
                float(times[kinds == number].min()),
                tuple(counts[number].tolist()),
                tuple(total(int(size)) for size in weights[number].tolist()),
            )
            for number, kind in enumerate(KINDS)
            if counts[number].sum()
        ),
        room=listing.room,
        growth=growth,
        full_in=_full_in(listing.room.free, growth),
        kept=len(listing.kept),
        leftovers=listing.leftovers,
        leftover_size=listing.leftover_size,
        foreign=listing.foreign,
    )


def _full_in(free: int, growth: float) -> float | None:
    """In how many seconds so many bytes are taken by so many a day; None: not in sight."""
    if growth <= 0:
        return None
    seconds = free / growth * DAY
    return seconds if seconds <= IN_SIGHT else None
