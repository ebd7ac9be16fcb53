"""Troubles that lines of the mail log tell of: who writes them, and how. Pure."""

import re
from functools import lru_cache
from typing import NamedTuple

How = re.Pattern[bytes]


class Nearby(NamedTuple):
    """Ports on this machine where Postfix has its mail filtered, and where it asks whether to let a client in."""

    filters: tuple[int, ...] = (10024,)
    policies: tuple[int, ...] = (2525,)


@lru_cache(maxsize=8)
def kinds(nearby: Nearby) -> tuple[tuple[str, How, How], ...]:
    """What is counted: its name, who writes it, and how, to be looked for in the first bytes of what was said."""
    filters, policies = _any_of(nearby.filters), _any_of(nearby.policies)
    return (
        *_KINDS,
        (
            "filter",
            re.compile(rb"postfix\S*/(?:smtpd|proxymap|smtp|lmtp)"),
            re.compile(
                rb"(?:connect to|proxy|lost connection with|conversation with|timeout).{0,60}"
                rb"(?:127\.0\.0\.1|::1)(?:\]|:|\[127\.0\.0\.1\]:|\[::1\]:)*" + filters + rb"|"
                rb"proxy-reject: .{0,200} 45\d "
            ),
        ),
        (
            "policy",
            re.compile(rb"postfix\S*/smtpd"),
            re.compile(
                rb"(?i)(?:problem talking to server|connect to|timeout).{0,80}?(?::" + policies + rb"|"
                rb"inet:127\.0\.0\.1)|server configuration problem"
            ),
        ),
    )


def _any_of(ports: tuple[int, ...]) -> bytes:
    """A pattern of these ports; of none where there are none."""
    return b"(?:%s)(?!\\d)" % b"|".join(b"%d" % port for port in ports) if ports else b"(?!)"


_UNSCANNED = rb"ALL VIRUS SCANNERS FAILED|NO VIRUS SCANNERS AVAILABLE|virus_scan FAILED"
_KINDS: tuple[tuple[str, How, How], ...] = (
    (
        "scanner",
        re.compile(rb"amavis"),
        re.compile(
            rb"(?i)clam(?:av|d).{0,100}?(?:failed|can't connect|too many retries|timed out)|" + _UNSCANNED
        ),
    ),
    ("unscanned", re.compile(rb"amavis"), re.compile(_UNSCANNED)),
    (
        "disk",
        re.compile(rb"postfix|amavis|dovecot|gld|clamd|mariadb"),
        re.compile(rb"(?i)no space left|disk quota exceeded|insufficient system storage"),
    ),
    (
        "database",
        re.compile(rb"gld"),
        re.compile(rb"(?i)unable to connect to mysql|mysql error"),
    ),
    (
        "dns",
        re.compile(rb"postfix|amavis|spamd"),
        re.compile(
            rb"(?i)(?:host or domain name not found|name service error|hostname lookup).{0,120}(?:try again|type=\w+: host not found, try again)|temporary lookup failure"
        ),
    ),
    (
        "refused",
        re.compile(rb"postfix\S*/smtpd"),
        re.compile(
            rb"(?:reject|proxy-reject|NOQUEUE): .{0,300} 4(?:51|52) 4\.(?:3|5)\.\d |451 4\.3\.0|queue file write error"
        ),
    ),
)
