"""How far several processes are, in memory that they share."""

import mmap
import struct
from collections.abc import Callable

from backends.workers import count

_SLOT = struct.Struct("Q")


class Progress:
    """Of so many bytes; whoever looks tells `glance` those done and all of them."""

    def __init__(self, size: int, glance: Callable[[int, int], object]) -> None:
        self._size, self._glance = size, glance
        self._done = mmap.mmap(-1, _SLOT.size * count())

    def tell(self, number: int, done: int) -> None:
        """In the process of that number: so many bytes are done."""
        _SLOT.pack_into(self._done, _SLOT.size * number, done)

    def look(self) -> int:
        """Tell it, and give the bytes done."""
        done: int = sum(value for (value,) in _SLOT.iter_unpack(self._done))
        self._glance(min(done, self._size), self._size)
        return done
