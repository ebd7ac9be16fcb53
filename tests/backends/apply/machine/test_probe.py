"""Who answers on a port or a socket: the right one, another, a silent one, nobody."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backends.apply.machine.probe import probe, wait_for
from backends.reference.manifest import Listens

BANNER = "220 {hostname} ESMTP"


@contextmanager
def server(says: bytes | None, path: Path | None = None, *, pause: float = 0.0) -> Iterator[int]:
    """Something on a port of its own (or a socket) that says this to whoever comes; None: it stays silent.

    With a `pause` (s) it says a byte at a time.
    """
    listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    listener.bind(str(path) if path else ("127.0.0.1", 0))
    listener.listen()
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            if says is not None:
                try:
                    for piece in [says] if not pause else [says[i : i + 1] for i in range(len(says))]:
                        connection.sendall(piece)
                        time.sleep(pause)
                except OSError:  # nobody listens any more
                    continue
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield 0 if path else int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in held:
            connection.close()


@pytest.mark.parametrize(
    ("says", "good", "said"),
    [
        (b"220 mail.example.test ESMTP Postfix\r\n", True, "220 mail.example.test ESMTP Postfix"),
        (b"220 mailXexample.test ESMTP\r\n", False, "220 mailXexample.test ESMTP"),
        (b"220 exim ESMTP\x1b[31m\r\n", False, "220 exim ESMTP^[[31m"),
        (b"", False, "closed without a word"),
        (b"x" * 10_000, False, "x" * 512),
    ],
)
def test_a_banner_tells_who_it_is(says: bytes, good: bool, said: str) -> None:
    with server(says) as port:
        answer = probe(Listens(port=port, banner=BANNER), "mail.example.test")
    assert answer[:3] == (f"127.0.0.1:{port}", good, said)
    assert answer.there == bool(says)


def test_a_silent_one_is_not_waited_for_for_ever() -> None:
    with server(None) as port:
        answer = probe(Listens(port=port, banner=BANNER), "mail.example.test", timeout=0.2)
        assert probe(Listens(port=port), "x").good
    assert (answer.good, answer.said) == (False, "no answer within 0.2 s")


def test_nobody_there(tmp_path: Path) -> None:
    with server(b"") as port:
        pass
    assert probe(Listens(port=port), "x").said == "Connection refused"
    assert probe(Listens(socket=str(tmp_path / "none")), "x").said == "No such file or directory"


def test_a_socket(tmp_path: Path) -> None:
    with server(b"* OK hello\n", tmp_path / "s") as _:
        assert probe(Listens(socket=str(tmp_path / "s"), banner=r"\* OK"), "x").good


def test_it_is_waited_for_until_the_right_one_answers() -> None:
    moments: list[float] = []

    def clock() -> float:
        return sum(moments)

    with server(b"220 exim\r\n") as port:
        late = wait_for(Listens(port=port, banner=BANNER), "x", 1.0, sleep=moments.append, clock=clock)
        assert not late.good
        assert clock() >= 1.0
        pauses = len(moments)
        moments.clear()
        assert wait_for(Listens(port=port, banner="220"), "x", 1.0, sleep=moments.append, clock=clock).good
    assert pauses >= 5
    assert moments == []


def test_one_that_speaks_a_byte_at_a_time_is_not_listened_to_for_long() -> None:
    with server(b"220 mail.example.test ESMTP", pause=0.2) as port:
        started = time.monotonic()
        answer = probe(Listens(port=port, banner=BANNER), "mail.example.test", 0.5)
    assert not answer.good
    assert time.monotonic() - started < 3


def test_one_that_speaks_when_spoken_to(tmp_path: Path) -> None:
    """And one that is stopped in its tracks does not: that the kernel accepts for it is no answer."""
    path = tmp_path / "clamd.ctl"
    listens = Listens(socket=str(path), say="nPING\n", banner="PONG|COMMAND UNAVAILABLE")
    with server(b"PONG\n", path):
        assert probe(listens, "").good
    path.unlink()
    with server(None, path):
        assert not probe(listens, "", 0.3).good
