"""What is to go: from what a site keeps, and what there is, the moment before which files of each kind go. Pure.

All that a file needs to go is its kind and its modification time, so a plan is one moment a kind, and a file that is
replaced after the plan was made is newer and stays.
"""

from array import array
from collections.abc import Sequence
from math import inf, nextafter

import msgspec

from backends.quarantine.names import KINDS
from backends.quarantine.settings import QuarantineSettings, Reserve, kept_for, reserve
from backends.text import parse_size

YOUNGEST = 600.0
"""Seconds for which no file goes, whatever is asked for: amavis may still be writing it."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept. `keep`: seconds for each of KINDS, None for ever; `order`: places in KINDS. 0 is no limit."""

    keep: tuple[float | None, ...]
    order: tuple[int, ...] = ()
    max_size: int = 0
    min_free: Reserve = Reserve()
    max_delete: int = 0

    @property
    def needs_room(self) -> bool:
        """Whether files may go before their time."""
        return bool(self.max_size or self.min_free.part or self.min_free.size)


class Room(msgspec.Struct, frozen=True):
    """A file system: its bytes and inodes, those that are free, and the bytes that files take in steps of."""

    size: int
    free: int
    inodes: int
    free_inodes: int
    block: int = 4096


class Files(msgspec.Struct, frozen=True):
    """Files as columns: the place of each one's kind in KINDS, its modification time (epoch seconds) and size.

    `kept`: bytes of files that are in no column, for they stay whatever their age.
    """

    kinds: bytes = b""
    mtimes: bytes = b""
    sizes: bytes = b""
    kept: int = 0

    def mtimes_of(self) -> "array[float]":
        return array("d", self.mtimes)

    def sizes_of(self) -> "array[int]":
        return array("q", self.sizes)


def policy(settings: QuarantineSettings) -> Policy:
    """What the settings mean.

    :raises BadRequest: one of them cannot be meant.
    """
    return Policy(
        keep=tuple(kept_for(getattr(settings.keep, kind)) for kind in KINDS),
        order=tuple(dict.fromkeys(KINDS.index(kind) for kind in settings.order)),
        max_size=parse_size(settings.max_size) if settings.max_size else 0,
        min_free=reserve(settings.min_free) if settings.min_free else Reserve(),
        max_delete=settings.max_delete,
    )


def by_age(policy: Policy, now: float) -> tuple[float, ...]:
    """For each kind the moment before which its files are too old; -inf where they are kept for ever."""
    return tuple(-inf if kept is None else now - max(kept, YOUNGEST) for kept in policy.keep)


def by_room(
    policy: Policy, found: Sequence[Files], room: Room, before: Sequence[float], now: float
) -> tuple[float, ...]:
    """The moments of `by_age`, later ones where files have to make room: the oldest first, kind after kind."""
    lacking = _Lacking(policy, found, room, before)
    moments = list(before)
    for kind in policy.order:
        if not lacking.any():
            break
        for mtime, size in _oldest_first(found, kind, before[kind], now - YOUNGEST):
            if not lacking.any() and mtime >= moments[kind]:
                break
            lacking.give(size)
            moments[kind] = nextafter(mtime, inf)
    return tuple(moments)


def going(found: Sequence[Files], before: Sequence[float]) -> tuple[list[int], list[int], list[float]]:
    """How many files of each kind go, how many bytes, and the oldest of those that stay (inf: none does)."""
    counts, sizes, staying = [0] * len(KINDS), [0] * len(KINDS), [inf] * len(KINDS)
    for files in found:
        for kind, mtime, size in zip(files.kinds, files.mtimes_of(), files.sizes_of(), strict=True):
            if mtime < before[kind]:
                counts[kind] += 1
                sizes[kind] += size
            else:
                staying[kind] = min(staying[kind], mtime)
    return counts, sizes, staying


class _Lacking:
    """How much has to go still: bytes of files, bytes of the file system, and inodes."""

    def __init__(self, policy: Policy, found: Sequence[Files], room: Room, before: Sequence[float]) -> None:
        self._block = max(room.block, 1)
        wanted = max(policy.min_free.size, int(room.size * policy.min_free.part))
        self._size = 0
        self._free = max(0, wanted - room.free)
        self._inodes = max(0, int(room.inodes * policy.min_free.part) - room.free_inodes)
        if policy.max_size:
            self._size = sum(sum(files.sizes_of()) + files.kept for files in found) - policy.max_size
        for files in found:
            for kind, mtime, size in zip(files.kinds, files.mtimes_of(), files.sizes_of(), strict=True):
                if mtime < before[kind]:
                    self.give(size)

    def any(self) -> bool:
        """Whether more has to go."""
        return self._size > 0 or self._free > 0 or self._inodes > 0

    def give(self, size: int) -> None:
        """A file of that size goes."""
        self._size -= size
        self._free -= -(-size // self._block) * self._block
        self._inodes -= 1


def _oldest_first(found: Sequence[Files], kind: int, start: float, end: float) -> list[tuple[float, int]]:
    """Modification time and size of the files of a kind from `start` until before `end`."""
    return sorted(
        (mtime, size)
        for files in found
        for of, mtime, size in zip(files.kinds, files.mtimes_of(), files.sizes_of(), strict=True)
        if of == kind and start <= mtime < end
    )
