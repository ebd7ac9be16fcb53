"""The newest lines of ClamAV's log files, and those that come while somebody waits. Links are not followed."""

import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event
from typing import NamedTuple

from backends.antivirus.answers import ctime
from backends.antivirus.values import Loaded, Outcome, Run
from backends.text import visible

LIMIT = 1 << 20
"""Bytes of a log that are read at once, the newest."""
GLANCE = 0.1  # s
STARTED = "ClamAV update process started at "
LINE_LIMIT = 500
_STAMP = re.compile(r"(\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}) -> ")
_LOADED = re.compile(r"(?:Database correctly reloaded \(|Loaded )(\d{1,12}) signatures")
_READING = "Reading databases from "
_UPDATED = re.compile(r"(\S{1,200}) updated \(version: ")
_FLAGS = re.compile(r"(?:WARNING|ERROR): ")
_CAUSES = ("Can't resolve", "Can't download", "Download failed", "Can't connect", "Message: ")


class Line(NamedTuple):
    """One line: when (None: it does not say) and what."""

    when: float | None
    text: str


class Log:
    """A log file, read on from where it was left, and from its beginning when it was replaced."""

    def __init__(self, path: Path, *, at_end: bool = False) -> None:
        self._path = path
        self._inode, self._at = 0, 0
        self._rest = b""
        if at_end:
            try:
                found = path.lstat()
            except OSError:
                return
            self._inode, self._at = found.st_ino, found.st_size

    def new(self) -> list[Line]:
        """The lines that have come since, of very many the newest; none where there is no such file.

        :raises OSError: it cannot be read.
        """
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return []
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                return []
            if found.st_ino != self._inode or found.st_size < self._at:
                self._inode, self._at, self._rest = found.st_ino, 0, b""
            start = max(self._at, found.st_size - LIMIT)
            content = os.pread(handle, found.st_size - start, start)
        finally:
            os.close(handle)
        cut = start > self._at
        self._at = start + len(content)
        *lines, self._rest = ((b"" if cut else self._rest) + content).split(b"\n")
        self._rest = self._rest[-LIMIT:]
        return [parse(line) for line in lines[1 if cut else 0 :] if line.strip()]


def follow(log: Log, stop: Event | None, patience: float) -> Iterator[Line]:
    """The lines as they come; ends when none has come for `patience` seconds, or `stop` is set."""
    last = time.monotonic()
    while True:
        lines = log.new()
        if lines:
            yield from lines
            last = time.monotonic()
        elif time.monotonic() - last > patience or (stop is not None and stop.is_set()):
            return
        else:
            time.sleep(GLANCE)


def parse(line: bytes) -> Line:
    """`Wed Nov 25 21:22:27 2026 -> Database test passed.`, with or without the time, as LogTime says.

    What freshclam prints has its word WARNING or ERROR before the time, its log behind it.
    """
    text = line[: LINE_LIMIT * 4].decode("utf-8", "replace").strip()
    flag = found[0] if (found := _FLAGS.match(text)) else ""
    rest = visible(text.removeprefix(flag))
    when = ctime(stamped[1]) if (stamped := _STAMP.match(rest)) else None
    return Line(when, f"{flag}{rest[stamped.end() :] if stamped else rest}"[:LINE_LIMIT])


def last_loading(lines: Iterable[Line]) -> Loaded | None:
    """The last time that signatures were loaded: when they were begun to be read, and how many there were."""
    found, reading = None, None
    for line in lines:
        if line.text.startswith(_READING):
            reading = line.when
        elif (loaded := _LOADED.match(line.text)) and (when := reading or line.when) is not None:
            found, reading = Loaded(when, int(loaded[1])), None
    return found


class Reader:
    """Tells of the runs of freshclam from its lines, one after the other."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._begun: float | None = None
        self._last: float | None = None
        self._updated: list[str] = []
        self._errors: list[str] = []
        self._open = False

    @property
    def at_work(self) -> bool:
        """Whether a run has begun and is not over."""
        return self._open

    def read(self, line: Line) -> None:
        if line.text.startswith(STARTED):
            self.close()
            self._begun = line.when or ctime(line.text.removeprefix(STARTED))
            self._last = self._begun
            self._updated, self._errors, self._open = [], [], True
        elif self._open and line.text.startswith("-----"):
            self.close()
        elif self._open:
            self._last = line.when or self._last
            if found := _UPDATED.match(line.text):
                self._updated.append(found[1])
            elif line.text.startswith("ERROR: "):
                self._errors.append(line.text.removeprefix("ERROR: ").strip())

    def close(self, outcome: Outcome | None = None) -> None:
        """The run at hand is over; what came of it is told by its lines, unless it is given."""
        if not self._open:
            return
        self._open = False
        told: Outcome = "failed" if self._errors else "updated" if self._updated else "current"
        ended = None if outcome == "running" else self._last
        run = Run(self._begun or 0.0, ended, outcome or told, tuple(self._updated), cause(self._errors))
        self.runs.append(run)


def runs_of(lines: Iterable[Line], *, runs_now: bool) -> list[Run]:
    """The runs of freshclam, the latest first. `runs_now`: a daemon writes it, which ends each run by a line of dashes."""
    reader = Reader()
    for line in lines:
        reader.read(line)
    reader.close("running" if runs_now else None)
    return reader.runs[::-1]


def cause(errors: list[str]) -> str:
    """The complaint that says most, of all that one failure led to; empty where there is none."""
    for error in errors:
        if any(word in error for word in _CAUSES):
            return _FLAGS.sub("", error).rpartition(" -> ")[2].strip()[:200]
    return errors[0][:200] if errors else ""


def heard(chunks: Callable[[], bytes]) -> Iterator[Line]:
    """The lines that a program prints, as they come."""
    rest = b""
    while chunk := chunks():
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[-LIMIT:]
        yield from (parse(line) for line in lines if line.strip())
    if rest.strip():
        yield parse(rest)
