"""Messages of an mbox written into a folder of a Maildir: into `tmp`, and from there by rename(2), some at a time.

Before they are renamed the mbox is looked at: what was written while somebody changed it is thrown away.
"""

import errno
import os
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from backends.errors import Failed
from backends.mailbox.content import Content
from backends.mailbox.flushing import Flusher
from backends.mailbox.index import Index, Message, Reading
from backends.mailbox.maildir import PLACES
from backends.mailbox.names import file_name, placed
from backends.mailbox.source import Source
from backends.mailbox.split import Place
from backends.mailbox.window import CHUNK, Window
from backends.way import FOLDER
from backends.workers import Stop

BATCH = 64
"""Messages that are renamed at a time, fewer where they are large."""
BATCH_SIZE = 8 << 20
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Written(msgspec.Struct, frozen=True):
    """How many of the rows came into the folder, the first ones, and their bytes; `error`: why not the others."""

    count: int
    size: int
    error: str = ""
    full: bool = False


class Writer:
    """Writes rows of an index into an opened folder."""

    def __init__(self, source: Source, reading: Reading, index: Index, flusher: Flusher) -> None:
        self._source, self._index, self._flusher = source, index, flusher
        self._content = Content(Window(reading.handle, reading.size), reading.dialect, reading.otherwise)
        self._places: dict[str, int] = {}
        self._waiting: list[tuple[str, str]] = []
        self._count = self._size = self._ahead = 0

    def write(self, folder: int, rows: Sequence[int], stop: Stop, tell: Callable[[int], None]) -> Written:
        """Write them, until told to stop or something fails; what was written till then stays.

        `tell` is told the bytes written so far.

        :raises Failed: the disk did not take it; none of them counts as written.
        """
        written = self._written(folder, rows, stop, tell)
        self._flusher.end()
        return written

    def _written(self, folder: int, rows: Sequence[int], stop: Stop, tell: Callable[[int], None]) -> Written:
        try:
            self._places = {place: os.open(place, FOLDER, dir_fd=folder) for place in PLACES}
            for row in rows:
                self._add(self._index[row])
                if len(self._waiting) == BATCH or self._ahead >= BATCH_SIZE:
                    self._publish()
                    tell(self._size)
                    if stop.asked() or self._flusher.error:
                        break
            self._publish()
        except Failed as error:
            return Written(self._count, self._size, f"{error}")
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            return Written(self._count, self._size, error.strerror or type(error).__name__, full)
        finally:
            self._throw_away()
            for handle in self._places.values():
                os.close(handle)
        return Written(self._count, self._size)

    def _add(self, message: Message) -> None:
        """Write one into `tmp`.

        :raises Failed: it is not what it was when it was first read.
        """
        name = file_name(message.when, message.key, message.size)
        handle = self._create(name)
        self._waiting.append((name, message.flags))
        try:
            size = self._put(handle, message.place)
            os.utime(handle, (message.when, message.when))
        finally:
            os.close(handle)
        if size != message.size:
            self._source.must_be_as_it_was()
            raise Failed("A message is not what it was when it was first read", hint="run it again")
        self._ahead += size

    def _put(self, handle: int, place: Place) -> int:
        """Write what a message is; gives its bytes."""
        size = ahead = 0
        parts: list[bytes | memoryview] = []
        for part in self._content.parts(place):
            parts.append(part)
            ahead += len(part)
            if ahead >= CHUNK:
                size += _write(handle, parts, ahead)
                parts, ahead = [], 0
        return size + _write(handle, parts, ahead)

    def _create(self, name: str) -> int:
        try:
            return os.open(name, NEW, 0o600, dir_fd=self._places["tmp"])
        except FileExistsError:  # a run that was broken off has left it
            os.unlink(name, dir_fd=self._places["tmp"])
            return os.open(name, NEW, 0o600, dir_fd=self._places["tmp"])

    def _publish(self) -> None:
        """Let those that were written come into the folder.

        :raises Failed: the mbox was changed meanwhile.
        """
        self._source.must_be_as_it_was()
        while self._waiting:
            name, flags = self._waiting[0]
            place, shown = placed(name, flags)
            os.rename(name, shown, src_dir_fd=self._places["tmp"], dst_dir_fd=self._places[place])
            del self._waiting[0]
            self._count += 1
        self._flusher.wrote(self._ahead)
        self._size += self._ahead
        self._ahead = 0

    def _throw_away(self) -> None:
        for name, _ in self._waiting:
            with suppress(OSError):
                os.unlink(name, dir_fd=self._places["tmp"])


def _write(handle: int, parts: list[bytes | memoryview], size: int) -> int:
    """Write all of them in one go, but where the disk takes less at a time."""
    done = os.writev(handle, parts) if parts else 0
    if done < size:
        rest = memoryview(b"".join(parts))[done:]
        while rest:
            rest = rest[os.write(handle, rest) :]
    return size
