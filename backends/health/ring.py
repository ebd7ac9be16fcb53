"""What was measured, kept for its course: the last hours by the minute, weeks by the hour, in one small file.

One JSON object: points, and how full each file system was. It is replaced as a whole; one that cannot be read is begun anew.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from backends.errors import BackendError, Failed, NotPermitted
from backends.files import STATE, read_bounded, replace
from backends.health.facts import Growth
from backends.health.values import Point

RING = STATE / "health.ring"
VERSION = 1
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
MOST = 200
"""Points: more than an hour of one a minute."""
FINE = 90 * MINUTE
HOURS = 24 * 15
LIMIT = 1 << 20
LEAST_GROWTH = 6 * HOUR
SPAN = 7 * DAY


class Filled(msgspec.Struct, frozen=True):
    """How many bytes of each file system were used, by device."""

    at: float
    used: Mapping[str, int]


class Ring(msgspec.Struct, frozen=True):
    """All that is kept, the oldest first; `wrong`: since when each check is not good.

    `asked`: when that was asked last which is asked seldom (epoch seconds).
    """

    version: int = VERSION
    points: tuple[Point, ...] = ()
    filled: tuple[Filled, ...] = ()
    wrong: Mapping[str, float] = {}
    asked: float = 0.0


def load(path: Path = RING) -> Ring:
    """What is kept; nothing where it cannot be read.

    :raises NotPermitted: this user may not read it.
    """
    try:
        content = read_bounded(path, LIMIT)
        found = msgspec.json.decode(content, type=Ring)
    except PermissionError as error:
        raise NotPermitted(f"{path} cannot be read: {error.strerror}", hint="run mailtui as root") from error
    except (OSError, Failed, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Ring()
    return found if found.version == VERSION else Ring()


def save(ring: Ring, path: Path = RING) -> None:
    """Put it in the place of what was kept.

    :raises NotPermitted: this user may not write there.
    :raises NoSpace: the file system is full; what was kept stays.
    """
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder = path.parent.lstat()
        if os.geteuid() and folder.st_uid != os.geteuid():
            raise NotPermitted(f"{path} is root's to write", hint="run mailtui as root")
        if folder.st_uid != os.geteuid():
            raise Failed(
                f"{path.parent} is not this user's own folder", hint=f"look who made it: ls -ld {path.parent}"
            )
        if path.is_symlink():
            path.unlink()
        replace(path, msgspec.json.encode(ring), mode=0o644)
    except BackendError:
        raise
    except OSError as error:
        raise NotPermitted(
            f"{path} cannot be written: {error.strerror}", hint="run mailtui as root"
        ) from error


def added(ring: Ring, point: Point, used: Mapping[str, int], wrong: Mapping[str, float]) -> Ring:
    """With one more point; what is too old goes, and so does what lies in the future. Pure."""
    points = [*(one for one in ring.points if point.at - FINE < one.at < point.at), point][-MOST:]
    filled = [one for one in ring.filled if point.at - HOURS * HOUR < one.at < point.at]
    if used and (not filled or point.at - filled[-1].at >= HOUR):
        filled.append(Filled(point.at, dict(used)))
    return Ring(VERSION, tuple(points), tuple(filled[-HOURS:]), dict(wrong), ring.asked)


def growth(ring: Ring, used: Mapping[str, int], now: float) -> dict[str, Growth]:
    """How each file system has filled in the last week; only those that were seen for some hours. Pure."""
    found = {}
    for device, bytes_now in used.items():
        before = next(
            (one for one in ring.filled if device in one.used and LEAST_GROWTH <= now - one.at <= SPAN), None
        )
        if before is not None:
            over = now - before.at
            found[device] = Growth((bytes_now - before.used[device]) * DAY / over, over)
    return found
