"""A file in blocks that end where a logical line ends, so that files of any size are read in bounded memory."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from backends.errors import BackendError, Failed, Missing, NotPermitted

BLOCK = 4 << 20
LONGEST = 16 << 20
"""Bytes: a logical line that is longer ends the reading."""
_GOES_ON = frozenset(b" \t\n\v\f\r#")


class TooLong(Failed):
    """A line is longer than anything Postfix is given in earnest."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file, opened for reading.

    :raises Missing: there is none.
    :raises NotPermitted: this user may not read it.
    :raises Failed: it is something else than a file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Failed(f"{path} is not a regular file", hint=f"look what it is: ls -ld {path}")
    with os.fdopen(handle, "rb", buffering=0) as file:
        yield file


def mark(file: BinaryIO) -> str:
    """What tells an opened file from a changed one."""
    found = os.fstat(file.fileno())
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """The file's bytes from its beginning.

    :raises TooLong: a logical line is longer than 16 MiB.
    """
    file.seek(0)
    rest = b""
    while True:
        piece = file.read(BLOCK)
        block = rest + piece if rest else piece
        if not piece:
            if block:
                yield block
            return
        cut = _cut(block)
        if cut:
            yield block[:cut]
        rest = block[cut:]
        if len(rest) > LONGEST:
            raise TooLong("A line is longer than 16 MiB", hint="look whether this is the file that you mean")


def unreadable(path: Path, error: OSError) -> BackendError:
    """What keeps a file from being read."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Missing(f"{path} is not there", hint="restore it, or take it out of main.cf or master.cf")
    if isinstance(error, PermissionError):
        return NotPermitted(f"{path} cannot be read by this user", hint="run mailtui as root")
    return Failed(f"{path} cannot be read: {error.strerror}", hint=f"look at it: ls -l {path}")


def _cut(block: bytes) -> int:
    """Where the last logical line begins that is known to begin; 0: nowhere."""
    at = len(block) - 1
    while (at := block.rfind(b"\n", 0, at)) >= 0:
        if block[at + 1] not in _GOES_ON:
            return at + 1
    return 0
