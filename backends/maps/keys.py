"""Which keys Postfix looks up for a use of a table, in their order. Pure.

By access(5), transport(5), virtual(5), canonical(5), aliases(5), mail_addr_find.c and smtpd_check.c.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Literal, NamedTuple

from backends.errors import BadRequest
from backends.maps.config import Config
from backends.maps.values import Use
from backends.text import visible

Way = Literal[
    "mail",
    "client",
    "domain",
    "transport",
    "address",
    "sender",
    "alias",
    "domains",
    "parents",
    "policy",
    "whole",
]

_WAYS: tuple[tuple[str, Way], ...] = (
    (r"check_(?:sender|recipient)_access", "mail"),
    (r"check_client_access", "client"),
    (r"check_\w+_(?:mx|ns|a)_access", "client"),
    (r"check_(?:helo|reverse_client_hostname|etrn)_access", "domain"),
    (r"transport_maps", "transport"),
    (r"sender_dependent_\w+_maps|virtual_(?:mailbox|uid|gid)_maps", "sender"),
    (r"alias_maps|alias_database", "alias"),
    (r"virtual_alias_maps|(?:sender_|recipient_)?canonical_maps|relocated_maps", "address"),
    (r"(?:sender|recipient)_bcc_maps|(?:smtp|lmtp)_generic_maps", "address"),
    (r"(?:local|relay)_recipient_maps|smtpd_sender_login_maps", "address"),
    (r"virtual_(?:alias|mailbox)_domains|mydestination", "domains"),
    (r"relay_domains|fast_flush_domains|debug_peer_list|permit_mx_backup_networks", "parents"),
    (r"(?:smtp|lmtp)_tls_policy_maps", "policy"),
)
_LIMIT = 2000


class Asked(NamedTuple):
    """One key, and whether tables that want whole keys (regexp:, cidr:) are asked for it as well."""

    key: str
    whole: bool


def way_of(use: Use) -> Way:
    """How keys are made of what is looked up."""
    return next((way for pattern, way in _WAYS if re.fullmatch(pattern, use.way)), "whole")


def keys(use: Use, what: str, config: Config) -> tuple[Asked, ...]:
    """The keys for one use, in Postfix's order.

    :raises BadRequest: it is nothing that Postfix could look up.
    """
    if not what or len(what) > _LIMIT or any(ord(char) < 0x20 or ord(char) == 0x7F for char in what):
        raise BadRequest(
            f"{visible(what[:40])!r} is no key",
            hint=f"give an address, a domain or a name of at most {_LIMIT:,} characters",
        )
    way = way_of(use)
    found = _plain(way, what, config) if what != "<>" else iter(["<>"])
    seen: dict[str, bool] = {}
    for place, key in enumerate(found):
        if key:
            seen.setdefault(key, place == 0)
    return tuple(Asked(key, whole) for key, whole in seen.items())


def _plain(way: Way, what: str, config: Config) -> Iterator[str]:
    if "@" in what:
        return _of_address(way, what, config)
    return _of_name(way, what, config)


def _of_address(way: Way, what: str, config: Config) -> Iterator[str]:
    name, _, domain = what.rpartition("@")
    short = _without_extension(name, config)
    match way:
        case "mail":
            yield from _whole_addresses(what, name, short, domain)
            yield from _of_name("domain", domain, config)
            yield f"{name}@"
            yield f"{short}@"
        case "transport":
            yield from _whole_addresses(what, name, short, domain)
            yield from _of_name("transport", domain, config)
        case "address" | "sender":
            yield from _whole_addresses(what, name, short, domain)
            if way == "address" and _local(domain, config):
                yield name
                yield short
            yield f"@{domain}"
        case "alias":
            yield name
            yield short
        case "whole":
            yield what
        case _:
            yield from _of_name(way, domain, config)


def _of_name(way: Way, what: str, config: Config) -> Iterator[str]:
    parents = config.words("parent_domain_matches_subdomains")
    match way:
        case "mail" | "domain":
            yield from _domains(what, bare="smtpd_access_maps" in parents)
        case "client":
            yield from _client(what, bare="smtpd_access_maps" in parents)
        case "transport":
            yield from _domains(what, bare="transport_maps" in parents)
            yield "*"
        case "parents":
            yield from _domains(what, bare="relay_domains" in parents)
        case "policy":
            yield from _domains(what, bare=False)
        case "alias":
            yield what
            yield _without_extension(what, config)
        case _:
            yield what


def _whole_addresses(what: str, name: str, short: str, domain: str) -> Iterator[str]:
    yield what
    if short != name:
        yield f"{short}@{domain}"


def _domains(domain: str, *, bare: bool) -> Iterator[str]:
    """A domain and its parents, these with a dot before them unless `bare`."""
    yield domain
    while "." in domain:
        domain = domain.partition(".")[2]
        if not domain:
            return
        yield domain if bare else f".{domain}"


def _client(what: str, *, bare: bool) -> Iterator[str]:
    try:
        address = str(ip_address(what))
    except ValueError:
        yield from _domains(what, bare=bare)
        return
    sign = ":" if ":" in address else "."
    while address:
        yield address
        address = address.rpartition(sign)[0]


def _without_extension(name: str, config: Config) -> str:
    """The name without `+extension` (split_addr.c)."""
    delimiters = config.parameters.get("recipient_delimiter", "")
    if not delimiters or name.lower() in {"postmaster", "mailer-daemon", "double-bounce"}:
        return name
    if "-" in delimiters and re.fullmatch(r"(?:owner-.*|.*-request)", name, re.IGNORECASE):
        return name
    found = re.search(f"[{re.escape(delimiters)}]", name[1:])
    return name[: found.start() + 1] if found else name


def _local(domain: str, config: Config) -> bool:
    """Whether a user's name alone is looked up for it: $myorigin, $mydestination (names in it), an address literal."""
    names = {name.lower() for name in (*config.words("mydestination"), *config.words("myorigin"))}
    return domain.lower() in names or domain.startswith("[")
