"""Messages that a cleanup leaves where they are: a small list in the quarantine folder itself.

A line holds the inode and the path of a file, so that another one that gets its name is not kept. The list belongs
to the folder's owner, who reads and writes it; whoever has taken over that user can but keep files.
"""

import errno
import os
import stat
from collections.abc import Iterable, Set
from contextlib import suppress

from backends.errors import Failed, NoSpace
from backends.files import NO_ROOM
from backends.quarantine.names import KEEP, NEW

LIMIT = 32 << 20

Mark = tuple[int, str]
"""The inode of a file, and its path in the quarantine folder."""


def read(root: int) -> frozenset[Mark]:
    """What is kept in the quarantine folder opened as `root`; nothing where there is no list of its owner's.

    :raises Failed: the list cannot be read, or is too long.
    """
    try:
        handle = os.open(KEEP, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=root)
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise _unread(error.strerror or "") from error
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.fstat(root).st_uid or found.st_nlink > 1:
            raise _unread("it is not a plain file of the folder's owner")
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise _unread(f"it is larger than {LIMIT:,} bytes")
    return frozenset(mark for line in content.split(b"\n") if (mark := _mark(line)))


def write(root: int, marks: Set[Mark]) -> None:
    """Put another list in its place in one step; without any, there is none.

    :raises NoSpace: there is no room for it; the old list is untouched.
    :raises Failed: it cannot be written.
    """
    try:
        for name in [NEW] if marks else [NEW, KEEP]:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=root)
        if marks:
            _replace(root, _lines(marks))
        os.fsync(root)
    except OSError as error:
        what = f"The list of what is kept cannot be written: {error.strerror}"
        if error.errno in NO_ROOM:
            raise NoSpace(what, hint="free space on the quarantine's file system") from error
        raise Failed(what, hint=f"look at {KEEP} in the quarantine folder with ls -l") from error


def still_there(root: int, marks: Iterable[Mark]) -> frozenset[Mark]:
    """Those whose file is where it was."""
    return frozenset(mark for mark in marks if _there(root, mark))


def _replace(root: int, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(NEW, flags, 0o600, dir_fd=root)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    os.rename(NEW, KEEP, src_dir_fd=root, dst_dir_fd=root)


def _lines(marks: Set[Mark]) -> bytes:
    lines = (f"{inode} {path}".encode("utf-8", "surrogateescape") for inode, path in sorted(marks))
    return b"\n".join((*lines, b""))


def _mark(line: bytes) -> Mark | None:
    inode, _, path = line.partition(b" ")
    if not (inode.isdigit() and len(inode) < 21) or {b"", b".", b".."} & set(path.split(b"/")):
        return None
    return int(inode), path.decode("utf-8", "surrogateescape")


def _there(root: int, mark: Mark) -> bool:
    """Whether the file is there; a folder on its way that is a link only has the mark go or stay."""
    try:
        return os.stat(mark[1], dir_fd=root, follow_symlinks=False).st_ino == mark[0]
    except OSError as error:
        return error.errno not in {errno.ENOENT, errno.ENOTDIR}


def _unread(why: str) -> Failed:
    return Failed(
        f"The list of what is kept cannot be read: {why}",
        hint=f"look at {KEEP} in the quarantine folder, then move it away",
    )
