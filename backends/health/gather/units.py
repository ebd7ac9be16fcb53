"""The services of the stack: their processes, and what systemd tells of their units."""

import re
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from backends.errors import BackendError
from backends.health.facts import Service, Services
from backends.host import ServiceState
from backends.runner import Command, Runner
from backends.services import PROGRAMS, Work, works

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


def services(runner: Runner, states: Sequence[ServiceState]) -> Services:
    """All services with what can be found out of them; `states` are those of the host."""
    found = works()
    systemd = SYSTEMD.is_dir()
    units = _units(runner) if systemd else {}
    return Services(tuple(_service(one, found.get(one.name), units) for one in states), systemd)


def _service(state: ServiceState, work: Work | None, units: dict[str, Unit]) -> Service:
    program = next(one for one in PROGRAMS if one.name == state.name)
    names = _UNITS.get(state.name, program.units)
    unit = next((units[name] for name in names if name in units), None)
    named = _NAMES.get(state.name) or next((name for name in names if name in units), program.units[0])
    own = next((name for name in names if name in units), "")
    found = Service(state.name, state.state, unit=named, process_unit=own)
    if unit is not None:
        wanted = next((units[name].wanted for name in (named, *names) if name in units), None)
        found = msgspec.structs.replace(
            found, result=unit.result, restarts=unit.restarts, wanted=wanted, since=unit.since
        )
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


def _units(runner: Runner) -> dict[str, Unit]:
    """The units that there are, by name without their suffix."""
    names = dict.fromkeys(name for one in PROGRAMS for name in (*_UNITS.get(one.name, ()), *one.units))
    argv = (
        "systemctl",
        "show",
        "--timestamp=unix",
        f"--property={_PROPERTIES}",
        "--",
        *(f"{n}.service" for n in names),
    )
    try:
        said = runner.run(Command(argv, timeout=1.5)).stdout.decode("utf-8", "replace")
    except BackendError:
        return {}
    return parse(said, time.time())


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
