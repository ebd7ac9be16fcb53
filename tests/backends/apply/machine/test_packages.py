"""Packages by apt: what it says is read, what it would remove is refused, what it fails at is told."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.apply.machine.packages import (
    CONFIGURE,
    KEEP_FILES,
    Packages,
    Trial,
    parse_policy,
    parse_status,
    parse_trial,
)
from backends.errors import Failed, Refused
from backends.runner import LocalRunner
from tests.support.fake_runner import Expected, FakeRunner

GOLDEN = Path(__file__).parents[3] / "golden" / "apt"
AUDIT = Expected(("dpkg", "--audit"))
TRIAL = ("apt-get", "--simulate", "-q", "-y", "--no-install-recommends", "install", "--", "maildrop")
INSTALL = (
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "-q",
    "-y",
    "--no-install-recommends",
    *KEEP_FILES,
    "-o",
    "APT::Status-Fd=1",
    "install",
    "--",
    "maildrop",
)


def test_what_a_trial_would_do() -> None:
    trial = parse_trial((GOLDEN / "simulate-exim.txt").read_text().splitlines())
    assert trial.removed == ("postfix",)
    assert {"maildrop", "exim4-base"} <= set(trial.installed)
    upgraded = parse_trial(["Remv a [1]", "Inst a (2)", "Purg b [1]", "Conf a (2)", ""])
    assert upgraded == Trial(("a",), ("b",))


def test_which_there_are() -> None:
    lines = "a:\n  Installed: (none)\n  Candidate: 1.2\nb:\n  Installed: 1\n  Candidate: (none)\nc:d:\n".splitlines()
    assert parse_policy(lines) == {"a"}


@given(st.text(), st.lists(st.text()))
def test_any_text_is_read(line: str, lines: list[str]) -> None:
    parse_policy(lines)
    parse_trial(lines)
    found = parse_status(line)
    assert found is None or 0 <= found[0] <= 100


def test_progress_is_told() -> None:
    told: list[tuple[float, str]] = []
    out = b"Reading\ndlstatus:1:12.5:Retrieving file 1 of 2\npmstatus:maildrop:60.0:Installing \x1b[1mmaildrop\nSetting"
    with FakeRunner(
        AUDIT,
        Expected(TRIAL, b"Inst maildrop (1)\n"),
        Expected(("debconf-set-selections",), stdin=b"postfix postfix/mailname string example.test\n"),
        Expected(INSTALL, out),
    ) as runner:
        Packages(runner).install(
            ["maildrop"],
            ["postfix postfix/mailname string example.test"],
            lambda percent, what: told.append((percent, what)),
        )
    assert told == [(12.5, "Retrieving file 1 of 2"), (60.0, "Installing ^[[1mmaildrop")]
    assert [command.mutates for command in runner.commands] == [False, False, True, True]


def test_what_would_have_to_go_is_refused_before_anything_is_done() -> None:
    trial = Expected(TRIAL, b"Remv exim4-base [4]\nInst maildrop (1)\n")
    with FakeRunner(AUDIT, trial) as runner, pytest.raises(Refused, match="exim4-base") as raised:
        Packages(runner).install(["maildrop"], [], lambda _percent, _what: None)
    assert raised.value.exit_code == 5


def test_what_was_broken_off_is_gone_on_with() -> None:
    audit = Expected(AUDIT.argv, b"The following packages are only half configured:\n postfix\n")
    with FakeRunner(audit, Expected(CONFIGURE), Expected(TRIAL), Expected(INSTALL)) as runner:
        Packages(runner).install(["maildrop"], [], lambda _percent, _what: None)


def test_failing_midway_says_why_and_how_to_go_on() -> None:
    stderr = b"W: odd\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n"
    broken = Expected(INSTALL, b"Setting up\n", stderr, code=100)
    with (
        FakeRunner(AUDIT, Expected(TRIAL), broken) as runner,
        pytest.raises(Failed, match="dpkg returned") as raised,
    ):
        Packages(runner).install(["maildrop"], [], lambda _percent, _what: None)
    assert "dpkg --configure -a" in raised.value.hint


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="this is no Debian")
def test_as_apt_says_it() -> None:
    runner = LocalRunner()
    packages = Packages(runner)
    assert packages.available(["dpkg", "no-such-package-anywhere"]) == {"dpkg"}
    assert packages.available([]) == set()
    assert packages.trial(["dpkg"]).removed == ()
    with pytest.raises(Failed, match="no-such-package-anywhere"):
        packages.trial(["no-such-package-anywhere"])
    runner.close()
