"""`mailtui --apply`, history, rollback and confirm as a script sees them; the demo host stands in for the machine."""

import io
import json
import signal
import sys
from typing import Any

import pytest

from backends.apply.told import Applied, Check, Event
from mailtui.cli.apply.options import settings_of
from mailtui.cli.apply.telling import Telling
from mailtui.cli.output import Output
from mailtui.cli.parser import parse
from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import FakeHost

READY = ("--apply", "--demo", "--yes", "--take", "mine")


def test_check_says_what_would_change_and_changes_nothing(run: Run, host: FakeHost) -> None:
    host.demo = True
    before = host.config.drift()
    ran = run("--apply", "--check", "--take", "mine")
    assert ran.code == 4
    assert "install   1 packages: clamav-freshclam" in ran.out
    assert ran.out.endswith("Nothing was changed.\n")
    assert host.config.drift() == before
    assert "+" not in ran.out.partition("helo_regexp")[0]
    shown = run("--apply", "--check", "--diff", "--take", "mine").out
    assert "    +/" in shown


def test_a_conflict_is_refused_until_somebody_decides(run: Run, host: FakeHost) -> None:
    host.demo = True
    assert run("--apply", "--check").code == 5
    ran = run("--apply", "--yes")
    assert (ran.code, "CONFLICT" in ran.out) == (5, True)
    assert "--take mine or --take reference" in ran.err
    assert run("--apply", "--take", "ours").code == 2


def test_applied_then_in_sync(run: Run, host: FakeHost) -> None:
    host.demo = True
    ran = run(*READY)
    assert ran.code == 0
    assert "● GTUBE: delivered with the subject SPAM" in ran.out
    assert "Back to before it: mailtui rollback 3" in ran.out
    again = run("--apply", "--yes")
    assert (again.code, again.out.splitlines()[-1]) == (
        0,
        "In sync: nothing was changed, nothing was restarted.",
    )
    assert run("--apply", "--check").code == 0


def test_only_what_is_applied_outlives_its_session(
    run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.demo = True
    before, meanwhile = signal.getsignal(signal.SIGHUP), []
    applying = host.config.apply

    def watched(*args: Any, **named: Any) -> Applied:
        meanwhile.append(signal.getsignal(signal.SIGHUP))
        return applying(*args, **named)

    monkeypatch.setattr(host.config, "apply", watched)
    assert run(*READY).code == 0
    assert meanwhile == [signal.SIG_IGN]
    assert signal.getsignal(signal.SIGHUP) == before


def test_events_and_checks_are_json_lines(run: Run, host: FakeHost) -> None:
    host.demo = True
    lines = [json.loads(line) for line in run(*READY, "--json").out.splitlines()]
    assert {key for line in lines for key in line} == {"at", "event", "check", "applied"}
    assert lines[-1]["applied"]["number"] == 3
    assert all(line["check"]["good"] for line in lines if "check" in line)
    assert json.loads(run("--apply", "--check", "--json").out)["in_sync"] is True


def test_nothing_is_done_without_a_yes(run: Run, host: FakeHost) -> None:
    host.demo = True
    before = host.config.drift()
    for words in (("--apply", "--take", "mine"), ("rollback",), ("rollback", "1")):
        ran = run(*words)
        assert ran.code == 5
        assert "no terminal to ask at" in ran.err
    assert run("--apply", "--yes", "--read-only", "--take", "mine").code == 5
    assert run("rollback", "--yes", "--read-only").code == 5
    assert host.config.drift() == before


def test_back_and_forth(run: Run, host: FakeHost) -> None:
    host.demo = True
    run(*READY)
    listed = run("history").out
    assert listed.splitlines()[1].split()[0] == "3"
    assert json.loads(run("history", "--json").out.splitlines()[0])["number"] == 3
    diff = run("rollback", "--diff")
    assert diff.code == 0
    assert "+++ " in diff.out
    ran = run("rollback", "--yes")
    assert ran.code == 0
    assert "as they were at checkpoint 3: /etc/" in ran.out
    assert "--verify-only" in ran.out
    assert run("rollback", "99", "--yes").code == 3
    confirmed = run("confirm")
    assert confirmed.code == 0
    assert confirmed.err.endswith("Nothing waits to be confirmed\n")


def test_what_differs_from_the_page_is_told(run: Run, host: FakeHost) -> None:
    host.demo = True
    ran = run("--apply", "--explain")
    assert ran.code == 0
    assert "scan:localhost:10024" in ran.out
    rows = [json.loads(line) for line in run("--apply", "--explain", "--json").out.splitlines()]
    assert rows[0].keys() == {"component", "page", "gets", "why"}
    assert len(rows) > 30


def test_verify_only(run: Run, host: FakeHost) -> None:
    host.demo = True
    ran = run("--apply", "--verify-only")
    assert ran.code == 0
    assert ran.out.endswith("All 8 checks are fine.\n")


def test_options_are_settings_of_the_site() -> None:
    words = "--apply --domain example.org --network 10.0.0.0/8 --network 198.51.100.0/24 --filter post-queue"
    assert settings_of(parse(words.split())) == {
        "domain": "example.org",
        "networks": ("10.0.0.0/8", "198.51.100.0/24"),
        "filter": "post-queue",
    }
    assert settings_of(parse(["--apply", "--test-signature"])) == {"clamav.test_signature": True}


def test_help_names_the_ways(run: Run) -> None:
    ran = run("--apply", "--help")
    assert ran.code == 0
    for word in ("--check", "--confirm-within", "EXAMPLES", "EXIT CODES", "[postfix.main]"):
        assert word in ran.out
    assert "--apply" in run("--help").out


@pytest.mark.parametrize(
    "words", [("--check", "--explain"), ("--filter", "between"), ("--confirm-within", "x")]
)
def test_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run("--apply", *words).code == 2


def test_a_reader_that_has_gone_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdout", Gone())
    telling = Telling(Output(), json=False)
    telling.event(Event("replace", "replacing 3 files"))
    telling.check(Check("clean", True, "delivered"))


def test_hostile_text_stays_text(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output()
    Telling(out, json=False).check(Check("clean", False, "\x1b[2J said", "try \x1b]0;x\x07"))
    out.flush()
    said = capsys.readouterr().out
    assert "^[[2J said" in said
    assert "\x1b" not in said
