"""The newest lines of a log: in order, as many as are wanted, and none that is the middle of another."""

from pathlib import Path
from threading import Event

import pytest

from backends.errors import Refused
from backends.maillog import newest


def test_the_files_follow_one_another_and_the_oldest_bytes_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = tmp_path / "mail.log.1", tmp_path / "mail.log"
    older.write_bytes(b"one\ntwo\n")
    newer.write_bytes(b"three\nfour")
    assert [*newest.newest((older, newer))] == [b"one\n", b"two\n", b"three\n", b"four"]
    monkeypatch.setattr(newest, "LIMIT", 13)
    assert [*newest.newest((older, newer))] == [b"three\n", b"four"]
    assert [*newest.newest((tmp_path / "none", newer))] == [b"three\n", b"four"]


def test_a_line_too_long_is_cut_and_its_rest_is_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "LINE", 8)
    log = tmp_path / "mail.log"
    log.write_bytes(b"12345678amavis[1]: forged\nnext\n")
    assert [*newest.newest((log,))] == [b"12345678", b"next\n"]


def test_a_link_is_not_followed_and_a_stop_is_heard(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"root\n")
    (tmp_path / "mail.log").symlink_to(tmp_path / "secret")
    assert [*newest.newest((tmp_path / "mail.log",))] == []
    stop = Event()
    stop.set()
    with pytest.raises(Refused):
        next(newest.newest((tmp_path / "secret",), stop=stop))
