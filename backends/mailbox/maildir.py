"""A Maildir, or a folder of one, as its owner works in it: made, looked at, and told of what came.

All is done below an opened folder, no link followed. What was imported stands in the file `mailtui-imported` there,
so that a message that its reader moves or deletes does not come back with the next run.
"""

import errno
import fcntl
import os
import stat
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from backends.errors import Failed, NoSpace, NotPermitted, Refused
from backends.files import NO_ROOM
from backends.mailbox.names import directory, ours, subscribed
from backends.text import visible
from backends.way import FOLDER

PLACES = ("tmp", "new", "cur")
IMPORTED = "mailtui-imported"
LINE = 17
MOST_IMPORTED = 10_000_000
"""Messages that a list of ours may have; the folder's owner may have written another."""
"""Bytes of a line of it: a key, and a newline."""
SUBSCRIPTIONS = "subscriptions"
QUOTA = "maildirsize"
SMALL = 1 << 20
STORAGE, MESSAGE = "STORAGE", "MESSAGE"
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Looked(msgspec.Struct, frozen=True):
    """What is in a folder: keys of the messages that were imported, sorted, as the bytes of an array.

    `loose`: of those that are there but not written down, as a run leaves them that was killed, and `loose_size` their
    bytes. `damaged`: messages, as place and name, that a power failure has cut short.
    """

    keys: bytes = b""
    loose: bytes = b""
    loose_size: int = 0
    damaged: tuple[tuple[str, str], ...] = ()


class Limit(msgspec.Struct, frozen=True):
    """A quota: of `STORAGE` in bytes, or of `MESSAGE` in messages."""

    kind: str
    used: int
    limit: int


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Say what an operating system's error means in the Maildir at a path."""
    try:
        yield
    except OSError as error:
        what = f"{visible(str(path))}: {error.strerror or type(error).__name__}"
        if error.filename:
            what = f"{visible(str(error.filename))} in {what}"
        if error.errno in NO_ROOM:
            raise NoSpace(what, hint="free space there, or raise the owner's disk quota") from error
        if isinstance(error, PermissionError):
            raise NotPermitted(what, hint="look with ls -la: all of it should be its owner's") from error
        if error.errno == errno.ELOOP:
            raise Refused(f"{what}: it is a link", hint="look with ls -la, and move it away") from error
        raise Failed(what, hint="look with ls -la, and at its file system") from error


def make(above: int, steps: tuple[str, ...]) -> None:
    """Make what is missing of a folder of the Maildir.

    :raises Refused: something else has its name.
    """
    name = directory(steps)
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=above)
    with folder_of(above, steps) as folder:
        for place in PLACES:
            with suppress(FileExistsError):
                os.mkdir(place, 0o700, dir_fd=folder)
            os.close(_folder(place, folder))
        if steps:
            with suppress(FileExistsError):
                os.close(os.open("maildirfolder", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder))


@contextmanager
def folder_of(above: int, steps: tuple[str, ...]) -> Iterator[int]:
    """The handle of a folder of the Maildir.

    :raises Refused: it is no folder, or another user's.
    :raises FileNotFoundError: there is none.
    """
    handle = _folder(directory(steps), above)
    try:
        if os.fstat(handle).st_uid != os.fstat(above).st_uid:
            raise Refused(
                f"The folder {visible(directory(steps))} belongs to another user than the Maildir",
                hint="look with ls -la, and chown it",
            )
        yield handle
    finally:
        os.close(handle)


def look(folder: int) -> Looked:
    """What is in a folder."""
    keys, loose, damaged, size = _imported(folder), array("Q"), [], 0
    told = set(keys)
    for place in PLACES[1:]:
        handle = _folder(place, folder)
        try:
            with os.scandir(handle) as entries:
                for entry in entries:
                    found = ours(entry.name)
                    if found is None or found.key in told:
                        continue
                    if entry.stat(follow_symlinks=False).st_size == found.size:
                        loose.append(found.key)
                        size += found.size
                    else:
                        damaged.append((place, entry.name))
        finally:
            os.close(handle)
    known = array("Q", sorted((*keys, *loose)))
    return Looked(known.tobytes(), loose.tobytes(), size, tuple(damaged))


def messages(folder: int) -> int:
    """How many messages are in a folder."""
    total = 0
    for place in PLACES[1:]:
        handle = _folder(place, folder)
        try:
            total += sum(not name.startswith(".") for name in os.listdir(handle))  # noqa: PTH208 - a handle
        finally:
            os.close(handle)
    return total


@contextmanager
def locked(folder: int) -> Iterator[None]:
    """Keep other runs from an opened folder.

    :raises Refused: one is in it.
    """
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Refused("Another import into this folder is under way", hint="wait until it is done") from error
    try:
        yield
    finally:
        fcntl.flock(folder, fcntl.LOCK_UN)


def remove_damaged(folder: int, damaged: Iterable[tuple[str, str]], keys: "array[int]") -> None:
    """Remove files that were cut short, and whose messages have come again."""
    again = set(keys) if damaged else set()
    for place, name in damaged:
        found = ours(name)
        if found is None or found.key not in again:
            continue
        handle = _folder(place, folder)
        try:
            with suppress(FileNotFoundError):
                if os.stat(name, dir_fd=handle, follow_symlinks=False).st_size != found.size:
                    os.unlink(name, dir_fd=handle)
        finally:
            os.close(handle)


def remove(folder: int, keys: "array[int]") -> None:
    """Remove the messages of these keys that are not written down as imported."""
    gone = set(keys) - set(_imported(folder))
    for place in PLACES[1:]:
        handle = _folder(place, folder)
        try:
            for name in os.listdir(handle):  # noqa: PTH208 - a handle
                found = ours(name)
                if found is not None and found.key in gone:
                    with suppress(FileNotFoundError):
                        os.unlink(name, dir_fd=handle)
        finally:
            os.close(handle)


def tell(folder: int, keys: "array[int]") -> None:
    """Have it written down, on disk, that these messages were imported."""
    if not keys:
        return
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    handle = os.open(IMPORTED, flags, 0o600, dir_fd=folder)
    try:
        _must_be_plain(handle, IMPORTED)
        whole = os.fstat(handle).st_size // LINE * LINE  # behind it a line that was broken off
        os.ftruncate(handle, whole)
        os.lseek(handle, whole, os.SEEK_SET)
        for start in range(0, len(keys), 4096):
            _write(handle, b"".join(b"%016x\n" % key for key in keys[start : start + 4096]))
        os.fsync(handle)
    finally:
        os.close(handle)


def subscribe(above: int, steps: tuple[str, ...]) -> None:
    """Have mail readers show a folder, in the way that Dovecot changes its list: a new one takes its place.

    :raises Refused: the list is no regular file, or locked.
    """
    new = subscribed(_read(SUBSCRIPTIONS, above), steps)
    if new is None:
        return
    lock = f"{SUBSCRIPTIONS}.lock"
    try:
        handle = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=above)
    except FileExistsError as error:
        raise Refused(
            "The list of subscribed folders is locked",
            hint=f"remove {lock} if nobody uses it; subscribe in the mail reader",
        ) from error
    try:
        try:
            _write(handle, new)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.rename(lock, SUBSCRIPTIONS, src_dir_fd=above, dst_dir_fd=above)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(lock, dir_fd=above)
        raise


def limits(above: int) -> list[Limit]:
    """What the Maildir++'s own quota file says; a limit of 0 is none."""
    first, *lines = _read(QUOTA, above).decode("latin-1").splitlines() or [""]
    limit = {part[-1:]: int(part[:-1]) for part in first.split(",") if part[:-1].isdecimal()}
    pairs = [line.split() for line in lines]
    used = [(_number(pair[0]), _number(pair[1])) for pair in pairs if len(pair) == 2]
    both = (
        Limit(STORAGE, sum(size for size, _ in used), limit.get("S", 0)),
        Limit(MESSAGE, sum(count for _, count in used), limit.get("C", 0)),
    )
    return [one for one in both if one.limit]


def charge(above: int, size: int, count: int) -> None:
    """Add to the use in the quota file, where there is one."""
    try:
        handle = os.open(QUOTA, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
    except FileNotFoundError:
        return
    try:
        _must_be_plain(handle, QUOTA)
        _write(handle, b"%d %d\n" % (size, count))
    finally:
        os.close(handle)


def _number(text: str) -> int:
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 20 else 0


def _imported(folder: int) -> "array[int]":
    """The keys that are written down; what is no line of ours is passed over."""
    keys = array("Q")
    try:
        handle = os.open(IMPORTED, _READ, dir_fd=folder)
    except FileNotFoundError:
        return keys
    with os.fdopen(handle, "rb") as file:
        _must_be_plain(handle, IMPORTED)
        if os.fstat(handle).st_size > MOST_IMPORTED * LINE:
            raise Refused(
                f"{IMPORTED} is larger than any list of messages",
                hint="look who wrote it; without it messages that were imported before come again",
            )
        while lines := file.read(LINE * 4096):
            for start in range(0, len(lines) // LINE * LINE, LINE):
                with suppress(ValueError):
                    keys.append(int(lines[start : start + LINE - 1], 16))
    return keys


def _read(name: str, folder: int) -> bytes:
    """A small file; empty where there is none.

    :raises Refused: it is something else, or large.
    """
    try:
        handle = os.open(name, _READ, dir_fd=folder)
    except FileNotFoundError:
        return b""
    with os.fdopen(handle, "rb") as file:
        _must_be_plain(handle, name)
        content = file.read(SMALL + 1)
    if len(content) > SMALL:
        raise Refused(f"{name} in the Maildir is too large", hint="look what is in it")
    return content


def _folder(name: str, above: int) -> int:
    try:
        return os.open(name, FOLDER, dir_fd=above)
    except NotADirectoryError as error:
        raise Refused(
            f"{visible(name)} in the Maildir is no folder, or a link",
            hint="look with ls -la, and move it away",
        ) from error


def _must_be_plain(handle: int, name: str) -> None:
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise Refused(f"{name} in the Maildir is no regular file", hint="look with ls -la, and move it away")


def _write(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]
