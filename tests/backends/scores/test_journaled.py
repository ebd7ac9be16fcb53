"""Scores out of the journal: new entries alone are asked for, and a message is found again by its time."""

from pathlib import Path

import pytest

from backends.errors import Failed, Missing
from backends.maillog.journal import command, of_amavis
from backends.scores.adapter import AmavisScores
from tests.backends.maillog.test_journal import exported
from tests.backends.scores.test_line import GOLDEN
from tests.support.fake_runner import Expected, FakeRunner

ALL = command(of_amavis()).argv
TIME = 1_795_345_822_562_822


def journal(name: str, first: int = 0) -> bytes:
    """A golden log as entries of the journal, a second after one another."""
    texts = [
        line.partition(b"]: ")[2]
        for line in (GOLDEN / f"{name}.log").read_bytes().splitlines()
        if b" amavis[" in line
    ]
    pids = [
        line.partition(b"amavis[")[2].partition(b"]")[0]
        for line in (GOLDEN / f"{name}.log").read_bytes().splitlines()
        if b" amavis[" in line
    ]
    return b"".join(
        exported(text, time=TIME + (first + number) * 1_000_000, pid=pid)
        for number, (text, pid) in enumerate(zip(texts, pids, strict=True))
    )


def subject(runner: FakeRunner, folder: Path) -> AmavisScores:
    return AmavisScores(runner, log=folder / "mail.log", folder=folder / "state", boxes=list)


def test_read_and_read_on(tmp_path: Path) -> None:
    after = command(of_amavis(), after=f"s=1;i={TIME + 16 * 1_000_000}").argv
    later = command(of_amavis(), after=f"s=1;i={TIME + 50 * 1_000_000}").argv
    with FakeRunner(
        Expected(ALL, journal("fields")), Expected(after, journal("debian-12", 20)), Expected(later)
    ) as runner:
        assert len(subject(runner, tmp_path).read().store) == 17
        again = subject(runner, tmp_path)
        reading = again.read()
        assert len(reading.store) == 35
        assert len(again.read().store) == 35


def test_a_message_is_found_again(tmp_path: Path) -> None:
    second = TIME // 1_000_000
    near = command(of_amavis(), since=second + 4, until=second + 6).argv
    with FakeRunner(
        Expected(ALL, journal("fields")), Expected(near, journal("fields")), Expected(near, b"")
    ) as runner:
        one = subject(runner, tmp_path)
        reading = one.read()
        ((row, message),) = one.messages(reading, [4])
        assert (row, message.score, message.direction) == (4, -0.001, "Internal")
        with pytest.raises(Missing):
            one.show(reading, 4)


def test_split_entries_are_joined(tmp_path: Path) -> None:
    with FakeRunner(Expected(ALL, journal("split"))) as runner:
        assert len(subject(runner, tmp_path).read().store) == 6


def test_no_journal_either(tmp_path: Path) -> None:
    gone = Missing("The program journalctl is not there", hint="install it")
    with FakeRunner(Expected(ALL, error=gone)) as runner, pytest.raises(Missing) as raised:
        subject(runner, tmp_path).read()
    assert "neither" in str(raised.value)


def test_it_fails(tmp_path: Path) -> None:
    with FakeRunner(Expected(ALL, journal("fields"), b"No journal files were found.\n", 1)) as runner:
        with pytest.raises(Failed) as raised:
            subject(runner, tmp_path).read()
        assert "No journal files" in str(raised.value)
