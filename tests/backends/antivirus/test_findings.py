"""What is said to be wrong, by what was read; without a program."""

from typing import Any

import msgspec

from backends.antivirus.findings import findings
from backends.antivirus.values import Daemon, Database, Finding, Freshclam, Loaded, Run, Stats

NOW = 1_800_000_000.0
HOUR, DAY = 3600.0, 86400.0
DAEMON = Daemon(
    where="/run/clamav/clamd.ctl",
    answers=True,
    release="1.4.3",
    daily=27455,
    stats=Stats(live=3, idle=1, most=12, queue=0),
    pid=640,
    memory=1 << 30,
    started=NOW - 3 * DAY,
    loaded=Loaded(NOW - HOUR, 8_700_000),
)
MAIN = Database(
    "main.cvd", "official", 170 << 20, NOW - 90 * DAY, 62, 6_600_000, NOW - 900 * DAY, loaded=True
)
DAILY = Database("daily.cld", "official", 60 << 20, NOW - 2 * HOUR, 27455, 2_000_000, NOW - DAY, loaded=True)
FRESHCLAM = Freshclam("daemon", 812, 24, NOW + HOUR, (Run(NOW - HOUR, NOW - HOUR, "current"),))


def found(
    daemon: Daemon = DAEMON,
    databases: tuple[Database, ...] = (MAIN, DAILY),
    freshclam: Freshclam = FRESHCLAM,
    self_check: int = 3600,
) -> dict[str, Finding]:
    return {one.name: one for one in findings(daemon, databases, freshclam, self_check, NOW)}


def changed(one: Any, **values: object) -> Any:
    return msgspec.structs.replace(one, **values)


def test_all_is_well() -> None:
    assert {one.state for one in found().values()} == {"good"}
    assert "8,700,000 signatures in memory" in found()["loaded"].said


def test_a_clamd_that_does_not_answer_is_bad_and_says_what_to_do() -> None:
    daemon = found(changed(DAEMON, answers=False, error="gone", hint="start it"))["clamd"]
    assert (daemon.state, daemon.hint) == ("bad", "start it")


def test_what_lets_viruses_pass_but_no_mail_wait_is_to_be_watched_and_says_what_to_do() -> None:
    wrong = (
        found(changed(DAEMON, stats=Stats(12, 0, 12, 5)))["load"],
        found(databases=(DAILY,))["official"],
        found(databases=(MAIN, changed(DAILY, built=NOW - 9 * DAY)))["official"],
        found(databases=(MAIN, DAILY, Database("x.ndb", "third-party", 1, NOW, trouble="it is empty")))[
            "file"
        ],
        found(databases=(MAIN, changed(DAILY, loaded=False)))["loaded"],
        found(freshclam=changed(FRESHCLAM, state="stopped"))["freshclam"],
        found(freshclam=Freshclam("absent"))["freshclam"],
        found(freshclam=changed(FRESHCLAM, runs=(Run(NOW, NOW, "failed", complaint="no route"),)))[
            "last run"
        ],
    )
    assert [(one.state, bool(one.hint)) for one in wrong] == [("watch", True)] * len(wrong)


def test_a_queue_is_bad_only_while_no_thread_is_idle() -> None:
    assert found(changed(DAEMON, stats=Stats(12, 4, 12, 1)))["load"].state == "good"
    withheld = found(changed(DAEMON, stats=None, withheld=("STATS",)))["load"]
    assert (withheld.state, "EnableStatsCommand" in withheld.hint) == ("note", True)


def test_what_has_just_come_is_given_time_to_be_loaded() -> None:
    just = changed(DAILY, loaded=False, changed=NOW - 20)
    assert found(databases=(MAIN, just))["loaded"].state == "note"
    late = found(databases=(MAIN, changed(just, changed=NOW - HOUR)))["loaded"]
    assert (late.state, "every 60m" in late.hint) == ("watch", True)
    assert "every" not in found(databases=(MAIN, changed(DAILY, loaded=False)), self_check=0)["loaded"].hint
    assert found(databases=(MAIN, changed(DAILY, loaded=None)))["loaded"].state == "note"


def test_after_a_failure_the_last_success_is_told() -> None:
    runs = (
        Run(NOW - HOUR, NOW - HOUR, "failed", complaint="no route"),
        Run(NOW - 5 * HOUR, NOW - 5 * HOUR, "updated", ("daily.cld",)),
    )
    said = found(freshclam=changed(FRESHCLAM, runs=runs))["last run"].said
    assert said == "60m ago it failed: no route; the last that worked was 5h ago"
