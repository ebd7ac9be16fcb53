"""A plan as a person reads it: each component's state, each file here and in the reference."""

from collections.abc import Sequence

from backends.apply.machine.facts import Facts
from backends.apply.machine.install import missing_of
from backends.apply.planning.plan import FilePlan
from backends.apply.prepare import SITE, Prepared
from backends.apply.told import RIGHTS, ComponentDrift, Drift, FileDrift, State
from backends.reference.manifest import Component
from backends.reference.values import Values
from backends.text import visible

TEST_ONLY = "clamd knows the EICAR test file alone: viruses pass until freshclam has fetched signatures"


def drift_of(
    prepared: Prepared, components: Sequence[Component], values: Values, facts: Facts, now: float
) -> Drift:
    """The machine beside the reference."""
    plan, work = prepared.plan, prepared.work
    found = [
        ComponentDrift(
            one.name,
            one.title,
            tuple(file_drift(file) for file in plan.files if file.component == one.name),
            tuple(missing_of(one, facts)),
        )
        for one in components
    ]
    if site := tuple(file_drift(file) for file in plan.files if file.component == SITE):
        found.append(ComponentDrift(SITE, "Site settings", site))
    todo = work.words if work is not None else ()
    warnings = (TEST_ONLY,) if values.signatures == "test" else ()
    return Drift(now, values.release, values.filter, tuple(found), todo, warnings)


def file_drift(one: FilePlan) -> FileDrift:
    """One file; its lines only where it differs."""
    state = state_of(one)
    secret = one.file.secret
    shown = state != "in sync" and not secret
    return FileDrift(
        one.file.path,
        state,
        one.kept,
        one.conflicts,
        secret,
        _lines(one.old.content) if shown else (),
        _lines(one.reference) if shown else (),
        tuple(one.diff),
        one.decided,
    )


def state_of(one: FilePlan) -> State:
    """What its comparison came to."""
    if one.conflicts:
        return "conflict"
    if one.changed:
        if one.old.content is None:
            return "missing"
        return RIGHTS if one.old.content == one.new.content else "changed in the reference"
    return "changed here" if one.kept else "in sync"


def _lines(content: bytes | None) -> tuple[str, ...]:
    lines = (content or b"").decode("utf-8", "replace").replace("\t", "    ").split("\n")
    return tuple(visible(line) for line in (lines[:-1] if lines[-1] == "" else lines))
