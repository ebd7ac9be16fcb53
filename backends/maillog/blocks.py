"""A log in blocks of whole lines, all in one buffer that is used again, so that any log takes the same room."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

MARGIN = 64
HISTORY = 1 << 17
"""Bytes before a block that can still be looked at."""
SIZE = 4 << 20


class Bytes(Protocol):
    """An opened log, decompressed."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


class Block(NamedTuple):
    """Whole lines from `start` to before `end` in `content`, which holds some of the log before them as well.

    Until the next block only. `base`: where the content begins in its log; `last`: nothing will follow.
    """

    content: bytearray
    start: int
    end: int
    base: int
    last: bool


class Blocks:
    """Gives the blocks of a log from the place `at` on, where a line begins; `history`: what stands before it.

    Whoever reads them may set `used` after each to where in the content it is done: what is behind comes again, with
    more behind it. A line that is longer than a block is left out and counted. `final`: the log does not grow any more.
    """

    def __init__(
        self, log: Bytes, at: int = 0, *, history: bytes = b"", final: bool = True, size: int = SIZE
    ) -> None:
        self._log, self._size, self._final = log, size, final
        self._content = bytearray(MARGIN + HISTORY + size + MARGIN)
        self._first = self._filled = MARGIN + HISTORY
        before = (b"\n" + history)[-HISTORY:]
        self._content[self._first - len(before) : self._first] = before
        self._at = at
        self.used = self._first
        self.overlong = 0

    @property
    def position(self) -> int:
        """Where in the log all before is done with."""
        return self._at

    def __iter__(self) -> Iterator[Block]:
        content, first, limit = self._content, self._first, self._first + self._size
        within = ended = False  # within a line that is too long
        while not ended:
            ended = not self._fill(limit)
            start = content.find(b"\n", first, self._filled) + 1 if within else first
            if not start:
                self._advance(self._filled)
                continue
            end = content.rfind(b"\n", start, self._filled) + 1
            if end:
                within = False
                self.used = end
                yield Block(content, start, end, self._at - first, ended and self._final)
                self._advance(self.used if self.used > first or ended else end)
            elif not within and self._filled == limit:
                within = True
                self.overlong += 1
                self._advance(self._filled)
            elif within:
                within = False
                self._advance(start)

    def _fill(self, limit: int) -> bool:
        """Read until the buffer is full; gives whether there may be more."""
        view = memoryview(self._content)
        while self._filled < limit:
            count = self._log.readinto(view[self._filled : limit])
            if not count:
                return False
            self._filled += count
        return True

    def _advance(self, used: int) -> None:
        """Move what is not used to the front, with what stands before it."""
        view, rest = memoryview(self._content), self._filled - used
        view[MARGIN : self._first + rest] = view[used - HISTORY : self._filled]
        self._filled = self._first + rest
        self._at += used - self._first
