"""One path and what is there: read, staged beside it, put in its place; a symbolic link is never followed."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from backends.errors import BackendError, Failed, NoSpace, NotPermitted, Refused
from backends.files import NO_ROOM

LIMIT = 64 << 20


class There(msgspec.Struct, frozen=True):
    """What is at a path: a file with its content, owner, group and mode (permission bits), or nothing (`content` None)."""

    content: bytes | None = None
    uid: int = 0
    gid: int = 0
    mode: int = 0


def look(path: Path) -> There:
    """What is at the path now.

    :raises Refused: something else than a file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return There()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Refused(
                f"{path} is a symbolic link",
                hint="put the file itself in its place; mailtui does not write through links",
            ) from error
        raise
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise Refused(f"{path} is not a regular file", hint="look what it is with ls -ld, and move it away")
    with os.fdopen(handle, "rb") as file:
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise Failed(f"{path} is larger than {LIMIT:,} bytes", hint="look whether it is what it should be")
    return There(content, found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))


def missing_folders(path: Path) -> list[Path]:
    """Folders above the path that are not there, the outermost first."""
    return [folder for folder in reversed(path.parents) if not folder.exists()]


def stage(path: Path, name: str, new: There) -> None:
    """Write what is to be at `path` into a file `name` beside it, complete on disk, with its owner and mode.

    :raises NoSpace: there is no room.
    :raises NotPermitted: the file system cannot be written.
    """
    with _folder(path) as folder, _explained(path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(name, flags, 0o600, dir_fd=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(new.content or b"")
            file.flush()
            os.fchown(handle, new.uid, new.gid)
            os.fchmod(handle, new.mode)
            os.fsync(handle)


def put(path: Path, name: str) -> None:
    """Put the staged file in place; nothing if that has happened already."""
    with _folder(path) as folder, _explained(path):
        try:
            os.rename(name, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except FileNotFoundError:
            return
        os.fsync(folder)


def remove(path: Path, name: str = "") -> None:
    """Take the file away, or the one called `name` beside it; nothing if it is not there."""
    if not path.parent.is_dir():
        return
    with _folder(path) as folder, _explained(path):
        try:
            os.stat(name or path.name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:  # a read-only file system would complain of the removal first
            return
        os.unlink(name or path.name, dir_fd=folder)
        os.fsync(folder)


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise explained(path, error) from error


def explained(path: Path, error: OSError) -> BackendError:
    """What went wrong when a file was written, and what to do."""
    if error.errno in NO_ROOM:
        return NoSpace(f"No room left for {path}", hint=f"free space on the file system of {path.parent}")
    if error.errno == errno.EROFS:
        return NotPermitted(f"{path.parent} is read-only", hint="mount it for writing: mount -o remount,rw …")
    return NotPermitted(f"{path} cannot be written: {error.strerror}", hint="run mailtui as root")
