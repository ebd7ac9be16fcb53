"""The way to a folder, gone step by step so that no user leads root astray.

Links count only where root (or who runs this) alone can make them, and below a user's folder all must be that user's.
"""

import os
import stat
from pathlib import Path

from backends.errors import Refused
from backends.text import visible

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
MOST_LINKS = 40


def opened(path: Path) -> int:
    """The handle of the folder at an absolute path.

    :raises Refused: the way to it is not safe.
    :raises OSError: it is not there, no folder, or not to be entered.
    """
    trusted, holder, links = {0, os.geteuid()}, 0, 0
    rest = list(reversed(path.parts[1:]))
    handle = os.open("/", FOLDER)
    try:
        while rest:
            found = os.fstat(handle)
            name = rest.pop()
            if stat.S_ISLNK(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
                links += 1
                if found.st_uid not in trusted or found.st_mode & 0o022 or links > MOST_LINKS:
                    raise _unsafe(path, f"{name} is a symbolic link in another user's folder")
                target = Path(os.readlink(name, dir_fd=handle))
                rest += reversed(target.parts[1:] if target.is_absolute() else target.parts)
                handle, holder = (_next(handle, "/"), 0) if target.is_absolute() else (handle, holder)
                continue
            handle = _next(handle, name)
            if found.st_uid not in trusted:
                holder = found.st_uid
            if holder and os.fstat(handle).st_uid != holder:
                raise _unsafe(path, f"{name} is not of the same user as the folder it is in")
    except BaseException:
        os.close(handle)
        raise
    return handle


def _next(handle: int, name: str) -> int:
    """The folder of that name in an opened one, which is closed."""
    below = os.open(name, FOLDER, dir_fd=handle)
    os.close(handle)
    return below


def _unsafe(path: Path, why: str) -> Refused:
    return Refused(
        f"The way to {visible(str(path))} is not safe: {visible(why)}",
        hint="name the folder itself, without links on the way",
    )
