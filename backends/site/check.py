"""Whether settings can be meant; a mistake is named with its key and an example."""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import msgspec

from backends.errors import BadRequest
from backends.quarantine import settings as quarantine
from backends.site.settings import Site
from backends.text import parse_age, visible

SHORTEST_UNDO = 60.0  # s
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+", re.IGNORECASE)
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_TEXT = re.compile(r"[\x20-\x7e]*")
_URL = re.compile(r"https?://[!-~]{1,500}")
_PATH = re.compile(r"/[\x21-\x7e]{1,500}")


def check(site: Site, where: str) -> None:
    """Whether all that is set can be meant; what is not set is none of this function's.

    :raises BadRequest: the first that cannot.
    """
    for one in _EXAMPLES:
        for value in one.values(site):
            if value != "" and not one.good(value):
                said = visible(" = ".join(value) if isinstance(value, tuple) else str(value))[:80]
                raise BadRequest(
                    f"{where} cannot be used: {one.key} cannot be {said!r}", hint=hint_for(one.key)
                )
    quarantine.check(site.quarantine, where)


def _value_of(site: Site, key: str) -> Any:
    """The value of a key such as `greylist.host`."""
    value: Any = site
    for name in key.split("."):
        value = getattr(value, name)
    return value


class _Example(msgspec.Struct, frozen=True):
    key: str
    good: Callable[[Any], bool]
    example: str

    def values(self, site: Site) -> Iterator[Any]:
        value = _value_of(site, self.key)
        if isinstance(value, dict):
            yield from value.items()
        elif isinstance(value, tuple):
            yield from value
        else:
            yield value


def hint_for(key: str) -> str:
    one = next((one for one in _EXAMPLES if one.key.startswith(key)), _EXAMPLES[0])
    *table, name = one.key.split(".")
    return f"for example: {f'[{table[0]}] and below it ' if table else ''}{name} = {one.example}"


def _is(test: Callable[[Any], object]) -> Callable[[Any], bool]:
    """Whether the test neither fails nor raises ValueError or BadRequest."""

    def good(value: Any) -> bool:
        try:
            return test(value) is not None
        except (ValueError, BadRequest):
            return False

    return good


_UNDO = _is(lambda text: parse_age(text) if parse_age(text) >= SHORTEST_UNDO else None)

_EXAMPLES = (
    _Example("domain", _is(_DOMAIN.fullmatch), '"example.org"'),
    _Example("hostname", _is(_DOMAIN.fullmatch), '"mail.example.org"'),
    _Example("networks", _is(ip_network), '["192.168.100.0/23"]'),
    _Example("public_ips", _is(ip_address), '["203.0.113.177"]'),
    _Example("filter", lambda _mode: True, '"pre-queue"'),
    _Example("filter_scope", lambda _scope: True, '"all"'),
    _Example("postmaster", _is(_USER.fullmatch), '"alice", a user of this machine'),
    _Example(
        "greylist.host",
        _is(lambda host: _DOMAIN.fullmatch(host) or host == "localhost" or ip_address(host)),
        '"db.example.org"',
    ),
    _Example("greylist.port", lambda port: 0 < port < 65536, "3306"),
    _Example("greylist.user", _is(_NAME.fullmatch), '"gld"'),
    _Example("greylist.database", _is(_NAME.fullmatch), '"gld"'),
    _Example("postfix.dns_lists", _is(_DOMAIN.fullmatch), '["zen.spamhaus.org"]'),
    _Example(
        "postfix.main",
        _is(lambda pair: _NAME.fullmatch(pair[0]) and _TEXT.fullmatch(pair[1])),
        '{ message_size_limit = "50000000" }',
    ),
    _Example("amavis.max_servers", lambda count: 0 < count <= 100, "10"),
    _Example("clamav.test_signature", lambda _wanted: True, "true"),
    _Example("clamav.custom_urls", _is(_URL.fullmatch), '["https://urlhaus.abuse.ch/downloads/urlhaus.ndb"]'),
    _Example("tls.certificate", _is(_PATH.fullmatch), '"/etc/ssl/certs/mail.pem"'),
    _Example("tls.key", _is(_PATH.fullmatch), '"/etc/ssl/private/mail.key"'),
    _Example("queue.undo", _UNDO, '"24h"'),
    _Example("quarantine.undo", _UNDO, '"24h"'),
    _Example("greylist.undo", _UNDO, '"7d"'),
    *(
        _Example(f"quarantine.{key}", lambda _value: True, example)
        for key, example in (
            ("keep", '{ virus = "90d", spam = "14d" }'),
            ("order", '["clean", "spam"]'),
            ("max_size", '"2GiB"'),
            ("min_free", '"10%"'),
            ("tmp", '"2d"'),
            ("max_delete", "10000"),
        )
    ),
)
