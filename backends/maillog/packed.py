"""A gzip file decompressed by a thread of its own, while what is there already is being looked at."""

import os
import queue
import threading
from contextlib import suppress
from typing import Protocol

GZIP = b"\x1f\x8b"
CHUNK = 1 << 20
PART, STEP = 4 << 20, 1 << 16
"""Bytes that are decompressed at a time: few steps, because each may have to wait for the interpreter's lock. Of a damaged
file it is done again in small steps, so that little before the damage is lost.
"""
WAITING = 1
GLANCE = 0.05


class _Decompressor(Protocol):
    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def begun(handle: int, size: int) -> bytes:
    """The first bytes of a gzip file, decompressed, at most so many; none of one that is damaged there."""
    from isal import igzip_lib  # noqa: PLC0415 - for compressed logs only

    unpacker: _Decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    try:
        return unpacker.decompress(os.pread(handle, CHUNK, 0), size)
    except igzip_lib.error:  # type: ignore[misc]
        return b""


class Packed:
    """Reads an opened gzip file from its beginning. `trouble` says at the end why it ended before its end.

    What was decompressed before a fault is given. Members that follow one another are one; what is behind the last is not
    looked at, as gzip(1) does.
    """

    def __init__(self, handle: int) -> None:
        self.trouble = ""
        self._handle, self._at = handle, 0
        self._parts: queue.Queue[bytes] = queue.Queue(WAITING)
        self._part = memoryview(b"")
        self._given = self._again = 0  # bytes that were handed over, and how many of these come once more
        self._closed = threading.Event()
        self._reader = threading.current_thread()
        self._thread = threading.Thread(target=self._work, name="gzip", daemon=True)
        self._thread.start()

    def readinto(self, buffer: memoryview, /) -> int:
        """The next bytes; 0: there are no more."""
        if not self._part:
            if self._closed.is_set():
                return 0
            self._part = memoryview(self._parts.get())
            if not self._part:
                self._closed.set()
                return 0
        count = min(len(buffer), len(self._part))
        buffer[:count] = self._part[:count]
        self._part = self._part[count:]
        return count

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        with suppress(queue.Empty):  # it may wait for room
            while True:
                self._parts.get_nowait()
        self._thread.join()

    def _work(self) -> None:
        try:
            if not self._all(PART):
                self._at = 0
                self._again = self._given
                self._all(STEP)
        except OSError as error:
            self.trouble = f"it cannot be read further: {error.strerror}"
        finally:
            self._put(b"")

    def _all(self, step: int) -> bool:
        """Decompress all; gives whether it is whole as far as it goes."""
        from isal import igzip_lib  # noqa: PLC0415 - for compressed logs only

        rest = self._more()
        while rest:
            unpacker: _Decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
            while not unpacker.eof:
                if unpacker.needs_input and not rest and not (rest := self._more()):
                    self.trouble = "it is cut off: its compressed data do not end"
                    return True
                try:
                    part = unpacker.decompress(rest, step)
                except igzip_lib.error:  # type: ignore[misc]
                    self.trouble = "it is damaged: what follows cannot be decompressed"
                    return False
                rest = b""
                if part and not self._hand_over(part):
                    return True
            rest = unpacker.unused_data
            if len(rest) < len(GZIP):
                rest += self._more()
            if rest[:2] != GZIP:
                return True
        return True

    def _hand_over(self, part: bytes) -> bool:
        """Hand over what was not given before; gives whether somebody still wants it."""
        new = part[self._again :]
        self._again = max(0, self._again - len(part))
        self._given += len(new)
        return not new or self._put(new)

    def _more(self) -> bytes:
        chunk = os.pread(self._handle, CHUNK, self._at)
        self._at += len(chunk)
        return chunk

    def _put(self, part: bytes) -> bool:
        """Hand a part over; gives whether somebody still wants it."""
        while not self._closed.is_set() and self._reader.is_alive():
            try:
                self._parts.put(part, timeout=GLANCE)
            except queue.Full:
                continue
            return True
        return False
