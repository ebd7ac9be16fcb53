"""clamd spoken to over its socket: a command, an answer, all of it within a time (clamd(8), section COMMANDS)."""

import re
import select
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Event

from backends.antivirus.conf import Where
from backends.errors import BackendError, Missing, NotAnswering, NotPermitted, ParseFailed, Refused
from backends.text import visible

PATIENCE = 5.0  # s for a whole answer
STALLED = 30.0  # s for which clamd may not take what is streamed to it
GLANCE = 0.05  # s
CHUNK = 1 << 18
ANSWER_LIMIT = 1 << 16
UNAVAILABLE = "COMMAND UNAVAILABLE"
_LOG = "journalctl -u clamav-daemon -n 20"
_CREDENTIALS = struct.Struct("3i")


class Clamd:
    """A clamd; each command is a connection of its own. Once `stop` is set, all of them raise `Refused`."""

    def __init__(self, where: Where, patience: float = PATIENCE, stop: Event | None = None) -> None:
        self._where, self._patience, self._stop = where, patience, stop

    @property
    def where(self) -> str:
        """Where it listens."""
        return str(self._where)

    def ask(self, command: str, wanted: str) -> str | None:
        """The answer; None where its configuration does not permit the command.

        :raises BackendError: nobody is there, nobody answers in time, or what answers does not match `wanted`.
        """
        deadline = time.monotonic() + self._patience
        with self._connected() as connection:
            with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered, and closed
                connection.sendall(b"z%s\0" % command.encode("ascii"))
            said = self._answer(connection, deadline)
        if said.startswith(UNAVAILABLE):
            return None
        if not re.match(wanted, said):
            raise self._garbage(said)
        return said

    def stream(self, chunks: Iterable[bytes], limit: int, patience: float) -> tuple[str | None, int]:
        """What it says of a content, and the bytes that were sent; None: there is more than `limit` bytes (0: no limit).

        The content must not raise an OSError: it would be taken for the connection's.

        :raises BackendError: nobody is there, or nobody answers in time.
        """
        deadline, sent = time.monotonic() + patience, 0
        with self._connected() as connection:
            connection.settimeout(min(patience, STALLED))
            with suppress(BrokenPipeError, ConnectionResetError):  # it has said why, and closed
                self._send(connection, b"zINSTREAM\0", deadline)
                for chunk in _parts(chunks):
                    if limit and sent + len(chunk) > limit:
                        return None, sent
                    self._send(connection, len(chunk).to_bytes(4, "big") + chunk, deadline)
                    sent += len(chunk)
                self._send(connection, bytes(4), deadline)
            said = self._answer(connection, deadline)
        if UNAVAILABLE not in said and not said.endswith(("OK", "FOUND", "ERROR")):
            raise self._garbage(said)
        return said, sent

    def peer(self) -> int | None:
        """The process that has opened the socket: clamd, or systemd for it; None where that cannot be known."""
        if not self._where.socket:
            return None
        with suppress(BackendError, OSError), self._connected() as connection:
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            return int(_CREDENTIALS.unpack(raw)[0]) or None
        return None

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        where = self._where
        try:
            if where.socket:
                connection = socket.socket(socket.AF_UNIX)
                try:
                    connection.settimeout(self._patience)
                    self._connect(connection)
                except BaseException:
                    connection.close()
                    raise
            else:
                connection = socket.create_connection((where.host, where.port), self._patience)
            with connection:
                yield connection
        except OSError as error:
            raise self._told(error) from error

    def _connect(self, connection: socket.socket) -> None:
        """Connect to the socket file; one whose queue of connections is full is tried again (unix(7): EAGAIN).

        :raises BlockingIOError: it has been full all the time.
        """
        deadline = time.monotonic() + self._patience
        while True:
            try:
                connection.connect(self._where.socket)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                self._go_on()
                time.sleep(GLANCE)
            else:
                return

    def _answer(self, connection: socket.socket, deadline: float) -> str:
        """What is said until NUL or the end, however slowly it comes.

        :raises TimeoutError: it has not ended in time.
        """
        got = bytearray()
        while len(got) < ANSWER_LIMIT and b"\0" not in got:
            self._wait(connection, select.POLLIN, deadline)
            try:
                more = connection.recv(ANSWER_LIMIT)
            except ConnectionResetError:
                break
            if not more:
                break
            got += more
        return bytes(got).partition(b"\0")[0].decode("utf-8", "replace").rstrip("\n")

    def _send(self, connection: socket.socket, content: bytes, deadline: float) -> None:
        """Send all of it.

        :raises TimeoutError: the time is over, or nothing was taken for so long that it stalls.
        """
        left = memoryview(content)
        while left:
            self._wait(connection, select.POLLOUT, min(deadline, time.monotonic() + STALLED))
            left = left[connection.send(left) :]

    def _wait(self, connection: socket.socket, what: int, deadline: float) -> None:
        """Wait until the connection can be read or written.

        :raises TimeoutError: the time is over.
        """
        poll = select.poll()
        poll.register(connection, what)
        while True:
            self._go_on()
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if poll.poll(1000 * (left if self._stop is None else min(left, GLANCE))):
                return

    def _go_on(self) -> None:
        if self._stop is not None and self._stop.is_set():
            raise Refused("Stopped before its end", hint="nothing is known of what was not looked at")

    def _garbage(self, said: str) -> ParseFailed:
        what = f"answers {visible(said[:60])!r}" if said else "closes the connection without a word"
        return ParseFailed(
            f"What listens on {self._where} {what}: that is not clamd's answer",
            hint=f"see who listens there: ss -lxtp | grep {visible(self._where.socket) or self._where.port}",
        )

    def _told(self, error: OSError) -> BackendError:
        where = self._where
        if isinstance(error, FileNotFoundError):
            return Missing(
                f"clamd does not run: {where} is not there", hint=f"start it, or see why not: {_LOG}"
            )
        if isinstance(error, PermissionError):
            return NotPermitted(
                f"{where} is not open to this user",
                hint="run mailtui as root, or set LocalSocketMode in clamd.conf",
            )
        if isinstance(error, TimeoutError | BlockingIOError):
            return NotAnswering(
                f"clamd on {where} did not answer in time",
                hint=f"it loads signatures, is overloaded, or hangs: {_LOG}; systemctl restart clamav-daemon",
            )
        why = visible(error.strerror or str(error))
        return NotAnswering(
            f"clamd does not answer on {where}: {why}", hint=f"start it, or see why not: {_LOG}"
        )


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, none of them empty, for that would end the stream, and none large."""
    for chunk in chunks:
        for start in range(0, len(chunk), CHUNK):
            yield chunk[start : start + CHUNK]
