"""The newest lines of the mail log over all its rotations, as much as is wanted, the oldest first. Links are not followed."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from backends.errors import NotPermitted, Refused
from backends.maillog.blocks import Blocks
from backends.maillog.files import LOG, Log, opened, rotated

LIMIT = 128 << 20
"""Bytes that are read, decompressed."""
GLANCE = 256
"""Lines between two looks whether to go on."""


class Newest:
    """The newest bytes of a log (LIMIT), as lines without their ends; `whole`: there is no more of it.

    :raises NotPermitted: this user may not read it.
    """

    def __init__(self, log: Path = LOG, *, limit: int | None = None) -> None:
        limit = LIMIT if limit is None else limit
        self._logs, errors = opened(rotated(log).paths)
        for error in errors:
            if isinstance(error, NotPermitted):
                self.close()
                raise error
        self._sizes = [one.length() for one in self._logs]
        self._skipped = max(0, sum(self._sizes) - limit)
        self.whole = not self._skipped
        self.written = max((one.mtime for one in self._logs), default=0.0)
        """When it was last written to (epoch seconds); 0: there is nothing of it."""

    def close(self) -> None:
        for log in self._logs:
            log.close()

    def lines(self, stop: Event | None = None) -> Iterator[bytes]:
        """The lines, once; one that is longer than a block is left out, and one without its end.

        :raises Refused: it was stopped.
        """
        skip = self._skipped
        try:
            for log, size in zip(self._logs, self._sizes, strict=True):
                start, skip = min(skip, size), max(0, skip - size)
                if start < size:
                    yield from _lines(log, start, stop)
        finally:
            self.close()


def _lines(log: Log, start: int, stop: Event | None) -> Iterator[bytes]:
    cut = start > 0  # then the first line is the rest of one
    with log.reader(start) as reader:
        for block in Blocks(reader, start):
            lines = bytes(memoryview(block.content)[block.start : block.end]).split(b"\n")[:-1]
            for number, line in enumerate(lines[1:] if cut else lines):
                if number % GLANCE == 0 and stop is not None and stop.is_set():
                    raise Refused("Stopped before its end", hint="nothing was changed")
                yield line
            cut = False
