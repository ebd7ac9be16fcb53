"""The file systems that the stack writes to."""

import os
from collections.abc import Mapping

from backends.health.facts import Volume


def disks(folders: Mapping[str, str]) -> tuple[Volume, ...]:
    """The file systems of these folders by their role; of a folder that is not there its parent's is not taken."""
    found: dict[int, Volume] = {}
    for role, folder in folders.items():
        try:
            device = os.stat(folder).st_dev  # noqa: PTH116 - a folder's own file system, links followed
            told = os.statvfs(folder)
        except OSError:
            continue
        before = found.get(device)
        if before is not None:
            found[device] = Volume(
                before.device,
                {**before.folders, role: folder},
                before.size,
                before.free,
                before.inodes,
                before.inodes_free,
                before.read_only,
            )
            continue
        used = told.f_blocks - told.f_bfree
        found[device] = Volume(
            f"{os.major(device)}:{os.minor(device)}",
            {role: folder},
            (used + told.f_bavail) * told.f_frsize,
            told.f_bavail * told.f_frsize,
            told.f_files,
            told.f_favail,
            bool(told.f_flag & os.ST_RDONLY),
        )
    return tuple(found.values())


def folders(spool: str, quarantine: str, database: str = "/var/lib/mysql") -> dict[str, str]:
    """Where the stack keeps what grows, by its role; what is not there is left out."""
    wanted = {
        "spool": spool,
        "quarantine": quarantine,
        "log": "/var/log",
        "database": database,
        "home": "/home",
    }
    return {role: folder for role, folder in wanted.items() if folder and os.path.isdir(folder)}  # noqa: PTH112 - False where it may not be seen
