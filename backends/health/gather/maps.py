"""The lookup tables of the configuration: whose index is not as new as its source, and what is wrong with them."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from backends.health.facts import Setup, Stale, Tables
from backends.host.maps import Maps
from backends.maps.config import parse
from backends.maps.kinds import INDEX
from backends.maps.values import About, Table
from backends.text import visible


def maps(setup: Setup) -> Stale:
    """All tables that are built, by their files' times."""
    tables = _tables(setup)
    found = [table for table in _with_source(tables) if table.type in INDEX]
    states = {table.name: _state(Path(table.path), INDEX[table.type]) for table in found}
    stale, missing = (
        tuple(name for name, state in states.items() if state == wanted) for wanted in ("stale", "missing")
    )
    return Stale(stale, len(tables), missing)


def marks(setup: Setup) -> tuple[object, ...]:
    """What differs when settings or files of tables are others than before, but for those that Postfix writes itself."""
    every = (one for table in _tables(setup) for one in (table, *table.parts))
    paths = [path for table in _with_source(every) for path in _paths(table)]
    return (*setup.parameters.items(), *map(_mark, paths))


def tables(maps: Maps, readable: Callable[[Path], bool] = lambda path: os.access(path, os.R_OK)) -> Tables:
    """All that the pane of tables tells of them, but for those that this user may not read.

    :raises BackendError: the configuration cannot be read.
    """
    abouts: list[About] = []
    findings = maps.check(abouts.append)
    closed = {one.table.name for one in abouts if _is_closed(one.table, readable)}
    told = [(one.level, f"{one.table}: {one.what}") for one in findings if one.table not in closed]
    bad, notes = (
        tuple(visible(text) for level, text in told if (level == "bad") == wanted) for wanted in (True, False)
    )
    return Tables(bad, notes, tuple(sorted(closed)))


def _is_closed(table: Table, readable: Callable[[Path], bool]) -> bool:
    """Whether this user may not read its source, its index, or any part of it."""
    if table.parts:
        return any(_is_closed(part, readable) for part in table.parts)
    return bool(table.path) and any(_is_kept_from(Path(path), readable) for path in _paths(table))


def _paths(table: Table) -> tuple[str, ...]:
    """Its source, and its index where it has one."""
    return tuple(dict.fromkeys((table.path, f"{table.path}{INDEX.get(table.type, '')}")))


def _is_kept_from(path: Path, readable: Callable[[Path], bool]) -> bool:
    try:
        path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return not readable(path)


def _with_source(tables: Iterable[Table]) -> list[Table]:
    return [table for table in tables if table.path and not table.cache]


def _tables(setup: Setup) -> tuple[Table, ...]:
    return parse(
        "",
        _lines((name, value) for name, value in setup.parameters.items() if "/" not in name),
        "",
        _lines((name, value) for name, value in setup.parameters.items() if "/" in name),
    ).tables


def _mark(path: str) -> object:
    try:
        found = Path(path).stat()
    except OSError as error:
        return error.errno
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


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
