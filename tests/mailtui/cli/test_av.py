"""`mailtui av …` on a host whose scanner is the demo host's."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.errors import Failed
from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import EICAR, HOSTILE, FakeHost


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_without_a_command_it_is_the_status(run: Run) -> None:
    shown = run("av")
    assert shown.code == 0
    assert shown.out == run("av", "status").out
    assert shown.out.startswith(
        "● clamd: clamd 1.4.3 answers on /var/run/clamav/clamd.ctl with 1.5G of memory\n"
    )
    assert "freshclam's last runs" in shown.out
    (status,) = lines(run("av", "--json").out)
    assert status["daemon"]["daily"] == 27461
    assert len(status["databases"]) == 7
    assert "status" in run("av", "--help").out


def test_a_clamd_that_does_not_answer_is_wrong_and_what_needs_it_fails(run: Run, host: FakeHost) -> None:
    host.scanning = False
    shown = run("av")
    assert (shown.code, "✖ clamd: clamd does not run" in shown.out) == (1, True)
    assert "journalctl -u clamav-daemon" in shown.out
    for words in (("scan", "/etc/passwd"), ("selftest",)):
        failed = run("av", *words)
        assert (failed.code, "clamd does not run" in failed.err) == (3, True)


def test_databases(run: Run) -> None:
    shown = run("av", "databases").out.splitlines()
    assert " ".join(shown[0].split()) == "name kind version signatures size built here loaded from"
    assert [line.split()[0] for line in shown[1:4]] == ["bytecode.cvd", "daily.cld", "main.cvd"]
    assert [one["loaded"] for one in lines(run("av", "databases", "--json").out)] == [True] * 7


def test_update_is_live_and_read_only_refuses_it(run: Run, host: FakeHost) -> None:
    shown = run("av", "update")
    assert shown.code == 0
    assert "SIGUSR1" in shown.out.splitlines()[0]
    assert shown.out.splitlines()[-1].startswith("● updated daily.cld; clamd has loaded it")
    assert lines(run("av", "update", "--json").out)[0]["outcome"] == "current"
    assert run("av", "update", "--read-only").code == 5
    assert run("av", "update", "--third-party").code == 0
    host.scanning = False
    host.__dict__.pop("antivirus")
    late = run("av", "update")
    assert (late.code, "✖ updated daily.cld; clamd does not run" in late.out) == (1, True)


def test_files_and_standard_input_are_scanned(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean, infected = tmp_path / "clean", tmp_path / "bad\x1b[2J"
    clean.write_bytes(b"hello")
    infected.write_bytes(EICAR)
    assert run("av", "scan", str(clean)).code == 0
    found = run("av", "scan", str(clean), str(infected))
    assert (found.code, "\x1b" in found.out) == (6, False)
    assert "bad^[[2J: INFECTED: Win.Test.EICAR_HDB-1" in found.out
    missing = run("av", "scan", str(tmp_path / "none"), str(clean))
    assert (missing.code, "NOT SCANNED" in missing.out, "clean: clean" in missing.out) == (1, True, True)
    assert run("av", "scan", str(tmp_path / "none"), str(infected)).code == 6

    class Typed:
        buffer = io.BytesIO(EICAR)

    monkeypatch.setattr(sys, "stdin", Typed)
    assert lines(run("av", "scan", "-", "--json").out)[0]["verdict"] == "infected"
    assert run("av", "scan").code == 2


def test_messages_are_scanned(run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("av", "scan", "--queued", "AAAAAA1").code == 0
    both = run("av", "scan", "--queued", "AAAAAA1", "--queued", "AAAAAA2", "--json")
    assert both.code == 6
    assert [one["verdict"] for one in lines(both.out)] == ["clean", "infected"]
    assert run("av", "scan", "--queued", "../AAAAAA1").code == 2
    virus = lines(run("quarantine", "list", "--kind", "virus", "--json").out)[0]["path"]
    scanned = run("av", "scan", "--quarantined", virus)
    assert scanned.code in {0, 6}
    assert virus in scanned.out
    assert run("av", "scan", "--quarantined", "nothing").code == 3

    def broken(_: str) -> Iterator[bytes]:
        yield b"Subject: x"
        raise Failed(f"postcat failed {HOSTILE}", hint="none")

    monkeypatch.setattr(host.queue, "raw", broken)
    failed = run("av", "scan", "--queued", "AAAAAA1")
    assert (failed.code, "NOT SCANNED: postcat failed" in failed.out) == (1, True)


def test_selftest_and_what_was_caught(run: Run) -> None:
    shown = run("av", "selftest")
    assert (shown.code, shown.out.count("●")) == (0, 3)
    assert [one["state"] for one in lines(run("av", "selftest", "--json").out)] == ["good"] * 3
    caught = run("av", "caught", "--top", "2")
    assert caught.out.startswith("61 messages with a virus since ")
    assert len(caught.out.splitlines()) == 4
    assert "2 more" in caught.err
    assert lines(run("av", "caught", "--json").out)[0]["signatures"][0]["file"] == "official"
