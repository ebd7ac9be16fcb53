"""An mbox opened for reading: the right file, locked as delivery agents do, and looked at again when it was read.

Whoever reads it for another user must not be led to a file that this user could not read: root reads for a user what
belongs to that user, and what lies where root alone can put it.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from backends import way
from backends.errors import Failed, Missing, NotPermitted, Refused
from backends.text import visible
from backends.workers import Owner

PATIENCE = 10.0
"""Seconds that are waited for a lock."""
PAUSE = 0.1
NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL})
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Seen(msgspec.Struct, frozen=True):
    """Which file it was, and in what state."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


class Source(msgspec.Struct, frozen=True):
    """An opened mbox: its path, handle, and what it was when it was opened."""

    path: Path
    handle: int
    seen: Seen

    def must_be_as_it_was(self) -> None:
        """Whether nobody has changed it since it was opened.

        :raises Failed: somebody has.
        """
        now = _seen(os.fstat(self.handle))
        if now != self.seen:
            grown = now.size - self.seen.size
            raise Failed(
                f"{visible(str(self.path))} "
                + (f"has grown by {grown:,} bytes" if grown > 0 else "was changed")
                + " while it was read",
                hint="run it again when no other program writes to it: what is there already is left out",
            )


@contextmanager
def source_at(path: Path, owner: Owner) -> Iterator[Source]:
    """The mbox at a path, read for `owner`; a program that locks it with fcntl(2) does not write to it meanwhile.

    :raises Missing: there is no such file.
    :raises NotPermitted: it cannot be read.
    :raises Refused: it is no regular file, it is not this user's to read, or somebody writes to it.
    """
    shown = visible(str(path))
    try:
        handle = _opened(path, owner)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Missing(f"There is no file {shown}", hint="look for it with ls") from error
    except PermissionError as error:
        raise NotPermitted(
            f"{shown} cannot be read", hint="run mailtui as root, or as the user whose it is"
        ) from error
    except OSError as error:
        raise Refused(
            f"{shown} cannot be opened: {error.strerror}", hint="name the file itself, not a link to it"
        ) from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Refused(f"{shown} is not a regular file", hint="for a folder of mailboxes, use -R")
        _lock(handle, shown)
        yield Source(path, handle, _seen(os.fstat(handle)))
    finally:
        os.close(handle)


def _opened(path: Path, owner: Owner) -> int:
    """The handle of the file.

    :raises Refused: the user it is read for could have led root there.
    """
    if os.geteuid() != 0 or owner.uid == 0:
        return os.open(path, _FILE)
    folder = way.opened(Path(os.path.abspath(path)).parent)  # noqa: PTH100 - links are to be seen, not followed
    try:
        handle = os.open(path.name, _FILE | os.O_NOFOLLOW, dir_fd=folder)
        found, above = os.fstat(handle), os.fstat(folder)
    finally:
        os.close(folder)
    if found.st_uid == owner.uid or (above.st_uid == 0 and not above.st_mode & 0o022):
        return handle
    os.close(handle)
    raise Refused(
        f"{visible(str(path))} belongs to another user than the Maildir",
        hint="copy it into a folder of root, such as /root, and import it from there",
    )


def _lock(handle: int, shown: str) -> None:
    """Keep others from writing; the lock ends with the handle.

    :raises Refused: somebody has it locked.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.lockf(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise Refused(
                    f"Another program has {shown} locked",
                    hint="end the mail reader that has it open, and run it again",
                ) from error
        except OSError as error:  # file systems that know no locks
            if error.errno in NO_LOCKS:
                return
            raise
        time.sleep(PAUSE)


def _seen(found: os.stat_result) -> Seen:
    return Seen(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
