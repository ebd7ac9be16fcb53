"""The folders of a queue directory, opened in a way that whoever owns them cannot lead astray.

They belong to the user postfix, and mailtui works in them as root. Each step of a path is opened from the one
before without following symbolic links, and what is done to a file is done relative to the opened folder.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

PLACES = ("hold", "incoming", "active", "deferred")
"""Where a message can be that postsuper(1) acts on, in the order in which it is looked for."""

LOGS = ("bounce", "defer", "trace")
"""Where Postfix keeps what it will report of a message, under the message's queue ID; postsuper -d removes it too."""

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
OPEN_AT_ONCE = 128
LONG_ID_DIGITS = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"


class Folders:
    """Opened folders of one queue directory; closed at the end of the `with` block.

    `hashed` and `depth` are Postfix's hash_queue_names and hash_queue_depth.
    """

    def __init__(self, directory: Path, hashed: frozenset[str], depth: int) -> None:
        self._directory, self._hashed, self._depth = directory, hashed, depth
        self._handles: dict[tuple[str, ...], int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def steps(self, queue: str, queue_id: str) -> tuple[str, ...]:
        """The folders below the queue directory in which a message's file is."""
        return (queue, *hash_steps(queue_id, self._depth)) if queue in self._hashed else (queue,)

    def of(self, queue: str, queue_id: str) -> int:
        """The handle of the folder for a message, good until the next call.

        :raises FileNotFoundError: there is no such folder.
        :raises OSError: a step is a symbolic link, or not to be read.
        """
        if len(self._handles) > OPEN_AT_ONCE:
            self._close()
        return self.folder(self.steps(queue, queue_id))

    def stat(self, queue: str, queue_id: str) -> os.stat_result | None:
        """What is known of a message's file in that queue; None: it is not there.

        :raises OSError: it cannot be looked at.
        """
        try:
            return os.stat(queue_id, dir_fd=self.of(queue, queue_id), follow_symlinks=False)
        except FileNotFoundError:
            return None

    def find(self, queue_id: str) -> tuple[str, os.stat_result] | None:
        """The queue a message is in, with its file's data; None: in none. It may move while we look: twice."""
        for queue in PLACES * 2:
            if found := self.stat(queue, queue_id):
                return queue, found
        return None

    def folder(self, steps: tuple[str, ...]) -> int:
        """The handle of the folder at the end of these steps below the queue directory.

        :raises OSError: it is not there, or a step is a symbolic link, or not to be read.
        """
        handle = self._handles.get(steps)
        if handle is None:
            if steps:
                handle = os.open(steps[-1], FOLDER, dir_fd=self.folder(steps[:-1]))
            else:
                handle = os.open(self._directory, FOLDER & ~os.O_NOFOLLOW)
            self._handles[steps] = handle
        return handle

    def _close(self) -> None:
        for handle in self._handles.values():
            os.close(handle)
        self._handles.clear()


def hash_steps(queue_id: str, depth: int) -> tuple[str, ...]:
    """The folders a hashed queue puts a message in: a letter each of the microsecond in its queue ID.

    Source: Postfix, `mail_queue_dir` and `dir_forest`; for long IDs (enable_long_queue_ids) `MQID_LG_GET_HEX_USEC`.
    """
    head, separator, _ = queue_id.rpartition("z")
    if separator and len(head) >= 10:
        microsecond = 0
        for digit in head[-4:]:
            microsecond = microsecond * 52 + LONG_ID_DIGITS.find(digit)
        queue_id = f"{microsecond:05X}"
    return tuple(queue_id[:depth].ljust(depth, "_"))
