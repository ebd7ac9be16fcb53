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
    """The latest thousand commands; the same reading that succeeds again and again is one entry that counts."""

    def __init__(self, limit: int = 1000, clock: Callable[[], float] = time.time) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._lock = threading.Lock()
        self._count = 0
        self._clock = clock

    def begin(self, command: str, *, mutates: bool) -> Entry:
        with self._lock:
            self._count += 1
            entry = Entry(self._count, command, mutates, self._clock())
            self._entries.append(entry)
            return entry

    def end(self, entry: Entry, code: int | None, said: str) -> None:
        with self._lock:
            entry.seconds = self._clock() - entry.started
            entry.code = code
            entry.said = said
            if not entry.mutates and code == 0 and not said:
                self._fold(entry)

    def note(self, text: str) -> None:
        """Something that was done without running a program."""
        self.end(self.begin(text, mutates=True), 0, "")

    def _fold(self, entry: Entry) -> None:
        """Let the entry stand for the same success before it as well."""
        for other in reversed(self._entries):
            if other is not entry and other.command == entry.command:
                if other.seconds is not None and other.code == 0 and not other.said:
                    entry.times += other.times
                    self._entries.remove(other)
                return

    def entries(self) -> list[Entry]:
        """Oldest first; copies, so that a running command cannot change under the reader."""
        with self._lock:
            return [msgspec.structs.replace(entry) for entry in self._entries]
