"""What is in a quarantine folder, file by file, as columns; told by names and inodes: no file is opened."""

import os
import stat
from array import array
from collections.abc import Sequence
from functools import cached_property

import msgspec

from backends.quarantine.kept import Mark
from backends.quarantine.message import Target, told_time
from backends.quarantine.names import KIND_OF_GROUP, KINDS, NO_PART, Naming
from backends.quarantine.retention import Room
from backends.quarantine.tree import Noted, Share, Steps, Walk
from backends.workers import Stop

SEPARATOR = "\0"


class Columns(msgspec.Struct, frozen=True):
    """Files: their paths, separated; the place of each one's kind in KINDS; modification times (ns), sizes, inodes."""

    paths: bytes = b""
    kinds: bytes = b""
    mtimes: bytes = b""
    sizes: bytes = b""
    inodes: bytes = b""


class Part(msgspec.Struct, frozen=True):
    """What one process found."""

    columns: Columns
    foreign: Noted
    unreadable: Noted


class Listing(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All of a folder at one moment (epoch seconds).

    `foreign`: what amavis does not name so; `unreadable`: folders that could not be entered; `kept`: what a cleanup
    leaves; `leftovers` and `leftover_size`: amavis's leftover work folders; `partial`: more is being read.
    """

    folder: str
    taken: float
    columns: Columns
    room: Room
    foreign: Noted = msgspec.field(default_factory=Noted)
    unreadable: Noted = msgspec.field(default_factory=Noted)
    kept: tuple[Mark, ...] = ()
    leftovers: int = 0
    leftover_size: int = 0
    partial: bool = False

    def __len__(self) -> int:
        return len(self.columns.kinds)

    @cached_property
    def ends(self) -> "array[int]":
        """Where each path ends in the column of paths."""
        paths, ends, at = self.columns.paths, array("Q"), -1
        for _ in self.columns.kinds:
            at = paths.find(SEPARATOR.encode(), at + 1)
            ends.append(len(paths) if at < 0 else at)
        return ends

    @cached_property
    def mtimes(self) -> "memoryview[int]":
        return memoryview(self.columns.mtimes).cast("q")

    @cached_property
    def sizes(self) -> "memoryview[int]":
        return memoryview(self.columns.sizes).cast("q")

    @cached_property
    def inodes(self) -> "memoryview[int]":
        return memoryview(self.columns.inodes).cast("Q")

    @cached_property
    def marks(self) -> frozenset[Mark]:
        """What is kept."""
        return frozenset(self.kept)

    def path(self, row: int) -> str:
        start = self.ends[row - 1] + 1 if row else 0
        return self.columns.paths[start : self.ends[row]].decode("utf-8", "surrogateescape")

    def target(self, row: int) -> Target:
        """The message in a row."""
        return Target(
            self.path(row),
            KINDS[self.columns.kinds[row]],
            self.inodes[row],
            self.mtimes[row],
            self.sizes[row],
        )

    def row_of(self, path: str) -> int | None:
        """The row of a path."""
        paths, sought, at = self.columns.paths, path.encode("utf-8", "surrogateescape"), -1
        while sought and (at := paths.find(sought, at + 1)) >= 0:
            around = paths[max(0, at - 1) : at] + paths[at + len(sought) : at + len(sought) + 1]
            if not around.strip(SEPARATOR.encode()):
                return paths.count(SEPARATOR.encode(), 0, at)
        return None

    def is_kept(self, target: Target) -> bool:
        """Whether a cleanup leaves it."""
        return (target.inode, target.path) in self.marks


class Passed(msgspec.Struct, frozen=True):
    """The same, its columns not looked at, to be passed on."""

    columns: msgspec.Raw
    foreign: Noted
    unreadable: Noted


def joined(parts: Sequence[Columns]) -> Columns:
    """What several processes found."""
    found = [columns for columns in parts if columns.kinds]
    return Columns(
        SEPARATOR.encode().join(one.paths for one in found),
        *(b"".join(getattr(one, name) for one in found) for name in ("kinds", "mtimes", "sizes", "inodes")),
    )


class Names:
    """One process's share of a folder; of more than `most` files (0: no limit) it reads no further folder."""

    def __init__(self, naming: Naming, share: Share = Share(), *, most: int = 0) -> None:  # noqa: B008 - a value
        self._naming, self._share, self._most = naming, share, most
        self._paths: list[bytes] = []
        self._kinds = bytearray()
        self._mtimes, self._sizes, self._inodes = array("q"), array("q"), array("Q")
        self._foreign = Noted()
        self._enough, self._owner = False, -1

    def run(self, root: int, stop: Stop) -> Part:
        """Read the folder opened as `root`, until told to stop."""
        self._owner = os.fstat(root).st_uid
        walk = Walk(root, self._visit, self._share, NO_PART)
        walk.go(stop)
        columns = Columns(
            SEPARATOR.encode().join(self._paths),
            bytes(self._kinds),
            self._mtimes.tobytes(),
            self._sizes.tobytes(),
            self._inodes.tobytes(),
        )
        return Part(columns, self._foreign, walk.unreadable)

    def _visit(self, handle: int, steps: Steps, alone: bool) -> list[str]:
        """List the files of a folder. This loop is what a listing takes its time for: all names are local."""
        folders: list[str] = []
        if self._enough:
            return folders
        paths, kinds, most = list[str](), self._kinds, self._most
        mtimes, sizes, inodes = self._mtimes, self._sizes, self._inodes
        (number, shares), owner = self._share, self._owner
        matched, before = self._naming.within(steps), "".join(f"{step}/" for step in steps)
        with os.scandir(handle) as entries:
            for entry in entries:
                if not alone:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                        continue
                    if entry.inode() % shares != number:
                        continue
                name = entry.name
                match = matched(name)
                if match is None:
                    if steps or name not in NO_PART:
                        self._foreign.add(before + name)
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if status[stat.ST_MODE] & 0o170000 != stat.S_IFREG or status[stat.ST_UID] != owner:
                    self._foreign.add(before + name)
                    continue
                paths.append(before + name)
                kinds.append(KIND_OF_GROUP[match.lastindex])
                try:
                    mtimes.append(status.st_mtime_ns)
                except OverflowError:
                    mtimes.append(told_time(status.st_mtime_ns))
                sizes.append(status[stat.ST_SIZE])
                inodes.append(status[stat.ST_INO])
                if most and len(kinds) >= most:
                    self._enough = True
                    break
        if paths:
            self._paths.append(SEPARATOR.join(paths).encode("utf-8", "surrogateescape"))
        return folders
