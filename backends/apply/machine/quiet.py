"""No service starts while packages are installed: none of them is configured yet."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
MARK = b"# Made by mailtui --apply while it installs packages; it binds nobody once that process is gone."
SCRIPT = b"""\
#!/bin/sh
%(mark)s
started=$(sed 's/.*) //' /proc/%(pid)d/stat 2> /dev/null | cut -d ' ' -f 20)
[ "$started" = %(started)d ] && exit 101
exit 0
"""


@contextmanager
def nothing_starts(policy: Path = POLICY) -> Iterator[None]:
    """Have Debian's invoke-rc.d(8) and deb-systemd-invoke(1p) start nothing meanwhile.

    A policy-rc.d that is there already stays, unless mailtui left it. The one made here binds nobody once this process
    has ended, however it ended.
    """
    if _is_ours(policy):
        policy.unlink()
    try:
        handle = os.open(policy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o755)
    except FileExistsError:
        yield
        return
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, 0o755)
        file.write(SCRIPT % {b"mark": MARK, b"pid": os.getpid(), b"started": _started(os.getpid())})
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def _is_ours(policy: Path) -> bool:
    try:
        return MARK in policy.read_bytes()
    except FileNotFoundError:
        return False


def _started(pid: int) -> int:
    """When a process started, in clock ticks since boot (field 22 of /proc/PID/stat, proc(5))."""
    return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split()[19])
