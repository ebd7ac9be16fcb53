"""Dovecot's settings, by doveconf(1)."""

import re
from collections.abc import Mapping
from pathlib import Path

from backends.runner import Command, Runner

CONF = Path("/etc/dovecot/dovecot.conf")
_TIMEOUT = 1.5  # s
_LISTENER = re.compile(r"inet_listener (?:name=)?(\w+) \{")


def settings(runner: Runner) -> Mapping[str, str] | None:
    """What differs from its defaults, of nested settings the last name alone, and `port NAME` of each listener; None:
    there is no Dovecot.

    :raises Missing: there is no doveconf.
    """
    if not CONF.exists():
        return None
    return parse(runner.run(Command(("doveconf", "-n"), timeout=_TIMEOUT)).stdout.decode("utf-8", "replace"))


def parse(text: str) -> dict[str, str]:
    """The settings as `doveconf -n` prints them. Pure."""
    found: dict[str, str] = {}
    listener = ""
    for line in map(str.strip, text.splitlines()):
        if (begun := _LISTENER.match(line)) is not None:
            listener = begun[1]
        elif line == "}":
            listener = ""
        else:
            name, equals, value = line.partition(" =")
            if equals:
                found[f"{name} {listener}" if listener else name] = value.strip()
    return found
