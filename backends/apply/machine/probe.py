"""Whether a service answers where it should: a connection, and its first line."""

import re
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

from backends.reference.manifest import Listens
from backends.text import visible

LINE = 512  # bytes of a banner that are looked at
PAUSE = 0.2  # s between two attempts


class Answer(NamedTuple):
    """Where was asked, whether the right one answered, and what it said or why it did not.

    `there`: somebody spoke, right or not.
    """

    where: str
    good: bool
    said: str
    there: bool = False


def probe(listens: Listens, hostname: str, timeout: float = 5.0) -> Answer:
    """Connect once. `{hostname}` in the banner's pattern stands for the name that the server should give."""
    where = listens.socket or f"127.0.0.1:{listens.port}"
    try:
        with _connected(listens, timeout) as connection:
            if not listens.banner:
                return Answer(where, good=True, said="connected", there=True)
            connection.sendall(listens.say.encode())
            line = received(connection, LINE, timeout, lambda line: b"\n" in line)
            line = line.partition(b"\n")[0].rstrip(b"\r")[:LINE]
    except TimeoutError:
        return Answer(where, good=False, said=f"no answer within {timeout:g} s")
    except OSError as error:
        return Answer(where, good=False, said=error.strerror or str(error))
    wanted = listens.banner.replace("{hostname}", re.escape(hostname))
    said = visible(line.decode("utf-8", "replace"))
    good = bool(re.match(wanted, said))
    return Answer(where, good=good, said=said or "closed without a word", there=bool(said))


def wait_for(
    listens: Listens,
    hostname: str,
    patience: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Answer:
    """Connect until the right one answers, or `patience` seconds are over; gives the last answer."""
    deadline = clock() + patience
    while True:
        answer = probe(listens, hostname, timeout=max(0.1, min(5.0, deadline - clock())))
        if answer.good or clock() >= deadline:
            return answer
        sleep(PAUSE)


def _connected(listens: Listens, timeout: float) -> socket.socket:
    if not listens.socket:
        return socket.create_connection(("127.0.0.1", listens.port), timeout)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(timeout)
        connection.connect(listens.socket)
    except OSError:
        connection.close()
        raise
    return connection


def received(
    connection: socket.socket,
    limit: int,
    timeout: float,
    enough: Callable[[bytes], bool] = lambda _got: False,
) -> bytes:
    """What is sent until there is enough of it, or the end; all of it within `timeout` seconds, however slowly it comes.

    :raises TimeoutError: nothing came; else what came so far is given.
    """
    deadline = time.monotonic() + timeout
    got = b""
    while len(got) < limit and not enough(got):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connection.settimeout(left)
        try:
            more = connection.recv(limit - len(got))
        except TimeoutError:
            if not got:
                raise
            break
        if not more:
            break
        got += more
    return got
