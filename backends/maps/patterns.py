"""Tables that are read in order: entries that an earlier one leaves nothing for. regexp_table(5), pcre_table(5), cidr_table(5). Pure."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import NamedTuple

from backends.maps.lines import BLANK, logical

MOST = 200_000
"""Entries that are compared with one another."""
_RULE = re.compile(
    rb"(?P<not>!?)(?P<sign>[^\w\s\\!])(?P<pattern>(?:\\.|(?!(?P=sign)).)*)(?P=sign)(?P<flags>\w*)", re.DOTALL
)
_ALL = frozenset({b"^", b".*", b"^.*", b"^.*$", b".*$", b"", b"$", b".", b"^.", b".+", b"^.+$"})
_FLAGS = b"imx"
Network = IPv4Network | IPv6Network


class Shadowed(NamedTuple):
    """An entry that is never reached, and the line of the one that takes everything it would."""

    line: int
    pattern: bytes
    by: int


def rules(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Line, depth in if…endif, and text of each entry."""
    depth = 0
    for _start, _end, line, text in logical(content):
        word = text.strip(BLANK)[:6].lower()
        if re.match(rb"if\b|if[^\w\s]", word):
            depth += 1
        elif word.startswith(b"endif"):
            depth = max(0, depth - 1)
        else:
            yield line, depth, text


def count(content: bytes) -> int:
    return sum(1 for _rule in rules(content))


def shadowed(kind: str, content: bytes) -> Iterator[Shadowed]:
    """Entries outside of if…endif that can never be reached because of an earlier one outside of it."""
    outside = ((line, text) for line, depth, text in rules(content) if depth == 0)
    yield from (_networks if kind == "cidr" else _expressions)(outside)


def _expressions(entries: Iterator[tuple[int, bytes]]) -> Iterator[Shadowed]:
    before: dict[tuple[bytes, bytes, bytes], int] = {}
    everything = 0
    for place, (line, text) in enumerate(entries):
        found = _RULE.match(text)
        if found is None or place >= MOST:
            continue
        flags = bytes(sorted(found["flags"]))
        same = (found["not"], found["pattern"], flags)
        if everything or same in before:
            yield Shadowed(line, found[0], everything or before[same])
            continue
        before[same] = line
        if not found["not"] and found["pattern"] in _ALL and not flags.strip(_FLAGS):
            everything = line


def _networks(entries: Iterator[tuple[int, bytes]]) -> Iterator[Shadowed]:
    before: dict[tuple[int, int], dict[int, int]] = {}
    for place, (line, text) in enumerate(entries):
        network = _network(text)
        if network is None or place >= MOST:
            continue
        by = _holder(network, before)
        if by:
            yield Shadowed(line, text.split(None, 1)[0], by)
        else:
            before.setdefault((network.version, network.prefixlen), {})[int(network.network_address)] = line


def _network(text: bytes) -> Network | None:
    word = text.split(None, 1)[0].decode("ascii", "replace") if text.split() else ""
    try:
        return ip_network(word.replace("[", "").replace("]", ""))
    except ValueError:
        return None


def _holder(network: Network, before: dict[tuple[int, int], dict[int, int]]) -> int:
    """The line of an earlier network that holds this one; 0: none does."""
    address = int(network.network_address)
    for (version, length), lines in before.items():
        if version == network.version and length <= network.prefixlen:
            rest = network.max_prefixlen - length
            if line := lines.get(address >> rest << rest):
                return line
    return 0
