"""The journal's entries as rows, where there is no log file: the same lines, found again by their time."""

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from threading import Event

import numpy as np
import numpy.typing as npt

from backends.errors import Failed, Refused
from backends.maillog.blocks import Block, Blocks
from backends.maillog.journal import Entry, command, entries, of_amavis
from backends.runner import Runner, Stream
from backends.scores.kept import Segment
from backends.scores.line import HEAD
from backends.scores.scan import Scanner, Whole, joined

KEY = "journal"
NAME = "the journal"
_RECENT = 2000
_SECOND = 1_000_000


class Lines:
    """Entries as the bytes of a log, and of each where its line begins in it."""

    def __init__(self, found: Iterable[Entry]) -> None:
        self._entries = iter(found)
        self._rest = memoryview(b"")
        self._size = self.count = 0
        self.starts, self.times = array("q"), array("q")
        self._recent: deque[tuple[int, str]] = deque(maxlen=_RECENT)

    def readinto(self, buffer: memoryview, /) -> int:
        if not self._rest:
            entry = next(self._entries, None)
            if entry is None:
                return 0
            self._rest = memoryview(entry.line)
            self.starts.append(self._size)
            self.times.append(entry.time)
            self._size += len(entry.line)
            self.count += 1
            self._recent.append((self._size, entry.cursor))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def times_at(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The times of the entries whose lines begin at these places, which ascend; those before are forgotten."""
        starts = np.array(self.starts, np.int64)
        which = np.searchsorted(starts, places, "right") - 1
        times = np.array(self.times, np.int64)[which]
        if len(which):
            self.starts, self.times = self.starts[which[-1] :], self.times[which[-1] :]
        return times

    def cursor(self, used: int) -> str:
        """The last entry of which all bytes are used; empty: it was none."""
        return next((cursor for end, cursor in reversed(self._recent) if end <= used), "")


def read_journal(runner: Runner, segment: Segment, stop: Event | None) -> int:
    """Append what is new; gives how many entries there were.

    :raises Missing: there is no journalctl.
    :raises Failed: it reported an error.
    :raises Refused: it was stopped.
    """
    asked = command(of_amavis(), after=segment.state.cursor)
    with runner.stream(asked) as stream:
        lines = Lines(entries(_chunks(stream, stop)))
        scanner = Scanner(0)
        blocks = Blocks(lines)
        for block in blocks:
            rows, blocks.used = scanner.scan(block)
            rows["at"] = lines.times_at(rows["at"].astype(np.int64))
            segment.append(rows)
        result = stream.result()
    if result.code != 0:
        raise Failed(
            f"journalctl failed: {result.complaint}", hint="look with: journalctl --identifier=amavis"
        )
    if lines.count:
        segment.keep(cursor=lines.cursor(blocks.position) or segment.state.cursor)
    return lines.count


def find_in_journal(runner: Runner, time: int) -> Whole | None:
    """The message of an entry of that time (µs)."""
    second = time // _SECOND
    result = runner.run(command(of_amavis(), since=second, until=second + 2))
    content, start = bytearray(), -1
    for entry in entries([result.stdout]):
        if entry.time == time and start < 0 and HEAD.match(entry.line):
            start = len(content)
        content += entry.line
    return None if start < 0 else joined(Block(content, start, len(content), 0, last=True), start)


def _chunks(stream: Stream, stop: Event | None) -> Iterator[bytes]:
    while chunk := stream.read():
        if stop is not None and stop.is_set():
            raise Refused("Reading the journal was stopped", hint="press r to read it again")
        yield chunk
