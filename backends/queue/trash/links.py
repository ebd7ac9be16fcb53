"""Hard links from the queue into one batch of the trash, and back. A batch is the handle of its folder, root's own.

Whoever owns the queue's folders may rename and replace what is in them at any time. So a file is linked first and
looked at then, when nobody can swap it any more; and a folder is made in the batch and moved out when complete.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress

from backends.queue.message import QUEUE_ID
from backends.queue.trash.folders import FOLDER, LOGS, PLACES, Folders

STRANGE = "its file in {} is not a file of the mail system"
NOT_A_FOLDER = frozenset({errno.ENOTDIR, errno.ELOOP})
FOR_IT_ALONE = frozenset({errno.EMLINK, errno.EPERM})
IN_THE_MAKING = "folder"


def keep(folders: Folders, batch: int, queue_id: str, owner: int) -> str:
    """Link a message and its logs into a batch; gives why it could not be done.

    `owner` is the user ID that queue files must have.

    :raises OSError: no link can be made at all.
    """
    if not QUEUE_ID.fullmatch(queue_id):
        return "it has no queue ID"
    for queue in PLACES * 2:  # twice, for it may move while we look
        try:
            if why := _link(folders, batch, queue, queue_id, owner):
                return why
            for log in LOGS:
                with suppress(FileNotFoundError):
                    _link(folders, batch, log, queue_id, owner)
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno not in NOT_A_FOLDER | FOR_IT_ALONE:
                raise
            drop(batch, queue_id)
            strange = error.errno in NOT_A_FOLDER
            return (
                STRANGE.format(queue)
                if strange
                else f"its file in {queue} cannot be linked: {error.strerror}"
            )
        return ""
    if folders.stat("maildrop", queue_id):
        return "Postfix is about to take it in; it is in maildrop"
    return "it is not in the queue any more"


def restore(folders: Folders, batch: int, queue: str, queue_id: str) -> str:
    """Link a message back into hold/, its logs to where they were; gives why it could not be done.

    It stays in the batch as well, until `settle`.

    :raises OSError: no link can be made.
    """
    kept = os.stat(f"{queue}.{queue_id}", dir_fd=batch, follow_symlinks=False)
    if there := folders.find(queue_id):
        if not _same(there[1], kept):
            return f"another message in {there[0]} has its queue ID now"
        drop(batch, queue_id)
        return "it is still in the queue"
    for log in LOGS:
        with suppress(FileNotFoundError, FileExistsError):
            _link_back(folders, batch, log, log, queue_id)
    try:
        _link_back(folders, batch, queue, "hold", queue_id)
    except FileExistsError:
        return "another message in hold has its queue ID now"
    return ""


def settle(folders: Folders, batch: int, restored: list[str]) -> None:
    """Take restored messages out of the batch, when it is sure that they are back."""
    places = {
        folders.steps(queue, queue_id): (queue, queue_id)
        for queue_id in restored
        for queue in ("hold", *LOGS)
    }
    for place in places.values():
        with suppress(FileNotFoundError):  # most messages have no logs
            os.fsync(folders.of(*place))
    for queue_id in restored:
        drop(batch, queue_id)


def drop(batch: int, queue_id: str) -> None:
    """Take a message and its logs out of a batch."""
    for queue in (*PLACES, *LOGS):
        with suppress(FileNotFoundError):
            os.unlink(f"{queue}.{queue_id}", dir_fd=batch)


def kept(batch: int) -> dict[str, str]:
    """The messages of a batch by queue ID, with the queue each was in."""
    split = (name.partition(".") for name in os.listdir(batch))
    return {
        queue_id: queue for queue, _, queue_id in split if queue in PLACES and QUEUE_ID.fullmatch(queue_id)
    }


def still_queued(folders: Folders, batch: int, queue: str, queue_id: str) -> bool:
    """Whether a message of the batch, the very file, was not deleted after all."""
    kept = os.stat(f"{queue}.{queue_id}", dir_fd=batch, follow_symlinks=False)
    if kept.st_nlink == 1:
        return False
    there = folders.find(queue_id)
    return there is not None and _same(there[1], kept)


def modified(folder: int, depth: int) -> Iterator[tuple[str, float]]:
    """Queue IDs and modification times (epoch seconds) of the files in a folder and its hash folders."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if QUEUE_ID.fullmatch(entry.name):
                with suppress(OSError):
                    yield entry.name, entry.stat(follow_symlinks=False).st_mtime
            elif depth > 0 and len(entry.name) == 1:
                with suppress(OSError):
                    below = os.open(entry.name, FOLDER, dir_fd=folder)
                    try:
                        yield from modified(below, depth - 1)
                    finally:
                        os.close(below)


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _link(folders: Folders, batch: int, queue: str, queue_id: str, owner: int) -> str:
    name = f"{queue}.{queue_id}"
    source = folders.of(queue, queue_id)
    if not stat.S_ISREG(os.stat(queue_id, dir_fd=source, follow_symlinks=False).st_mode):
        return STRANGE.format(queue)
    os.link(queue_id, name, src_dir_fd=source, dst_dir_fd=batch, follow_symlinks=False)
    linked = os.stat(name, dir_fd=batch, follow_symlinks=False)
    if stat.S_ISREG(linked.st_mode) and linked.st_uid == owner:
        return ""
    os.unlink(name, dir_fd=batch)
    return STRANGE.format(queue)


def _link_back(folders: Folders, batch: int, origin: str, queue: str, queue_id: str) -> None:
    name = f"{origin}.{queue_id}"
    owner = os.stat(name, dir_fd=batch, follow_symlinks=False)
    target = _made(folders, batch, folders.steps(queue, queue_id), owner)
    os.link(name, queue_id, src_dir_fd=batch, dst_dir_fd=target, follow_symlinks=False)


def _made(folders: Folders, batch: int, steps: tuple[str, ...], owner: os.stat_result) -> int:
    """The handle of a folder, those of its steps made that are not there, as Postfix makes them: 0700 and its own."""
    for end in range(2, len(steps) + 1):
        try:
            folders.folder(steps[:end])
        except FileNotFoundError:
            with suppress(FileExistsError):
                os.mkdir(IN_THE_MAKING, 0o700, dir_fd=batch)
            os.chown(IN_THE_MAKING, owner.st_uid, owner.st_gid, dir_fd=batch, follow_symlinks=False)
            above = folders.folder(steps[: end - 1])
            os.rename(IN_THE_MAKING, steps[end - 1], src_dir_fd=batch, dst_dir_fd=above)
    return folders.folder(steps)
