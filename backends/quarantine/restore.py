"""Bringing a run back from the trash of a quarantine folder, and what runs there are."""

import errno
import os
from contextlib import suppress

import msgspec

from backends.errors import Missing
from backends.outcome import LeftOut
from backends.quarantine.plan import Trashed
from backends.quarantine.trash import FILES, about, folder_name, note_tried, numbers, refusing, trash_at
from backends.quarantine.tree import DEEPEST, FOLDER, LONGEST, Steps, mount_of, opened, remove
from backends.text import visible
from backends.workers import Stop

FOLDER_MODE = 0o750
"""Of the folders that amavis makes in its quarantine."""


class Restored(msgspec.Struct):
    """How many files are where they were, and which could not be brought there."""

    count: int = 0
    left: list[LeftOut] = []


def runs(root: int, stop: Stop) -> list[Trashed]:
    """What can be brought back, the latest first; behind that what was undone already, but for some files."""
    found = []
    try:
        with refusing("read"), trash_at(root) as trash:
            mount = mount_of(trash)
            for number in reversed(numbers(trash)):
                with suppress(FileNotFoundError), opened(folder_name(number), trash) as folder:
                    count, size = remove(FILES, folder, mount, stop, really=False)
                    run = about(folder)
                    user = visible(run.user[:LONGEST])
                    found.append(Trashed(number, user, run.deleted, run.until, count, size, run.tried))
    except FileNotFoundError:
        return []
    return sorted((run for run in found if run.count), key=lambda run: run.tried)


def restore(root: int, number: int, stop: Stop) -> Restored:
    """Put the files of a run back where they were; where another one has the name meanwhile, it is left out.

    :raises Missing: there is no such run.
    """
    restored = Restored()
    try:
        with refusing("read"), trash_at(root) as trash, opened(folder_name(number), trash) as folder:
            with opened(FILES, folder) as files:
                _bring(files, root, (), restored, stop)
            os.fsync(root)
            if restored.left:
                note_tried(folder)
    except FileNotFoundError as error:
        raise Missing(
            f"There is no deletion {number} to undo",
            hint="see which there are: mailtui quarantine undo --list",
        ) from error
    return restored


def _bring(files: int, to: int, steps: Steps, restored: Restored, stop: Stop) -> None:
    """Move what is in an opened folder of the trash into the opened one it came from; empty folders go."""
    if len(steps) > DEEPEST:
        return
    for name in os.listdir(files):
        if stop.asked():
            return
        try:
            with opened(name, files) as below:
                with suppress(FileExistsError):
                    os.mkdir(name, FOLDER_MODE, dir_fd=to)
                handle = os.open(name, FOLDER, dir_fd=to)
                try:
                    _bring(below, handle, (*steps, name), restored, stop)
                finally:
                    os.close(handle)
            with suppress(OSError):
                os.rmdir(name, dir_fd=files)
            continue
        except OSError as error:
            if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
                restored.left.append(LeftOut(visible("/".join((*steps, name))), error.strerror or ""))
                continue
        _back(name, files, to, steps, restored)


def _back(name: str, files: int, to: int, steps: Steps, restored: Restored) -> None:
    """Link a file where it was, which never takes another one's place, and let go of it here."""
    try:
        os.link(name, name, src_dir_fd=files, dst_dir_fd=to, follow_symlinks=False)
        os.unlink(name, dir_fd=files)
    except OSError as error:
        restored.left.append(LeftOut(visible("/".join((*steps, name))), error.strerror or ""))
    else:
        restored.count += 1
