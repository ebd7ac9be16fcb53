"""What a health of invented checks tells: the scanner is down and mail defers, a disk fills, the rest is fine."""

import threading
import time
from collections.abc import Callable, Sequence
from threading import Event

from backends.errors import BackendError
from backends.health.values import Check, Evidence, Line, Measure, Mend, Point, Report
from backends.runner import Result

NOON = 1795435200.0
RESTART = ("systemctl", "restart", "clamav-daemon")
CLAMD = Check(
    "clamd",
    "bad",
    "Mail is deferring because clamd does not answer",
    (
        Evidence('amavis: "clamd: Can\'t connect to UNIX socket"', NOON - 5, 388),
        Evidence("clamd: socket there, no PONG in 2 s; RSS 1.9 GiB"),
    ),
    since=NOON - 1260,
    mends=(Mend("systemctl restart clamav-daemon", RESTART),),
    measures=(Measure("clamd-answer", 2.0, "s", 0.5, 2.0),),
    seconds=2.0,
)
DISK = Check(
    "disk-quarantine",
    "watch",
    "/var/lib/amavis is full in 3 days: 61 of 80 GiB, +6.3 GiB a day",
    mends=(Mend("let the quarantine be cleaned up", pane="quarantine"),),
)
QUEUE = Check(
    "queue",
    "bad",
    "412 messages are deferred, 390 of them in the last 20 minutes",
    (Evidence("451 4.3.0 queue file write error"),),
    measures=tuple(
        Measure(f"queue-{name}", value)
        for name, value in (("active", 22.0), ("deferred", 412.0), ("hold", 3.0), ("incoming", 0.0))
    ),
    cause="clamd",
)
AMAVIS = Check("amavis", "watch", "All 8 children of amavis are busy", cause="queue")
ALIASES = Check(
    "root-mail", "watch", "Mail to root goes nowhere", mends=(Mend("newaliases, after root: you@…"),)
)
FINE = tuple(
    Check(name, "good", f"{name} is as it should be")
    for name in ("postfix", "dovecot", "mariadb", "gld", "certificates", "clock", "maps")
)


def course(minutes: int = 60) -> tuple[Point, ...]:
    """An hour in which the deferred mail grows from its middle on."""
    return tuple(
        Point(
            NOON - 60 * (minutes - at),
            active=20 + at % 3,
            deferred=max(4, (at - 38) * 18),
            hold=3,
            incoming=int(at % 9 == 0),
        )
        for at in range(minutes)
    )


class FakeHealth:
    """Implements `backends.host.Health`. A check in `hanging` is told only when it is let go."""

    def __init__(self, checks: Sequence[Check] = (CLAMD, DISK, ALIASES, QUEUE, AMAVIS, *FINE)) -> None:
        self.checks = tuple(checks)
        self.points = course()
        self.lines: tuple[Line, ...] = ()
        self.error: Exception | None = None
        self.hangs = threading.Event()
        self.mended: list[Mend] = []
        self.mends = threading.Event()
        self.mends.set()
        self.mend_error: BackendError | None = None
        self.looks = 0

    def check(self, each: Callable[[Check], None] = lambda _: None, stop: Event | None = None) -> Report:
        self.looks += 1
        if self.error:
            raise self.error
        for check in self.checks:
            each(check)
        deadline = time.monotonic() + 8
        while self.hangs.is_set() and not (stop and stop.is_set()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return Report(NOON, 0.2, self.checks, self.lines)

    def course(self, span: float = 3600.0) -> tuple[Point, ...]:
        return self.points

    def record(self) -> Point:
        raise AssertionError

    def mend(self, mend: Mend) -> Result:
        self.mends.wait(10)
        if self.mend_error:
            raise self.mend_error
        self.mended.append(mend)
        self.checks = tuple(check for check in self.checks if check.name not in {"clamd", "queue", "amavis"})
        return Result(0, b"", b"", 1.0)
