"""Questions side by side, what hangs among them, what is recorded, and what mends."""

import json
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backends.errors import BadRequest, Failed, NotAnswering, NotPermitted
from backends.health import adapter
from backends.health.adapter import RingFile
from backends.health.asking import Asking, Question
from backends.health.facts import (
    Certificate,
    Clock,
    Drifted,
    Growth,
    LogFacts,
    QueueFacts,
    RootMail,
    Seen,
    Setup,
    Stale,
)
from backends.health.judge.known import EARLY, Facts
from backends.health.ring import DAY, HOUR, Filled, Ring, added, growth, load, save
from backends.health.values import Check, Mend, Point
from tests.backends.health.machine import NOW, Kept, Sources, health, log, ports, services
from tests.support.fake_runner import Expected, FakeRunner


def raises(error: Exception) -> Any:
    raise error


def test_what_hangs_is_not_waited_for_and_not_asked_again() -> None:
    go, asked = threading.Event(), []

    def hangs() -> int:
        asked.append(1)
        go.wait(20)
        return 1

    asking = Asking(0.2)
    began = time.monotonic()
    for _ in range(3):
        found = {one.name: one.outcome for one in asking.ask({"a": lambda: 7, "b": hangs})}
        assert found["a"] == 7
        assert isinstance(found["b"], NotAnswering)
    assert time.monotonic() - began < 3
    assert len(asked) == 1
    go.set()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if [one.outcome for one in asking.ask({"b": hangs})] == [1]:
            break
    assert len(asked) > 1


def test_what_fails_takes_nothing_along() -> None:
    answers = Asking(1).ask(
        {
            "a": lambda: raises(ValueError("x\x1b[31m")),
            "b": lambda: 2,
            "c": lambda: raises(NotPermitted("no", hint="h")),
        }
    )
    found = {one.name: one.outcome for one in answers}
    assert isinstance(found["a"], Failed)
    assert "\x1b" not in str(found["a"])
    assert found["b"] == 2
    assert isinstance(found["c"], NotPermitted)


def test_what_comes_later_waits_for_the_others() -> None:
    order: list[str] = []

    def soon() -> None:
        time.sleep(0.05)
        order.append("soon")

    questions: dict[str, Question] = {"late": partial(order.append, "late"), "soon": soon}
    assert len(list(Asking(2).ask(questions, later=frozenset({"late"})))) == 2
    assert order == ["soon", "late"]


def test_every_check_is_told_as_soon_as_it_is_known() -> None:
    told: list[Check] = []
    go = threading.Event()
    began = time.monotonic()
    report = health(Sources(antivirus=lambda: go.wait(20))).check(told.append)
    go.set()
    assert time.monotonic() - began < 2
    assert {check.name for check in told} == {check.name for check in report.checks}
    assert [check.name for check in report.causes] == ["clamd"]
    assert told[-1].name == "clamd"


def test_a_look_is_stopped() -> None:
    stop = threading.Event()
    stop.set()
    assert health(Sources(), patience=5).check(stop=stop).seconds < 1


def test_since_when_something_is_wrong_is_remembered() -> None:
    broken = services(dovecot={"state": "stopped"})
    gone = {"error": "Connection refused", "right": False, "said": ""}
    sources, clock = Sources(services=lambda: broken, ports=lambda: ports(dovecot=gone)), [NOW]
    looked = health(sources)
    looked._clock = lambda: clock[0]
    assert looked.check().checks[0].since is None
    clock[0] += 60
    again = looked.check().checks[0]
    assert (again.since, again.seen) == (NOW, True)
    known = services(dovecot={"state": "stopped", "since": NOW - 300})
    exact = health(Sources(services=lambda: known, ports=lambda: ports(dovecot=gone))).check().checks[0]
    assert (exact.since, exact.seen) == (NOW - 300, False)
    kept = Kept(Ring(points=(Point(NOW - 60),), wrong={"dovecot": NOW - 5000}))
    assert health(sources, kept).check().checks[0].since == NOW - 5000


def test_a_point_is_recorded() -> None:
    kept = Kept()
    host = health(
        Sources(queue=lambda: QueueFacts({"deferred": 41, "hold": 2}, 43, whole=True, oldest=NOW - 90)), kept
    )
    point = host.record()
    assert point == Point(NOW, 0, 41, 2, 0, 90.0, 38, 1, 0, 0, 0.4)
    assert host.course() == (point,)
    assert kept.ring.filled == (Filled(NOW, {"8:1": 50 << 30}),)
    assert host.course(0.0) == (point,)
    assert not health(Sources(), kept, now=NOW + 7200).course()


def test_what_is_wrong_is_recorded_with_since_when() -> None:
    kept = Kept()
    broken = services(dovecot={"state": "stopped"})
    health(Sources(services=lambda: broken), kept).record()
    assert kept.ring.wrong == {"dovecot": NOW}
    health(Sources(services=lambda: broken), kept, now=NOW + 60).record()
    assert kept.ring.wrong == {"dovecot": NOW}
    health(Sources(), kept, now=NOW + 120).record()
    assert kept.ring.wrong == {}


def test_what_is_asked_seldom_is_recorded_as_well_and_stays_between() -> None:
    asked: list[str] = []

    def maps() -> Stale:
        asked.append("maps")
        return Stale(("hash:/etc/postfix/virtual",), 9)

    spoilt: dict[str, Question] = {
        "certificates": lambda: (Certificate("/x", ("postfix",), NOW + DAY),),
        "clock": lambda: Clock(synchronised=False, error=9.0),
        "maps": maps,
        "setup": lambda: Setup({}, unused=("main.cf: unused parameter: x=y",)),
        "root": lambda: RootMail(""),
        "drift": lambda: Drifted(("/etc/gld.conf: conflict",)),
    }
    names = {"certificates", "clock", "maps", "parameters", "root-mail", "drift"}
    kept = Kept()
    health(Sources(**spoilt), kept).record()
    assert kept.ring.wrong == dict.fromkeys(names, NOW)
    health(Sources(**spoilt), kept, now=NOW + 60).record()
    assert asked == ["maps"]
    assert kept.ring.wrong == dict.fromkeys(names, NOW)
    found = health(Sources(**spoilt), kept, now=NOW + 120).check()
    assert {check.name: check.since for check in found.checks if check.level != "good"} == dict.fromkeys(
        names, NOW
    )
    spoilt["clock"] = lambda: raises(NotPermitted("no", hint="h"))
    spoilt["root"] = lambda: RootMail("alice")
    health(Sources(**spoilt), kept, now=NOW + 900).record()
    assert asked == ["maps"] * 3
    assert kept.ring.wrong == dict.fromkeys(names - {"root-mail"}, NOW)
    assert len(json.dumps(msgspec.to_builtins(kept.ring))) < 1500


def test_a_ring_of_before_is_read(tmp_path: Path) -> None:
    path = tmp_path / "health.ring"
    path.write_text(
        f'{{"version":1,"points":[{{"at":{NOW},"deferred":3}}],"filled":[],"wrong":{{"dovecot":5.0}}}}'
    )
    assert load(path) == Ring(points=(Point(NOW, deferred=3),), wrong={"dovecot": 5.0})


def test_evidence_is_of_the_time_since_the_last_look() -> None:
    halted, well_ = services(gld={"halted": True}), services()
    found, clock = [well_], [NOW - 400]
    looked = health(Sources(services=lambda: found[0], log=lambda: log("policy", "refused")))
    looked._clock = lambda: clock[0]
    looked.check()
    found[0], clock[0] = halted, NOW + 700
    assert {check.name: check.cause for check in looked.check().checks}["log"] == "gld"
    assert {check.name: check.cause for check in health(Sources(services=lambda: halted)).check().checks}[
        "log"
    ] == ""
    kept = Kept(Ring(points=(Point(NOW - 60),), wrong={"gld": NOW - 100}))
    old = LogFacts(NOW - 1200, NOW, (Seen("refused", (NOW - 900,), "x"), Seen("policy", (NOW - 900,), "x")))
    recorded = health(Sources(services=lambda: halted, log=lambda: old), kept).check()
    assert {check.name: check.cause for check in recorded.checks}["log"] == ""
    well = Kept(Ring(points=(Point(NOW - 60),)))
    long_up = services(gld={"halted": True, "started": NOW - 86400})
    seen = health(Sources(services=lambda: long_up, log=lambda: old), well).check()
    assert {check.name: check.cause for check in seen.checks}["log"] == ""
    known = Facts(NOW, {}, wrong={}, looked=NOW - 60)
    assert known.began("gld", NOW - 1260, exact=True) == NOW - 1260 - EARLY  # though the last look missed it
    assert known.began("gld", NOW - 1260) == NOW - 60 - EARLY


def test_the_newer_of_the_last_looks_counts() -> None:
    halted = services(gld={"halted": True, "started": NOW - 86400})
    found, clock = [halted], [NOW - 500]
    kept = Kept()
    looked = health(Sources(services=lambda: found[0], log=lambda: of(clock[0] - 5)), kept)
    looked._clock = lambda: clock[0]

    def of(at: float) -> LogFacts:
        return LogFacts(NOW - 1200, NOW, (Seen("refused", (at,), "x"), Seen("policy", (at,), "x")))

    def cause() -> str:
        return {check.name: check.cause for check in looked.check().checks}["log"]

    def recorded(at: float, **wrong: float) -> None:
        kept.ring = Ring(points=(Point(at),), wrong=wrong)

    looked.check()
    clock[0] = NOW
    looked._sources = Sources(services=lambda: halted, log=lambda: of(NOW - 300))
    recorded(NOW - 100)  # it was well then, so that what is older is no sign, though the own look was of it
    assert cause() == ""
    clock[0] = NOW + 60
    recorded(NOW - 200, gld=NOW - 400)  # which the own look comes after
    looked._since = {}
    assert cause() == ""
    recorded(NOW + 50, gld=NOW - 400)
    assert cause() == "gld"


def test_mending() -> None:
    host = health(Sources())
    assert host.mend(Mend("true", ("true",))).code == 0
    with pytest.raises(Failed):
        host.mend(Mend("false", ("false",)))
    with pytest.raises(BadRequest):
        host.mend(Mend("see a pane", pane="antivirus"))


def test_a_mend_is_told_and_a_service_that_ends_again_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "SETTLING", 0.0)
    told: list[tuple[str, bool, str]] = []

    def record(text: str, *, well: bool, action: str) -> None:
        told.append((text, well, action))

    start = ("systemctl", "start", "clamav-daemon")
    failed = ("systemctl", "is-failed", "--quiet", "clamav-daemon")
    runner = FakeRunner(Expected(start), Expected(failed, code=0), Expected(start), Expected(failed, code=1))
    host = health(Sources(), runner=runner, record=record)
    with pytest.raises(Failed, match="has ended again"):
        host.mend(Mend("systemctl start clamav-daemon", start))
    host.mend(Mend("systemctl start clamav-daemon", start))
    said = "command='systemctl start clamav-daemon' code=0"
    assert told == [(said, False, "mend"), (said, True, "mend")]


def test_the_ring_stays_small() -> None:
    ring = Ring()
    for minute in range(0, 60 * 24 * 20, 5):
        at = NOW + minute * 60
        ring = added(ring, Point(at, deferred=minute), {"8:1": minute << 20, "8:2": 5}, {})
    assert ring.points[-1].at - ring.points[0].at <= 90 * 60
    assert 300 < len(ring.filled) <= 24 * 15
    assert len(json.dumps(ring.wrong)) < 100
    found = growth(ring, {"8:1": (60 * 24 * 20) << 20, "8:2": 5, "8:3": 9}, at)
    assert found["8:1"].a_day == pytest.approx((60 * 24) << 20, rel=0.01)
    assert found["8:2"] == Growth(0.0, found["8:2"].over)
    assert "8:3" not in found
    assert growth(Ring(filled=(Filled(NOW, {"8:1": 5}),)), {"8:1": 9}, NOW + HOUR) == {}
    assert growth(Ring(filled=(Filled(NOW, {"8:1": 5}),)), {"8:1": 9}, NOW + 30 * DAY) == {}


def test_a_clock_that_was_set_back() -> None:
    ring = added(Ring(), Point(NOW + DAY), {"8:1": 5}, {})
    ring = added(ring, Point(NOW), {"8:1": 6}, {})
    assert [one.at for one in ring.points] == [NOW]
    assert [one.at for one in ring.filled] == [NOW]


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"{", b'{"version": 99}', b'{"points": 7}', b"[" * 100_000, b"x" * (2 << 20)],
)
def test_a_ring_that_cannot_be_read_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "health.ring"
    path.write_bytes(content)
    assert load(path) == Ring()
    save(added(load(path), Point(NOW, deferred=3), {}, {}), path)
    assert load(path).points == (Point(NOW, deferred=3),)


def test_the_ring_is_not_written_through_a_link(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / "health.ring").symlink_to(other)
    kept = RingFile(tmp_path / "health.ring")
    assert kept.load() == Ring()
    kept.save(Ring(wrong={"x": 1.0}))
    assert other.read_text() == "mine"
    assert kept.load().wrong == {"x": 1.0}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
