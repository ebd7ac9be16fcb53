"""What is told of a host's health, as plain values. Times are epoch seconds, spans seconds, sizes bytes."""

from typing import Literal

import msgspec

Level = Literal["good", "watch", "bad", "unknown"]
"""Nothing to do; will want a human; wants one now; could not be found out."""
Place = Literal["", "queue", "greylist", "scores", "quarantine", "maps", "antivirus", "config"]
"""A pane, by its name; empty: none."""


class Evidence(msgspec.Struct, frozen=True):
    """Something that was seen: in words, when, and how often."""

    said: str
    at: float | None = None
    times: int = 1


class Line(msgspec.Struct, frozen=True):
    """A line of the mail log: when, of which program (its syslog tag), and what it says, safe to show.

    `times`: how many lines of its kind there were, of which it is the newest.
    """

    at: float
    tag: str
    said: str
    times: int = 1


class Mend(msgspec.Struct, frozen=True):
    """What mends it: a command to be typed, which the console can run itself when `argv` is there, or a pane to go to.

    `asks`: what is to be considered before it is run.
    """

    text: str
    argv: tuple[str, ...] = ()
    pane: Place = ""
    asks: str = ""


class Measure(msgspec.Struct, frozen=True):
    """A number for monitoring: `unit` is s, B, % or empty; `watch` and `bad` are from where on it counts as that."""

    name: str
    value: float
    unit: str = ""
    watch: float | None = None
    bad: float | None = None


class Check(msgspec.Struct, frozen=True):
    """One thing looked at.

    `name` is what it goes by (clamd, queue, disk-spool), `said` one sentence. `cause` names another check, whose trouble
    explains this one. `seen`: `since` is only when it was first seen; it may have begun before. `seconds` is how long it took to
    find out.
    """

    name: str
    level: Level
    said: str
    evidence: tuple[Evidence, ...] = ()
    since: float | None = None
    mends: tuple[Mend, ...] = ()
    measures: tuple[Measure, ...] = ()
    cause: str = ""
    seconds: float = 0.0
    seen: bool = False


class Report(msgspec.Struct, frozen=True):
    """All checks, the worst first; those that another one explains come behind it. `lines`: the log's newest troubles."""

    taken: float
    seconds: float
    checks: tuple[Check, ...]
    lines: tuple[Line, ...] = ()

    @property
    def level(self) -> Level:
        """The worst of them."""
        levels = {check.level for check in self.checks}
        worst: tuple[Level, ...] = ("bad", "watch", "unknown")
        return next((level for level in worst if level in levels), "good")

    @property
    def causes(self) -> tuple[Check, ...]:
        """What is wrong and explained by nothing else."""
        return tuple(check for check in self.checks if check.level != "good" and not check.cause)


class Point(msgspec.Struct, frozen=True):
    """What was measured once, for the course of the last hour; None: it could not be measured."""

    at: float
    active: int | None = None
    deferred: int | None = None
    hold: int | None = None
    incoming: int | None = None
    oldest: float | None = None
    waiting: int | None = None
    ham: int | None = None
    spam: int | None = None
    virus: int | None = None
    scan: float | None = None
    """The 95th percentile of how long amavis took for a message since the point before, in seconds."""
