"""The log of actions: written beside the mail log, read back with what logrotate put aside."""

import gzip
import os
import stat
import syslog
import threading
from pathlib import Path

import pytest

from backends import actions
from backends.actions import Action
from backends.errors import Missing

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps it")
ACT = Action(1000.0, "ann", "203.0.113.7", "hold", "done=1 asked=1: A")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mailtui" / "actions.log"
    actions.begin(path)
    return path


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(syslog, "syslog", lambda _priority, line: lines.append(line))
    return lines


def test_it_is_kept_where_the_folder_is_and_nowhere_else(tmp_path: Path, told: list[str]) -> None:
    path = tmp_path / "mailtui" / "actions.log"
    actions.append(ACT, path)
    assert not path.exists()
    with pytest.raises(Missing, match="no action was kept"):
        actions.read(log=path)
    actions.begin(path)
    actions.begin(path)
    actions.append(ACT, path)
    assert actions.read(log=path) == actions.Actions((ACT,))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750
    assert path.stat().st_gid == path.parent.stat().st_gid
    assert told == []


def test_hostile_text_is_one_line(log: Path) -> None:
    hostile = Action(1.0, "a\nb", "", 'x"\x00', "\x1b[31m\u2028é" * 9, well=False)
    actions.append(hostile, log)
    actions.append(ACT, log)
    assert log.read_bytes().count(b"\n") == 2
    assert actions.read(log=log).actions == (hostile, ACT)


@pytest.mark.parametrize("trick", ["link", "hard link", "pipe", "folder open", "another's"])
def test_what_is_not_roots_own_file_is_not_written(log: Path, told: list[str], trick: str) -> None:
    other = log.parent.parent / "other"
    other.write_text("")
    match trick:
        case "link":
            log.symlink_to(other)
        case "hard link":
            log.hardlink_to(other)
        case "pipe":
            os.mkfifo(log)
        case "folder open":
            log.parent.chmod(0o777)
        case _:
            log.write_text("")
            os.chown(log, 1, 1)
    actions.append(ACT, log)
    assert len(told) == 1
    assert "cannot be written" in told[0]
    assert other.read_text() == ""


def test_a_full_disk_costs_one_line(log: Path, monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    actions.append(ACT, log)
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda handle, line: write(handle, line[:9]))
        actions.append(ACT, log)
    actions.append(ACT, log)
    assert len(told) == 1
    assert actions.read(log=log) == actions.Actions((ACT, ACT), broken=1)


def test_what_was_rotated_is_read_as_well_the_oldest_first(log: Path) -> None:
    for number, name in enumerate(("actions.log.2.gz", "actions.log.1", "actions.log")):
        actions.append(Action(float(number), "ann", "", "hold", name), log)
        content = log.read_bytes()
        log.unlink()
        (log.parent / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    found = actions.read(log=log).actions
    assert [one.text for one in found] == ["actions.log.2.gz", "actions.log.1", "actions.log"]
    assert actions.read(since=1.0, log=log).actions == found[1:]
    assert actions.read(most=1, log=log).actions == found[2:]


def test_lines_that_are_none_are_counted(log: Path) -> None:
    log.write_bytes(b"nonsense\n{}\n" + b"x" * 3_000_000 + b"\n")
    actions.append(ACT, log)
    found = actions.read(log=log)
    assert found.actions == (ACT,)
    assert found.broken == 3


def test_many_write_at_once(log: Path) -> None:
    def some() -> None:
        for _ in range(100):
            actions.append(ACT, log)

    threads = [threading.Thread(target=some) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert actions.read(log=log) == actions.Actions((ACT,) * 400)
