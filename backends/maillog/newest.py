"""The newest lines of a log and of the file before it, as much as is wanted, the oldest first. Links are not followed."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

from backends.errors import NotPermitted, Refused
from backends.maillog.files import LOG

LOGS = (LOG.with_name(f"{LOG.name}.1"), LOG)
LIMIT = 128 << 20
"""Bytes that are read."""
LINE = 1 << 16
GLANCE = 256
"""Lines between two looks whether to go on."""


def newest(
    paths: Sequence[Path] = LOGS, *, limit: int | None = None, stop: Event | None = None
) -> Iterator[bytes]:
    """The lines of the files in their order, the newest bytes of them (LIMIT); of a line longer than LINE its beginning.

    :raises NotPermitted: this user may not read one.
    :raises Refused: it was stopped.
    """
    sizes = [size_of(path) for path in paths]
    skip = max(0, sum(sizes) - (LIMIT if limit is None else limit))
    for path, size in zip(paths, sizes, strict=True):
        start, skip = min(skip, size), max(0, skip - size)
        if size <= start:
            continue
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise NotPermitted(
                f"{path} cannot be read: {error.strerror}",
                hint="run mailtui as root, or add this user to the group adm",
            ) from error
        with os.fdopen(handle, "rb") as file:
            file.seek(start)
            whole = not start
            number = 0
            while line := file.readline(LINE):
                if number % GLANCE == 0 and stop is not None and stop.is_set():
                    raise Refused("Stopped before its end", hint="nothing was changed")
                number += 1
                if whole:
                    yield line
                whole = line.endswith(b"\n")


def size_of(path: Path) -> int:
    """The bytes of a plain file; 0: there is none."""
    try:
        found = path.lstat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
