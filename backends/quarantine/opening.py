"""Files of a quarantine folder opened for reading: below the folder, amavis's own, plain, and nothing else."""

import errno
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from backends.quarantine.message import Header, Target, pick, told_time
from backends.quarantine.tree import DEEPEST, FOLDER

FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
MOST_FOLDERS = 200
FIRST, MOST = 4 << 10, 64 << 10
CHUNK = 1 << 18
GZIP = b"\x1f\x8b"
END = b"\n\n"
_WRAPPED = 31  # zlib's window size with a gzip header


class Opener:
    """Opens files by their paths in the folder opened as `root`; keeps the folders on the way open until the end."""

    def __init__(self, root: int) -> None:
        self._root, self._folders = root, dict[str, int]()
        found = os.fstat(root)
        self._owner, self._device = found.st_uid, found.st_dev

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forget()

    def open(self, target: Target) -> int:
        """The handle of a file, for the caller to close.

        :raises OSError: it is not there any more, another one, no plain file, or not the folder's owner's.
        """
        folder, _, name = target.path.rpartition("/")
        handle = os.open(step(name), FILE, dir_fd=self.folder(folder))
        try:
            self.check(os.fstat(handle), target)
        except OSError:
            os.close(handle)
            raise
        return handle

    def check(self, found: os.stat_result, target: Target) -> None:
        """
        :raises OSError: that is not the file that is meant, or none of amavis's own.
        """
        if (
            found[stat.ST_MODE] & 0o170000 != stat.S_IFREG
            or found[stat.ST_UID] != self._owner
            or found[stat.ST_NLINK] > 1
        ):
            raise OSError(errno.EPERM, "Not a plain file of amavis's own")
        if target.inode and (
            found[stat.ST_INO] != target.inode
            or (found.st_mtime_ns != target.mtime and told_time(found.st_mtime_ns) != target.mtime)
        ):
            raise OSError(errno.ESTALE, "It is another file now")

    def folder(self, path: str) -> int:
        """The handle of a folder; it stays open until the end.

        :raises OSError: it is not there, or no folder.
        """
        if path not in self._folders:
            if len(self._folders) > MOST_FOLDERS:
                self._forget()
            self._folders[path] = self._entered(path)
        return self._folders[path]

    def _entered(self, path: str) -> int:
        steps = [step(name) for name in path.split("/")] if path else []
        if len(steps) > DEEPEST:
            raise OSError(errno.ENAMETOOLONG, "Too deep")
        handle = os.dup(self._root)
        try:
            for name in steps:
                below = os.open(name, FOLDER, dir_fd=handle)
                os.close(handle)
                handle = below
                if os.fstat(handle).st_dev != self._device:
                    raise OSError(errno.EXDEV, "Another file system is mounted there")
        except OSError:
            os.close(handle)
            raise
        return handle

    def _forget(self) -> None:
        for handle in self._folders.values():
            os.close(handle)
        self._folders.clear()


def heads(root: int, targets: Iterable[Target]) -> list[Header]:
    """The fields of each message; of what cannot be read the reason.

    This loop is what a search takes its time for: all names are local, and a folder is looked up once for its files.
    """
    found, before, folder = list[Header](), "", root
    open_file, status, read, close, unpacker = os.open, os.fstat, os.read, os.close, zlib.decompressobj
    with Opener(root) as opener:
        check = opener.check
        for target in targets:
            above, _, name = target.path.rpartition("/")
            try:
                if above != before:
                    folder, before = opener.folder(above), above
                handle = open_file(step(name), FILE, dir_fd=folder)
                try:
                    check(status(handle), target)
                    content = read(handle, FIRST)
                    if content[:2] == GZIP:
                        content = unpacker(_WRAPPED).decompress(content, FIRST)
                    end = content.find(END)
                    if end < 0:
                        content = _more(handle)
                        end = content.find(END)
                finally:
                    close(handle)
            except (OSError, zlib.error) as error:
                before = ""
                folder = root
                found.append(Header(trouble=_trouble(error)))
            else:
                found.append(pick(content if end < 0 else content[: end + 1]))
    return found


def expanded(handle: int, limit: int) -> tuple[bytes, bool, str]:
    """At most `limit` bytes of a message, decompressed; whether there is more; what is wrong with its compression."""
    first = os.read(handle, CHUNK)
    if first[:2] != GZIP:
        parts, size = [first], len(first)
        while size <= limit and (part := os.read(handle, CHUNK)):
            parts.append(part)
            size += len(part)
        whole = b"".join(parts)
        return whole[:limit], len(whole) > limit, ""
    unpacker, unpacked = zlib.decompressobj(_WRAPPED), bytearray()
    try:
        while first and len(unpacked) <= limit:
            unpacked += unpacker.decompress(first, limit + 1 - len(unpacked))
            first = unpacker.unconsumed_tail or (b"" if unpacker.eof else os.read(handle, CHUNK))
    except zlib.error:
        return bytes(unpacked[:limit]), False, "it is damaged: what follows cannot be decompressed"
    more = len(unpacked) > limit
    wrong = "" if unpacker.eof or more else "it is cut off: its compressed data do not end"
    return bytes(unpacked[:limit]), more, wrong


def _more(handle: int) -> bytes:
    """The beginning of a message whose header is a long one."""
    raw = os.pread(handle, MOST, 0)
    return zlib.decompressobj(_WRAPPED).decompress(raw, MOST) if raw[:2] == GZIP else raw


def whole(handle: int) -> Iterator[bytes]:
    """All of a message in pieces, decompressed.

    :raises zlib.error: its compression is damaged, or cut off.
    """
    first = os.read(handle, CHUNK)
    if first[:2] != GZIP:
        while first:
            yield first
            first = os.read(handle, CHUNK)
        return
    unpacker = zlib.decompressobj(_WRAPPED)
    while first and not unpacker.eof:
        yield unpacker.decompress(first, CHUNK)
        first = unpacker.unconsumed_tail or os.read(handle, CHUNK)
    if not unpacker.eof:
        raise zlib.error("it is cut off")


def _trouble(error: OSError | zlib.error) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "It is no gzip file, though it begins like one"


def step(name: str) -> str:
    """One part of a path.

    :raises OSError: it would lead out of the folder.
    """
    if name in {"", ".", ".."} or "\0" in name:
        raise OSError(errno.EINVAL, "Not a path in the folder")
    return name
