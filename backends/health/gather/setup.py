"""What Postfix is set up to do, by postconf(1)."""

import re

from backends.errors import Failed
from backends.health.facts import Setup
from backends.runner import Command, Runner

_UNUSED = re.compile(r"\S*postconf: warning: (\S+: unused parameter: .*)")
_WARNING = re.compile(r"\S*postconf: (?:warning|fatal): (.*)")
_TIMEOUT = 1.5  # s


def setup(runner: Runner, instance: tuple[str, ...] = (), *, timeout: float = _TIMEOUT) -> Setup:
    """Three runs: all parameters with what is complained of, services, and what these have of their own.

    :raises Failed: postconf cannot read its files.
    :raises Missing: there is no Postfix.
    """
    told = runner.run(Command(("postconf", *instance, "-x"), timeout=timeout))
    if told.code != 0:
        raise Failed(f"postconf cannot read Postfix's settings: {told.complaint}", hint="see: postconf -n")
    services = runner.run(Command(("postconf", *instance, "-M"), timeout=timeout))
    overridden = runner.run(Command(("postconf", *instance, "-x", "-P"), timeout=timeout))
    complaints = told.stderr.decode("utf-8", "replace").splitlines()
    return Setup(
        _pairs(told.stdout) | _pairs(overridden.stdout),
        tuple(inet(services.stdout.decode("utf-8", "replace"))),
        tuple(found[1] for line in complaints if (found := _UNUSED.match(line))),
        tuple(found[1] for line in complaints if (found := _WARNING.match(line)) and not _UNUSED.match(line)),
    )


def inet(text: str) -> list[tuple[str, str]]:
    """The inet services of master.cf as `postconf -M` prints them: where they listen, and which program. Pure."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) > 7 and words[1] == "inet":
            found.append((words[0], words[7]))
    return found


def values(setup: Setup, *names: str) -> list[str]:
    """The values of parameters, of main.cf and of each service that has its own."""
    return [value for name, value in setup.parameters.items() if name.rpartition("/")[2] in names and value]


def _pairs(output: bytes) -> dict[str, str]:
    lines = output.decode("utf-8", "replace").splitlines()
    return {name: value.strip() for name, equals, value in (line.partition(" =") for line in lines) if equals}
