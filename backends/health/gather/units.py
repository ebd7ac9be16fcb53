"""The services of the stack: their processes, and what systemd tells of their units."""

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from backends.health.facts import Service, Services
from backends.host import ServiceState
from backends.runner import Command, Runner
from backends.services import PROGRAMS, Work, looked_at

SYSTEMD = Path("/run/systemd/system")
_PROPERTIES = "Id,LoadState,ActiveState,Result,NRestarts,UnitFileState,StateChangeTimestamp"
_BUSY = re.compile(r"\(ch\d+-(?!avail)")
_CHILD = re.compile(r"\(ch\d|\(virgin")
_UNITS = {"postfix": ("postfix@-", "postfix"), "clamd": ("clamav-daemon", "clamd")}
"""Units in the order in which they tell the most."""
_NAMES = {"postfix": "postfix", "clamd": "clamav-daemon"}
"""What is to be restarted."""


class Unit(msgspec.Struct, frozen=True):
    """What systemctl(1) tells of a unit."""

    active: str
    result: str
    restarts: int | None
    wanted: bool | None
    since: float | None


def processes() -> Services:
    """All services by their processes alone: no program is run, so this cannot hang."""
    states, works = looked_at()
    return of(states, works, {})


def of(states: Sequence[ServiceState], works: Mapping[str, Work], units: Mapping[str, Unit]) -> Services:
    """All services with what was found out of them. Pure but for whether systemd runs here."""
    return Services(tuple(_service(one, works.get(one.name), units) for one in states), SYSTEMD.is_dir())


def with_units(found: Services, units: Mapping[str, Unit]) -> Services:
    """With what systemd tells of them as well. Pure."""
    return msgspec.structs.replace(found, services=tuple(_told(one, units) for one in found.services))


def _service(state: ServiceState, work: Work | None, units: Mapping[str, Unit]) -> Service:
    found = _told(Service(state.name, state.state), units)
    if work is None:
        return found
    return msgspec.structs.replace(
        found,
        pid=work.pid,
        memory=work.memory,
        started=work.started,
        halted=work.halted,
        children=sum(1 for title in work.titles if _CHILD.search(title)),
        busy=sum(1 for title in work.titles if _BUSY.search(title)),
    )


def _told(found: Service, units: Mapping[str, Unit]) -> Service:
    """With its unit; one that is not known is what Debian calls it."""
    program = next(one for one in PROGRAMS if one.name == found.name)
    names = _UNITS.get(found.name, program.units)
    own = next((name for name in names if name in units), "")
    named = _NAMES.get(found.name) or own or program.units[0]
    if not own:
        return msgspec.structs.replace(found, unit=found.unit or named)
    found = msgspec.structs.replace(found, unit=named, process_unit=own)
    wanted = next((units[name].wanted for name in (named, *names) if name in units), None)
    unit = units[own]
    return msgspec.structs.replace(
        found, result=unit.result, restarts=unit.restarts, wanted=wanted, since=unit.since
    )


def units(runner: Runner) -> dict[str, Unit]:
    """The units that there are, by name without their suffix; none where systemd does not run.

    :raises NotAnswering: systemd does not answer.
    """
    if not SYSTEMD.is_dir():
        return {}
    names = dict.fromkeys(name for one in PROGRAMS for name in (*_UNITS.get(one.name, ()), *one.units))
    argv = (
        "systemctl",
        "show",
        "--timestamp=unix",
        f"--property={_PROPERTIES}",
        "--",
        *(f"{n}.service" for n in names),
    )
    return parse(runner.run(Command(argv, timeout=1.5)).stdout.decode("utf-8", "replace"), time.time())


def parse(said: str, now: float) -> dict[str, Unit]:
    """The units out of `systemctl show --timestamp=unix`. Pure."""
    found = {}
    for block in said.split("\n\n"):
        told = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        name = told.get("Id", "").removesuffix(".service")
        if not name or told.get("LoadState") != "loaded":
            continue
        restarts, since = told.get("NRestarts", ""), told.get("StateChangeTimestamp", "").removeprefix("@")
        state = told.get("UnitFileState", "")
        found[name] = Unit(
            told.get("ActiveState", ""),
            told.get("Result", ""),
            int(restarts) if restarts.isdecimal() and len(restarts) < 10 else None,
            None
            if not state
            else state in {"enabled", "generated", "static", "indirect", "enabled-runtime", "alias"},
            min(float(since), now) if since.isdecimal() and len(since) < 13 else None,
        )
    return found
