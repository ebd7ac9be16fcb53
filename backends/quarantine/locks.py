"""Who holds the lock on an opened folder, and since when, as the kernel tells it. Source: proc(5), `/proc/locks`."""

import os
import re
from contextlib import suppress
from pathlib import Path

from backends.text import age_text, visible

_FLOCK = re.compile(r"FLOCK +ADVISORY +WRITE (\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) ", re.ASCII)
LONGEST = 120


def holder(handle: int) -> str:
    """In words, such as `: process 4711 since 2m (mailtui cleanup)`; empty where that cannot be known."""
    with suppress(OSError, ValueError, IndexError):
        found = os.fstat(handle)
        wanted = os.major(found.st_dev), os.minor(found.st_dev), found.st_ino
        for line in Path("/proc/locks").read_text().splitlines():
            lock = _FLOCK.search(line)
            if lock and (int(lock[2], 16), int(lock[3], 16), int(lock[4])) == wanted:
                return _described(_living(int(lock[1]), found))
    return ""


def _living(pid: int, folder: os.stat_result) -> int:
    """The process that took a lock, or where that has ended one that it left with the lock in its hands."""
    if Path(f"/proc/{pid}").exists():
        return pid
    for handle in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if os.path.samestat(handle.stat(), folder) and "FLOCK" in _about(handle).read_text():
                return int(handle.parts[2])
    return pid


def _about(handle: Path) -> Path:
    """What the kernel tells of a process's open file, its locks among it."""
    return handle.parents[1] / "fdinfo" / handle.name


def _described(pid: int) -> str:
    """A process by its number, its age and its command line."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    since = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    started = int(since) / os.sysconf("SC_CLK_TCK")
    age = float(Path("/proc/uptime").read_text().split()[0]) - started
    return f": process {pid} since {age_text(max(0.0, age))} ({visible(' '.join(words).strip()[:LONGEST])})"
