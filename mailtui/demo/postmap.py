"""What postmap(1) and postalias(1) do on the simulated machine: indexes that are always of their sources, and answers."""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from threading import RLock

from backends.maps.lines import entries, logical
from mailtui.demo.programs import Answer


class Sources:
    """The sources of tables by their path, and which of them postalias built."""

    def __init__(self, files: dict[str, bytes], aliases: set[str]) -> None:
        self.files, self.aliases, self.lock = files, aliases, RLock()


def postmap(sources: Sources, arguments: list[str], stdin: bytes) -> Answer:
    """Build a table, or ask it (`-q -`) for the keys on standard input."""
    kind, _, path = arguments[-1].partition(":")
    content = sources.files.get(path)
    if content is None:
        return Answer(1, stderr=[f"postmap: fatal: open {path}: No such file or directory"])
    if arguments[:2] != ["-q", "-"]:
        sources.aliases.discard(path)
        return Answer()
    keys = stdin.decode("utf-8", "surrogateescape").splitlines()
    value = _VALUES[kind](content) if kind in _VALUES else _entry(content, alias=path in sources.aliases)
    found = [f"{key}\t{answer}\n" for key in keys if (answer := value(key)) is not None]
    return Answer(0 if found else 1, [one.encode("utf-8", "surrogateescape") for one in found])


def postalias(sources: Sources, arguments: list[str], stdin: bytes) -> Answer:
    """Build a table of aliases."""
    answer = postmap(sources, arguments, stdin)
    sources.aliases.add(arguments[-1].partition(":")[2])
    return answer


PROGRAMS = {"postmap": postmap, "postalias": postalias}
Value = Callable[[str], str | None]


def _entry(content: bytes, *, alias: bool) -> Value:
    values: dict[str, str] = {}
    for one in entries(content, alias=alias):
        values.setdefault(one.key.decode("utf-8", "replace").lower(), one.value.decode("utf-8", "replace"))
    return lambda key: values.get(key.lower())


def _expression(content: bytes) -> Value:
    def value(key: str) -> str | None:
        return next(
            (one for rule, one in _rules(content) if re.search(rule.strip("/"), key, re.IGNORECASE)), None
        )

    return value


def _network(content: bytes) -> Value:
    def value(key: str) -> str | None:
        try:
            address = ip_address(key)
            return next((one for rule, one in _rules(content) if address in ip_network(rule)), None)
        except ValueError:
            return None

    return value


_VALUES: dict[str, Callable[[bytes], Value]] = {"regexp": _expression, "cidr": _network}


def _rules(content: bytes) -> Iterator[tuple[str, str]]:
    for *_place, text in logical(content):
        rule, _, value = text.decode("utf-8", "replace").partition("\t")
        yield rule, value
