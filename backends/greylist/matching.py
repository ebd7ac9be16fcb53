"""Whether a filter holds for a triplet, without a database. Pure."""

import ipaddress

from backends.errors import BadRequest
from backends.greylist.values import DAY, Filter, Rules, Triplet, Word

LONGEST = 242
"""Characters that gld keeps of a sender or recipient."""


def checked(wanted: Filter) -> Filter:
    """The filter, which must be one that could hold.

    :raises BadRequest: a text is longer than what gld stores, or no text.
    """
    texts = {name: getattr(wanted, name) for name in ("client", "sender", "recipient", "domain")}
    for name, text in (*texts.items(), *((one.field or "all fields", one.text) for one in wanted.words)):
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
    has = _is if wanted.whole else _holds
    return (
        (not wanted.client or _of_client(wanted.client, triplet))
        and (not wanted.sender or has(wanted.sender, triplet.sender))
        and (not wanted.recipient or has(wanted.recipient, triplet.recipient))
        and (not wanted.domain or domain_of(triplet.sender) == wanted.domain.lower())
        and (wanted.state is None or rules.state(triplet, now) == wanted.state)
        and (wanted.older_than is None or triplet.first <= int(now - wanted.older_than))
        and (wanted.newer_than is None or triplet.first > int(now - wanted.newer_than))
        and (wanted.day is None or wanted.day <= triplet.first < wanted.day + DAY)
        and all(_fits(one, triplet, rules, now) is not one.excluded for one in wanted.words)
    )


def _fits(one: Word, triplet: Triplet, rules: Rules, now: float) -> bool:
    match one.field:
        case "client":
            return _of_client(one.text, triplet)
        case "sender" | "recipient":
            return _holds(one.text, getattr(triplet, one.field))
        case "domain":
            return domain_of(triplet.sender) == one.text.lower()
        case "state":
            return rules.state(triplet, now) == one.text
        case _:
            return any(_holds(one.text, text) for text in (triplet.ip, triplet.sender, triplet.recipient))


def _of_client(text: str, triplet: Triplet) -> bool:
    return triplet.ip == text if is_address(text) else triplet.ip.startswith(text)


def _holds(text: str, within: str) -> bool:
    return text.lower() in within.lower()


def _is(text: str, other: str) -> bool:
    return text.lower() == other.lower()


def network_of(ip: str) -> str:
    """The network that an address is counted under: three octets, or four groups of IPv6."""
    return ":".join(ip.split(":")[:4]) if ":" in ip else ".".join(ip.split(".")[:3])


def domain_of(sender: str) -> str:
    """The domain after the last @, in lower case; a sender without one is its own."""
    return sender.rpartition("@")[2].lower()
