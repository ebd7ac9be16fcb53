"""Files: bounded reading, replacing in one step, locks, and temporary files that grow large."""

import errno
import fcntl
import mmap
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backends.errors import Failed, Missing, NoSpace, Refused

STATE = Path("/var/lib/mailtui")
"""What mailtui keeps of its own."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
SPILL_FOLDER = "/var/tmp"  # noqa: S108 - on disk even where /tmp is memory; the file there never has a name


class Spill:
    """A growing temporary file without a name, to be mapped: on disk, or in memory when the disk is full."""

    def __init__(self, folder: str = SPILL_FOLDER) -> None:
        self.size = 0
        try:
            with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
                self._handle = os.dup(file.fileno())
        except OSError:
            self._handle = os.memfd_create("mailtui", os.MFD_CLOEXEC)

    def append(self, content: bytes | bytearray) -> None:
        """Write all of it at the end.

        :raises NoSpace: neither disk nor memory takes it.
        """
        rest = memoryview(content)
        while rest:
            try:
                done = os.write(self._handle, rest)
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                self._move_to_memory()
                continue
            self.size += done
            rest = rest[done:]

    def overwrite(self, start: int, content: bytes) -> None:
        """Write over what is there already."""
        os.pwrite(self._handle, content, start)

    def map(self) -> mmap.mmap | bytes:
        """What was written so far, as a read-only map; it outlives the file."""
        if self.size == 0:
            return b""
        return mmap.mmap(self._handle, self.size, prot=mmap.PROT_READ)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _move_to_memory(self) -> None:
        memory = os.memfd_create("mailtui", os.MFD_CLOEXEC)
        try:
            if _same_kind(memory, self._handle):
                raise OSError(errno.ENOSPC, "already in memory")
            at = 0
            while part := os.pread(self._handle, 1 << 20, at):
                at += os.write(memory, part)
        except OSError as error:
            os.close(memory)
            raise NoSpace(
                "There is no room left for the queue listing", hint=f"free memory, or space in {SPILL_FOLDER}"
            ) from error
        os.close(self._handle)
        self._handle = memory


def _same_kind(one: int, other: int) -> bool:
    return os.fstat(one).st_dev == os.fstat(other).st_dev


def read_bounded(path: Path, limit: int) -> bytes:
    """The whole file, which must be a regular one (no symbolic link followed) of at most `limit` bytes.

    :raises Failed: it is something else, or larger.
    :raises OSError: it cannot be opened.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise Failed(f"{path} is a symbolic link", hint="put the file itself in its place") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Failed(f"{path} is not a regular file", hint="look what it is with ls -l, and move it away")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Failed(f"{path} is larger than {limit:,} bytes", hint="look whether it is what it should be")
    return content


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put `content` in place of the file in one step that survives a crash; owner and mode of an old file stay.

    :raises NoSpace: the file system is full; the old file is untouched.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            try:
                old = path.lstat()
            except FileNotFoundError:
                os.fchmod(handle, mode)
            else:
                os.fchown(handle, old.st_uid, old.st_gid)
                os.fchmod(handle, stat.S_IMODE(old.st_mode))
            file.write(content)
            file.flush()
            os.fsync(handle)
        Path(temporary).rename(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        if error.errno in NO_ROOM:
            raise NoSpace(f"No room left for {path}", hint=f"free space in {path.parent}") from error
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that what was created, renamed or removed in a folder is on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock that one process has at a time and that ends with it.

    :raises Refused: another process has it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(f"Another mailtui holds {path}", hint="wait until it is done") from error
        yield
    finally:
        os.close(handle)


def create(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a new file; nothing that has its name already is touched or followed.

    :raises Refused: there is something of that name.
    :raises NoSpace: the file system is full; nothing is left there.
    :raises Missing: there is no such folder.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, mode)
    except FileExistsError as error:
        raise Refused(f"{path} is there already", hint="choose another name, or move it away") from error
    except OSError as error:
        raise Missing(f"{path} cannot be written: {error.strerror}", hint="choose another folder") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno in NO_ROOM:
            raise NoSpace(f"No room left for {path}", hint=f"free space in {path.parent}") from error
        raise Failed(f"{path} cannot be written: {error.strerror}", hint="choose another folder") from error
