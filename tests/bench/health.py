"""`mailtui health` on a lab machine of Debian 12: all of it where all is well, and where every service is halted."""

import json
import time
from collections.abc import Iterator

from tests.bench.measure import Bench, Row, Skip, pairs
from tests.lab.apply import TEST, machine_with, mailtui
from tests.lab.image import bare
from tests.lab.machine import Machine, why_not

RELEASE = "bookworm"
LIMIT = 1.5  # s
LONGEST = 2.0  # s of a check
UNITS = ("postfix@-", "gld", "amavis", "clamav-daemon", "dovecot", "mariadb")


def health(bench: Bench) -> Iterator[Row]:
    """One machine brought to the reference.

    :raises Skip: there can be no lab here.
    """
    if reason := why_not():
        raise Skip(reason)
    with machine_with(RELEASE, bare(RELEASE)) as machine:
        machine.run(["mailtui", "--apply", *TEST], timeout=600)
        machine.run(["systemctl", "stop", "mailtui-health.timer"])
        ours, _ = pairs(lambda: _whole(machine), lambda: LIMIT, bench.rounds)
        yield Row("health, all is well", ours, LIMIT, "s", "its limit", 1.0)
        for unit in UNITS:
            machine.run(["systemctl", "kill", "--signal=STOP", f"{unit}.service"])
        ours, _ = pairs(lambda: _longest(machine), lambda: LONGEST, bench.rounds)
        yield Row("health, all hang: longest check", ours, LONGEST, "s", "its limit", 1.05)
        for unit in UNITS:
            machine.run(["systemctl", "kill", "--signal=CONT", f"{unit}.service"])


def _whole(machine: Machine) -> float:
    """Seconds from the start of the program to its end."""
    began = time.perf_counter()
    mailtui(machine, "health")
    return time.perf_counter() - began


def _longest(machine: Machine) -> float:
    found = json.loads(mailtui(machine, "health", "--json").stdout)
    return max(float(check["seconds"]) for check in found["report"]["checks"])
