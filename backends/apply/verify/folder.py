"""New files in a folder that another user owns: found and removed without being led astray by that user.

Each step below a trusted folder is opened from the one before, no symbolic link followed; a file counts when it is a
regular one with a single name, and belongs to whom its folder belongs.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from backends.errors import Refused
from backends.text import visible

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
NOT_A_FOLDER = frozenset({errno.ELOOP, errno.ENOTDIR})
LIMIT = 1 << 15
Steps = tuple[str, ...]


class File(NamedTuple):
    """A file: the steps to its folder, its name, which one it is, and how it begins."""

    steps: Steps
    name: str
    inode: int
    content: bytes

    def __str__(self) -> str:
        return visible("/".join((*self.steps, self.name)))


class Folder:
    """What is new at these places below `root`, since `begin`. `deep`: in the folders there as well.

    The names asked for begin with `prefix`. A name is the same whatever flags a mail reader gives it (maildir(5)).
    """

    def __init__(self, root: Path, *places: Steps, prefix: str = "", deep: bool = False) -> None:
        self._root, self._places, self._prefix, self._deep = root, places, prefix, deep
        self._known: set[str] = set()

    def begin(self) -> None:
        """All that is there now is not new.

        :raises Refused: a step on the way is not a folder.
        """
        self._known = {_plain(name) for steps in self._all() for name in self._names(steps)}

    def find(self, wanted: Callable[[bytes], bool]) -> File | None:
        """The first new file whose content (its first 32 KiB) is wanted.

        :raises Refused: a step on the way is not a folder.
        """
        for steps in self._all():
            for name in self._names(steps):
                if _plain(name) in self._known:
                    continue
                file = self._read(steps, name)
                if file is not None and wanted(file.content):
                    return file
        return None

    def remove(self, file: File) -> bool:
        """Remove a file that was found; gives whether it was there still, under its name."""
        with self._opened(file.steps) as folder:
            try:
                here = os.stat(file.name, dir_fd=folder, follow_symlinks=False)
                if here.st_ino != file.inode or not stat.S_ISREG(here.st_mode):
                    return False
                os.unlink(file.name, dir_fd=folder)
            except FileNotFoundError:
                return False
        return True

    def _all(self) -> Iterator[Steps]:
        """Every place there is."""
        for steps in self._places:
            try:
                with self._opened(steps) as folder:
                    folders = _folders(folder) if self._deep else []
            except FileNotFoundError:
                continue
            yield steps
            yield from ((*steps, name) for name in folders)

    def _names(self, steps: Steps) -> list[str]:
        try:
            with self._opened(steps) as folder, os.scandir(folder) as entries:
                return [entry.name for entry in entries if entry.name.startswith(self._prefix)]
        except FileNotFoundError:
            return []

    def _read(self, steps: Steps, name: str) -> File | None:
        """The file, if it is one to be read."""
        try:
            with self._opened(steps) as folder:
                owner = os.fstat(folder).st_uid
                if not _proper(os.stat(name, dir_fd=folder, follow_symlinks=False), owner):
                    return None
                handle = os.open(name, FILE, dir_fd=folder)
        except OSError:  # it has gone, or is something else by now
            return None
        with os.fdopen(handle, "rb") as file:
            here = os.fstat(handle)
            if not _proper(here, owner):
                return None
            return File(steps, name, here.st_ino, file.read(LIMIT))

    @contextmanager
    def _opened(self, steps: Steps) -> Iterator[int]:
        """The handle of a folder.

        :raises FileNotFoundError: it is not there.
        :raises Refused: a step is not a folder.
        """
        handle = os.open(self._root, FOLDER & ~os.O_NOFOLLOW)
        try:
            for done, name in enumerate(steps, 1):
                try:
                    deeper = os.open(name, FOLDER, dir_fd=handle)
                except OSError as error:
                    if error.errno not in NOT_A_FOLDER:
                        raise
                    where = visible(str(self._root.joinpath(*steps[:done])))
                    raise Refused(
                        f"{where} is a symbolic link, or not a folder at all",
                        hint=f"put a folder in its place: ls -ld {where}",
                    ) from error
                os.close(handle)
                handle = deeper
            yield handle
        finally:
            os.close(handle)


def _proper(found: os.stat_result, owner: int) -> bool:
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_uid == owner


def _folders(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]


def _plain(name: str) -> str:
    return name.partition(":2,")[0]
