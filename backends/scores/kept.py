"""What was read of a log, kept in a file beside others: how far, and its rows; read anew where there is any doubt.

A file begins with a line of JSON, padded, and the rows follow. It is told by the log's key, so that a log that was
renamed, copied or compressed since is not read again. Nothing waits for the disk: after a reboot the rows are checked once.
"""

import os
import stat
import tempfile
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from backends.errors import NoSpace
from backends.files import NO_ROOM, SPILL_FOLDER, STATE
from backends.maillog.files import key_of
from backends.scores.store import BLOCK, ROW, Filed, Rows, span
from backends.text import visible

VERSION = 1
ROOM = 4096
TAIL = 64
END = ".rows"
"""How the files' names end."""
_FILE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class State(msgspec.Struct, frozen=True):
    """How far a log was read. `tail`: what its last bytes before `offset` are told by; `whole`: so many bytes on disk, with that
    modification time (ns), were read to their end; `cursor`: journald's place; `sum`: of all rows (CRC-32), since the machine was started that `boot` names.
    """

    version: int = VERSION
    host: str = ""
    key: str = ""
    offset: int = 0
    tail: str = ""
    count: int = 0
    first: int = 0
    last: int = 0
    whole: tuple[int, int] = (0, 0)
    overlong: int = 0
    cursor: str = ""
    boot: str = ""
    sum: int = 0
    check: str = ""


class Segment:
    """The rows of one log in an opened file. `doubt`: why what was there is not used."""

    def __init__(self, handle: int, key: str, host: str) -> None:
        self._handle = handle
        self._named = os.fstat(handle).st_nlink > 0
        self.doubt = ""
        self.state = State(host=host, key=key)
        self.count = self._first = self._last = self._sum = 0
        self.refresh()

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def refresh(self) -> None:
        """Take what was made last, maybe by another process; what was only appended is forgotten."""
        found = self._found()
        if found is not None:
            self.state = found
        self._take_up()

    @property
    def gone(self) -> bool:
        """Whether the file of this segment was removed."""
        return self._named and os.fstat(self._handle).st_nlink == 0

    def forget(self) -> None:
        """Begin anew."""
        self.state = State(host=self.state.host, key=self.state.key)
        self._take_up()

    def append(self, rows: Rows) -> None:
        """Write rows behind the others.

        :raises NoSpace: there is no room.
        """
        if not len(rows):
            return
        first, last = span(rows)
        self._first, self._last = (
            (min(self._first, first), max(self._last, last)) if self.count else (first, last)
        )
        content = rows.tobytes()
        self._write(content, ROOM + self.count * ROW.itemsize)
        self._sum = zlib.crc32(content, self._sum)
        self.count += len(rows)

    def source(self) -> Filed:
        """The rows so far."""
        return Filed(os.dup(self._handle), ROOM, self.count, (self._first, self._last))

    def keep(self, **changes: object) -> None:
        """Make what was appended last, with a changed state.

        :raises NoSpace: there is no room.
        """
        state = msgspec.structs.replace(
            self.state,
            count=self.count,
            first=self._first,
            last=self._last,
            sum=self._sum,
            boot=_boot(),
            **changes,
        )
        self.state = msgspec.structs.replace(state, check=_check(state))
        self._write(msgspec.json.encode(self.state).ljust(ROOM - 1) + b"\n", 0)

    def _take_up(self) -> None:
        state = self.state
        self.count, self._first, self._last, self._sum = state.count, state.first, state.last, state.sum

    def _found(self) -> State | None:
        written = os.pread(self._handle, ROOM, 0)
        if not written:
            return None
        try:
            state = msgspec.json.decode(written, type=State)
        except (msgspec.DecodeError, RecursionError):
            self.doubt = "it is damaged"
            return None
        if state.version != VERSION:
            self.doubt = "it was written by another version of mailtui"
        elif state.check != _check(state) or not self._plausible(state):
            self.doubt = "it is damaged"
        elif state.host != self.state.host:
            self.doubt = "it comes from another machine"
        elif state.boot != _boot() and self._summed(state.count) != state.sum:
            self.doubt = "it was not written whole before the machine stopped"
        return None if self.doubt or state.key != self.state.key else state

    def _summed(self, count: int) -> int:
        """The sum of the rows in the file."""
        found = 0
        for start in range(0, count, BLOCK):
            size = min(BLOCK, count - start) * ROW.itemsize
            found = zlib.crc32(os.pread(self._handle, size, ROOM + start * ROW.itemsize), found)
        return found

    def _plausible(self, state: State) -> bool:
        size = os.fstat(self._handle).st_size
        return min(state.count, state.offset, state.first) >= 0 and size >= ROOM + state.count * ROW.itemsize

    def _write(self, content: bytes, at: int) -> None:
        rest = memoryview(content)
        try:
            while rest:
                done = os.pwrite(self._handle, rest, at)
                rest, at = rest[done:], at + done
        except OSError as error:
            if error.errno in NO_ROOM:
                raise NoSpace(
                    "There is no room left for what was read of the mail log",
                    hint=f"free space in {SPILL_FOLDER} or {FOLDER}",
                ) from error
            raise


@cache
def _boot() -> str:
    """What the kernel calls this run of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _check(state: State) -> str:
    return key_of(msgspec.json.encode(msgspec.structs.replace(state, check="")))


class Keeping:
    """The folder of the files, or None: nothing outlives this process, the rows are in files without a name."""

    def __init__(self, folder: Path | None, host: str) -> None:
        self._host = host
        self.trouble = ""
        self._folder = self._opened(folder) if folder is not None else -1
        self.path = folder

    def close(self) -> None:
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    def segment(self, key: str) -> Segment:
        """The file of a log."""
        if self._folder < 0:
            with tempfile.TemporaryFile(dir=SPILL_FOLDER, buffering=0) as file:
                return Segment(os.dup(file.fileno()), key, self._host)
        return Segment(os.open(key + END, _FILE, 0o600, dir_fd=self._folder), key, self._host)

    def tidy(self, keys: frozenset[str]) -> None:
        """Remove the files of logs that are gone."""
        if self._folder < 0:
            return
        for name in os.listdir(self._folder):  # noqa: PTH208 - a handle
            if name.endswith(END) and name.removesuffix(END) not in keys:
                with suppress(OSError):
                    os.unlink(name, dir_fd=self._folder)

    def _opened(self, folder: Path) -> int:
        """The folder's handle; -1: it cannot be used."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(folder, _FOLDER)
        except OSError as error:
            self.trouble = f"{visible(str(folder))} cannot be used: {error.strerror}"
            return -1
        found = os.fstat(handle)
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
            self.trouble = f"{visible(str(folder))} is not this user's alone"
        elif not os.access(f"/proc/self/fd/{handle}", os.W_OK):
            self.trouble = f"{visible(str(folder))} cannot be written"
        if self.trouble:
            os.close(handle)
            return -1
        return handle


FOLDER = STATE / "scores"


def folder_of_user() -> Path:
    """Where this user's files are: root's, or below `$XDG_STATE_HOME`."""
    if os.geteuid() == 0:
        return FOLDER
    state = os.environ.get("XDG_STATE_HOME", "")
    return (Path(state) if state.startswith("/") else Path.home() / ".local/state") / "mailtui/scores"
