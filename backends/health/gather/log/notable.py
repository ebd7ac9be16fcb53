"""The newest warnings and errors of the mail log, equal ones once, and what strangers cause only where there is room. Pure."""

import re
from typing import NamedTuple

SHOWN = 5
"""Lines that are kept."""
KEPT = 64
"""Kinds of lines that are told apart, of this host's own and of strangers."""
NOTABLE: tuple[tuple[re.Pattern[bytes], re.Pattern[bytes]], ...] = (
    (re.compile(rb"postfix"), re.compile(rb"(?:warning|error|fatal|panic): ")),
    (re.compile(rb"amavis"), re.compile(rb"\([\w-]{1,40}\) \(!{1,2}\)|\([\w-]{1,40}\) TROUBLE")),
    (
        re.compile(rb"dovecot"),
        re.compile(rb"(?:[\w-]{1,40}(?:\([^)]{0,200}\))?(?:<[^>]{0,80}>)*: )?(?:Error|Fatal|Panic): "),
    ),
    (re.compile(rb"gld"), re.compile(rb"(?i)(?:mysql error|unable to|error)")),
)
"""Whose lines are warnings and errors, and which of them."""
NOISE = re.compile(
    rb"warning: (?:hostname |[^ ]{1,255}\[[\da-fA-F.:]{1,45}\]: |numeric |non-SMTP command|Illegal address syntax|"
    rb"dnsblog_query: lookup error)"
)
"""What every server is told by strangers all day."""
_ADDRESS = re.compile(
    rb"(?<![^\s\[])[^\s\[]{0,255}\[(?!127\.|::1\])[\da-fA-F]{0,4}[.:][\da-fA-F.:]{1,42}\](?::\d{1,5})?"
)
_BY_STRANGERS = re.compile(
    _ADDRESS.pattern + rb"|TLS library problem|SASL authentication failure|"
    rb"\([\w-]{1,40}\) \(!\)|"  # amavis, of a mail that it looks at
    rb"no MX host for |resource data of |valid_hostname|"  # where mail of theirs is to go
    rb"imap\(|pop3\(|rip=|-login: |[,(]\d{1,3}(?:\.\d{1,3}){3}[,)]"  # Dovecot, of a client
)
"""How lines begin or what they name that a client, or a mail of somebody else's, has caused."""
_DIFFERS = re.compile(
    rb"\b[0-9A-F]{6,40}\b|\b(?=[A-Za-z]*\d)[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}\b|\d+"
)
"""Queue IDs, short and long, and numbers."""


class Kept(NamedTuple):
    """A line, the newest of its kind, and how many of it there were; `at` in epoch seconds."""

    at: float
    tag: bytes
    said: bytes
    times: int = 1


class Notable:
    """What has been found so far."""

    def __init__(self) -> None:
        self._own: dict[bytes, Kept] = {}
        self._strangers: dict[bytes, Kept] = {}

    def add(self, at: float, tag: bytes, said: bytes, own: bytes, kind: str) -> None:
        """One more; `own`: what was said without addresses; `kind`: the trouble that it tells of, if it is known."""
        strange = _ADDRESS if kind else _BY_STRANGERS
        places = self._own if strange.search(own) is None else self._strangers
        key = tag + b" " + (kind.encode() or _DIFFERS.sub(b"#", _ADDRESS.sub(b"*", own)))
        before = places.pop(key, None)
        places[key] = Kept(at, tag, said, before.times + 1 if before is not None else 1)
        if len(places) > KEPT:
            del places[next(iter(places))]

    def lines(self) -> list[Kept]:
        """The newest, the oldest of them first: of this host's own, and of strangers' as many as there is room for."""
        own = [*self._own.values()][-SHOWN:]
        room = SHOWN - len(own)
        others = [*self._strangers.values()][-room:] if room else []
        return sorted([*own, *others], key=lambda one: one.at)
