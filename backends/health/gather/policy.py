"""gld's policy port and MariaDB's socket, asked so that nothing is stored by it."""

import socket
import time
from pathlib import Path

from backends.errors import BackendError
from backends.greylist.access import read_conf
from backends.health.facts import UNREAD, Port
from backends.text import visible

PATIENCE = 1.6  # s
_REQUEST = b"request=mailtui_health\n\n"
"""On what is no request of Postfix's gld stores nothing: with its database at hand it closes the connection, or says
`dunno` (ERRACCEPT=1); without it, it closes the connection unread, or says `dunno` (seen with 1.7)."""


def probe(port: int, patience: float = PATIENCE) -> Port:
    """Whether gld takes a connection, reads from it and answers or closes it."""
    began, where, said = time.monotonic(), str(port), b""
    try:
        with socket.create_connection(("127.0.0.1", port), patience) as connection:
            connection.sendall(_REQUEST)
            connection.settimeout(max(0.1, began + patience - time.monotonic()))
            said = connection.recv(512)
    except TimeoutError:
        return Port("gld", where, seconds=time.monotonic() - began, error="no answer", silent=True)
    except ConnectionResetError:
        return Port("gld", where, UNREAD, time.monotonic() - began, right=True)
    except OSError as error:
        return Port(
            "gld", where, seconds=time.monotonic() - began, error=visible(error.strerror or str(error))
        )
    took = time.monotonic() - began
    text = visible(said.decode("utf-8", "replace"))[:100]
    right = not text or text.startswith("action=")
    return Port("gld", where, text, took, right=right)


def greets(path: str, patience: float = 0.5) -> bool:
    """Whether a MariaDB says hello on a socket (its protocol's first packet: a length, a number, version 10)."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(patience)
            connection.connect(path)
            said = connection.recv(64)
    except OSError:
        return False
    return len(said) > 5 and said[4] in {10, 255}


def accepts(path: Path) -> bool:
    """Whether gld lets all mail in while it cannot use its database."""
    try:
        return read_conf(path).err_accept
    except BackendError:
        return True
