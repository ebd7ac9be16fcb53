"""The journal: every command that was run, when, by which exit code and with what complaint."""

import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec


class Entry(msgspec.Struct):
    """One command as typed; `code` is None while it runs or when it could not be run; times are epoch seconds."""

    number: int
    command: str
    mutates: bool
    started: float
    seconds: float | None = None
    code: int | None = None
    said: str = ""
    times: int = 1


class Journal:
    """The latest thousand commands; the same reading command run again and again is one entry that counts."""

    def __init__(self, limit: int = 1000, clock: Callable[[], float] = time.time) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._lock = threading.Lock()
        self._count = 0
        self._clock = clock

    def begin(self, command: str, *, mutates: bool) -> Entry:
        with self._lock:
            last = next((e for e in reversed(self._entries) if not e.mutates and e.command == command), None)
            if last is not None and not mutates and last.seconds is not None and not last.said:
                self._entries.remove(last)
                last.times += 1
                last.started, last.seconds = self._clock(), None
                entry = last
            else:
                self._count += 1
                entry = Entry(self._count, command, mutates, self._clock())
            self._entries.append(entry)
            return entry

    def end(self, entry: Entry, code: int | None, said: str) -> None:
        with self._lock:
            entry.seconds = self._clock() - entry.started
            entry.code = code
            entry.said = said

    def entries(self) -> list[Entry]:
        """Oldest first; copies, so that a running command cannot change under the reader."""
        with self._lock:
            return [msgspec.structs.replace(entry) for entry in self._entries]
