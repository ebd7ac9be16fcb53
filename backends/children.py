"""Child processes as the runner needs them: waited for, ended with all that they started, their output in memory."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def ended(child: Any, patience: float) -> bool:
    """Whether the child has ended, waiting for it at most `patience` seconds."""
    try:
        watch = os.pidfd_open(child.pid)
    except ProcessLookupError:
        return not child.is_alive()[0]
    try:
        readable(watch, patience)
    finally:
        os.close(watch)
    return not child.is_alive()[0]


def readable(handle: int, patience: float) -> bool:
    """Whether there is something to read, or the end, within `patience` seconds; poll(2) takes any handle."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(patience * 1000))


def end(child: Any) -> None:
    """Ask the child and all that it started to stop, and after a second make them."""
    if not child.is_alive()[0]:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except OSError:  # gone meanwhile, or root's behind sudo, which the closed pipe stops
            return
        ended(child, 1.0)


@contextmanager
def memory(content: bytes = b"") -> Iterator[int]:
    """A file in memory, so that a full disk does not keep us from running what would mend it."""
    handle = os.memfd_create("mailtui", os.MFD_CLOEXEC)
    try:
        os.fchmod(handle, 0o600)  # MariaDB reads no settings from what everybody may write
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.lseek(handle, 0, os.SEEK_SET)
        yield handle
    finally:
        os.close(handle)


def written(handle: int, limit: int) -> bytes:
    parts, at = [], 0
    while at < limit and (part := os.pread(handle, min(1 << 24, limit - at), at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)
