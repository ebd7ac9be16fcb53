"""The log of actions: who did what and when, a line of JSON each, written where its folder is and by root alone."""

import grp
import os
import stat
import syslog
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from errno import ENOSPC, EPERM
from pathlib import Path

import msgspec

from backends.errors import BackendError, Failed, Missing
from backends.maillog.files import Log, opened, rotated

LOG = Path("/var/log/mailtui/actions.log")
LONGEST = 1 << 16  # bytes of a line that is read
BLOCK = 1 << 20


class Action(msgspec.Struct, frozen=True):
    """One act: when (epoch seconds), who and from which address (empty: not by SSH), what, with what result."""

    at: float
    user: str
    address: str
    action: str
    text: str
    well: bool = True


class Actions(msgspec.Struct, frozen=True):
    """The latest actions, the oldest first; `broken`: lines that are none; `unread`: logs that cannot be read, and why."""

    actions: tuple[Action, ...]
    broken: int = 0
    unread: tuple[str, ...] = ()


def begin(log: Path = LOG) -> None:
    """Have actions kept from now on: make the folder, readable for the group adm.

    :raises Failed: that cannot be.
    """
    try:
        log.parent.mkdir(mode=0o750, exist_ok=True)
        with suppress(KeyError):
            os.chown(log.parent, 0, grp.getgrnam("adm").gr_gid, follow_symlinks=False)
    except OSError as error:
        raise Failed(
            f"The folder {log.parent} cannot be made: {error.strerror}",
            hint=f"make it: install -d -m 0750 -g adm {log.parent}",
        ) from error


def append(action: Action, log: Path | None = None) -> None:
    """Add one, where root acts and the folder is there; what keeps from that is told syslog(3), the act is done."""
    log = log or LOG
    if os.geteuid() != 0:
        return
    try:
        _append(log, msgspec.json.encode(action) + b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        syslog.syslog(syslog.LOG_ERR, f"{log} cannot be written: {error.strerror or error}")


def read(since: float | None = None, most: int = 0, log: Path | None = None) -> Actions:
    """The actions since then, at most so many of the latest (0: all), also from what logrotate(8) put aside.

    :raises Missing: none are kept.
    :raises NotPermitted: this user may not read them.
    """
    log = log or LOG
    files = rotated(log)
    if not files.paths:
        raise Missing(
            f"There is no {log}: no action was kept",
            hint=f"mailtui --apply has them kept, or: install -d -m 0750 -g adm {log.parent}",
        )
    logs, errors = opened(files.paths)
    if not logs and errors:
        raise errors[-1]
    found: deque[Action] = deque(maxlen=most or None)
    broken, unread = 0, [_why(error) for error in errors] + [str(path) for path in files.unread]
    for one in logs:
        with one:
            for line in _lines(one):
                try:
                    action = msgspec.json.decode(line, type=Action)
                except msgspec.MsgspecError:
                    broken += 1
                    continue
                if since is None or action.at >= since:
                    found.append(action)
            if one.trouble:
                unread.append(f"{one.shown}: {one.trouble}")
    return Actions(tuple(found), broken, tuple(unread))


def _append(log: Path, line: bytes) -> None:
    """One write at the end, which no other one cuts in two, into a plain file of root's in a folder of root's."""
    flags = os.O_NOFOLLOW | os.O_CLOEXEC
    folder = os.open(log.parent, os.O_RDONLY | os.O_DIRECTORY | flags)
    try:
        there = os.fstat(folder)
        if there.st_uid != 0 or there.st_mode & 0o022:
            raise PermissionError(EPERM, f"{log.parent} is not root's alone")
        handle = os.open(
            log.name, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | flags, 0o640, dir_fd=folder
        )
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != 0 or found.st_nlink != 1:
                raise PermissionError(EPERM, "it is not a plain file of root's")
            if found.st_size == 0:
                os.fchown(handle, 0, there.st_gid)
                os.fchmod(handle, 0o640)
            elif os.pread(handle, 1, found.st_size - 1) != b"\n":  # the disk was full
                line = b"\n" + line
            if os.write(handle, line) < len(line):
                raise OSError(ENOSPC, os.strerror(ENOSPC))
        finally:
            os.close(handle)
    finally:
        os.close(folder)


def _lines(log: Log) -> Iterator[bytes]:
    """The lines; of one that is too long its beginning, which is none of ours."""
    rest = b""
    with log.reader() as reader:
        while block := reader.read(BLOCK):
            *whole, rest = (rest + block).split(b"\n")
            yield from (line for line in whole if line)
            rest = rest[:LONGEST]
    if rest:
        yield rest


def _why(error: BackendError) -> str:
    return str(error)
