"""Where the entries of a source stand, so that any of them is read without those before it. Only some places are kept."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from threading import Event
from typing import BinaryIO

import msgspec
import numpy as np
import numpy.typing as npt

from backends.errors import Refused
from backends.maps.blocks import TooLong, blocks
from backends.maps.lines import BLANK, logical
from backends.maps.reading import Entry, entry_of
from backends.maps.values import Table

STEP = 256
"""Entries between two places that are kept."""
APART = 256 << 10
"""Bytes between two places, where entries are long: so much is read at once, and the last of them."""
_STARTS = np.ones(256, dtype=np.bool_)
_STARTS[[*BLANK, ord("#")]] = False


class Index(msgspec.Struct, frozen=True):
    """The entries of a source as it was: `places` are the number, offset and line of some entries, the first among them.

    `mark` is what tells the file from a changed one; `cut` says in a sentence what was not looked at.
    """

    count: int
    places: tuple[tuple[int, int, int], ...]
    end: int
    mark: str
    cut: str = ""

    def part(self, number: int) -> int:
        """Which part an entry is in."""
        return bisect_right(self.places, number, key=lambda place: place[0]) - 1


def index(
    file: BinaryIO,
    mark: str,
    stop: Event | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> Index:
    """Read a source once; `progress` is told how many entries were found."""
    count, offset, line, cut = 0, 0, 1, ""
    places: list[tuple[int, int, int]] = []
    try:
        for block in blocks(file):
            if stop is not None and stop.is_set():
                break
            starts = begins(block)
            lines = block_lines(block, starts)
            places += [(count + at, offset + int(starts[at]), line + int(lines[at])) for at in _kept(starts)]
            count, offset, line = count + len(starts), offset + len(block), line + block.count(b"\n")
            progress(count)
    except TooLong as error:
        cut = f"{error}: what follows is not shown"
    return Index(count, tuple(places), offset, mark, cut)


def part(table: Table, file: BinaryIO, found: Index, number: int, mark: str) -> tuple[Entry, ...]:
    """The entries from one place to the next.

    :raises Refused: the file is another now.
    """
    if mark != found.mark:
        raise Refused(f"{table.path} has been changed meanwhile", hint="r reads it again")
    _first, offset, line = found.places[number]
    end = found.places[number + 1][1] if number + 1 < len(found.places) else found.end
    file.seek(offset)
    return tuple(read(table, file.read(end - offset), line))


def read(table: Table, text: bytes, line: int) -> Iterator[Entry]:
    """The entries of a piece of a source that begins on that line."""
    for _start, _end, number, one in logical(text):
        yield entry_of(table, line + number - 1, one)


def begins(block: bytes) -> npt.NDArray[np.int64]:
    """Where the logical lines of a block begin."""
    text = np.frombuffer(block, dtype=np.uint8)
    starts = np.concatenate((np.zeros(1, dtype=np.int64), np.flatnonzero(text == 10) + 1))
    starts = starts[starts < len(text)]
    starts = starts[_STARTS[text[starts]]]
    lead = block[: starts[0]] if len(starts) else block
    first = next(logical(lead), None) if lead else None
    return starts if first is None else np.insert(starts, 0, first[0])


def block_lines(block: bytes, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many lines of the block come before each of these places."""
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == 10)
    return np.searchsorted(ends, starts)


def _kept(starts: npt.NDArray[np.int64]) -> Iterator[int]:
    """Which of these begin a part."""
    at = 0
    while at < len(starts):
        yield at
        far = int(np.searchsorted(starts, starts[at] + APART))
        at = max(at + 1, min(at + STEP, far))
