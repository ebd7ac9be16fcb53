"""The newest lines of a log: in order, over all rotations, as many as are wanted, and none that is the middle of another."""

import gzip
from pathlib import Path
from threading import Event

import pytest

from backends.errors import Refused
from backends.maillog import newest
from backends.maillog.newest import Newest


def test_the_files_follow_one_another_and_the_oldest_bytes_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "mail.log"
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(b"zero\n"))
    (tmp_path / "mail.log.1").write_bytes(b"one\ntwo\n")
    log.write_bytes(b"three\nfour\nfi")
    assert Newest(log).whole
    assert [*Newest(log).lines()] == [b"zero", b"one", b"two", b"three", b"four"]
    monkeypatch.setattr(newest, "LIMIT", 17)
    assert not Newest(log).whole
    assert [*Newest(log).lines()] == [b"three", b"four"]
    assert Newest(log).written == log.stat().st_mtime
    gone = Newest(tmp_path / "none")
    assert ([*gone.lines()], gone.written, gone.whole) == ([], 0, True)


def test_a_link_is_not_followed_and_a_stop_is_heard(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"root\n")
    (tmp_path / "mail.log").symlink_to(tmp_path / "secret")
    assert [*Newest(tmp_path / "mail.log").lines()] == []
    stop = Event()
    stop.set()
    with pytest.raises(Refused):
        next(Newest(tmp_path / "secret").lines(stop))
