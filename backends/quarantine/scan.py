"""What is in a quarantine folder, told by names and inodes: no file is opened."""

import os
import stat
from array import array
from collections.abc import Sequence
from math import inf

import msgspec

from backends.quarantine.kept import Mark
from backends.quarantine.names import KIND_OF_GROUP, KINDS, NO_PART, Naming
from backends.quarantine.retention import YOUNGEST, Files
from backends.quarantine.tree import Noted, Share, Steps, Walk, taken, total
from backends.workers import Stop


class Found(msgspec.Struct, kw_only=True):
    """What one process found of each kind, in the order of KINDS; sizes are the bytes they take, `oldest` in epoch seconds.

    `going` and `going_size`: of what was last modified before the kind's moment; `staying`: the oldest of the others,
    in epoch seconds. `foreign`: what amavis does not name so, or no plain file of the folder's owner; `young`: files
    that no rule takes yet; `ahead`: files from the future; `kept`: files that stay because somebody said so.
    """

    counts: list[int]
    sizes: list[int]
    oldest: list[float]
    going: list[int]
    going_size: list[int]
    staying: list[float]
    young: int = 0
    ahead: int = 0
    kept: int = 0
    foreign: Noted
    unreadable: Noted
    files: Files = Files()


def empty() -> Found:
    """Nothing found yet."""
    zero = [0] * len(KINDS)
    return Found(
        counts=zero[:],
        sizes=zero[:],
        oldest=[inf] * len(KINDS),
        going=zero[:],
        going_size=zero[:],
        staying=[inf] * len(KINDS),
        foreign=Noted(),
        unreadable=Noted(),
    )


def joined(parts: Sequence[Found]) -> Found:
    """What several processes found, but the columns."""
    whole = empty()
    for part in parts:
        for name in ("counts", "sizes", "going", "going_size"):
            pairs = zip(getattr(whole, name), getattr(part, name), strict=True)
            setattr(whole, name, [total(*pair) for pair in pairs])
        for name in ("oldest", "staying"):
            moments = zip(getattr(whole, name), getattr(part, name), strict=True)
            setattr(whole, name, [min(both) for both in moments])
        whole.young += part.young
        whole.ahead += part.ahead
        whole.kept += part.kept
        whole.foreign.join(part.foreign)
        whole.unreadable.join(part.unreadable)
    return whole


class Scan:
    """One process's share of a folder. `before`: the moment of each kind before which files count as going.

    `columns`: gather each file's kind, time and size; `any_name`: a plain file of any name is of the kind `other`;
    `kept`: files that do not count as going.
    """

    def __init__(
        self,
        naming: Naming,
        before: Sequence[float],
        now: float,
        share: Share = Share(),  # noqa: B008 - a value
        *,
        columns: bool = False,
        any_name: bool = False,
        kept: frozenset[Mark] = frozenset(),
    ) -> None:
        self._naming, self._before, self._now = naming, before, now
        self._share = share
        self._columns, self._any_name = columns, any_name
        self._kept, self._kept_size = kept, 0
        self._kinds, self._mtimes, self._sizes = bytearray(), array("d"), array("q")
        self._found, self._owner = empty(), -1

    def run(self, root: int, stop: Stop) -> Found:
        """Read the folder opened as `root`, until told to stop."""
        self._owner = os.fstat(root).st_uid
        walk = Walk(root, self._visit, self._share, NO_PART)
        walk.go(stop)
        found = self._found
        found.unreadable = walk.unreadable
        found.oldest = [min(both) for both in zip(found.oldest, found.staying, strict=True)]
        found.sizes, found.going_size = [*map(total, found.sizes)], [*map(total, found.going_size)]
        found.files = Files(
            bytes(self._kinds), self._mtimes.tobytes(), self._sizes.tobytes(), total(self._kept_size)
        )
        return found

    def _visit(self, handle: int, steps: Steps, alone: bool) -> list[str]:
        """Count the files of a folder. This loop is what a dry run takes its time for: all names are local."""
        folders: list[str] = []
        found, before, young = self._found, self._before, self._now - YOUNGEST
        counts, sizes, oldest, staying = found.counts, found.sizes, found.oldest, found.staying
        going, going_size = found.going, found.going_size
        (number, shares), owner = self._share, self._owner
        matched = self._naming.within(steps)
        kept = {inode for inode, _ in self._kept}
        with os.scandir(handle) as entries:
            for entry in entries:
                if not alone:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                        continue
                    if entry.inode() % shares != number:
                        continue
                match = matched(entry.name)
                if match is None and self._left(steps, entry.name):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if status[stat.ST_MODE] & 0o170000 != stat.S_IFREG or status[stat.ST_UID] != owner:
                    found.foreign.add("/".join((*steps, entry.name)))
                    continue
                kind = KIND_OF_GROUP[match and match.lastindex]
                mtime, size, held = status.st_mtime, status[stat.ST_SIZE], status.st_blocks * 512
                size = size if size < held else held  # noqa: FURB136 - what `taken` says; a call costs more here
                counts[kind] += 1
                sizes[kind] += size
                if kept and status[stat.ST_INO] in kept and self._stays(status, steps, entry.name):
                    oldest[kind] = min(oldest[kind], mtime)
                    continue
                if mtime < before[kind]:
                    going[kind] += 1
                    going_size[kind] += size
                    if mtime < oldest[kind]:  # noqa: PLR1730 - a call costs more here
                        oldest[kind] = mtime
                elif mtime < staying[kind] or mtime >= young:
                    self._note_staying(kind, mtime)
                if self._columns:
                    self._kinds.append(kind)
                    self._mtimes.append(mtime)
                    self._sizes.append(size)
        return folders

    def _left(self, steps: Steps, name: str) -> bool:
        """Whether a file is none of the quarantine's; it is noted then, if it is not ours."""
        if not steps and name in NO_PART:
            return True
        if not self._any_name:
            self._found.foreign.add("/".join((*steps, name)))
        return not self._any_name

    def _note_staying(self, kind: int, mtime: float) -> None:
        """Take in a file that is the oldest to stay yet, or one that no rule takes yet."""
        found, age = self._found, self._now - mtime
        found.staying[kind] = min(found.staying[kind], mtime)
        found.young += 0 <= age <= YOUNGEST
        found.ahead += age < 0

    def _stays(self, status: os.stat_result, steps: Steps, name: str) -> bool:
        """Whether somebody said that this file stays; it is counted then."""
        if (status.st_ino, "/".join((*steps, name))) not in self._kept:
            return False
        self._found.kept += 1
        self._kept_size += taken(status)
        return True
