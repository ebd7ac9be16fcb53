"""All logs read, the latest first, each from where it was left."""

import time
from collections.abc import Callable, Sequence
from threading import Event

from backends.errors import BackendError, Refused
from backends.maillog.blocks import Blocks
from backends.maillog.files import Log, key_of
from backends.scores.kept import TAIL, Keeping, Segment
from backends.scores.scan import Scanner
from backends.scores.store import Part, Store
from backends.scores.told import Reading, Trouble

QUIET = 5.0
"""Seconds after which a log that was not written to is taken as whole."""
SHOWN = 64 << 20
"""Bytes of a log after which what was read so far is told."""
PACKING = 8
"""How much longer a compressed log is taken to be."""
Early = Callable[[Reading], None]


class LogReading:
    """One reading of logs (the oldest first), with the segments that are kept of them."""

    def __init__(
        self,
        logs: Sequence[Log],
        keeping: Keeping,
        segments: dict[str, Segment],
        early: Early,
        stop: Event | None,
    ) -> None:
        self._logs, self._keeping, self._segments = logs, keeping, segments
        self._early, self._stop = early, stop
        self._troubles: list[Trouble] = []
        self._parts: dict[str, Part] = {}
        self._left = self._all = sum(_work(log) for log in logs)

    def read(self, troubles: Sequence[Trouble]) -> Reading:
        """All of them.

        :raises Refused: it was stopped.
        :raises NoSpace: there is no room for the rows.
        """
        self._troubles = list(troubles)
        for number, log in enumerate(reversed(self._logs)):
            segment = self._segment(log)
            try:
                self._read(log, segment, growing=number == 0)
            finally:
                segment.refresh()
            self._left -= _work(log)
            self._parts[log.key] = Part(log.shown, log.key, segment.source())
            if number + 1 < len(self._logs):
                self._early(self._reading())
        return self._reading()

    def _segment(self, log: Log) -> Segment:
        segment = self._segments.get(log.key)
        if segment is None:
            segment = self._segments[log.key] = self._keeping.segment(log.key)
            if segment.doubt:
                self._trouble(
                    f"What was kept of {log.shown} is not used: {segment.doubt}",
                    "nothing: the log was read anew",
                )
        return segment

    def _read(self, log: Log, segment: Segment, *, growing: bool) -> None:
        state = segment.state
        whole = (log.size, log.mtime_ns)
        if state.whole == whole or (
            log.packed and state.offset and log.length() == state.offset & 0xFFFFFFFF
        ):
            return
        if state.offset and not _continues(log, state.offset, state.tail):
            segment.forget()
            state = segment.state
        at = state.offset
        now = time.time()
        final = not growing or now - log.mtime > QUIET
        scanner = Scanner(min(now, log.mtime) if growing else log.mtime)
        history = log.before(at) if at and not log.packed else b""
        with log.reader(at) as reader:
            blocks = Blocks(reader, at, history=history, final=final)
            told = at
            for block in blocks:
                rows, blocks.used = scanner.scan(block)
                segment.append(rows)
                self._stopped()
                if blocks.position - told > SHOWN:
                    told = blocks.position
                    self._parts[log.key] = Part(log.shown, log.key, segment.source())
                    self._early(self._reading(min(1.0, told / _work(log)) * _work(log)))
        if log.trouble:
            self._trouble(
                f"Of {log.shown} a part is missing: {log.trouble}",
                "look at it with zless, and restore it from a backup",
            )
        if blocks.overlong:
            self._trouble(
                f"{blocks.overlong} lines of {log.shown} are longer than 4 MiB and were left out",
                "look which program writes them",
            )
        end = blocks.position
        tail = history[-TAIL:] if end == at else b"" if log.packed else log.before(end, TAIL)
        done = whole if log.packed or end == log.size else (0, 0)
        segment.keep(offset=end, tail=key_of(tail), whole=done, overlong=blocks.overlong)

    def _reading(self, further: float = 0) -> Reading:
        parts = [self._parts[log.key] for log in self._logs if log.key in self._parts]
        done = 1 - (self._left - further) / self._all if self._left else 1.0
        return Reading(Store(parts), time.time(), min(1.0, max(0.0, done)), tuple(self._troubles))

    def _trouble(self, what: str, hint: str) -> None:
        self._troubles.append(Trouble(what, hint))

    def _stopped(self) -> None:
        if self._stop is not None and self._stop.is_set():
            raise Refused("Reading the mail log was stopped", hint="press r to read it again")


def trouble(error: BackendError) -> Trouble:
    """An error as something that is told of beside what could be read."""
    return Trouble(str(error), error.hint)


def _continues(log: Log, offset: int, tail: str) -> bool:
    """Whether the log is still what was read, as far as it was read."""
    if log.packed:
        return True
    before = log.before(offset, TAIL)
    return len(before) == min(TAIL, offset) and log.size >= offset and key_of(before) == tail


def _work(log: Log) -> int:
    return max(1, log.size * (PACKING if log.packed else 1))
