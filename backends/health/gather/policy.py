"""gld's policy port and MariaDB's socket, asked so that nothing is stored by it."""

import socket
from pathlib import Path

from backends.errors import BackendError
from backends.greylist.access import read_conf
from backends.greylist.policy import hear
from backends.health.facts import UNREAD, Port

PATIENCE = 1.6  # s


def probe(port: int, patience: float = PATIENCE) -> Port:
    """Whether gld takes a connection, reads from it and answers or closes it."""
    heard = hear(port, patience)
    if not heard.takes:
        error = "no answer" if heard.silent else heard.error
        return Port("gld", str(port), seconds=heard.seconds, error=error, silent=heard.silent)
    said = UNREAD if heard.unread else heard.said
    right = not said or heard.unread or said.startswith("action=")
    return Port("gld", str(port), said, heard.seconds, right=right)


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
