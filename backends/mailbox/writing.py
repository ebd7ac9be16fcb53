"""Messages of an mbox written into a folder of a Maildir: into files without names, which get theirs some at a time.

Before they get them the mbox is looked at: what was written while somebody changed it is thrown away. Files without
names (open(2), O_TMPFILE) leave nothing behind, and several processes make them without waiting for one another; where
the file system has none, files are made in `tmp` and renamed.
"""

import errno
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from backends.errors import Failed
from backends.mailbox.content import Content
from backends.mailbox.index import Index, Message, Reading
from backends.mailbox.maildir import PLACES
from backends.mailbox.names import file_name, placed
from backends.mailbox.source import Source
from backends.mailbox.window import Window
from backends.way import FOLDER
from backends.workers import Stop

BATCH = 64
"""Messages that get their names at a time, fewer where they are large."""
BATCH_SIZE = 8 << 20
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
NAMELESS = os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC
NO_NAMELESS = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}
"""How file systems and kernels say that they have no files without names."""


class Written(msgspec.Struct, frozen=True):
    """How many of the rows came into the folder, the first ones, and their bytes; `error`: why not the others."""

    count: int
    size: int
    error: str = ""
    full: bool = False


class Waiting(NamedTuple):
    """A message that was written: its name, flags, and handle (-1: it is in `tmp` by its name)."""

    name: str
    flags: str
    handle: int


class Writer:
    """Writes rows of an index into an opened folder. `tell` is told the bytes written so far."""

    def __init__(self, source: Source, reading: Reading, index: Index, tell: Callable[[int], None]) -> None:
        self._source, self._index, self._tell = source, index, tell
        self._content = Content(Window(reading.handle, reading.size), reading.dialect, reading.otherwise)
        self._places: dict[str, int] = {}
        self._waiting: list[Waiting] = []
        self._nameless = Path("/proc/self/fd").is_dir()
        self._count = self._size = self._ahead = 0

    def write(self, folder: int, rows: Sequence[int], stop: Stop) -> Written:
        """Write them, until told to stop or something fails; what was written till then stays."""
        try:
            self._places = {place: os.open(place, FOLDER, dir_fd=folder) for place in PLACES}
            for row in rows:
                self._add(self._index[row])
                if len(self._waiting) == BATCH or self._ahead >= BATCH_SIZE:
                    self._publish()
                    if stop.asked():
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
        handle = self._nameless_file()
        if handle < 0:
            handle = self._create(name)
            self._waiting.append(Waiting(name, message.flags, -1))
        else:
            self._waiting.append(Waiting(name, message.flags, handle))
        try:
            size = 0
            for part in self._content.parts(message.place):
                rest = memoryview(part)
                while rest:
                    rest = rest[os.write(handle, rest) :]
                size += len(part)
            os.utime(handle, (message.when, message.when))
        finally:
            if self._waiting[-1].handle < 0:
                os.close(handle)
        if size != message.size:
            self._source.must_be_as_it_was()
            raise Failed("A message is not what it was when it was first read", hint="run it again")
        self._ahead += size

    def _nameless_file(self) -> int:
        """The handle of a new file without a name; -1: there is no such thing here."""
        if not self._nameless:
            return -1
        try:
            return os.open(".", NAMELESS, 0o600, dir_fd=self._places["tmp"])
        except OSError as error:
            if error.errno not in NO_NAMELESS:
                raise
            self._nameless = False
            return -1

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
            one = self._waiting[0]
            place, shown = placed(one.name, one.flags)
            if one.handle < 0 or not self._linked(one.handle, shown, self._places[place]):
                os.rename(one.name, shown, src_dir_fd=self._places["tmp"], dst_dir_fd=self._places[place])
            del self._waiting[0]
            self._count += 1
            if one.handle >= 0:
                os.close(one.handle)
        self._size += self._ahead
        self._ahead = 0
        self._tell(self._size)

    def _linked(self, handle: int, name: str, folder: int) -> bool:
        """Give a file its name; whether it was free, else it stands in `tmp` by the name without flags."""
        file = f"/proc/self/fd/{handle}"
        try:
            os.link(file, name, dst_dir_fd=folder, follow_symlinks=True)
        except FileExistsError:  # a power failure has cut it short
            plain = name.partition(":")[0]
            with suppress(FileNotFoundError):
                os.unlink(plain, dir_fd=self._places["tmp"])
            os.link(file, plain, dst_dir_fd=self._places["tmp"], follow_symlinks=True)
            return False
        return True

    def _throw_away(self) -> None:
        for one in self._waiting:
            with suppress(OSError):
                if one.handle >= 0:
                    os.close(one.handle)
                else:
                    os.unlink(one.name, dir_fd=self._places["tmp"])
