"""Children that stand still: halted by a signal, which their user can send them, or without any progress."""

import time
from collections.abc import Iterable
from pathlib import Path

LOOK = 0.5  # s between two looks
HALTED = 10.0
"""Seconds for which a child may be halted, all in all."""
STILL = 600.0
"""Seconds in which something must have been done, where that can be told."""


class Standing:
    """Watches children. Time in which we were halted ourselves does not count."""

    def __init__(self) -> None:
        self._looked = time.monotonic()
        self._halted: dict[int, float] = {}
        self._still, self._progress = 0.0, object()

    def found(self, pids: Iterable[int], progress: object) -> dict[int, str]:
        """Which children have stood still for too long, with the reason; `progress` is None where nobody knows it."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return {}
        passed, self._looked = min(now - self._looked, 2 * LOOK), now
        every = list(pids)
        moved = progress is None or progress != self._progress
        self._still, self._progress = 0.0 if moved else self._still + passed, progress
        if self._still > STILL:
            return dict.fromkeys(every, f"came no further for {self._still:.0f} s")
        for pid in filter(_is_halted, every):
            self._halted[pid] = self._halted.get(pid, 0.0) + passed
        return {pid: "was halted by a signal" for pid in every if self._halted.get(pid, 0.0) > HALTED}


def _is_halted(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat.rpartition(b") ")[2][:1] in {b"T", b"t"}
