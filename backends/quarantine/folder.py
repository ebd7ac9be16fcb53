"""A quarantine folder opened: the right one, by whatever way leads to it, and locked against a second run.

A folder that belongs to another user is worked in as that user. So the way to it must not lead through what one user
has put there to the folder of another: links count only where root (or who runs this) alone can make them, and below
a user's folder all must be that user's.
"""

import fcntl
import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

import msgspec

from backends import way
from backends.errors import BadRequest, Missing, NotPermitted, Refused
from backends.quarantine.locks import holder
from backends.quarantine.names import NO_PART, TRASH, Naming
from backends.quarantine.retention import Room
from backends.text import visible
from backends.workers import Owner

LOOKED_AT = 2000
GLANCE = 0.1  # s between two looks at whether a lock is free
MAILBOXES = frozenset({"archive.mbox", "recip-archive.mbox"})
"""Mailboxes that amavis's local delivery aliases append to; they look like a quarantine and are never touched."""


class Folder(msgspec.Struct, frozen=True):
    """An opened folder: its path as asked for, the handle, and who owns it."""

    path: Path
    handle: int
    owner: Owner

    def room(self) -> Room:
        """The file system it is on."""
        found = os.fstatvfs(self.handle)
        return Room(
            size=found.f_blocks * found.f_frsize,
            free=found.f_bavail * found.f_frsize,
            inodes=found.f_files,
            free_inodes=found.f_favail,
            block=found.f_frsize,
        )

    def lock(self, patience: float = 0.0) -> None:
        """Keep other runs from it until it is closed; waits so many seconds for one that is in it.

        :raises Refused: another run is in it.
        """
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                if time.monotonic() < until:
                    time.sleep(GLANCE)
                    continue
                raise Refused(
                    f"Another run is under way in {visible(str(self.path))}{holder(self.handle)}",
                    hint="wait until it is done",
                ) from error


@contextmanager
def folder_at(path: Path) -> Iterator[Folder]:
    """The folder, opened.

    :raises BadRequest: the path is not absolute.
    :raises Missing: there is no such folder.
    :raises NotPermitted: it cannot be entered.
    :raises Refused: the way to it is not safe.
    """
    shown = visible(str(path))
    if not path.is_absolute() or ".." in path.parts:
        raise BadRequest(f"{shown} is not an absolute path", hint="for example /var/lib/amavis/virusmails")
    try:
        handle = way.opened(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Missing(
            f"There is no folder {shown}",
            hint="check that amavis is installed, or name its quarantine with --dir",
        ) from error
    except PermissionError as error:
        raise NotPermitted(f"The folder {shown} cannot be entered", hint="run mailtui as root") from error
    except OSError as error:
        raise Missing(
            f"The folder {shown} cannot be entered: {error.strerror}", hint="look with: ls -ld"
        ) from error
    try:
        found = os.fstat(handle)
        yield Folder(path, handle, Owner(found.st_uid, found.st_gid))
    finally:
        os.close(handle)


def must_be_quarantine(folder: Folder, naming: Naming) -> None:
    """Whether the folder can be a quarantine.

    :raises Refused: it cannot.
    """
    shown = visible(str(folder.path))
    if why := _unlikely(folder, naming):
        raise Refused(f"{shown} is not cleaned: {why}", hint="name amavis's $QUARANTINEDIR, with --dir")


def must_be_a_users(folder: Folder) -> None:
    """Whether root will give its rights up in the folder.

    :raises Refused: it is root's own.
    """
    if folder.owner.uid == 0 and os.geteuid() == 0:
        raise Refused(
            f"{visible(str(folder.path))} is not cleaned: it belongs to root",
            hint="look with ls -ld who should own it; amavis works as the user amavis",
        )


def must_be_writable(folder: Folder) -> None:
    """Whether this user can delete in the folder.

    :raises NotPermitted: it is another user's.
    """
    if os.geteuid() not in {0, folder.owner.uid}:
        raise NotPermitted(
            f"{visible(str(folder.path))} belongs to {_user(folder.owner.uid)}", hint="run mailtui as root"
        )


def _unlikely(folder: Folder, naming: Naming) -> str:
    """Why a folder is no quarantine; empty: it can be one."""
    status = os.fstat(folder.handle)
    if any(_is("/", one) for one in (status, os.stat("..", dir_fd=folder.handle))):
        return "it is / or directly in it"
    if any(_is(home, status) for home in {one.pw_dir for one in pwd.getpwall()}):
        return "it is the home of a user"
    if folder.owner.uid == 0 and os.geteuid() == 0:
        return "it belongs to root, and amavis could not write there"
    with os.scandir(folder.handle) as entries:
        seen = list(islice(entries, LOOKED_AT))
    matched = naming.within(())
    looks = all(entry.name in NO_PART for entry in seen) or any(
        (len(entry.name) == 1 and entry.name.isalnum() and entry.is_dir(follow_symlinks=False))
        or entry.name in MAILBOXES
        or entry.name == TRASH
        or matched(entry.name)
        or naming.leads((entry.name,))
        for entry in seen
    )
    return "" if looks else "nothing in it has a name that amavis gives"


def _is(path: str, status: os.stat_result) -> bool:
    with suppress(OSError, ValueError):
        found = Path(path).stat()
        return (found.st_dev, found.st_ino) == (status.st_dev, status.st_ino)
    return False


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
