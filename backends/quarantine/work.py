"""Amavis's leftover work folders: `$TEMPBASE/amavis-20261122T112459-28002-k3JxQ2ab`, one for each of its children.

A child keeps its folder from message to message and removes it when it ends; one that is killed leaves it behind.
Source: amavis 2.13, `Amavis::TempDir::prepare_dir`.
"""

import os
import re
import stat

import msgspec

from backends.quarantine.tree import Noted, mount_of, opened, remove, total
from backends.workers import Stop

NAME = re.compile(r"amavis-\d{8}T\d{6}-(\d{5,9})-[A-Za-z0-9_]{8}", re.ASCII)
LOOKED_AT = 1000


class Leftover(msgspec.Struct):
    """Work folders that nobody uses: how many went (or would), with their files and bytes, and which could not."""

    folders: int = 0
    files: int = 0
    size: int = 0
    left: Noted = msgspec.field(default_factory=Noted)


def sweep(base: int, before: float, stop: Stop, *, really: bool = True) -> Leftover:
    """Remove the work folders in the one opened as `base` that were last changed before a moment (epoch seconds).

    Not `really`: only count them.
    """
    found, mount = Leftover(), mount_of(base)
    for name in os.listdir(base):
        if stop.asked():
            break
        try:
            changed = left_since(name, base)
            if changed is None or changed >= before:
                continue
            files, size = remove(name, base, mount, stop, really=really)
        except FileNotFoundError:
            continue
        except OSError as error:
            found.left.add(name, error.strerror or "")
            continue
        found.folders += 1
        found.files += files
        found.size = total(found.size, size)
    return found


def left_since(name: str, base: int) -> float | None:
    """When a work folder that nobody uses was last changed (epoch seconds); None: it is none, or is used.

    :raises OSError: it cannot be entered.
    """
    work = NAME.fullmatch(name)
    return None if work is None or in_use(int(work[1])) else _changed(name, base)


def in_use(pid: int) -> bool:
    """Whether the process that made a work folder still runs; another one may have its number by now."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123 - /proc is no path of anybody's
            return b"amavis" in file.read(4096)
    except (FileNotFoundError, ProcessLookupError):
        return _lives(pid)
    except OSError:
        return True


def _lives(pid: int) -> bool:
    """Whether there is such a process, which /proc may hide."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _changed(name: str, base: int) -> float | None:
    """When a work folder or something directly in it was last changed; None: it is no folder."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=base, follow_symlinks=False).st_mode):
        return None
    with opened(name, base) as handle:
        latest = os.fstat(handle).st_mtime
        with os.scandir(handle) as entries:
            for entry, _ in zip(entries, range(LOOKED_AT), strict=False):
                latest = max(latest, entry.stat(follow_symlinks=False).st_mtime)
    return latest
