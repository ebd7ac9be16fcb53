"""All checks of an apply: each gets its files and a folder of its own, which goes."""

import tempfile
from pathlib import Path

import pytest

from backends.apply.check.staged import check_staged
from backends.errors import Missing
from tests.support.fake_runner import FakeRunner


def test_nothing_staged_needs_nothing() -> None:
    with FakeRunner() as runner:
        assert check_staged(runner, {}, [], domain="example.test") == []


def test_complaints_come_as_they_are_and_the_folder_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with FakeRunner() as runner:
        found = check_staged(runner, {"gld": {"/etc/gld.conf": b"PORT=x\n"}}, [], domain="example.test")
    assert found == ["/etc/gld.conf, line 1: PORT is not a port number"]
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_check_is_a_mistake() -> None:
    with FakeRunner() as runner, pytest.raises(KeyError, match="sendmail"):
        check_staged(runner, {"sendmail": {}}, [], domain="example.test")


def test_a_program_that_is_not_there_is_no_complaint_but_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Without(FakeRunner):
        def _answer(self, command: object) -> object:  # type: ignore[override]
            assert [one.stat().st_mode & 0o777 for one in tmp_path.iterdir()] == [0o700]
            raise Missing("The program doveconf is not there", hint="install it")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(Missing, match="doveconf"):
        check_staged(Without(), {"dovecot": {"/etc/dovecot/local.conf": b"x\n"}}, [], domain="example.test")
    assert list(tmp_path.iterdir()) == []
