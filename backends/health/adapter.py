"""A host's health: all questions asked side by side, judged as the answers come, with causes named at the end."""

import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Lock
from typing import Any, Protocol

import msgspec

from backends import audit
from backends.errors import BackendError, BadRequest, Failed
from backends.health import causes, ring
from backends.health.asking import PATIENCE, Asking, Question
from backends.health.facts import LogFacts, QueueFacts, Volume
from backends.health.judge.judges import JUDGES
from backends.health.judge.known import Facts, Judged
from backends.health.values import Check, Mend, Point, Report
from backends.host.health import HOUR
from backends.runner import Command, Result, Runner

STARTING = {("systemctl", "start"), ("systemctl", "restart")}
SETTLING = 2.0  # s until a service that cannot run has ended
MENDING = 60.0  # s
FRESH = 900.0  # s for which what was recorded to be wrong still tells since when
RECORDED = ("services", "units", "queue", "log", "disks", "antivirus", "dns")
"""Questions that are asked each minute: those that leave no line in a log."""
SELDOM = {
    "certificates": "certificates",
    "clock": "clock",
    "maps": "maps",
    "tables": "maps",
    "setup": "parameters",
    "root": "root-mail",
    "drift": "drift",
}
"""Questions that are asked each quarter of an hour, and the check that each is for: what they are about changes seldom."""
QUARTER = 890.0  # s, for a timer that is a little early
LATER = frozenset({"drift", "tables"})
"""What takes long and is urgent to nobody."""
WAITING = "waiting"
COUNTED = ("active", "deferred", "hold", "incoming")


class Sources(Protocol):
    """What can be asked of a machine."""

    def questions(self) -> Mapping[str, Question]:
        """The questions by their names, those of `judge.judges`; each gives a value of `facts`, or raises a BackendError."""

    def waiting(self) -> int:
        """How many triplets wait in the greylist."""


class Kept(Protocol):
    """Where the ring is."""

    def load(self) -> ring.Ring: ...

    def save(self, kept: ring.Ring) -> None: ...


class RingFile:
    """The ring of this machine."""

    def __init__(self, path: Path = ring.RING) -> None:
        self._path = path

    def load(self) -> ring.Ring:
        return ring.load(self._path)

    def save(self, kept: ring.Ring) -> None:
        ring.save(kept, self._path)


class HostHealth:
    """Implements `backends.host.Health` on what `sources` tell; `clock` in epoch seconds."""

    def __init__(
        self,
        sources: Sources,
        kept: Kept,
        runner: Runner,
        clock: Callable[[], float] = time.time,
        *,
        patience: float = PATIENCE,
        record: Callable[..., None] = audit.write,
    ) -> None:
        self._record = record
        self._sources, self._kept, self._runner, self._clock = sources, kept, runner, clock
        self._asking = Asking(patience)
        self._since: dict[str, float] = {}
        self._looked = 0.0
        self._lock = Lock()

    def check(self, each: Callable[[Check], None] = lambda _: None, stop: Event | None = None) -> Report:
        began, now = time.monotonic(), self._clock()
        kept = self._load()
        outcomes: dict[str, Any] = {}
        facts = self._before(Facts(now, outcomes, kept.points), kept)
        judged: list[Judged] = []
        waiting = list(JUDGES)
        questions = self._sources.questions()
        for answer in self._asking.ask(questions, stop, LATER):
            outcomes[answer.name] = answer.outcome
            if answer.name == "disks" and isinstance(answer.outcome, tuple):
                facts = facts._replace(growth=ring.growth(kept, _used(answer.outcome), now))
            for one in [one for one in waiting if one.needs & questions.keys() <= outcomes.keys()]:
                waiting.remove(one)
                for found in one.judge(facts):
                    timed = _timed(found, answer.seconds)
                    judged.append(timed)
                    each(timed.check)
        report = causes.report(judged, facts, time.monotonic() - began)
        return self._dated(report, kept)

    def course(self, span: float = HOUR) -> tuple[Point, ...]:
        after = self._clock() - span
        return tuple(point for point in self._load().points if point.at >= after)

    def record(self) -> Point:
        kept, now = self._kept.load(), self._clock()
        questions = self._sources.questions()
        seldom = not 0 <= now - kept.asked < QUARTER
        wanted = {
            name: questions[name] for name in (*RECORDED, *(SELDOM if seldom else ())) if name in questions
        }
        asked = self._asking.ask({**wanted, WAITING: self._sources.waiting}, later=LATER)
        outcomes = {one.name: one.outcome for one in asked}
        facts = self._before(Facts(now, outcomes, kept.points), kept)
        if (volumes := facts.value("disks", tuple)) is not None:
            facts = facts._replace(growth=ring.growth(kept, _used(volumes), now))
        judged = [found for one in JUDGES if one.needs & wanted.keys() for found in one.judge(facts)]
        report = causes.report(judged, facts, 0.0)
        point = _point(facts, kept)
        added = ring.added(kept, point, _used(volumes or ()), _wrong(report, outcomes, kept, now))
        self._kept.save(msgspec.structs.replace(added, asked=now) if seldom else added)
        return point

    def mend(self, mend: Mend) -> Result:
        if not mend.argv:
            raise BadRequest("This is not mended by a command", hint=mend.text)
        result = self._runner.run(Command(mend.argv, timeout=MENDING, mutates=True))
        ended = result.code == 0 and mend.argv[:2] in STARTING and self._has_ended(mend.argv[2])
        command = shlex.join(mend.argv)
        self._record(
            f"command={command!r} code={result.code}", well=result.code == 0 and not ended, action="mend"
        )
        if result.code != 0:
            raise Failed(f"{mend.argv[0]} failed: {result.complaint}", hint="see: journalctl -n 20")
        if ended:
            unit = mend.argv[2]
            raise Failed(
                f"{unit} was started, and has ended again", hint=f"see why: journalctl -u {unit} -n 20"
            )
        return result

    def _has_ended(self, unit: str) -> bool:
        """Whether a unit that was just started is one that systemd calls failed."""
        time.sleep(SETTLING)
        return (
            self._runner.run(Command(("systemctl", "is-failed", "--quiet", unit), timeout=MENDING)).code == 0
        )

    def _load(self) -> ring.Ring:
        try:
            return self._kept.load()
        except BackendError:
            return ring.Ring()

    def _before(self, facts: Facts, kept: ring.Ring) -> Facts:
        """With what was wrong at the last look of this program, else at the last that was recorded."""
        recorded = _recorded(kept, facts.now)
        with self._lock:
            if self._looked > recorded:
                return facts._replace(wrong=dict(self._since), looked=self._looked)
        return facts._replace(wrong=kept.wrong, looked=recorded) if recorded else facts

    def _dated(self, report: Report, kept: ring.Ring) -> Report:
        """Each trouble with since when it has been seen, where nothing tells better."""
        recorded = kept.wrong if _recorded(kept, report.taken) else {}
        with self._lock:
            wrong = {check.name for check in report.checks if check.level in {"bad", "watch"}}
            self._since = {
                name: self._since.get(name) or recorded.get(name) or report.taken for name in wrong
            }
            first, self._looked = self._since, report.taken
        checks = tuple(
            msgspec.structs.replace(check, since=first[check.name], seen=True)
            if check.since is None and check.name in first and first[check.name] < report.taken
            else check
            for check in report.checks
        )
        return msgspec.structs.replace(report, checks=checks)


def _recorded(kept: ring.Ring, now: float) -> float:
    """When the last point was recorded, if that is lately; else 0."""
    last = kept.points[-1].at if kept.points else 0.0
    return last if 0 <= now - last < FRESH else 0.0


def _wrong(report: Report, outcomes: Mapping[str, Any], kept: ring.Ring, now: float) -> dict[str, float]:
    """Since when each check is not good; what could not be found out this time is as it was."""
    found = {
        check.name: kept.wrong.get(check.name) or check.since or now
        for check in report.checks
        if check.level in {"bad", "watch"}
    }
    unsettled = {check.name for check in report.checks if check.level == "unknown"}
    unsettled |= {
        check
        for name, check in SELDOM.items()
        if name not in outcomes or isinstance(outcomes[name], BackendError)
    }
    return {name: kept.wrong[name] for name in unsettled & kept.wrong.keys()} | found


def _timed(judged: Judged, seconds: float) -> Judged:
    return judged._replace(check=msgspec.structs.replace(judged.check, seconds=seconds))


def _used(volumes: tuple[Volume, ...]) -> dict[str, int]:
    return {one.device: one.size - one.free for one in volumes}


def _point(facts: Facts, kept: ring.Ring) -> Point:
    """What was measured; of the log what came since the point before."""
    queue, log = facts.value("queue", QueueFacts), facts.value("log", LogFacts)
    since = kept.points[-1].at if kept.points else facts.now - ring.MINUTE
    counts = {name: queue.count(name) for name in COUNTED} if queue is not None else {}
    kinds = {kind: log.count(kind, since) for kind in ("ham", "spam", "virus")} if log is not None else {}
    return Point(
        facts.now,
        oldest=facts.now - queue.oldest if queue is not None and queue.oldest is not None else None,
        waiting=facts.value(WAITING, int),
        scan=log.slowest(since) if log is not None else None,
        **counts,
        **kinds,
    )
