"""The simulated machine beside the real reference: drift, apply, and the way back."""

import subprocess
import sys

import pytest

from backends.apply.told import Drift, Event, FileDrift, Take
from backends.errors import Missing, Refused
from mailtui.demo import DemoHost
from mailtui.demo.config_files import AMAVIS, GLD, HELO, MAIN_CF, VALUES
from tests.mailtui.demo.machine import START

NAPS: list[float] = []


@pytest.fixture
def host() -> DemoHost:
    NAPS.clear()
    return DemoHost(clock=lambda: START, sleep=NAPS.append)


def file_of(drift: Drift, path: str) -> FileDrift:
    return next(file for one in drift.components for file in one.files if file.path == path)


def silent(_event: Event) -> None:
    """Nobody listens."""


def test_each_state_is_there(host: DemoHost) -> None:
    drift = host.config.drift()
    assert (drift.release, drift.filter, drift.taken) == ("trixie", "pre-queue", START)
    assert not drift.in_sync
    assert {one.name: one.state for one in drift.components} == {
        "mariadb": "in sync",
        "gld": "changed here",
        "spamassassin": "in sync",
        "clamav": "missing",
        "amavis": "conflict",
        "maildrop": "in sync",
        "dovecot": "in sync",
        "postfix": "changed in the reference",
    }
    assert file_of(drift, MAIN_CF).kept == ("smtpd_helo_required",)
    assert "message_size_limit = 52428800" in file_of(drift, MAIN_CF).here
    assert file_of(drift, AMAVIS).conflicts == ("",)
    added = set(file_of(drift, HELO).reference) - set(file_of(drift, HELO).here)
    assert [line for line in added if "178" in line] == [*added]
    assert "start clamav-daemon: it does not answer" in drift.todo


def test_the_password_is_nowhere(host: DemoHost) -> None:
    drift = host.config.drift()
    secret = file_of(drift, GLD)
    assert secret.secret
    assert (secret.here, secret.reference) == ((), ())
    said = f"{drift} {host.config.rollback_diff(1)}"
    assert VALUES.greylist_password
    assert VALUES.greylist_password not in said


def test_a_conflict_wants_a_decision(host: DemoHost) -> None:
    with pytest.raises(Refused, match="50-user"):
        host.config.apply(Take.NEITHER, silent)
    assert len(host.config.history()) == 2
    assert file_of(host.config.drift(), HELO).state == "changed in the reference"


@pytest.mark.parametrize(
    ("take", "level", "state"), [(Take.MINE, "5.0", "changed here"), (Take.REFERENCE, "6.31", "in sync")]
)
def test_an_apply_brings_it_into_sync(host: DemoHost, take: Take, level: str, state: str) -> None:
    events: list[Event] = []
    applied = host.config.apply(take, events.append)
    drift = host.config.drift()
    assert drift.in_sync
    assert file_of(drift, AMAVIS).state == state
    assert (f"$sa_tag2_level_deflt = {level};" in file_of(drift, AMAVIS).here) is (state != "in sync")
    assert applied.number == host.config.history()[0].number == 3
    assert all(check.good for check in applied.checks)
    assert [event.percent for event in events if event.step == "packages"] == [*range(0, 101, 10)]
    assert {"group", "signatures", "check", "replace", "service", "verify"} <= {one.step for one in events}
    assert 2 < sum(NAPS) < 20
    assert {one.name: one.state for one in host.services()}["clamd"] == "running"


def test_a_second_apply_changes_nothing(host: DemoHost) -> None:
    host.config.apply(Take.REFERENCE, silent)
    events: list[Event] = []
    again = host.config.apply(Take.NEITHER, events.append)
    assert (again.number, again.steps) == (None, 0)
    assert {event.step for event in events} == {"verify"}
    assert len(host.config.history()) == 3


def test_a_rollback_brings_the_files_back_and_can_be_taken_back(host: DemoHost) -> None:
    before = host.config.drift()
    applied = host.config.apply(Take.REFERENCE, silent)
    after = host.config.drift()
    assert applied.number is not None
    assert any("6.31" in line and line.startswith("-") for line in host.config.rollback_diff(applied.number))
    back = host.config.rollback(applied.number, silent)
    for path in (AMAVIS, HELO, MAIN_CF):
        assert file_of(host.config.drift(), path).here == file_of(before, path).here
    assert host.config.rollback_diff(applied.number) == []
    assert back.number is not None
    host.config.rollback(back.number, silent)
    assert file_of(host.config.drift(), AMAVIS) == file_of(after, AMAVIS)


def test_the_oldest_checkpoint_is_before_mailtui_came(host: DemoHost) -> None:
    oldest = host.config.history()[-1]
    assert (oldest.number, oldest.why) == (1, "apply")
    host.config.rollback(1, silent)
    drift = host.config.drift()
    assert file_of(drift, HELO).state == "missing"
    assert not any(line.startswith("smtpd_helo_required") for line in file_of(drift, MAIN_CF).here)


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_checkpoint_that_is_not_there(host: DemoHost, number: int) -> None:
    with pytest.raises(Missing):
        host.config.rollback(number, silent)
    with pytest.raises(Missing):
        host.config.rollback_diff(number)


def test_nothing_waits_and_all_is_explained(host: DemoHost) -> None:
    assert host.config.broken_off() is False
    assert host.config.confirm() is None
    assert host.config.revert_unconfirmed(1, silent) is False
    assert {row.component for row in host.config.explain()} >= {"Postfix", "Dovecot", "ClamAV"}


def test_looking_at_the_queue_alone_renders_no_templates() -> None:
    code = (
        "import sys; from mailtui.demo import DemoHost; host = DemoHost(); host.queue.rights(); host.services();"
        "print(sorted({'jinja2', 'merge3', 'mailtui.demo.config'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
