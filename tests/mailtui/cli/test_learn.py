"""`mailtui quarantine learn`: what it teaches, what it says, what it leaves out."""

import json

import pytest

from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import FakeHost


def first(run: Run, count: int = 1) -> list[str]:
    lines = run("quarantine", "list", "--json", "--kind", "spam").out.splitlines()
    return [json.loads(line)["path"] for line in lines[:count]]


def test_learnt_known_and_forgotten(run: Run, host: FakeHost) -> None:
    (path,) = first(run)
    before = host.bayes.state()
    ran = run("quarantine", "learn", "--spam", path)
    assert (ran.code, ran.out) == (0, "spam: 1 of 1 message, 1 of them new to it\n")
    assert host.bayes.state().spam == before.spam + 1
    assert "0 of them new" in run("quarantine", "learn", "--spam", path).out
    told = json.loads(run("quarantine", "learn", "--forget", path, "--json").out)
    assert told == {"as": "forget", "asked": 1, "done": 1, "new": 1, "left_out": []}
    assert host.bayes.state() == before


def test_what_is_not_there_is_said_and_the_others_are_learnt(run: Run, host: FakeHost) -> None:
    paths = first(run, 2)
    ran = run("quarantine", "learn", "--ham", *paths, "nothing-of-that-name")
    assert ran.code == 1
    assert "nothing-of-that-name: there is no such message" in ran.err
    assert ran.out == "ham: 2 of 3 messages, 2 of them new to it\n"


@pytest.mark.parametrize("words", [(), ("--spam",), ("x",), ("--spam", "--ham", "x")])
def test_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run("quarantine", "learn", *words).code == 2


def test_read_only_learns_nothing(run: Run, host: FakeHost) -> None:
    (path,) = first(run)
    before = host.bayes.state()
    assert run("--read-only", "quarantine", "learn", "--spam", path).code == 5
    assert host.bayes.state() == before
