"""Asking gld over its policy port, where what listens there is slow; the real gld is asked in test_gld."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from backends.errors import NotAnswering
from backends.greylist import policy

DRIPS, EVERY = 40, 0.1  # s


@pytest.fixture
def dripping() -> Iterator[int]:
    """The port of a server that sends its answer a byte at a time."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError), server.accept()[0] as client:
                for _ in range(DRIPS):
                    client.send(b"a")
                    time.sleep(EVERY)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_an_answer_in_drips_is_waited_for_no_longer_than_one_that_stays_away(
    dripping: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "PATIENCE", 5 * EVERY)
    began = time.monotonic()
    with pytest.raises(NotAnswering, match="no whole answer"):
        policy.ask(dripping, "192.0.2.1", "ann@example.org", "bob@example.test")
    assert time.monotonic() - began < DRIPS * EVERY / 2


@pytest.mark.parametrize("manner", ["closes", "resets", "dunno", "silent"])
def test_how_gld_took_what_is_no_request(manner: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def serve() -> None:
            with server.accept()[0] as client:
                if manner == "resets":
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                asked = client.recv(512)
                assert b"smtpd_access_policy" not in asked  # what gld would store
                if manner == "dunno":
                    client.send(b"action=dunno\n\n")
                if manner == "silent":
                    ended.wait(5)

        thread = threading.Thread(target=serve)
        thread.start()
        heard = policy.hear(server.getsockname()[1], 0.4)
        ended.set()
        thread.join()
    assert heard.takes == (manner != "silent")
    assert (heard.unread, heard.silent) == (manner == "resets", manner == "silent")
    assert heard.said.startswith("action=dunno") == (manner == "dunno")
    assert heard.seconds < 1
    assert "refused" in policy.hear(1, 0.4).error
