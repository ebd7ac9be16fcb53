"""One look at a host's health: what is known of it so far, or all of it."""

from collections.abc import Iterable

import msgspec

from backends.health.values import Check, Line, Report

RANKS = {"bad": 0, "watch": 1, "unknown": 2, "good": 3}


class Look(msgspec.Struct, frozen=True):
    """The checks, the worst first, and the log's newest troubles. Unless `whole`, others follow, and which one explains
    which is not known yet.
    """

    checks: tuple[Check, ...]
    taken: float
    whole: bool = True
    lines: tuple[Line, ...] = ()

    @property
    def told(self) -> tuple[tuple[Check, tuple[Check, ...]], ...]:
        """Each cause with all that it explains, also by way of others."""
        wrong = {check.name: check for check in self.checks if check.level != "good"}
        roots = {name: _root(check, wrong) for name, check in wrong.items()}
        return tuple(
            (check, tuple(wrong[other] for other, root in roots.items() if root == name and other != name))
            for name, check in wrong.items()
            if roots[name] == name
        )

    @property
    def fine(self) -> tuple[Check, ...]:
        """What nothing is wrong with."""
        return tuple(check for check in self.checks if check.level == "good")

    def check(self, name: str) -> Check | None:
        """The check of that name."""
        return next((check for check in self.checks if check.name == name), None)

    def cause(self, check: Check) -> Check:
        """What explains it in the end: another check, or itself."""
        wrong = {one.name: one for one in self.checks if one.level != "good"}
        return wrong.get(_root(check, wrong), check) if check.name in wrong else check


def _root(check: Check, wrong: dict[str, Check]) -> str:
    """The name of what explains a check in the end; a circle explains nothing."""
    seen = {check.name}
    at = check
    while at.cause in wrong:
        if at.cause in seen:
            return check.name
        seen.add(at.cause)
        at = wrong[at.cause]
    return at.name


def so_far(known: Iterable[Check], taken: float) -> Look:
    """A look under way. `taken` in epoch seconds."""
    return Look(tuple(sorted(known, key=lambda check: RANKS[check.level])), taken, whole=False)


def of_report(report: Report) -> Look:
    """The look that a report is."""
    return Look(report.checks, report.taken, lines=report.lines)
