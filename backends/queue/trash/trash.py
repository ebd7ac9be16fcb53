"""The trash: hard links to deleted queue files, from which a deletion can be undone.

It lies in the queue directory (hard links need one file system) as `mailtui-trash/000001/deferred.4F1A2B3C4D`, a
folder per deletion; the number in `mailtui-trash/last` keeps a number from being given twice. A link keeps the
inode: the message's queue ID, made from the inode's number, is not given out again meanwhile; and a delivery that
was under way still marks its recipients as done in the very file, so that a message brought back is not delivered
to them twice.

A batch's manifest is called `planned.json` from before the first link until Postfix has deleted, then
`deleted.json`: a batch found `planned` and not locked was interrupted, and its messages may be queued still.
"""

import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from backends.errors import BackendError, Failed, Missing, NoSpace, NotPermitted, Refused
from backends.files import NO_ROOM, read_bounded, replace
from backends.outcome import LeftOut
from backends.queue.plan import Target, Trashed
from backends.queue.trash import links
from backends.queue.trash.folders import FOLDER, PLACES, Folders

FOLDER_NAME = "mailtui-trash"
PLANNED, DELETED = "planned.json", "deleted.json"
LAST = "last"
MANIFEST_LIMIT = 1 << 30


class Manifest(msgspec.Struct, frozen=True):
    """What a batch is about; `deleted` in epoch seconds."""

    deleted: float
    user: str
    messages: tuple[Target, ...]


class PostfixSpool:
    """A queue directory on this machine; `hashed` and `depth` are its hash_queue_names and hash_queue_depth."""

    def __init__(self, queue_directory: Path, hashed: frozenset[str], depth: int) -> None:
        self._directory, self._hashed, self._depth = queue_directory, hashed, depth
        self._trash = queue_directory / FOLDER_NAME
        self._held: dict[int, int] = {}

    def _folders(self) -> Folders:
        return Folders(self._directory, self._hashed, self._depth)

    def trouble(self) -> str:
        trial = self._trash / f".trial-{secrets.token_hex(16)}"  # in hold/, too, where others may plant names
        try:
            self._open_trash()
            with self._folders() as folders:
                if any(os.fstat(folders.folder((q,))).st_dev != self._trash.stat().st_dev for q in PLACES):
                    return "The queues lie on several file systems, which hard links cannot cross."
                trial.touch(0o600)
                try:
                    os.link(trial, trial.name, dst_dir_fd=folders.folder(("hold",)), follow_symlinks=False)
                    os.unlink(trial.name, dir_fd=folders.folder(("hold",)))
                finally:
                    trial.unlink(missing_ok=True)
        except OSError as error:
            return f"Deleted messages cannot be kept in {self._trash}: {error.strerror}."
        except BackendError as error:
            return f"{error}."
        return ""

    def retry_time(self, queue_id: str, queue_name: str) -> float | None:
        with self._folders() as folders, suppress(OSError):
            found = folders.stat(queue_name, queue_id)
            return found.st_mtime if found else None
        return None

    def retry_times(self) -> dict[str, float]:
        with self._folders() as folders, suppress(OSError):
            return dict(links.modified(folders.folder(("deferred",)), self._depth))
        return {}

    def keep(self, targets: Sequence[Target], user: str) -> tuple[int, list[LeftOut]]:
        with self._refusing("keep messages in"):
            self._open_trash()
            number, handle = self._new_batch()
            folder = self._folder(number)
            try:
                replace(self._trash / LAST, str(number).encode())
                manifest = Manifest(time.time(), user, tuple(targets))
                replace(folder / PLANNED, msgspec.json.encode(manifest))
                with self._folders() as folders:
                    owner = os.fstat(folders.folder(("deferred",))).st_uid
                    left_out = [
                        LeftOut(target.queue_id, why)
                        for target in targets
                        if (why := links.keep(folders, handle, target.queue_id, owner))
                    ]
                os.fsync(handle)
            except BaseException:
                self._remove(number)
                raise
            return number, left_out

    def drop(self, number: int, queue_ids: Iterable[str]) -> int:
        with self._refusing("tidy"), self._batch(number, ours=True) as handle:
            kept = links.kept(handle)
            with self._folders() as folders:
                for queue_id in kept.keys() & set(queue_ids):
                    if links.still_queued(folders, handle, kept[queue_id], queue_id):
                        links.drop(handle, queue_id)
            with suppress(FileNotFoundError):
                os.rename(PLANNED, DELETED, src_dir_fd=handle, dst_dir_fd=handle)
            os.fsync(handle)
            if left := len(links.kept(handle)):
                return left
            self._remove(number)
            return 0

    def batches(self) -> list[Trashed]:
        with self._refusing("read"):
            found = []
            for number in reversed(self._numbers()):
                with suppress(Refused):
                    found.append(self._trashed(number))
        return [trashed for trashed in found if trashed and trashed.messages]

    def latest(self) -> int | None:
        with self._refusing("read"):
            for number in reversed(self._numbers()):
                if (trashed := self._trashed(number)) and trashed.messages:
                    return number
        return None

    def restore(self, number: int) -> tuple[list[str], list[LeftOut]]:
        restored, left_out = [], []
        with self._refusing("restore from"), self._batch(number) as handle, self._folders() as folders:
            for queue_id, queue in links.kept(handle).items():
                try:
                    why = links.restore(folders, handle, queue, queue_id)
                except OSError as error:
                    why = _said(error)
                if why:
                    left_out.append(LeftOut(queue_id, why))
                else:
                    restored.append(queue_id)
            links.settle(folders, handle, restored)
            os.fsync(handle)
            if not links.kept(handle):
                self._remove(number)
        return restored, left_out

    def empty(self, older_than: float) -> int:
        count = 0
        with self._refusing("empty"):
            for number in self._numbers():
                with suppress(Refused, Missing), self._batch(number) as handle:
                    kept = len(links.kept(handle))
                    if self._manifest(number, handle).deleted < time.time() - older_than:
                        self._remove(number)
                        count += kept
        return count

    def _open_trash(self) -> None:
        """Make the trash folder, or see that it is ours alone."""
        with suppress(FileExistsError):
            self._trash.mkdir(0o700)
        found = self._trash.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise Refused(
                f"{self._trash} is not a folder of this user alone",
                hint=f"look into it, then move it away or: chown root: {self._trash}; chmod 700 {self._trash}",
            )

    def _numbers(self) -> list[int]:
        with suppress(FileNotFoundError):
            names = [path.name for path in self._trash.iterdir()]
            return sorted(int(name) for name in names if name.isascii() and name.isdigit())
        return []

    def _last(self) -> int:
        """The number given to the latest batch, which may be gone."""
        with suppress(OSError, ValueError):
            return int((self._trash / LAST).read_bytes())
        return 0

    def _folder(self, number: int) -> Path:
        return self._trash / f"{number:06}"

    def _new_batch(self) -> tuple[int, int]:
        """A folder that no other mailtui has; it stays locked until `drop`."""
        number = max(self._last(), *self._numbers(), 0) + 1
        while True:
            try:
                self._folder(number).mkdir(0o700)
                break
            except FileExistsError:
                number += 1
        handle = os.open(self._folder(number), FOLDER)
        self._held[number] = handle
        fcntl.flock(handle, fcntl.LOCK_EX)
        return number, handle

    @contextmanager
    def _batch(self, number: int, *, ours: bool = False, lock: int = fcntl.LOCK_EX) -> Iterator[int]:
        """The handle of a batch's folder, locked (`ours`: since `keep`); at the end nobody holds it any more.

        :raises Missing: there is no such batch.
        :raises Refused: another mailtui is at it.
        """
        handle = self._held.pop(number, -1) if ours else -1
        try:
            if handle < 0:
                try:
                    handle = os.open(self._folder(number), FOLDER)
                    fcntl.flock(handle, lock | fcntl.LOCK_NB)
                except FileNotFoundError as error:
                    raise Missing(
                        f"There is no deletion {number} to undo",
                        hint="see what there is: mailtui queue undo --list",
                    ) from error
                except BlockingIOError as error:
                    raise Refused(
                        f"Deletion {number} is still under way", hint="wait until it is done"
                    ) from error
            yield handle
        finally:
            if handle >= 0:
                os.close(handle)

    def _trashed(self, number: int) -> Trashed | None:
        """What a batch holds, None when it has gone. Messages that are queued still do not count."""
        with suppress(Missing), self._batch(number, lock=fcntl.LOCK_SH) as handle:
            kept = links.kept(handle)
            manifest = self._manifest(number, handle)
            if os.access(PLANNED, os.F_OK, dir_fd=handle):
                with self._folders() as folders:
                    kept = {i: q for i, q in kept.items() if not links.still_queued(folders, handle, q, i)}
            messages = tuple(target for target in manifest.messages if target.queue_id in kept)
            return Trashed(number, manifest.deleted, manifest.user, messages)
        return None

    def _manifest(self, number: int, handle: int) -> Manifest:
        """A batch's manifest, or what its links alone tell when it has none that can be read."""
        for name in (DELETED, PLANNED):
            with suppress(OSError, msgspec.MsgspecError, Failed):
                content = read_bounded(self._folder(number) / name, MANIFEST_LIMIT)
                return msgspec.json.decode(content, type=Manifest)
        messages = tuple(Target(queue_id, "", 0) for queue_id in links.kept(handle))
        return Manifest(os.fstat(handle).st_mtime, "", messages)

    def _remove(self, number: int) -> None:
        """Remove a batch with all that is in it."""
        for path in self._folder(number).iterdir():
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        self._folder(number).rmdir()
        if (handle := self._held.pop(number, -1)) >= 0:
            os.close(handle)

    @contextmanager
    def _refusing(self, doing: str) -> Iterator[None]:
        """Say what an operating system's error means here."""
        try:
            yield
        except OSError as error:
            what = f"Cannot {doing} the trash {self._trash}: {_said(error)}"
            if error.errno in NO_ROOM:
                raise NoSpace(what, hint=f"free space on the file system of {self._directory}") from error
            if isinstance(error, PermissionError):
                raise NotPermitted(what, hint="run mailtui as root") from error
            raise Refused(what, hint=f"look at {self._trash} and its file system") from error


def _said(error: OSError) -> str:
    return error.strerror or type(error).__name__
