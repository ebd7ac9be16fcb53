"""The machine's clock, as the kernel tells it (adjtimex(2))."""

import ctypes
import os
from pathlib import Path

from backends.errors import Failed
from backends.health.facts import Clock

UNSYNCHRONISED = 0x40
"""STA_UNSYNC."""
_DAEMONS = {
    "systemd-timesyn": "systemd-timesyncd",
    "chronyd": "chronyd",
    "ntpd": "ntpd",
    "ntpd-rs": "ntpd-rs",
    "ntp-daemon": "ntpd-rs",
}


class _Timex(ctypes.Structure):
    """The beginning of `struct timex`, and room for the rest of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


def clock() -> Clock:
    """Ask the kernel; nothing is changed by it.

    :raises Failed: it does not tell.
    """
    told = _Timex()
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(told)) < 0:
        raise Failed(
            f"the kernel does not tell of its clock: {os.strerror(ctypes.get_errno())}",
            hint="see: timedatectl",
        )
    return Clock(not told.status & UNSYNCHRONISED, told.esterror / 1e6, _by(), not _contained())


def _by() -> str:
    """The daemon that keeps the clock, if one runs."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                name = (entry / "comm").read_text("utf-8", "replace").strip()
            except OSError:
                continue
            if name in _DAEMONS:
                return _DAEMONS[name]
    return ""


def _contained() -> bool:
    """Whether this is a container, whose clock is its host's (systemd writes the file for all that it knows)."""
    return Path("/run/systemd/container").exists() or Path("/.dockerenv").exists()
