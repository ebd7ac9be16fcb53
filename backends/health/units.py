"""Which systemd unit is whose, and what units tell of services. Pure."""

from collections.abc import Mapping

import msgspec

from backends.health.facts import Service, Services, Unit
from backends.services import PROGRAMS

UNITS = {one.name: one.units for one in PROGRAMS}
"""The units of each service, in the order in which they tell the most."""
_NAMES = {"postfix": "postfix", "clamd": "clamav-daemon"}
"""What is to be restarted."""


def with_units(found: Services, units: Mapping[str, Unit]) -> Services:
    """With what systemd tells of them as well; a unit that is not known is what Debian calls it."""
    return msgspec.structs.replace(found, services=tuple(_told(one, units) for one in found.services))


def _told(found: Service, units: Mapping[str, Unit]) -> Service:
    names = UNITS[found.name]
    own = max((name for name in names if name in units), key=lambda name: _telling(units[name]), default="")
    named = _NAMES.get(found.name) or own or names[0]
    if not own:
        return msgspec.structs.replace(found, unit=found.unit or named)
    wanted = next((units[name].wanted for name in (named, *names) if name in units), None)
    unit = units[own]
    return msgspec.structs.replace(
        found,
        unit=named,
        process_unit=own,
        result=unit.result,
        restarts=unit.restarts,
        wanted=wanted,
        since=unit.since,
    )


def _telling(unit: Unit) -> tuple[bool, float]:
    """How much a unit of several tells: that one is Postfix's own which runs, or ran last (13: postfix, 12: postfix@-)."""
    if unit.active in {"active", "activating", "reloading", "deactivating"}:
        return True, 0.0  # of several the first: 12's postfix only stands for postfix@-
    return False, unit.since or 0.0
