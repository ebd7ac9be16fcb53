"""Children that stand still: halted by a signal, which their user can send them, or without any progress."""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LOOK = 0.5  # s between two looks
HALTED = 10.0
"""Seconds for which a child may be halted, all in all."""
STILL = 600.0
"""Seconds in which something must have been done, where that can be told."""
DISK = 3600.0
"""The same for time in which a disk is waited for: what was written goes there at last, and nothing is told of it."""


class Standing:
    """Watches children. Time in which we were halted ourselves does not count."""

    def __init__(self) -> None:
        self._looked = time.monotonic()
        self._halted: dict[int, float] = {}
        self._still, self._waited, self._progress = 0.0, 0.0, object()

    def found(self, pids: Iterable[int], progress: object) -> dict[int, str]:
        """Which children have stood still for too long, with the reason; `progress` is None where nobody knows it."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return {}
        passed, self._looked = min(now - self._looked, 2 * LOOK), now
        every = {pid: _states(pid) for pid in pids}
        if progress is None or progress != self._progress:
            self._still, self._waited, self._progress = 0.0, 0.0, progress
        elif any(b"D" in states for states in every.values()):
            self._waited += passed
        else:
            self._still += passed
        if self._still > STILL or self._waited > DISK:
            return dict.fromkeys(every, f"came no further for {self._still + self._waited:.0f} s")
        for pid, states in every.items():
            if not states.isdisjoint({b"T", b"t"}):
                self._halted[pid] = self._halted.get(pid, 0.0) + passed
        return {pid: "was halted by a signal" for pid in every if self._halted.get(pid, 0.0) > HALTED}


def _states(pid: int) -> set[bytes]:
    """What the threads of a process do, by the letters of proc(5): D waits for a disk, T and t are halted."""
    found = set()
    for path in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            found.add(path.read_bytes().rpartition(b") ")[2][:1])
    return found
