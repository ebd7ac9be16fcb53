"""`mailtui journal`."""

import json
import os
from pathlib import Path

import pytest

from backends import actions
from tests.mailtui.cli.conftest import Run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps it")


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mailtui" / "actions.log"
    monkeypatch.setattr(actions, "LOG", path)
    actions.begin(path)
    actions.append(actions.Action(1000.0, "ann", "203.0.113.7", "hold", "done=1 asked=1: A"))
    actions.append(actions.Action(2000.0, "root", "", "apply", "done=0: \x1b[31mbad", well=False))
    return path


def test_who_did_what(run: Run) -> None:
    ran = run("journal")
    assert ran.code == 0
    _, first, second = ran.out.splitlines()
    assert first.split()[2:] == ["ann", "203.0.113.7", "hold", "done=1", "asked=1:", "A"]
    assert second.endswith("✖ done=0: ^[[31mbad")


def test_as_json_and_of_some_time(run: Run) -> None:
    (line,) = run("journal", "--json", "--since", "1970-01-01 23:59").out.splitlines() or [""] * 1
    assert line == ""
    lines = run("journal", "--json", "--limit", "1").out.splitlines()
    assert [json.loads(one)["user"] for one in lines] == ["root"]


def test_what_cannot_be_read_is_said(run: Run, log: Path) -> None:
    log.write_text("nonsense\n")
    ran = run("journal")
    assert ran.code == 1
    assert "1 lines cannot be read" in ran.err
    log.unlink()
    assert run("journal").code == 3
    assert "install -d -m 0750 -g adm" in run("journal").err


def test_the_demo_host_keeps_none(run: Run) -> None:
    assert run("--demo", "journal").code == 2
