"""The processes of clamd and freshclam, as proc(5) shows them."""

import os
import signal
import time
from pathlib import Path

PROC = Path("/proc")
SYSTEM_UIDS = range(1000)


def is_named(pid: int, name: str) -> bool:
    """Whether that is a process of this machine of that name, and a system user's."""
    folder = PROC / str(pid)
    try:
        return (
            (folder / "comm").read_text("ascii", "replace") == f"{name}\n"
            and folder.stat().st_uid in SYSTEM_UIDS
            and _namespace(pid) in {_namespace(os.getpid()), ""}
        )
    except OSError:
        return False


def named(name: str, log: Path | None = None) -> int | None:
    """The oldest process of that name, of those that have the log open where that may be seen; None: there is none.

    The lock of a log would tell less: a freshclam that went into the background has lost it.
    """
    pids = [int(folder.name) for folder in PROC.iterdir() if folder.name.isdigit()]
    for pid in sorted(pids):
        if is_named(pid, name) and (log is None or _has_open(pid, log)):
            return pid
    return None


def memory(pid: int) -> int | None:
    """Bytes of memory that it takes (VmRSS of proc(5))."""
    try:
        for line in (PROC / str(pid) / "status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def started(pid: int) -> float | None:
    """When it was started, in epoch seconds."""
    try:
        fields = (PROC / str(pid) / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        since_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot
    except (OSError, ValueError, IndexError):
        return None


def is_daemon(pid: int) -> bool:
    """Whether this freshclam stays, and so can be woken: it was started with -d."""
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes()[:4096].split(b"\0")[1:]
    except OSError:
        return False
    return b"-d" in words or b"--daemon" in words


def wake(pid: int, name: str) -> bool:
    """Send SIGUSR1 to the process, if it still is the one of that name.

    :raises PermissionError: this user may not.
    """
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not is_named(pid, name):
            return False
        signal.pidfd_send_signal(handle, signal.SIGUSR1)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def _has_open(pid: int, path: Path) -> bool:
    """Whether it has the file open, or that may not be seen."""
    try:
        wanted = path.stat()
        for handle in (PROC / str(pid) / "fd").iterdir():
            found = handle.stat()
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                return True
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _namespace(pid: int) -> str:
    try:
        return str((PROC / str(pid) / "ns" / "pid").readlink())
    except OSError:
        return ""
