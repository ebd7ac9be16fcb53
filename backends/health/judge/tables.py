"""Lookup tables: whether they say what their sources say, and whether that is right. Pure."""

from collections.abc import Iterator

from backends.errors import NotAnswering
from backends.health.facts import Stale, Tables
from backends.health.judge.known import Facts, Judged, unknown
from backends.health.values import Check, Evidence, Level, Mend
from backends.text import visible

NAMED = 5
_REBUILD = (Mend("mailtui maps rebuild", pane="maps"),)
_LINT = (Mend("mailtui maps lint", pane="maps"),)


def maps(facts: Facts) -> Iterator[Judged]:
    """All tables as one check, judged as their pane judges them."""
    found = facts.value("maps", Stale)
    if found is None:
        if (error := facts.error("maps")) is not None:
            yield unknown("maps", "The lookup tables cannot be looked at", error)
        return
    linted = facts.value("tables", Tables) or Tables()
    if found.missing:
        many = "tables have" if len(found.missing) > 1 else "table has"
        said = f"{len(found.missing)} lookup {many} no index: what asks for it gets a temporary error, and mail waits"
        yield Judged(_check("bad", said, (*found.missing, *found.names), _REBUILD), "missing")
    elif linted.bad:
        many = "s are" if len(linted.bad) > 1 else " is"
        said = f"{len(linted.bad)} thing{many} wrong in lookup tables: mail goes otherwise than they say"
        yield Judged(_check("bad", said, linted.bad, _LINT), "wrong")
    elif found.names:
        many = "s are" if len(found.names) > 1 else " is"
        said = f"{len(found.names)} table{many} older than the source: what was changed does not count yet"
        yield Judged(_check("watch", said, found.names, _REBUILD))
    elif found.tables:
        yield Judged(_fine(facts, found, linted))


def _fine(facts: Facts, found: Stale, linted: Tables) -> Check:
    """Notes are for who looks at the tables, not for the night."""
    error = facts.error("tables")
    if error is not None and (not isinstance(error, NotAnswering) or "maps" in facts.wrong):
        return unknown("maps", "The lookup tables cannot be looked at", error).check
    said = f"{found.tables} lookup tables are as their sources"
    if error is not None:
        return _check("good", f"{said}; what is in them was not looked at in the time", (), ())
    if linted.closed:
        said = f"{said}; what is in {len(linted.closed)} of them is hidden from this user"
    if linted.notes:
        said = f"{said}; {len(linted.notes)} note{'s' if len(linted.notes) > 1 else ''} on them"
    return _check("good", said, (*linted.notes, *linted.closed), _LINT if linted.notes else ())


def _check(level: Level, said: str, named: tuple[str, ...], mends: tuple[Mend, ...]) -> Check:
    return Check("maps", level, said, tuple(Evidence(visible(one)) for one in named[:NAMED]), mends=mends)
