"""A host of values only, and the command line on it: `python -m tests.mailtui.cli.fake queue list`."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Generator, Iterator
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import msgspec

from backends.errors import BackendError, ParseFailed
from backends.health.values import Check, Evidence, Measure, Mend, Point, Report
from backends.host import Antivirus, Bayes, Config, Greylist, Health, Maps, Quarantine, Scores, ServiceState
from backends.journal import Journal
from backends.mail.attachment import Attachment
from backends.outcome import LeftOut, Outcome
from backends.queue.content.view import MessageView
from backends.queue.listing.lines import BrokenLine
from backends.queue.message import Message, Recipient
from backends.queue.plan import ACTIONS, Plan, Rights, Target, Trashed
from backends.runner import Command, Result
from mailtui.cli.main import main

if TYPE_CHECKING:
    from backends.queue.listing.snapshot import QueueSnapshot

NOW = 1_700_000_000
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
HOSTILE = "\x1b[31mred\x1b]0;title\x07\0\x7f\x9b2J\u202etxt.exe\u2028[bold]x[/bold]"
"""Escape sequences, NUL, DEL, a C1 control, a right-to-left override, a line separator, markup."""


def message(queue_id: str, **other: object) -> Message:
    """One message, 40 minutes old and deferred unless said otherwise."""
    values = {
        "queue_name": "deferred",
        "queue_id": queue_id,
        "arrival_time": NOW - 2400,
        "message_size": 2048,
        "sender": "ann@example.org",
        "recipients": (Recipient("bob@example.net", "Connection timed out"),),
    }
    return Message(**(values | other))  # type: ignore[arg-type]


SOME = (
    message("AAAAAA1"),
    message("AAAAAA2", sender="news@example.org", message_size=3 << 20),
    message("AAAAAA3", queue_name="hold", recipients=(Recipient("eve@gmail.com"),) * 3),
    message(
        "AAAAAA4", arrival_time=NOW - 86400 * 3, sender=HOSTILE, recipients=(Recipient(HOSTILE, HOSTILE),)
    ),
)


class FakeQueue:
    """A queue that does nothing but remember what was asked of it: `done` holds actions and their IDs."""

    def __init__(self, messages: tuple[Message, ...] = SOME) -> None:
        self.listed = messages
        self.done: list[tuple[str, list[Target]]] = []
        self.listings = 0
        self.broken = False
        self.irreversible = ""
        self.left_out: tuple[LeftOut, ...] = ()
        self.error: BaseException | None = None

    def rights(self) -> Rights:
        return Rights(dict.fromkeys(ACTIONS, ()), (), queue_files=True)

    def read(
        self, progress: Callable[[int], None] | None = None, stop: Event | None = None
    ) -> "QueueSnapshot":
        from backends.queue.listing.ingest import read_listing  # numpy
        from backends.queue.listing.snapshot import QueueSnapshot

        self._begin()
        lines = [msgspec.json.encode(m) + b"\n" for m in self.listed]
        snapshot = read_listing(lines, taken=NOW)
        hole = (BrokenLine(3, b"{", "truncated"),) if self.broken else ()
        return QueueSnapshot(snapshot.store, snapshot.taken, snapshot.seconds, hole)

    def messages(self) -> Generator[Message, None, None]:
        self._begin()
        yield from self.listed
        if self.broken:
            raise ParseFailed("1 line could not be read", hint="see postqueue -j")

    def next_retry(self, queue_id: str, queue_name: str) -> float | None:
        return NOW + 300 if queue_id == "AAAAAA1" else None

    def retry_times(self) -> dict[str, float]:
        return {"AAAAAA1": NOW + 300}

    def show(self, queue_id: str, limit: int = 1 << 20) -> MessageView:
        self._begin()
        return MessageView(
            queue_id,
            (("sender", HOSTILE),),
            (("Subject", HOSTILE), ("X-Limit", str(limit))),
            f"one\r\n{HOSTILE}\r\nlast",
            (Attachment(HOSTILE, "text/plain", 2048),),
            truncated=True,
        )

    def raw(self, queue_id: str) -> Iterator[bytes]:
        yield f"Subject: {queue_id}\n\n".encode()
        yield EICAR if queue_id == "AAAAAA2" else b"nothing\n"

    def plan(self, action: str, targets: list[Target]) -> Plan:
        ids = b"".join(b"%s\n" % target.queue_id.encode() for target in targets)
        command = Command(("postsuper", ACTIONS[action].option, "-"), stdin=ids, mutates=True)
        return Plan(ACTIONS[action], tuple(targets), (command,), self.irreversible)

    def carry_out(self, plan: Plan) -> Outcome:
        self._begin()
        self.done.append((plan.action.name, list(plan.targets)))
        if log := os.environ.get("FAKE_LOG"):
            Path(log).write_text(json.dumps([plan.action.name, *(t.queue_id for t in plan.targets)]))
        count = len(plan.targets)
        done = count - len(self.left_out)
        undo = 7 if plan.action.name == "delete" else None
        return Outcome(plan.action.name, count, done, self.left_out, (f"postsuper: {done} messages",), undo)

    def flush(self, queue_id: str = "", *, site: str = "") -> Outcome:
        self._begin()
        self.done.append((f"flush {queue_id or site}", []))
        return Outcome("flush", 1, 1)

    def trash(self) -> list[Trashed]:
        return [Trashed(7, NOW, "root", (Target("AAAAAA9", HOSTILE, NOW, 1024),))]

    def undo(self, number: int | None = None) -> Outcome:
        self.done.append((f"undo {number}", []))
        return Outcome("undo", 1, 1)

    def empty_trash(self, older_than: float) -> int:
        self.done.append((f"empty {older_than:g}", []))
        return 1

    def _begin(self) -> None:
        self.listings += 1
        if self.error is not None:
            raise self.error


SICK = (
    Check(
        "clamd",
        "bad",
        "Mail is deferring because clamd does not run",
        (Evidence(f"amavis: {HOSTILE}", NOW - 3, 388), Evidence("systemd: exit-code")),
        since=NOW - 1260,
        mends=(Mend("systemctl start clamav-daemon", ("systemctl", "start", "clamav-daemon")),),
        measures=(Measure("clamd-up", 0.0),),
    ),
    Check("queue", "bad", "412 deferred|x", measures=(Measure("queue-deferred", 412),), cause="clamd"),
    Check(
        "disk-spool",
        "watch",
        "/var is full in 3 days",
        measures=(Measure("disk-spool-used", 5e9, "B", 8e9, 9e9),),
    ),
    Check("clock", "good", "The clock is kept right", measures=(Measure("certificate-left", 12.5, "s"),)),
)


class FakeHealth:
    """Tells of these checks."""

    def __init__(self) -> None:
        self.checks: tuple[Check, ...] = SICK
        self.recorded = 0

    def check(self, each: Callable[[Check], None] = lambda _: None, stop: Event | None = None) -> Report:
        for check in self.checks:
            each(check)
        return Report(NOW, 0.25, self.checks)

    def course(self, span: float = 3600.0) -> tuple[Point, ...]:
        return ()

    def record(self) -> Point:
        self.recorded += 1
        return Point(NOW, deferred=412)

    def mend(self, mend: Mend) -> Result:
        raise AssertionError(mend)


class FakeHost:
    """A host around a fake queue; `closed` counts how often it was closed."""

    name = f"mx1.example.org{HOSTILE}"

    def __init__(self, queue: FakeQueue | None = None, *, demo: bool = False) -> None:
        self.queue = queue or FakeQueue()
        self.journal = Journal()
        self.demo = demo
        self.closed = 0
        self.scanning = True
        self.sick = FakeHealth()

    @cached_property
    def config(self) -> Config:
        from mailtui.demo.config import DemoConfig

        return DemoConfig(clock=lambda: NOW, sleep=lambda _seconds: None)

    @cached_property
    def greylist(self) -> Greylist:
        from mailtui.demo.greylist import DemoGreylist

        return DemoGreylist(clock=lambda: NOW)

    @cached_property
    def maps(self) -> Maps:
        from mailtui.demo.maps import DemoMaps

        return DemoMaps(lambda: NOW, self.journal)

    @cached_property
    def quarantine(self) -> Quarantine:
        from mailtui.demo.quarantine import DemoQuarantine

        return DemoQuarantine(1, 100, lambda: NOW, self.journal)

    @cached_property
    def antivirus(self) -> Antivirus:
        from mailtui.demo.antivirus import DemoAntivirus

        return DemoAntivirus(lambda: NOW, lambda: self.scanning, lambda _seconds: None)

    @cached_property
    def scores(self) -> Scores:
        from mailtui.demo.scores import DemoScores

        return DemoScores(1, NOW, 100, lambda: NOW)

    @cached_property
    def bayes(self) -> Bayes:
        from mailtui.demo.scores import DemoBayes

        return DemoBayes(NOW, self.journal)

    @property
    def health(self) -> Health:
        return self.sick

    def services(self) -> list[ServiceState]:
        return [
            ServiceState("postfix", "running"),
            ServiceState("gld", "absent"),
            ServiceState("clamd", "stopped"),
        ]

    def now(self) -> float:
        return NOW

    def close(self, *, acts: bool = True) -> None:
        self.closed += 1


def _many() -> tuple[Message, ...]:
    count = int(os.environ.get("FAKE_COUNT", "0"))
    return tuple(message(f"B{number:06}") for number in range(count)) or SOME


def _connect(_options: Namespace) -> FakeHost:
    queue = FakeQueue(_many())
    if kind := os.environ.get("FAKE_ERROR"):
        queue.error = KeyboardInterrupt() if kind == "interrupt" else BackendError(kind, hint="none")
    return FakeHost(queue)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], _connect))
