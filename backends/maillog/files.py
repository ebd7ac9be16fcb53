"""The files of a log in the order of their rotation, opened, each told again by how it begins, whatever it is called.

A file that is renamed, copied or compressed by logrotate(8) stays the same log: its `key` is made of its first bytes,
decompressed.
"""

import hashlib
import os
import re
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from backends.errors import BackendError, Failed, Missing, NotPermitted
from backends.maillog.blocks import HISTORY, Bytes
from backends.maillog.packed import GZIP, Packed, begun
from backends.text import visible

LOG = Path("/var/log/mail.log")
HEAD = 1024
"""Bytes that a log is told by."""
MOST = 1000
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_PACKED = r"(\.(?:gz|bz2|xz|lzma|zst|lz4|Z))?"
_NUMBERED = re.compile(rf"\.(\d{{1,6}}){_PACKED}")
_DATED = re.compile(rf"-(\d{{6,14}}){_PACKED}")
_READ = frozenset({None, "", ".gz"})


class Rotated(msgspec.Struct, frozen=True):
    """The files of a log that there are, the oldest first, and names of those whose compression is not read."""

    paths: tuple[Path, ...] = ()
    unread: tuple[Path, ...] = ()


def rotated(log: Path = LOG) -> Rotated:
    """The files that logrotate(8) has made of a log.

    :raises NotPermitted: the folder cannot be read.
    """
    found: list[tuple[tuple[int, int], Path]] = []
    unread = []
    try:
        names = os.listdir(log.parent)  # noqa: PTH208 - names alone
    except FileNotFoundError:
        return Rotated()
    except OSError as error:
        raise NotPermitted(
            f"The folder {visible(str(log.parent))} cannot be read: {error.strerror}",
            hint="run mailtui as root",
        ) from error
    for name in names:
        if name == log.name:
            found.append(((2, 0), log))
        elif name.startswith(log.name):
            rest = name[len(log.name) :]
            if match := _NUMBERED.fullmatch(rest):
                order = (1, -int(match[1]))
            elif match := _DATED.fullmatch(rest):
                order = (0, int(match[1].ljust(14, "0")))
            else:
                continue
            if match[2] in _READ:
                found.append((order, log.with_name(name)))
            else:
                unread.append(log.with_name(name))
    return Rotated(tuple(path for _, path in sorted(found)[-MOST:]), tuple(sorted(unread)))


class Log:
    """An opened log file. `size` in bytes on disk, `mtime` in epoch seconds, as they were when it was opened.

    `head`: how many bytes the `key` is made of; fewer than HEAD: it may have another when it has grown.

    :raises Missing: there is none of that name.
    :raises NotPermitted: this user may not read it.
    :raises Failed: it is no plain file.
    """

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        self.path, self.shown = path, visible(str(path))
        try:
            self._handle = os.open(path, _FLAGS | (0 if follow else os.O_NOFOLLOW))
        except OSError as error:
            raise _refused(self.shown, error) from error
        try:
            found = os.fstat(self._handle)
            if not stat.S_ISREG(found.st_mode):
                raise Failed(f"{self.shown} is not a plain file", hint="name a log file: --log FILE")
            self.inode = (found.st_dev, found.st_ino)
            self.size, self.mtime, self.mtime_ns = found.st_size, found.st_mtime, found.st_mtime_ns
            self.packed = os.pread(self._handle, 2, 0) == GZIP
            self.trouble = ""
            head = begun(self._handle, HEAD) if self.packed else self.before(HEAD)
            self.head, self.key = len(head), key_of(head)
        except OSError as error:
            self.close()
            raise _refused(self.shown, error) from error
        except BackendError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def reader(self, at: int = 0) -> "Reader":
        """The log decompressed, from a place on. `trouble` says afterwards why it ended before its end."""
        return Reader(self, self._handle, at)

    def before(self, at: int, most: int = HISTORY) -> bytes:
        """The bytes before a place, at most so many; fewer when the log does not reach there."""
        start = max(0, at - most)
        with self.reader(start) as reader:
            return reader.read(at - start)

    def length(self) -> int:
        """How long it is decompressed; of a compressed one modulo 2³², as its last bytes say (RFC 1952)."""
        if not self.packed:
            return self.size
        return int.from_bytes(os.pread(self._handle, 4, max(0, self.size - 4)), "little")


class Reader:
    """A log being read, plain or compressed; what cannot be read is the end, and the log's `trouble` says why."""

    def __init__(self, log: Log, handle: int, at: int) -> None:
        self._log, self._handle, self._at = log, handle, at
        self._packed = Packed(handle) if log.packed else None
        if self._packed is not None:
            self._at = 0
            buffer = memoryview(bytearray(1 << 20))
            while self._at < at and self.readinto(buffer[: at - self._at]):
                pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._packed is not None:
            self._packed.close()

    def readinto(self, buffer: memoryview, /) -> int:
        if self._packed is not None:
            count = self._packed.readinto(buffer)
            self._log.trouble = self._log.trouble or self._packed.trouble
        else:
            try:
                count = os.preadv(self._handle, [buffer], self._at)
            except OSError as error:
                self._log.trouble = f"it cannot be read further: {error.strerror}"
                return 0
        self._at += count
        return count

    def read(self, size: int) -> bytes:
        """So many bytes; fewer at the end."""
        buffer = bytearray(size)
        return bytes(buffer[: fill(self, memoryview(buffer))])


def fill(log: Bytes, buffer: memoryview) -> int:
    """Read until the buffer is full; gives how far it was filled."""
    done = 0
    while done < len(buffer) and (count := log.readinto(buffer[done:])):
        done += count
    return done


def key_of(begun: bytes) -> str:
    """What a log is told by."""
    return hashlib.blake2b(begun, digest_size=16).hexdigest()


def opened(paths: tuple[Path, ...], *, follow: bool = False) -> tuple[list[Log], list[BackendError]]:
    """The logs that can be opened, each once, in the order of the paths; and why others cannot.

    The latest is opened first: what is renamed meanwhile comes twice then, and does not get lost.
    """
    logs: list[Log] = []
    errors: list[BackendError] = []
    for path in reversed(paths):
        try:
            log = Log(path, follow=follow)
        except BackendError as error:
            if follow or not isinstance(error, Missing):  # else it was renamed meanwhile
                errors.append(error)
            continue
        if log.size and not any(_same(log, other) for other in logs):
            logs.append(log)
        else:
            log.close()
    return logs[::-1], errors


def _same(one: Log, other: Log) -> bool:
    return one.inode == other.inode or (one.key == other.key and one.head == other.head)


def _refused(shown: str, error: OSError) -> BackendError:
    if isinstance(error, FileNotFoundError):
        return Missing(f"There is no {shown}", hint="check the name, and whether rsyslog writes it")
    if isinstance(error, PermissionError):
        return NotPermitted(
            f"{shown} cannot be read: {error.strerror}",
            hint="run mailtui as root, or add this user to the group adm",
        )
    return Failed(f"{shown} cannot be read: {error.strerror}", hint="look what it is with ls -l")
