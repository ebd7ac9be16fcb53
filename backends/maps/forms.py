"""Keys that a use of a table never looks up: access(5), transport(5), virtual(5), canonical(5), aliases(5). Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from backends.maps.keys import Way, way_of
from backends.maps.values import Use

STARTS_AT, ENDS_AT, HAS_AT, STARTS_DOT, ENDS_DOT, HAS_SLASH, STARTS_ANGLE, STARTS_QUOTE = (
    1 << place for place in range(8)
)
"""What is seen of a key, as bits."""


class Form(NamedTuple):
    """Keys with all bits of `has` and none of `lacks` are never looked up, and why."""

    has: int
    lacks: int
    why: str
    hint: str


_DOT = Form(
    STARTS_DOT,
    HAS_AT,
    "begins with a dot: a domain stands for its subdomains here (parent_domain_matches_subdomains)",
    "leave the dot out, or take smtpd_access_maps out of parent_domain_matches_subdomains",
)
_NETWORK = Form(
    HAS_SLASH,
    HAS_AT,
    "is a network with /: only cidr: tables compare those",
    "use a cidr: table, or the first octets: 192.0.2",
)
_NO_ADDRESS = Form(
    HAS_AT,
    0,
    "is a mail address, and hosts are looked up here",
    "use check_sender_access or check_recipient_access for it",
)
_NAME = Form(
    HAS_AT,
    0,
    "is a mail address, and local(8) looks up names alone",
    "leave the domain out, or use virtual_alias_maps",
)
_TAKEN = _NAME._replace(
    why=f"{_NAME.why}; smtpd(8), which asks local_recipient_maps, finds it: mail for it is taken, and bounces"
)
FORMS: dict[Way, tuple[Form, ...]] = {
    "mail": (Form(STARTS_AT, 0, "begins with @: a domain is looked up without it", "leave the @ out"), _DOT),
    "client": (
        _NO_ADDRESS,
        _NETWORK,
        Form(ENDS_DOT, HAS_AT, "ends with a dot: octets are looked up without it", "leave the last dot out"),
        _DOT,
    ),
    "domain": (_NO_ADDRESS, _DOT),
    "alias": (_NAME,),
    "transport": (
        Form(STARTS_AT, 0, "begins with @: a domain is looked up without it", "leave the @ out"),
        Form(
            ENDS_AT,
            STARTS_AT,
            "ends with @: user@ is not looked up in a transport table",
            "name the domain as well",
        ),
    ),
    "address": (
        Form(
            ENDS_AT,
            STARTS_AT,
            "ends with @: user@ is not looked up here",
            "leave the @ out for a local user, or name the domain",
        ),
        Form(
            STARTS_DOT,
            HAS_AT,
            "begins with a dot: subdomains are not looked up here",
            "name each domain: @sub.example.org",
        ),
    ),
    "sender": (
        Form(
            0,
            HAS_AT | STARTS_ANGLE | STARTS_QUOTE,
            "has no @: only addresses and @domain are looked up here",
            "write @ before the domain",
        ),
        Form(ENDS_AT, STARTS_AT, "ends with @: user@ is not looked up here", "name the domain as well"),
    ),
    "domains": (
        Form(HAS_AT, 0, "is a mail address, and domains are looked up here", "write the domain alone"),
    ),
}


def forms(uses: Sequence[Use], parents: Sequence[str]) -> tuple[tuple[Form, ...], ...]:
    """For each way of looking up what it never looks up; empty where one takes every key.

    `parents` are the words of parent_domain_matches_subdomains.
    """
    if any(use.inside for use in uses):
        return ()
    ways = dict.fromkeys(way_of(use) for use in uses if use.parameter != "local_recipient_maps")
    found = tuple(_of(way, parents) for way in ways)
    if len(ways) < len({way_of(use) for use in uses}):
        found = tuple(tuple(_TAKEN if form is _NAME else form for form in one) for one in found)
    return found if all(found) else ()


def _of(way: Way, parents: Sequence[str]) -> tuple[Form, ...]:
    return tuple(form for form in FORMS.get(way, ()) if form is not _DOT or "smtpd_access_maps" in parents)
