"""Who acts, and from where."""

import os
from pathlib import Path

import pytest

from backends import who


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /proc in which this process is a child of 30, and that of 20; nobody has logged in."""
    for name in ("SUDO_USER", "SSH_CONNECTION", "SSH_CLIENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getppid", lambda: 30)
    for process, parent in ((30, 20), (20, 1)):
        (tmp_path / str(process)).mkdir()
        (tmp_path / str(process) / "stat").write_text(f"{process} (a) b) c) S {parent} 1 1")
        (tmp_path / str(process) / "environ").write_bytes(b"HOME=/root\0")
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "loginuid").write_text("4294967295")
    return tmp_path


def test_root_behind_sudo_is_that_person(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert who.user(proc) == "root"
    monkeypatch.setenv("SUDO_USER", "ann")
    assert who.user(proc) == "ann"


def test_others_cannot_pretend_to_be_behind_sudo(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 2)
    monkeypatch.setenv("SUDO_USER", "ann")
    assert who.user(proc) == "bin"


def test_who_logged_in_is_known_behind_su(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (proc / "self" / "loginuid").write_text("1")
    assert who.user(proc) == "daemon"
    (proc / "self" / "loginuid").write_text("54321")
    assert who.user(proc) == "54321"


def test_the_address_is_that_of_the_session(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert who.address(proc) == ""
    (proc / "20" / "environ").write_bytes(b"A=\xff\0SSH_CONNECTION=203.0.113.7 5022 198.51.100.1 22\0")
    assert who.address(proc) == "203.0.113.7"
    monkeypatch.setenv("SSH_CLIENT", "2001:db8::7 5022 22")
    assert who.address(proc) == "2001:db8::7"


def test_what_sshd_told_logind_counts_more_than_what_a_user_says(
    proc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who, "SESSIONS", proc)
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.66 1 203.0.113.1 22")
    (proc / "self" / "sessionid").write_text("7")
    (proc / "7").write_text("UID=1000\nREMOTE=1\nREMOTE_HOST=203.0.113.7\n")
    assert who.address(proc) == "203.0.113.7"
    (proc / "7").write_text("UID=1000\nREMOTE=0\n")
    assert who.address(proc) == "198.51.100.66"


@pytest.mark.parametrize(
    "said", ["x action=delete", "203.0.113.7\naction=delete", "", "999.1.1.1", "fe80::1%a b"]
)
def test_what_is_no_address_is_not_told(proc: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("SSH_CONNECTION", said)
    assert who.address(proc) in {"", "203.0.113.7", "fe80::1"}
    assert "action" not in who.address(proc)


def test_processes_that_go_meanwhile_end_the_search(proc: Path) -> None:
    (proc / "30" / "stat").unlink()
    assert who.address(proc) == ""
    (proc / "30" / "environ").unlink()
    assert who.address(proc) == ""
