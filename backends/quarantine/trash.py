"""The trash of a quarantine folder, from which a deletion can be undone.

It lies in the quarantine folder itself, for that is the same file system and belongs to the same user:
`.mailtui-trash/000001/files/A/spam-…`, a folder a run, in which each file is where it was; `run.json` beside `files`
says when it was deleted and until when it is kept. The number in `last` keeps a number from being given twice.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import msgspec

from backends.errors import Failed, NoSpace, NotPermitted, Refused
from backends.files import NO_ROOM
from backends.quarantine.names import TRASH
from backends.quarantine.tree import FOLDER, NOT_A_FOLDER, Steps, mount_of, opened, remove, total
from backends.workers import Stop

FILES, ABOUT, LAST = "files", "run.json", "last"
ABOUT_LIMIT = 1 << 16
HIGHEST = 10**8
"""The last number that a run can have; a folder that has a higher one is none of ours."""

UNKNOWN_KEPT_FOR = 86400.0
"""Seconds for which a run is kept that does not say so itself."""


class Run(msgspec.Struct, frozen=True):
    """What a run is about: who deleted, when, and until when it can be undone (epoch seconds).

    `tried`: it was undone, but for files that could not be brought back.
    """

    user: str
    deleted: float
    until: float
    tried: bool = False


class Emptied(msgspec.Struct):
    """Files of the trash that went for good, or would; sizes in bytes."""

    count: int = 0
    size: int = 0


def begin(root: int, run: Run) -> int:
    """Make the folder of a run in the quarantine folder opened as `root`; gives its number.

    :raises NoSpace: there is no room for it.
    :raises Refused: the trash is not a folder of this user alone, or its numbers have run out.
    """
    with refusing("made"):
        with suppress(FileExistsError):
            os.mkdir(TRASH, 0o700, dir_fd=root)
        with trash_at(root) as trash:
            number = max([_last(trash), *numbers(trash)]) + 1
            if number > HIGHEST:
                raise Refused(
                    f"The numbers in {TRASH} in the quarantine folder have run out, which is none of mailtui's doing",
                    hint=f"move away {folder_name(HIGHEST)} and {LAST} there",
                )
            _write(trash, LAST, str(number).encode())
            os.mkdir(folder_name(number), 0o700, dir_fd=trash)
            with opened(folder_name(number), trash) as folder:
                _write(folder, ABOUT, msgspec.json.encode(run))
                os.mkdir(FILES, 0o700, dir_fd=folder)
                os.fsync(folder)
            os.fsync(trash)
    return number


@contextmanager
def files_of(root: int, number: int) -> Iterator[int]:
    """The opened folder for the files of a run."""
    with (
        trash_at(root) as trash,
        opened(folder_name(number), trash) as folder,
        opened(FILES, folder) as files,
    ):
        yield files


def finish(root: int, number: int) -> bool:
    """Make sure that a run is on disk; one that holds nothing goes. Gives whether it holds something."""
    holds = True
    with refusing("finished"), trash_at(root) as trash, opened(folder_name(number), trash) as folder:
        with suppress(OSError):
            os.rmdir(FILES, dir_fd=folder)
            holds = False
            os.unlink(ABOUT, dir_fd=folder)
            os.rmdir(folder_name(number), dir_fd=trash)
        os.fsync(trash)
    return holds


def note_tried(folder: int) -> None:
    """Write down that the run whose folder is opened was undone as far as that could be."""
    _write(folder, ABOUT, msgspec.json.encode(msgspec.structs.replace(about(folder), tried=True)))


def let_go(root: int, now: float, stop: Stop, *, really: bool = True) -> Emptied:
    """Delete the runs whose time is over for good; or only say what that would be.

    :raises Failed: one of them cannot be deleted.
    """
    emptied = Emptied()
    with suppress(FileNotFoundError), refusing("emptied"), trash_at(root) as trash:
        mount = mount_of(trash)
        for number in numbers(trash):
            name = folder_name(number)
            if _until(trash, name) < now and not stop.asked():
                count, size = remove(name, trash, mount, stop, really=really)
                emptied.count += count - 1  # what it is about is no file of the quarantine
                emptied.size = total(emptied.size, size)
    return emptied


class Keeping:
    """The folder of a run for the files of one folder of the quarantine, made when the first file goes there."""

    def __init__(self, files: int, steps: Steps) -> None:
        self._files, self._steps = files, steps
        self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle >= 0:
            os.close(self._handle)

    def take(self, folder: int, name: str) -> None:
        """Move a file out of its opened folder.

        :raises OSError: it cannot be moved.
        """
        if self._handle < 0:
            self._handle = self._made()
        os.rename(name, name, src_dir_fd=folder, dst_dir_fd=self._handle)

    def _made(self) -> int:
        handle = os.dup(self._files)
        for step in self._steps:
            try:
                with suppress(FileExistsError):
                    os.mkdir(step, 0o700, dir_fd=handle)
                below = os.open(step, FOLDER, dir_fd=handle)
            finally:
                os.close(handle)
            handle = below
        return handle


@contextmanager
def trash_at(root: int) -> Iterator[int]:
    """The trash, opened.

    :raises Refused: it is not a folder of this user alone.
    """
    try:
        trash = os.open(TRASH, FOLDER, dir_fd=root)
    except OSError as error:
        if error.errno not in NOT_A_FOLDER:
            raise
        raise _strange() from error
    try:
        found = os.fstat(trash)
        if found.st_uid != os.geteuid() or found.st_mode & 0o077 or mount_of(trash) != mount_of(root):
            raise _strange()
        yield trash
    finally:
        os.close(trash)


def _strange() -> Refused:
    return Refused(
        f"{TRASH} in the quarantine folder is not a folder of its owner alone",
        hint="look into it, then move it away",
    )


def numbers(trash: int) -> list[int]:
    """The runs in the trash, the first one first."""
    found = (int(name) for name in os.listdir(trash) if name.isascii() and name.isdigit() and len(name) < 10)
    return sorted({number for number in found if number <= HIGHEST})


def folder_name(number: int) -> str:
    """The folder of a run in the trash."""
    return f"{number:06}"


def _last(trash: int) -> int:
    """The number given to the latest run, which may be gone."""
    with suppress(OSError, ValueError):
        number = int(_read(trash, LAST)[:20])
        return number if 0 <= number <= HIGHEST else 0
    return 0


def about(folder: int) -> Run:
    """What the run is about whose folder is opened; of one that does not say so what its folder tells."""
    try:
        return msgspec.json.decode(_read(folder, ABOUT), type=Run)
    except (OSError, msgspec.MsgspecError):
        changed = os.fstat(folder).st_mtime
        return Run("?", changed, changed + UNKNOWN_KEPT_FOR)


def _until(trash: int, name: str) -> float:
    """When a run's time is over."""
    try:
        with opened(name, trash) as folder:
            return about(folder).until
    except OSError:
        return float("inf")


def _read(folder: int, name: str) -> bytes:
    with _plain(folder, name, os.O_RDONLY) as handle:
        return os.read(handle, ABOUT_LIMIT)


def _write(folder: int, name: str, content: bytes) -> None:
    with _plain(folder, name, os.O_RDWR | os.O_CREAT) as handle:
        os.ftruncate(handle, 0)
        os.write(handle, content)
        os.fsync(handle)


@contextmanager
def _plain(folder: int, name: str, how: int) -> Iterator[int]:
    """A file of ours, opened; a pipe, which the folder's owner can put there, keeps nobody waiting.

    :raises OSError: it is no plain file, or has another name as well.
    """
    flags = how | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    handle = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise OSError(errno.EINVAL, f"{name} is no plain file of its own")
        yield handle
    finally:
        os.close(handle)


@contextmanager
def refusing(doing: str) -> Iterator[None]:
    """Say what an operating system's error means here."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        what = f"The trash of the quarantine folder cannot be {doing}: {error.strerror}"
        if error.errno in NO_ROOM:
            raise NoSpace(what, hint="delete for good, with: mailtui cleanup --undo 0") from error
        if isinstance(error, PermissionError):
            raise NotPermitted(what, hint="run mailtui as root") from error
        raise Failed(what, hint="look at its file system, or delete for good with: --undo 0") from error
