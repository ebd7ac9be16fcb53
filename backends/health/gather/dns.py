"""The DNS servers of resolv.conf, asked for the root's name servers (RFC 1035): any answer but a failure is one."""

import secrets
import socket
import time
from pathlib import Path

from backends.errors import Missing
from backends.health.asking import Asking
from backends.health.facts import Resolver, Resolvers
from backends.text import visible

PATIENCE = 1.6  # s
RESOLV = Path("/etc/resolv.conf")
MOST = 3
"""As many as the resolver library uses (resolv.conf(5))."""
_FAILED = {2: "it answers SERVFAIL"}


def resolvers(asking: Asking, spool: str = "", *, conf: Path = RESOLV, port: int = 53) -> Resolvers:
    """Ask each.

    :raises Missing: there is no such file.
    """
    try:
        content = conf.read_bytes()[: 1 << 16]
    except OSError as error:
        raise Missing(f"{conf} cannot be read: {error.strerror}", hint="see resolv.conf(5)") from error
    servers = addresses(content) or ["127.0.0.1"]
    questions = {f"dns:{one}": (lambda one=one: ask(one, port)) for one in servers}
    found = {answer.name: answer.outcome for answer in asking.ask(questions)}
    told = tuple(
        one
        if isinstance(one := found.get(f"dns:{name}"), Resolver)
        else Resolver(name, PATIENCE, "no answer")
        for name in servers
    )
    return Resolvers(told, _copy(content, spool))


def addresses(content: bytes) -> list[str]:
    """The name servers of a resolv.conf. Pure."""
    found = []
    for line in content.decode("utf-8", "replace").splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            found.append(visible(words[1])[:80])
    return list(dict.fromkeys(found))[:MOST]


def ask(address: str, port: int = 53) -> Resolver:
    """One question by UDP, sent twice at most."""
    began = time.monotonic()
    number = secrets.token_bytes(2)
    question = number + b"\1\0\0\1\0\0\0\0\0\0" + b"\0" + b"\0\2\0\1"
    try:
        ((family, kind, _, _, where), *_) = socket.getaddrinfo(
            address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )
        with socket.socket(family, kind) as connection:
            connection.connect(where)
            for patience in (PATIENCE / 2, PATIENCE / 2):
                connection.send(question)
                connection.settimeout(patience)
                try:
                    said = connection.recv(4096)
                except TimeoutError:
                    continue
                if len(said) >= 12 and said[:2] == number:
                    return Resolver(address, time.monotonic() - began, _FAILED.get(said[3] & 15, ""))
    except OSError as error:
        return Resolver(address, time.monotonic() - began, visible(error.strerror or str(error)))
    return Resolver(address, time.monotonic() - began, "no answer")


def _copy(content: bytes, spool: str) -> str:
    """Postfix's copy, where it differs: what runs in the chroot reads that one."""
    path = Path(spool or "/nonexistent", "etc/resolv.conf")
    try:
        copied = path.read_bytes()[: 1 << 16]
    except OSError:
        return ""
    return "" if addresses(copied) == addresses(content) else str(path)
