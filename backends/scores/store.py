"""What the log tells of every message that amavis has looked at, as rows of fixed size; texts stay in the log.

Rows are read a block at a time, from memory or from a file, so that five million of them take no more room than one
block. A row's number is its place in the log: the order of time, unless the clock ran backwards.
"""

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

ROW = np.dtype(
    [
        ("at", "<u8"),  # where the line begins in its log, decompressed; in a journal its time in µs
        ("time", "<u4"),  # epoch seconds
        ("score", "<i4"),  # thousandths, or NO_SCORE; of `min..max` the higher
        ("took", "<u4"),  # ms, or UNKNOWN
        ("size", "<u4"),  # bytes, or UNKNOWN
        ("category", "u1"),  # into CATEGORIES
        ("direction", "u1"),  # into DIRECTIONS
        ("flags", "<u2"),  # BLOCKED | …
    ]
)
Rows = npt.NDArray[np.void]
"""An array of ROW: `rows["score"]` is its column of scores."""

THOUSANDTHS = 1000
NO_SCORE = -(1 << 31)
HIGHEST = 1_000_000_000
"""Scores, in thousandths, are kept within this and its negative: `inf` and what has 64 digits too."""
UNKNOWN = (1 << 32) - 1
DIRECTIONS = ("", "Inbound", "Outbound", "Internal", "OpenRelay")
BLOCKED, QUARANTINED, TAGGED, RANGE, SPLIT = 1, 2, 4, 8, 16
BLOCK = 1 << 16
"""Rows read at a time."""


class Source(Protocol):
    """Some rows in order."""

    def __len__(self) -> int: ...

    @property
    def span(self) -> tuple[int, int]:
        """The earliest and the latest time in it."""

    def rows(self, start: int, end: int) -> Rows:
        """The rows from `start` to before `end`."""


class Held:
    """Rows in memory."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.span = span(rows)

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, end: int) -> Rows:
        return self._rows[start:end]


class Filed:
    """So many rows in an opened file, behind `skipped` bytes of something else; the file is closed with it."""

    def __init__(self, handle: int, skipped: int, count: int, span: tuple[int, int]) -> None:
        self._handle, self._skipped, self._count = handle, skipped, count
        self.span = span

    def __len__(self) -> int:
        return self._count

    def rows(self, start: int, end: int) -> Rows:
        size = max(0, min(end, self._count) - start) * ROW.itemsize
        found = os.pread(self._handle, size, self._skipped + start * ROW.itemsize)
        return np.frombuffer(found[: len(found) // ROW.itemsize * ROW.itemsize], ROW)

    def __del__(self) -> None:
        os.close(self._handle)


class Block(NamedTuple):
    """Rows that follow one another, or those of them that are asked for: each one's number, and the rows."""

    numbers: npt.NDArray[np.int64]
    rows: Rows


class Part(msgspec.Struct, frozen=True):
    """The rows of one log: its name as it was read, and of what it is told by again (see backends/maillog)."""

    name: str
    key: str
    source: Source


class Store:
    """All rows of several logs, in their order."""

    def __init__(self, parts: Sequence[Part] = ()) -> None:
        self.parts = tuple(part for part in parts if len(part.source))
        self._starts = [0]
        for part in self.parts:
            self._starts.append(self._starts[-1] + len(part.source))

    @classmethod
    def of(cls, rows: Rows) -> "Store":
        """A store of rows in memory."""
        return cls([Part("", "", Held(rows))])

    def __len__(self) -> int:
        return self._starts[-1]

    @cached_property
    def span(self) -> tuple[int, int]:
        """The earliest and the latest time in it, epoch seconds; 0 when it is empty."""
        spans = [part.source.span for part in self.parts]
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else (0, 0)

    def blocks(self, since: float = 0, until: float = UNKNOWN) -> Iterator[Block]:
        """The rows from `since` to before `until` (epoch seconds), a block at a time; logs of other times are not read."""
        for part, first in zip(self.parts, self._starts, strict=False):
            earliest, latest = part.source.span
            if latest < since or earliest >= until:
                continue
            whole = earliest >= since and latest < until
            for start in range(0, len(part.source), BLOCK):
                rows = part.source.rows(start, start + BLOCK)
                numbers = np.arange(first + start, first + start + len(rows))
                if not whole:
                    wanted = (rows["time"] >= since) & (rows["time"] < until)
                    rows, numbers = rows[wanted], numbers[wanted]
                if len(rows):
                    yield Block(numbers, rows)

    def row(self, number: int) -> Rows:
        """One row, as an array of one.

        :raises IndexError: there is no such row.
        """
        part, place = self.place(number)
        return part.source.rows(place, place + 1)

    def first(self, part: Part) -> int:
        """The number of the first row of a log."""
        return self._starts[self.parts.index(part)]

    def place(self, number: int) -> tuple[Part, int]:
        """The log that a row is of, and its number there.

        :raises IndexError: there is no such row.
        """
        if not 0 <= number < len(self):
            raise IndexError(number)
        which = bisect_right(self._starts, number) - 1
        return self.parts[which], number - self._starts[which]

    def number(self, key: str, place: int) -> int | None:
        """The row that is at this place of the log with that key; None: it is not here."""
        for part, first in zip(self.parts, self._starts, strict=False):
            if part.key == key and 0 <= place < len(part.source):
                return first + place
        return None


def span(rows: Rows) -> tuple[int, int]:
    """The earliest and the latest time of some rows; 0 when there are none."""
    return (int(rows["time"].min()), int(rows["time"].max())) if len(rows) else (0, 0)
