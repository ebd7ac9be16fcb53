"""Ports that the configuration has: connected to, greeted, left in good order."""

import re
import socket
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from backends.health.asking import Asking
from backends.health.facts import Port, Setup
from backends.health.gather.setup import values
from backends.text import visible

PATIENCE = 1.6  # s for a banner
LINE = 512
_PORT = re.compile(r"(?:[\w-]+:)?(?:inet:)?\[?(?:127\.[\d.]+|localhost|::1)\]?:(\w{1,15})")
_POLICY = re.compile(r"check_policy_service\s+(?:\{\s*)?inet:\[?(?:127\.[\d.]+|localhost|::1)\]?:(\w{1,15})")
_SMTP = r"[245]\d\d[ -]"
_GREETING = {"smtp": _SMTP, "imap": r"\* (OK|PREAUTH|BYE)", "pop3": r"(\+OK|-ERR)"}
_GOODBYE = {"smtp": b"QUIT\r\n", "imap": b"a LOGOUT\r\n", "pop3": b"QUIT\r\n"}


class Place(NamedTuple):
    """Where to connect, which service should be there, and how it speaks: smtp, imap, pop3, or nothing that is known.

    `tls`: it speaks first within TLS. `quiet`: it says nothing by itself.
    """

    service: str
    port: int
    speaks: str
    host: str = "127.0.0.1"
    tls: bool = False
    quiet: bool = False


def of_postfix(setup: Setup) -> Iterator[Place]:
    """Where Postfix listens, and where it connects to: the filter, a policy server on this machine."""
    seen = set[int]()
    for where, program in setup.listening:
        host, _, name = where.rpartition(":")
        port = number(name)
        if port is None or port in seen or program not in {"smtpd", "postscreen"}:
            continue
        seen.add(port)
        yield Place(
            "postfix",
            port,
            "smtp",
            _own(host),
            tls=name in {"smtps", "submissions", "465"},
            quiet=program == "postscreen",
        )
    filters = (
        found[1]
        for value in values(setup, "content_filter", "smtpd_proxy_filter")
        if (found := _PORT.match(value))
    )
    for name in dict.fromkeys(filters):
        if (port := number(name)) is not None and port not in seen:
            seen.add(port)
            yield Place("amavis", port, "smtp")


def policy_port(setup: Setup) -> int | None:
    """The port on this machine that Postfix asks whether to let a client in."""
    for name, value in setup.parameters.items():
        if "restrictions" in name and (found := _POLICY.search(value)):
            return number(found[1])
    return None


def of_dovecot(settings: Mapping[str, str]) -> Iterator[Place]:
    """The ports that Dovecot has for its protocols unless it is told otherwise."""
    protocols = settings.get("protocols", "").split()
    tls = settings.get("ssl", "yes") != "no"
    for name, plain, wrapped in (("imap", 143, 993), ("pop3", 110, 995)):
        if protocols and name not in protocols:
            continue
        for listener, port, wraps in ((name, plain, False), (f"{name}s", wrapped, True)):
            chosen = (
                number(settings.get(f"port {listener}", "")) if settings.get(f"port {listener}") else port
            )
            if chosen and (tls or not wraps):  # port 0: it does not listen
                yield Place("dovecot", chosen, name, tls=wraps)


def ports(places: list[Place], asking: Asking) -> list[Port]:
    """All of them side by side; gives them in their order."""
    questions = {f"{one.service}:{one.port}": (lambda one=one: probe(one)) for one in places}
    found = {
        answer.name: answer.outcome for answer in asking.ask(questions) if isinstance(answer.outcome, Port)
    }
    return [
        found.get(name) or Port(one.service, str(one.port), silent=True, error="no answer")
        for name, one in zip(questions, places, strict=True)
    ]


def probe(place: Place, patience: float = PATIENCE) -> Port:
    """Connect once, read the first line, and say goodbye."""
    began = time.monotonic()
    where, line = str(place.port), b""
    try:
        with _connected(place, patience) as connection:
            if place.quiet:
                return Port(place.service, where, "", time.monotonic() - began, right=True)
            line = _line(connection, began + patience)
            took = time.monotonic() - began
            connection.sendall(_GOODBYE.get(place.speaks, b""))
            connection.settimeout(0.2)
            connection.recv(LINE)
    except TimeoutError:
        if not line:
            return Port(
                place.service, where, seconds=time.monotonic() - began, error="no answer", silent=True
            )
    except OSError as error:
        if not line:
            why = error.strerror or str(error)
            return Port(place.service, where, seconds=time.monotonic() - began, error=visible(why))
    said = visible(line.decode("utf-8", "replace"))[:200]
    right = re.match(_GREETING.get(place.speaks, ""), said) is not None
    trouble = "" if said else "it closes the connection without a word"
    return Port(place.service, where, said, took, trouble, right=right and bool(said))


def number(name: str) -> int | None:
    """A port by its number or its name (services(5))."""
    if name.isdecimal() and len(name) < 6:
        return int(name)
    try:
        return socket.getservbyname(name, "tcp")
    except OSError:
        return None


def _own(host: str) -> str:
    """Where to reach what listens on a host: the loopback address where it listens on all."""
    bare = host.strip("[]")
    return bare if bare and bare not in {"*", "0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104 - compared, not bound to


def _connected(place: Place, patience: float) -> socket.socket:
    connection = socket.create_connection((place.host, place.port), patience)
    if not place.tls:
        return connection
    import ssl  # noqa: PLC0415 - 20 ms that only TLS needs

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection)


def _line(connection: socket.socket, deadline: float) -> bytes:
    """The first line; what came of it when more does not come."""
    got = b""
    while b"\n" not in got and len(got) < LINE:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connection.settimeout(left)
        try:
            more = connection.recv(LINE)
        except TimeoutError:
            if got:
                break
            raise
        if not more:
            break
        got += more
    return got.partition(b"\n")[0].rstrip(b"\r")[:LINE]
