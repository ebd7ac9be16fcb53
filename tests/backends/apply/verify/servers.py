"""Servers of the tests' own: SMTP that answers as it is told to, and anything that says its piece and goes."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

GOOD: Mapping[str, bytes | None] = {
    "greeting": b"220 mail.example.test ESMTP\r\n",
    "EHLO": b"250-mail.example.test\r\n250 8BITMIME\r\n",
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 go on\r\n",
    "message": b"250 2.0.0 Ok: queued as 4ABCDEF\r\n",
    "NOOP": b"250 2.0.0 Ok\r\n",
    "VRFY": b"502 5.5.1 VRFY command is disabled\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}
CLOSE = b""
Handler = Callable[[socket.socket], None]


@contextmanager
def listening(handle: Handler) -> Iterator[int]:
    """A port on which each connection is handed to `handle`, and closed after that."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        handle(connection)
                    except OSError:  # the client has gone
                        continue

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def smtp(
    other: Mapping[str, bytes | None] | None = None,
    arrives: Callable[[bytes], None] = lambda _content: None,
) -> Iterator[int]:
    """SMTP: `other` replies than the good ones (None: silence, CLOSE: none any more); `arrives` is given each message."""
    own = {} if other is None else other

    def reply(step: str) -> bytes | None:
        return own[step] if step in own else GOOD.get(step, b"500 what\r\n")

    def handle(connection: socket.socket) -> None:
        lines = connection.makefile("rb")

        def answer(step: str) -> bool:
            said = reply(step)
            while said is None and lines.readline():
                continue
            if not said:
                return False
            connection.sendall(said)
            return True

        going = answer("greeting")
        while going and (line := lines.readline()):
            verb = line[:4].decode().upper()
            going = answer(verb)
            if verb == "DATA" and reply("DATA") == GOOD["DATA"]:
                content = b""
                while (more := lines.readline()) not in {b".\r\n", b""}:
                    content += more.removeprefix(b".")
                arrives(content)
                going = answer("message")

    with listening(handle) as port:
        yield port


def reset(connection: socket.socket) -> None:
    """Have the client's connection reset when it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
