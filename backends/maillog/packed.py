"""A gzip file decompressed by a thread of its own, while what is there already is being looked at."""

import os
import queue
import threading
from typing import Protocol

GZIP = b"\x1f\x8b"
CHUNK = 1 << 18
STEP = 1 << 16
"""Bytes that are decompressed at a time: before a fault so many are lost at most."""
PART = 1 << 20
WAITING = 3
"""Parts of about PART bytes that wait at most."""
GLANCE = 0.05


class _Decompressor(Protocol):
    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


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
        self._done = bytearray()
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
        self._thread.join()

    def _work(self) -> None:
        try:
            self._all()
        except OSError as error:
            self.trouble = f"it cannot be read further: {error.strerror}"
        except Exception as error:
            if type(error).__name__ != "IsalError":  # it has no public name
                self.trouble = f"it cannot be decompressed: {error}"
                raise
            self.trouble = "it is damaged: what follows cannot be decompressed"
        finally:
            self._hand_over()
            self._put(b"")

    def _all(self) -> None:
        from isal import igzip_lib  # noqa: PLC0415 - for compressed logs only

        rest = self._more()
        while rest:
            unpacker: _Decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
            while not unpacker.eof:
                if unpacker.needs_input and not rest and not (rest := self._more()):
                    self.trouble = "it is cut off: its compressed data do not end"
                    return
                self._done += unpacker.decompress(rest, STEP)
                rest = b""
                if len(self._done) >= PART and not self._hand_over():
                    return
            rest = unpacker.unused_data
            if len(rest) < len(GZIP):
                rest += self._more()
            if rest[:2] != GZIP:
                return

    def _hand_over(self) -> bool:
        """Hand over what is decompressed; gives whether somebody still wants it."""
        done, self._done = bytes(self._done), bytearray()
        return not done or self._put(done)

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
