"""Deleting: each file is looked at and unlinked, or moved into the trash, relative to its opened folder.

What is deleted is a plain file with a name that amavis gives, last modified before its kind's moment, by what its
inode says right before it goes; another file put in its place meanwhile is a newer one.
"""

import errno
import os
import stat
from collections.abc import Sequence

import msgspec

from backends.quarantine.kept import Mark
from backends.quarantine.names import KIND_OF_GROUP, KINDS, NO_PART, Naming
from backends.quarantine.trash import Keeping
from backends.quarantine.tree import Noted, Share, Steps, Walk, taken, total
from backends.workers import Stop

DAMAGED = frozenset({errno.EROFS, errno.EIO})
"""Errors after which there is no use in trying the next file."""


class Done(msgspec.Struct):
    """What one process deleted of each kind, in the order of KINDS, and what it could not delete; sizes are the bytes they took.

    `kept`: files that are in the trash, among the counted ones. `broken`: why it gave up before the end, and `hint` what to
    do; `lost`: it could not say what it did, which is not counted.
    """

    counts: list[int]
    sizes: list[int]
    left: Noted
    kept: int = 0
    broken: str = ""
    hint: str = ""
    lost: bool = False


class _Broken(Exception):
    """The file system is of no use."""


def nothing() -> Done:
    return Done([0] * len(KINDS), [0] * len(KINDS), Noted())


def joined(parts: Sequence[Done]) -> Done:
    """What several processes did."""
    whole = nothing()
    for part in parts:
        whole.counts = [one + other for one, other in zip(whole.counts, part.counts, strict=True)]
        whole.sizes = [total(*pair) for pair in zip(whole.sizes, part.sizes, strict=True)]
        whole.left.join(part.left)
        whole.kept += part.kept
        whole.lost = whole.lost or part.lost
        if not whole.broken:
            whole.broken, whole.hint = part.broken, part.hint
    return whole


class Deletion:
    """One process's share. `before`: the moment of each kind before which files go.

    `trashed`: the moment before which they are moved into `trash`, the opened folder of a run, instead of deleted;
    `kept`: files that stay whatever their age.
    """

    def __init__(
        self,
        naming: Naming,
        before: Sequence[float],
        share: Share = Share(),  # noqa: B008 - a value
        *,
        trash: int = -1,
        trashed: Sequence[float] | None = None,
        any_name: bool = False,
        kept: frozenset[Mark] = frozenset(),
    ) -> None:
        self._naming, self._before, self._any_name = naming, before, any_name
        self._trash, self._trashed, self._kept = trash, trashed, kept
        self._share, self._stop, self._owner = share, Stop(), -1
        self._done = nothing()

    def run(self, root: int, stop: Stop) -> Done:
        """Delete in the folder opened as `root`, until told to stop."""
        self._stop, self._owner = stop, os.fstat(root).st_uid
        walk = Walk(root, self._visit, self._share, NO_PART)
        try:
            walk.go(stop)
        except _Broken as broken:
            self._done.broken = str(broken)
            self._done.hint = "look at its file system with findmnt, and in the kernel's log"
        self._done.left.join(walk.unreadable)
        self._done.sizes = [*map(total, self._done.sizes)]
        return self._done

    def _visit(self, handle: int, steps: Steps, alone: bool) -> list[str]:
        """Delete in one folder. This loop is what a cleanup takes its time for: all names are local."""
        folders: list[str] = []
        latest = max(self._before)
        before, trashed, counts, sizes = self._before, self._trashed, self._done.counts, self._done.sizes
        (number, shares), stop, owner = self._share, self._stop, self._owner
        matched, unlink = self._naming.within(steps), os.unlink
        kept = {inode for inode, _ in self._kept}
        turn = 0
        with Keeping(self._trash, steps) as keeping, os.scandir(handle) as entries:
            for entry in entries:
                if not alone:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                        continue
                    if entry.inode() % shares != number:
                        continue
                try:
                    status = entry.stat(follow_symlinks=False)
                    mtime = status.st_mtime
                    if mtime >= latest:
                        continue
                    name = entry.name
                    match = matched(name)
                    if match is None and (not self._any_name or (not steps and name in NO_PART)):
                        continue
                    kind = KIND_OF_GROUP[match and match.lastindex]
                    if (
                        mtime >= before[kind]
                        or status[stat.ST_MODE] & 0o170000 != stat.S_IFREG
                        or status[stat.ST_UID] != owner
                        or (status[stat.ST_INO] in kept and self._stays(status, steps, name))
                    ):
                        continue
                    turn += 1
                    if stop.number or (turn % 256 == 0 and stop.asked()):
                        break
                    if trashed is not None and mtime < trashed[kind]:
                        keeping.take(handle, name)
                        self._done.kept += 1
                    else:
                        unlink(name, dir_fd=handle)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    self._failed(error, "/".join((*steps, entry.name)))
                    continue
                counts[kind] += 1
                sizes[kind] += taken(status)
        return folders

    def _stays(self, status: os.stat_result, steps: Steps, name: str) -> bool:
        """Whether somebody said that this file stays."""
        return (status.st_ino, "/".join((*steps, name))) in self._kept

    def _failed(self, error: OSError, path: str) -> None:
        """Note a file that could not be deleted.

        :raises _Broken: no other can be either.
        """
        said = error.strerror or type(error).__name__
        if error.errno in DAMAGED:
            raise _Broken(said) from error
        self._done.left.add(path, said)
