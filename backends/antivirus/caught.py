"""What the signatures have caught: amavis's lines in the mail log, counted by signature."""

import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from backends.antivirus.values import Caught, Signature
from backends.errors import BackendError, NotPermitted
from backends.runner import Command, Runner
from backends.text import visible

LOGS = (Path("/var/log/mail.log.1"), Path("/var/log/mail.log"))
LIMIT = 128 << 20
"""Bytes of the log that are read, the newest."""
LINE = 1 << 16
MOST = 10_000
"""Signatures that are counted."""
JOURNAL = ("journalctl", "-q", "--no-pager", "-o", "short-iso", "-t", "amavis", "-n", "200000")
_LINE = re.compile(
    rb"(?P<when>\S+ +\d+ [\d:]{8}|\d{4}-\d\d-\d\dT\S+) \S+ amavis(?:\[\d+\])?: \([^)]{1,40}\) "
    rb"(?:Blocked|Passed) INFECTED \((?P<names>[^)]{1,4000})\)"
)


def read(runner: Runner, paths: Sequence[Path] = LOGS) -> Caught:
    """Read the newest part of the log.

    :raises NotPermitted: this user may not read it.
    """
    return counted(lines(runner, paths), time.time(), whole=sum(map(_size, paths)) <= LIMIT)


def counted(found: Iterable[bytes], now: float, *, whole: bool = True) -> Caught:
    """What the lines tell, the most frequent first; `now` is for time stamps that have no year."""
    signatures: dict[str, Signature] = {}
    since = until = 0.0
    messages = 0
    for line in found:
        if not since:
            since = _when(line[:40].split(b" amavis", 1)[0], now)
        if b" INFECTED (" not in line or (match := _LINE.match(line)) is None:
            continue
        when = _time(match["when"], now)
        until = when
        messages += 1
        for name in {
            visible(part.strip().decode("utf-8", "replace"))[:200] for part in match["names"].split(b",")
        }:
            known = signatures.get(name)
            if known is not None:
                signatures[name] = msgspec.structs.replace(known, count=known.count + 1, last=when)
            elif name and len(signatures) < MOST:
                signatures[name] = Signature(name, 1, when, when)
    ranked = sorted(signatures.values(), key=lambda one: (-one.count, one.name))
    return Caught(since, until, messages, tuple(ranked), whole)


def lines(runner: Runner, paths: Sequence[Path]) -> Iterator[bytes]:
    """The newest lines of the mail log, oldest first; the journal's where there are no such files.

    :raises NotPermitted: this user may not read them.
    """
    sizes = [_size(path) for path in paths]
    if not any(sizes):
        yield from _of_journal(runner)
        return
    skip = max(0, sum(sizes) - LIMIT)
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
            if start:
                file.readline(LINE)
            while line := file.readline(LINE):
                yield line


def _of_journal(runner: Runner) -> Iterator[bytes]:
    rest = b""
    try:
        with runner.stream(Command(JOURNAL, timeout=30)) as stream:
            while chunk := stream.read():
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole
            result = stream.result()
    except BackendError as error:
        raise NotPermitted(
            f"There is no mail log to be read: {error}", hint="install rsyslog, or run mailtui as root"
        ) from error
    if result.code not in {0, 1}:
        raise NotPermitted(
            f"The journal cannot be read: {visible(result.complaint)}", hint="run mailtui as root"
        )


def _size(path: Path) -> int:
    try:
        found = path.lstat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _when(head: bytes, now: float) -> float:
    """The time at the beginning of a line."""
    said = head.decode("ascii", "replace")
    return _time(" ".join(said.split()[:3] if not said[:4].isdigit() else said.split()[:1]).encode(), now)


def _time(text: bytes, now: float) -> float:
    """Epoch seconds of either kind of time stamp; without a year the latest that is not in the future."""
    said = text.decode("ascii", "replace")
    try:
        if said[:4].isdigit():
            return datetime.fromisoformat(said).timestamp()
        year = datetime.fromtimestamp(now, UTC).year
        when = time.mktime(time.strptime(f"{year} {said}", "%Y %b %d %H:%M:%S"))
        return when if when < now + 86400 else when - 365.25 * 86400
    except (ValueError, OverflowError):
        return 0.0
