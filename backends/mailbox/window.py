"""A file read through a window of bounded size, wherever it is asked for; how large the file is does not matter."""

import os

from backends.errors import Failed

CHUNK = 1 << 21


class Window:
    """`data` are the file's bytes from `base` on; the file is taken to end at `size`."""

    def __init__(self, handle: int, size: int) -> None:
        self.size = size
        self.data, self.base = b"", 0
        self._end = 0
        self._handle = handle

    def need(self, start: int, length: int) -> int:
        """Have so many bytes from `start` on in `data`, fewer at the file's end; gives their place in it.

        :raises Failed: the file has become shorter than `size`.
        """
        if start < self.base or start + length > self._end:
            end = min(start + length, self.size)
            if start < self.base or end > self._end:
                self.data, self.base = self._read(start, max(end - start, CHUNK)), start
                self._end = start + len(self.data)
        return start - self.base

    def part(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`."""
        at = self.need(start, end - start)
        return self.data[at : at + end - start]

    def view(self, start: int, end: int) -> memoryview:
        """The same without a copy of them; it stays what it is when the window moves on."""
        at = self.need(start, end - start)
        return memoryview(self.data)[at : at + end - start]

    def _read(self, start: int, length: int) -> bytes:
        parts, left = [], min(length, self.size - start)
        while left > 0 and (part := os.pread(self._handle, left, start)):
            parts.append(part)
            start, left = start + len(part), left - len(part)
        if left > 0:
            raise Failed(
                "The mbox has become shorter while it was read",
                hint="run it again when no other program writes to it",
            )
        return parts[0] if len(parts) == 1 else b"".join(parts)
