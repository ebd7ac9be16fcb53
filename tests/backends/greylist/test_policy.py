"""Asking gld over its policy port, where what listens there is slow; the real gld is asked in test_gld."""

import socket
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
