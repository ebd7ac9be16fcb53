"""Whether a filter holds for a triplet, without a database. Pure."""

import ipaddress

from backends.errors import BadRequest
from backends.greylist.values import Filter, Rules, Triplet

LONGEST = 242
"""Characters that gld keeps of a sender or recipient."""


def checked(wanted: Filter) -> Filter:
    """The filter, which must be one that could hold.

    :raises BadRequest: a text is longer than what gld stores, or no text.
    """
    for name in ("client", "sender", "recipient"):
        text: str = getattr(wanted, name)
        if len(text) > LONGEST:
            raise BadRequest(
                f"The text for {name} is too long", hint=f"gld stores at most {LONGEST} characters"
            )
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise BadRequest(
                f"The text for {name} holds bytes that are no characters", hint="give it in UTF-8"
            )
    return wanted


def is_address(text: str) -> bool:
    """Whether it is a whole address, of IPv4 or IPv6."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def matches(wanted: Filter, triplet: Triplet, rules: Rules, now: float) -> bool:
    """As the database would find it."""
    if wanted.client:
        same = (
            triplet.ip == wanted.client if is_address(wanted.client) else triplet.ip.startswith(wanted.client)
        )
        if not same:
            return False
    return (
        wanted.sender.lower() in triplet.sender.lower()
        and wanted.recipient.lower() in triplet.recipient.lower()
        and (wanted.state is None or rules.state(triplet, now) == wanted.state)
        and (wanted.older_than is None or triplet.first <= int(now - wanted.older_than))
    )


def network_of(ip: str) -> str:
    """The network that an address is counted under: three octets, or four groups of IPv6."""
    return ":".join(ip.split(":")[:4]) if ":" in ip else ".".join(ip.split(".")[:3])


def domain_of(sender: str) -> str:
    """The domain after the last @, in lower case; a sender without one is its own."""
    return sender.rpartition("@")[2].lower()
