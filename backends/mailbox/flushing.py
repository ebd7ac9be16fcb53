"""What is written sent to the disk while more is written: at the end there is little left to wait for."""

import ctypes
import os
from contextlib import suppress
from threading import Thread

from backends.errors import NotOnDisk

SHARE = 64 << 20
"""Bytes that are written before they are sent to the disk."""


class Flusher:
    """Has the file system of an opened folder written to the disk, by a thread that waits for that."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._kernel = ctypes.CDLL(None, use_errno=True)
        self._thread: Thread | None = None
        self._size = self.error = 0

    def wrote(self, size: int) -> None:
        """So many bytes more were written."""
        self._size += size
        if self._size < SHARE or (self._thread is not None and self._thread.is_alive()):
            return
        self._size = 0
        thread = Thread(target=self._flush, daemon=True)
        with suppress(RuntimeError):  # the user may have no more threads: then all is flushed at the end
            thread.start()
            self._thread = thread

    def end(self) -> None:
        """Wait for what is under way.

        :raises NotOnDisk: the disk did not take it. The kernel says so once: whoever asks later is told nothing.
        """
        if self._thread is not None:
            self._thread.join()
        if self.error:
            raise not_on_disk(os.strerror(self.error))

    def _flush(self) -> None:
        if self._kernel.syncfs(self._handle):
            self.error = ctypes.get_errno()


def not_on_disk(why: str) -> NotOnDisk:
    """What is told when the disk does not take what was written."""
    return NotOnDisk(
        f"What was written may not be on disk: {why}", hint="look in the kernel's log, then run it again"
    )
