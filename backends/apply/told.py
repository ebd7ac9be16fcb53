"""What an apply tells while it works and what it has found: values for the command line, the pane and JSON."""

from enum import Enum
from typing import Literal

import msgspec

State = Literal[
    "in sync", "changed here", "rights changed here", "changed in the reference", "missing", "conflict"
]
RIGHTS: State = "rights changed here"
"""Its owner or mode; what is in it is as it is to be."""
WORST_FIRST: tuple[State, ...] = (
    "conflict",
    "missing",
    "changed in the reference",
    RIGHTS,
    "changed here",
    "in sync",
)


class Take(Enum):
    """Which side a conflict goes to; NEITHER leaves it one."""

    NEITHER = "neither"
    MINE = "mine"
    REFERENCE = "reference"


class Check(msgspec.Struct, frozen=True):
    """One check of a machine that runs: whether it is as it must be, on what evidence, and what to do if not.

    `seconds`: how long it took.
    """

    name: str
    good: bool
    evidence: str
    hint: str = ""
    seconds: float = 0.0


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step as it begins; `percent` of 100 where the step knows how far it is (apt does).

    `check`: the step was one of verifying, and this is what it came to.
    """

    step: str
    text: str
    percent: float | None = None
    check: Check | None = None


class FileDrift(msgspec.Struct, frozen=True):
    """One managed file. `kept` are entries changed here that stay, `conflicts` those changed on both sides.

    `here` and `reference` are its lines now and as the reference alone would have them, safe to show; both are empty
    where they are the same, and of a `secret` file. `diff` is what an apply would change, as the lines of a diff, and
    `decided` names entries in which the site overrides the reference.
    """

    path: str
    state: State
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    secret: bool = False
    here: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()


class ComponentDrift(msgspec.Struct, frozen=True):
    """One component; `missing` are its packages that are not installed."""

    name: str
    title: str
    files: tuple[FileDrift, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The worst of its files, `missing` where a package is."""
        states = (
            {"missing", *(one.state for one in self.files)}
            if self.missing
            else {one.state for one in self.files}
        )
        return next((state for state in WORST_FIRST if state in states), "in sync")


class Drift(msgspec.Struct, frozen=True):
    """A machine beside the reference; `taken` in epoch seconds, `todo` what is to be done beside files, in words.

    `warnings` are what an apply leaves as it is, and should not stay so.
    """

    taken: float
    release: str
    filter: str
    components: tuple[ComponentDrift, ...]
    todo: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def in_sync(self) -> bool:
        """Whether an apply would change nothing."""
        return not self.todo and all(one.state in {"in sync", "changed here"} for one in self.components)


class Moment(msgspec.Struct, frozen=True):
    """One checkpoint: its number, when it was taken (epoch seconds), before what, and which files that changed."""

    number: int
    taken: float
    why: str
    files: tuple[str, ...]


class Applied(msgspec.Struct, frozen=True):
    """How an apply or a rollback ended: the checkpoint before it (None: no file changed), and what verified it.

    `trouble`: services that do not run with files that were brought back, in words.
    """

    number: int | None
    steps: int
    checks: tuple[Check, ...] = ()
    trouble: tuple[str, ...] = ()
