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
    found = (table for table in tables if not table.cache and table.path and table.type in INDEX)
    names = tuple(table.name for table in found if _stale(Path(table.path), INDEX[table.type]))
    return Stale(names, len(tables))


def _stale(source: Path, ending: str) -> bool:
    """By whole seconds, as Postfix compares."""
    try:
        changed = int(source.stat().st_mtime)
    except OSError:
        return False
    try:
        return int(Path(f"{source}{ending}").stat().st_mtime) < changed
    except FileNotFoundError:
        return True


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in pairs)
