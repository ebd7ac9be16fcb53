"""What acts have taken from the tables, as it was, so that they can be undone; readable by root alone.

A folder holds two files an act: `000001.rows`, its rows as JSON lines and compressed, each written before or in the
same transaction as its deletion; and `000001.json`, what it is about. The number in `last` is not given twice.
"""

import fcntl
import os
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from backends.errors import BackendError, Failed, Missing, NoSpace, NotPermitted, Refused
from backends.files import NO_ROOM, STATE, read_bounded, replace, sync_folder
from backends.greylist.plan import Trashed

FOLDER = STATE / "greylist-trash"
KEPT_FOR = 7 * 86400.0
"""Seconds for which an act can be undone."""
Row = tuple[str | int, ...]
_LINE = 1 << 20
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PIECE = 1 << 18
_UNFINISHED = -1
_LEFT = ".left"


class Batch:
    """The rows of one act while it is under way."""

    def __init__(self, path: Path, about: Trashed) -> None:
        self._path, self.about = path, about
        self._file = os.fdopen(os.open(path, _NEW, 0o600), "wb")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._zip = zlib.compressobj(1)
        self._synced = 0.0
        self.count = 0
        self.sample = ""

    def add(self, rows: Sequence[Sequence[str | int]]) -> None:
        """Keep rows; they are in the file when this returns, the first ones on disk as well."""
        if not rows:
            return
        self.sample = self.sample or " ".join(str(value) for value in rows[0][:3])[:300]
        self.count += len(rows)
        lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        try:
            self._file.write(self._zip.compress(lines) + self._zip.flush(zlib.Z_SYNC_FLUSH))
            self._file.flush()
        except OSError as error:
            raise _told(error, self._path) from error
        if not self._synced:
            self.sync()

    def sync(self) -> None:
        """Bring what was kept to disk, once a second; to be called while no lock is held, for it may take that long."""
        if time.monotonic() - self._synced < 1:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _told(error, self._path) from error
        self._synced = time.monotonic()

    def only(self, rows: Sequence[Sequence[str | int]]) -> None:
        """Keep these in place of all that were added."""
        other = Batch(_left(self._path), self.about)
        other.add(rows)
        self._file.close()
        self._file, self._zip, self.count, self.sample = other._file, other._zip, other.count, other.sample
        try:
            other._path.rename(self._path)
        except OSError as error:
            raise _told(error, self._path) from error

    def abandon(self) -> None:
        """Keep nothing."""
        self._path.unlink(missing_ok=True)
        with suppress(OSError):
            self._file.close()

    def close(self) -> None:
        """All rows are there; an act that has touched none leaves nothing."""
        try:
            self._file.write(self._zip.flush())
            self._file.flush()
            os.fsync(self._file.fileno())
            about = self._path.with_suffix(".json")
            if self.count:
                whole = msgspec.structs.replace(self.about, count=self.count, sample=self.sample)
                replace(about, msgspec.json.encode(whole))
            else:
                about.unlink(missing_ok=True)
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise _told(error, self._path) from error
        finally:
            self._file.close()


class NotKept:
    """The rows of an act that cannot be undone."""

    def add(self, rows: Sequence[Sequence[str | int]]) -> None:
        """Let go of them."""

    def sync(self) -> None:
        """Nothing is kept."""

    def only(self, rows: Sequence[Sequence[str | int]]) -> None:
        """Nothing is kept."""


class Left:
    """The rows of an act that an undo could not put back; no file is made for none."""

    def __init__(self, path: Path, about: Trashed) -> None:
        self._path, self._about = path, about
        self.batch: Batch | None = None

    def add(self, rows: Sequence[Row]) -> None:
        if rows and self.batch is None:
            self.batch = Batch(_left(self._path), self._about)
        if self.batch is not None:
            self.batch.add(rows)


class Trash:
    """The folder on this machine."""

    def __init__(self, folder: Path = FOLDER, kept_for: Callable[[], float] = lambda: KEPT_FOR) -> None:
        self._folder, self._kept_for = folder, kept_for

    @property
    def kept_for(self) -> float:
        """For how many seconds an act can be undone."""
        return self._kept_for()

    def trouble(self) -> str:
        """Why nothing can be kept, or nothing."""
        try:
            self._made()
        except BackendError as error:
            return f"{error}."
        return ""

    @contextmanager
    def batch(self, action: str, when: float, user: str, first: int = 0) -> Iterator[Batch]:
        """Keep the rows of an act in it; what was kept when it breaks off stays.

        :raises NoSpace: there is no room for it.
        :raises NotPermitted: this user cannot keep anything.
        """
        self._made()
        try:
            number = max([self._last(), *self._numbers()]) + 1
            replace(self._folder / "last", str(number).encode())
            about = Trashed(number, action, when, user, _UNFINISHED, first=first)
            replace(self._path(number, "json"), msgspec.json.encode(about))
            batch = Batch(self._path(number, "rows"), about)
        except OSError as error:
            raise _told(error, self._folder) from error
        try:
            yield batch
        finally:
            batch.close()

    def batches(self) -> list[Trashed]:
        """What can be undone, latest first."""
        with suppress(NotPermitted):
            return [
                about for number in reversed(self._numbers()) if (about := self._about(number)) is not None
            ]
        return []

    def about(self, number: int | None) -> Trashed:
        """The act of that number, or the latest.

        :raises Missing: there is none.
        """
        for one in self.batches():
            if number in {None, one.number}:
                return one
        raise Missing(
            "There is nothing to undo" if number is None else f"There is no act {number} to undo",
            hint="see what there is: mailtui greylist undo --list",
        )

    @contextmanager
    def rows(self, number: int, size: int) -> Iterator[Iterator[list[Row]]]:
        """The rows of an act, so many at once.

        :raises Refused: the act is still under way, or is being undone.
        :raises Failed: they cannot be read.
        """
        path = self._path(number, "rows")
        try:
            with os.fdopen(os.open(path, _OLD), "rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise Refused(f"Act {number} is still under way", hint="wait until it is done") from error
                yield _chunks(iter(lambda: file.read(_PIECE), b""), size)
        except OSError as error:
            raise _told(error, path) from error

    @contextmanager
    def left(self, about: Trashed) -> Iterator[Left]:
        """Afterwards the act holds the rows that were added and no others; one of none goes. Broken off, it holds all.

        :raises NoSpace: there is no room for it.
        """
        path = self._path(about.number, "rows")
        left = Left(path, about)
        try:
            yield left
        except BaseException:
            if left.batch is not None:
                left.batch.abandon()
            raise
        if left.batch is None:
            self.remove(about.number)
            return
        left.batch.close()
        try:
            path.with_suffix(_LEFT).rename(path)
            sync_folder(self._folder)
        except OSError as error:
            raise _told(error, path) from error

    def remove(self, number: int) -> None:
        self._path(number, "json").unlink(missing_ok=True)
        self._path(number, "rows").unlink(missing_ok=True)
        self._path(number, "rows").with_suffix(_LEFT).unlink(missing_ok=True)

    def empty(self, now: float) -> None:
        """Let go of what is older than it is kept."""
        kept_for = self.kept_for
        for one in self.batches():
            if one.when < now - kept_for and one.count != _UNFINISHED:
                self.remove(one.number)

    def _about(self, number: int) -> Trashed | None:
        path = self._path(number, "json")
        try:
            about = msgspec.json.decode(read_bounded(path, _LINE), type=Trashed)
        except (OSError, Failed, msgspec.MsgspecError):
            return None
        if about.count != _UNFINISHED:
            return about
        with suppress(BackendError), self.rows(number, 10_000) as chunks:
            return msgspec.structs.replace(about, count=sum(len(rows) for rows in chunks))
        return None

    def _made(self) -> None:
        """Make the folder, or see that it is this user's alone."""
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
            with suppress(FileExistsError):
                self._folder.mkdir(0o700)
            found = self._folder.lstat()
        except OSError as error:
            raise _told(error, self._folder) from error
        if self._folder.is_symlink() or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise NotPermitted(
                f"{self._folder} is not a folder of this user alone", hint="look into it, then move it away"
            )

    def _numbers(self) -> list[int]:
        try:
            names = [path.stem for path in self._folder.glob("*.json")]
        except OSError as error:
            raise _told(error, self._folder) from error
        return sorted(int(name) for name in names if name.isascii() and name.isdigit() and len(name) < 10)

    def _last(self) -> int:
        with suppress(OSError, ValueError):
            return int((self._folder / "last").read_bytes()[:9])
        return 0

    def _path(self, number: int, ending: str) -> Path:
        return self._folder / f"{number:06}.{ending}"


def _left(path: Path) -> Path:
    """The file that will take the place of an act's rows; one that was broken off goes."""
    left = path.with_suffix(_LEFT)
    left.unlink(missing_ok=True)
    return left


def _chunks(pieces: Iterator[bytes], size: int) -> Iterator[list[Row]]:
    """Rows of the compressed pieces; what comes after a file was broken off is left out."""
    unzip = zlib.decompressobj()
    decode = msgspec.json.Decoder(Row).decode
    rest, rows = b"", []
    for piece in pieces:
        try:
            *lines, rest = (rest + unzip.decompress(piece)).split(b"\n")
            for line in lines:
                rows.append(decode(line))
                if len(rows) == size:
                    yield rows
                    rows = []
        except (zlib.error, msgspec.MsgspecError) as error:
            raise Failed(
                f"What was kept cannot be read: {error}", hint="restore the table from a backup"
            ) from error
    if rows:
        yield rows


def _told(error: OSError, path: Path) -> BackendError:
    what = f"{path} cannot be used: {error.strerror}"
    if error.errno in NO_ROOM:
        return NoSpace(what, hint=f"free space on the file system of {path.parent}")
    if isinstance(error, PermissionError):
        return NotPermitted(what, hint="run mailtui as root")
    return Failed(what, hint=f"look at {path} and its file system")
