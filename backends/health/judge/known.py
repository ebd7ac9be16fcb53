"""What judges are given and what they give."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from backends.errors import BackendError, NotAnswering, NotPermitted
from backends.health.facts import Growth
from backends.health.values import Check, Evidence, Mend, Place, Point

T = TypeVar("T")
PANES: dict[str, Place] = {
    "queue": "queue",
    "greylist": "greylist",
    "scores": "scores",
    "quarantine": "quarantine",
    "cleanup": "quarantine",
    "maps": "maps",
    "av": "antivirus",
    "--apply": "config",
}
"""The panes in which mailtui's own commands are done, by name; the console knows their keys."""


EARLY = 60.0
"""Seconds before the beginning of a trouble, as far as that is known, in which its first signs may lie."""


class Judged(NamedTuple):
    """A check, and in one word what is wrong: stopped, halted, silent, refused, garbage, database, busy, trouble, full.

    `began`: what was seen before is no sign of it; 0: not known.
    """

    check: Check
    fault: str = ""
    began: float = 0.0


class Facts(NamedTuple):
    """The answers by the names of their questions, and what was known before: points, the growth of file systems.

    `wrong`: since when checks have been seen not to be good. `looked`: when it was looked last whether they are; 0: never.
    """

    now: float
    outcomes: Mapping[str, Any]
    course: tuple[Point, ...] = ()
    growth: Mapping[str, Growth] = {}
    wrong: Mapping[str, float] = {}
    looked: float = 0.0

    def began(self, name: str, known: float | None = None, *, exact: bool = False) -> float:
        """From when on what is seen can be of a trouble. `known`: it has begun no earlier; `exact`: just then."""
        recorded = self.wrong.get(name)
        if exact and known is not None:
            found = known if recorded is None else min(recorded, known)
        else:
            found = max(self.looked, known or 0.0) if recorded is None else recorded
        return max(0.0, found - EARLY)

    def value(self, name: str, kind: type[T]) -> T | None:
        """What was answered, if it was."""
        found = self.outcomes.get(name)
        return found if isinstance(found, kind) else None

    def error(self, name: str) -> BackendError | None:
        """Why there is no answer, if it was asked for one."""
        found = self.outcomes.get(name)
        return found if isinstance(found, BackendError) else None

    def silent(self, name: str) -> bool:
        """Whether it was waited for in vain."""
        return isinstance(self.outcomes.get(name), NotAnswering)


def mend_of(text: str) -> Mend:
    """A mend as something told it: a command of mailtui's own is given in its pane."""
    command, _, rest = text.partition(" ")
    word = rest.split(" ")[0].rstrip(";,.")
    return Mend(text, pane=PANES.get(word, "") if command == "mailtui" else "")


def unknown(name: str, what: str, error: BackendError) -> Judged:
    """A check that could not be made."""
    said = f"{what}: {error}"
    right = isinstance(error, NotPermitted)
    return Judged(
        Check(
            name,
            "unknown",
            said,
            (Evidence(error.hint),) if right else (),
            mends=() if right else (mend_of(error.hint),),
        )
    )
