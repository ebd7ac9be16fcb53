"""The services of the stack: their processes, and what systemd tells of their units."""

import re
import time
from pathlib import Path

from backends.health.facts import Service, Services, Unit
from backends.health.units import UNITS
from backends.host import ServiceState
from backends.runner import Command, Runner
from backends.services import Work, looked_at

SYSTEMD = Path("/run/systemd/system")
_PROPERTIES = "Id,LoadState,ActiveState,Result,NRestarts,UnitFileState,StateChangeTimestamp"
_BUSY = re.compile(r"\(ch\d+-(?!avail)")
_CHILD = re.compile(r"\(ch\d|\(virgin")


def processes() -> Services:
    """All services by their processes alone: no program is run, so this cannot hang."""
    states, works = looked_at()
    return Services(tuple(_service(one, works.get(one.name)) for one in states), SYSTEMD.is_dir())


def _service(state: ServiceState, work: Work | None) -> Service:
    runs = "running" if state.state == "halted" else state.state
    if work is None:
        return Service(state.name, runs)
    return Service(
        state.name,
        runs,
        work.pid,
        work.memory,
        work.started,
        halted=work.halted,
        children=sum(1 for title in work.titles if _CHILD.search(title)),
        busy=sum(1 for title in work.titles if _BUSY.search(title)),
    )


def units(runner: Runner) -> dict[str, Unit]:
    """The units that there are, by name without their suffix; none where systemd does not run.

    :raises NotAnswering: systemd does not answer.
    """
    if not SYSTEMD.is_dir():
        return {}
    names = dict.fromkeys(name for several in UNITS.values() for name in several)
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
