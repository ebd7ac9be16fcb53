"""Folders opened so that whoever owns them cannot lead us astray: step by step, no links followed, no mount crossed."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import msgspec

from backends.text import visible
from backends.workers import Stop

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
DEEPEST = 32
NAMED = 20
LONGEST = 300
NOT_A_FOLDER = frozenset({errno.ENOTDIR, errno.ELOOP})

MOST_BYTES = (1 << 63) - 1
"""More cannot be told to another process: a sparse file can be of that size, and there can be many."""

Steps = tuple[str, ...]
Visit = Callable[[int, Steps, bool], list[str]]
"""What is done in a folder: it is given the folder's handle and its steps, and whether this process is alone in it,
because there are no folders in it; it gives the names of the folders in it."""


class Mount(NamedTuple):
    """A file system where it is mounted: its device, and the mount's ID where /proc tells it."""

    device: int
    number: str


class Noted(msgspec.Struct):
    """Things to be told of: how many there are, and the first of them, made visible."""

    count: int = 0
    first: list[str] = []

    def add(self, path: str, why: str = "") -> None:
        self.count += 1
        if len(self.first) < NAMED:
            said = visible(path)[:LONGEST]
            self.first.append(f"{said}: {why}" if why else said)

    def join(self, other: "Noted") -> None:
        """Take in what another process noted."""
        self.count += other.count
        self.first = (self.first + other.first)[:NAMED]


def total(*sizes: int) -> int:
    """So many bytes together, as far as they can be told."""
    return min(sum(sizes), MOST_BYTES)


def taken(status: os.stat_result) -> int:
    """The bytes that a file takes, at most its size: its holes take none."""
    return min(status.st_size, status.st_blocks * 512)


def mount_of(handle: int) -> Mount:
    """Where an opened folder is mounted. Two mounts of the same file system differ in their IDs."""
    number = ""
    with suppress(OSError), open(f"/proc/self/fdinfo/{handle}", "rb") as file:  # noqa: PTH123 - the quickest
        number = next((line.split()[1].decode() for line in file if line.startswith(b"mnt_id:")), "")
    return Mount(os.fstat(handle).st_dev, number)


@contextmanager
def opened(name: str, above: int) -> Iterator[int]:
    """The handle of a folder in an opened one.

    :raises OSError: it is not there, no folder, or not to be read.
    """
    handle = os.open(name, FOLDER, dir_fd=above)
    try:
        yield handle
    finally:
        os.close(handle)


class Share(NamedTuple):
    """Which of several processes this one is, and how many they are."""

    number: int = 0
    of: int = 1


class Walk:
    """All folders below an opened one, visited by several processes at the same time, each with its `share`.

    `skip`: names of folders in the first one that are no part of it.

    A folder without folders in it is one process's alone; the others all visit, and divide its files by their inodes.
    """

    def __init__(self, root: int, visit: Visit, share: Share, skip: frozenset[str] = frozenset()) -> None:
        self._visit, self._share, self._skip = visit, share, skip
        self._root, self._mount = root, mount_of(root)
        self.unreadable = Noted()
        """Folders that could not be entered, and why."""

    def go(self, stop: Stop) -> None:
        """Visit them, until told to stop."""
        try:
            with opened(
                ".", self._root
            ) as handle:  # processes that share a handle share the place they read at, too
                self._descend(handle, (), stop)
        except OSError as error:
            self._note((), error.strerror or "")

    def _descend(self, handle: int, steps: Steps, stop: Stop) -> None:
        alone = bool(steps) and os.fstat(handle).st_nlink == 2
        if alone and not self._mine(steps):
            return
        try:
            names = self._visit(handle, steps, alone)
        except OSError as error:
            self._note(steps, error.strerror or "")
            return
        for name in names:
            if stop.asked():
                return
            if steps or name not in self._skip:
                self._enter(handle, (*steps, name), stop)

    def _enter(self, above: int, steps: Steps, stop: Stop) -> None:
        if len(steps) > DEEPEST:
            self._note(steps, "too deep")
            return
        try:
            with opened(steps[-1], above) as handle:
                if mount_of(handle) == self._mount:
                    self._descend(handle, steps, stop)
                else:
                    self._note(steps, "another file system is mounted there")
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno not in NOT_A_FOLDER:  # else it was swapped, and is none any more
                self._note(steps, error.strerror or "")

    def _mine(self, steps: Steps) -> bool:
        return hash_of(steps) % self._share.of == self._share.number

    def _note(self, steps: Steps, why: str) -> None:
        if self._mine(steps):
            self.unreadable.add("/".join(steps) or ".", why)


def hash_of(steps: Steps) -> int:
    """The same number in every process."""
    return sum("/".join(steps).encode("utf-8", "surrogateescape"))


def remove(
    name: str, above: int, mount: Mount, stop: Stop, *, really: bool = True, depth: int = 0
) -> tuple[int, int]:
    """Remove a folder with all that is in it, or (not `really`) only count; gives the number of files and the bytes they take.

    Links are not followed.

    :raises OSError: something in it cannot be removed.
    """
    count = size = 0
    if depth > DEEPEST:
        raise OSError(errno.ENAMETOOLONG, "Too many folders in one another")
    with opened(name, above) as handle:
        if mount_of(handle) != mount:
            raise OSError(errno.EXDEV, "Another file system is mounted there")
        for inside in os.listdir(handle):  # noqa: PTH208 - a handle
            if stop.asked():
                return count, total(size)
            with suppress(FileNotFoundError):
                found = os.stat(inside, dir_fd=handle, follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    more = remove(inside, handle, mount, stop, really=really, depth=depth + 1)
                    count, size = count + more[0], size + more[1]
                    continue
                if really:
                    os.unlink(inside, dir_fd=handle)
                count, size = count + 1, size + taken(found)
    if really and not stop.asked():
        os.rmdir(name, dir_fd=above)
    return count, total(size)
