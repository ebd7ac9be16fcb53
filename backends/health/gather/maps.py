"""The lookup tables of the configuration whose index is not as new as its source."""

from collections.abc import Iterable
from pathlib import Path

from backends.health.facts import Setup, Stale
from backends.maps.config import parse
from backends.maps.kinds import INDEX


def maps(setup: Setup) -> Stale:
    """All tables that are built, by their files' times."""
    tables = parse(
        "",
        _lines((name, value) for name, value in setup.parameters.items() if "/" not in name),
        "",
        _lines((name, value) for name, value in setup.parameters.items() if "/" in name),
    ).tables
    found = [table for table in tables if not table.cache and table.path and table.type in INDEX]
    states = {table.name: _state(Path(table.path), INDEX[table.type]) for table in found}
    stale, missing = (
        tuple(name for name, state in states.items() if state == wanted) for wanted in ("stale", "missing")
    )
    return Stale(stale, len(tables), missing)


def _state(source: Path, ending: str) -> str:
    """Of the index: `missing`, `stale` (by whole seconds, as Postfix compares), or neither."""
    try:
        built = int(Path(f"{source}{ending}").stat().st_mtime)
    except FileNotFoundError:
        return "missing"
    except OSError:
        return ""
    try:
        return "stale" if built < int(source.stat().st_mtime) else ""
    except OSError:
        return ""


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in pairs)
