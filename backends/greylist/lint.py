"""Rows of the whitelist: what gld compares, which rows it can never match, and which are Debian's own. Pure."""

import ipaddress
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

from backends.errors import BadRequest
from backends.greylist.matching import LONGEST
from backends.greylist.values import Listed
from backends.text import visible

FORMS = "a sender (ann@example.org), @domain, an address (192.0.2.1), or three octets of one (192.0.2)"
SEEN_OF_ADDRESS = 31
"""Characters that gld keeps of an address for the whitelist (a buffer of 32; source: greylist.c)."""
_OCTET = r"(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])"
_NETWORK = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{2}}", re.ASCII)
_NUMBERS = re.compile(r"[\d.]+(?:/\d+)?", re.ASCII)


@cache
def shipped() -> dict[str, str]:
    """The rows that Debian's package ships, with their comments."""
    text = resources.files("backends.greylist").joinpath("shipped.txt").read_text("utf-8")
    rows = (line.partition("\t") for line in text.splitlines() if not line.startswith("#"))
    return {mail: comment for mail, _, comment in rows}


def linted(rows: Iterable[tuple[str, str]]) -> list[Listed]:
    """The rows with what is wrong with them."""
    known = [*rows]
    names = {mail.lower() for mail, _ in known}
    return [
        Listed(mail, comment, shipped().get(mail) == comment, problem(mail) or _covered(mail.lower(), names))
        for mail, comment in known
    ]


def problem(mail: str) -> str:
    """Why gld can never match it, or nothing."""
    if any(char in mail for char in "\"';"):
        return "never matches: gld stores quotes and semicolons as spaces"
    if "\\" in mail or not mail.isprintable():
        return "never matches: it holds a backslash or a control character"
    if mail != mail.strip():
        return "never matches: it begins or ends with a blank"
    if "@" in mail:
        return _of_sender(mail)
    return _of_numbers(mail) if _NUMBERS.fullmatch(mail) else _of_words(mail)


def checked(mail: str, comment: str) -> None:
    """
    :raises BadRequest: gld would never match it, or the table cannot hold it.
    """
    if not mail or len(mail) > LONGEST or len(comment) > LONGEST:
        raise BadRequest(f"A row of the whitelist has 1 to {LONGEST} characters", hint=f"give {FORMS}")
    if why := problem(mail):
        raise BadRequest(f"{visible(mail)!r}: {why}", hint=f"give {FORMS}")
    if not comment.isprintable():
        raise BadRequest("The comment holds control characters", hint="give it as plain text")


def _of_numbers(mail: str) -> str:
    if "/" in mail:
        return "never matches: a network is written as three octets, 192.0.2"
    parts = mail.split(".")
    if len(parts) == 3:
        return "" if _NETWORK.fullmatch(mail) else "never matches: not three octets from 0 to 255"
    if len(parts) == 4 and parts[3]:
        try:
            ipaddress.IPv4Address(mail)
        except ValueError:
            return "never matches: no address"
        return (
            f"matches this one address only; its network is written {'.'.join(parts[:3])}"
            if parts[3] == "0"
            else ""
        )
    return "never matches: gld compares a whole address or three octets, 192.0.2"


def _of_sender(mail: str) -> str:
    if any(char in mail for char in "*%"):
        return "gld knows no wildcards: it matches these very characters only"
    return "never matches: a domain holds no second @" if mail.startswith("@") and "@" in mail[1:] else ""


def _of_words(mail: str) -> str:
    if ":" in mail:
        return _of_ipv6(mail)
    return (
        f"never matches: a domain is written @{mail}"
        if "." in mail
        else "never matches: no sender and no domain"
    )


def _of_ipv6(mail: str) -> str:
    try:
        address = ipaddress.IPv6Address(mail)
    except ValueError:
        return "never matches: of IPv6 gld compares whole addresses only"
    if str(address) != mail.lower():
        return f"never matches: Postfix writes it {address}"
    if len(mail) > SEEN_OF_ADDRESS:
        return f"never matches: gld looks at the first {SEEN_OF_ADDRESS} characters only"
    return ""


def _covered(mail: str, names: set[str]) -> str:
    """By which other row it is matched as well."""
    at = mail.find("@")
    other = mail[at:] if at > 0 else mail.rpartition(".")[0] if mail.count(".") == 3 and at < 0 else ""
    return f"needless: {other} matches it as well" if other in names else ""
