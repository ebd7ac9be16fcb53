"""Logs read with what was kept of them: rotated, truncated, copied, compressed, damaged, and by whom."""

import gzip
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backends.errors import BackendError, Missing, NotPermitted, Refused
from backends.files import lock
from backends.maillog.blocks import Blocks, Bytes
from backends.runner import LocalRunner
from backends.scores import kept
from backends.scores.adapter import AmavisScores, scores_of_logs
from backends.scores.kept import ROOM, State
from backends.scores.told import Reading
from tests.backends.scores.test_line import GOLDEN

LINE = (
    b"2026-11-%02dT%02d:%02d:%02d.000000+00:00 mx1 amavis[1585]: (01585-%05d) Passed CLEAN {RelayedInbound}, [10.0.0.1]:25"
    b" <bob@example.org> -> <alice@example.test>, Message-ID: <%d@example.org>, mail_id: S7umGqOWg0-6, Hits: 1.5,"
    b" size: 399, queued_as: 87BBD242673, 354 ms\n"
)
MB = 1 << 20


def lines(first: int, count: int) -> bytes:
    """Messages with these numbers, ten seconds after one another."""
    parts = []
    for number in range(first, first + count):
        day, seconds = divmod(number * 10, 86400)
        parts.append(LINE % (day + 1, seconds // 3600, seconds // 60 % 60, seconds % 60, number, number))
    return b"".join(parts)


class Machine:
    """A folder of logs, and what reads it, begun anew as often as is asked."""

    def __init__(self, folder: Path) -> None:
        self.logs, self.state = folder / "log", folder / "state"
        self.logs.mkdir()
        self.log = self.logs / "mail.log"

    def subject(self) -> AmavisScores:
        return AmavisScores(LocalRunner(), log=self.log, folder=self.state, boxes=list, configuration=())

    def numbers(self, subject: AmavisScores | None = None) -> list[int]:
        """The numbers of the messages that are known, found again in the logs."""
        subject = subject or self.subject()
        reading = subject.read()
        assert reading.troubles == ()
        found = [int(message.am_id.partition("-")[2]) for _, message in subject.messages(reading)]
        assert len(found) == len(reading.store)
        return found

    def compress(self, number: int) -> None:
        """What `compress` and `delaycompress` of logrotate do."""
        path = self.logs / f"mail.log.{number}"
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where reading of a log begins, each time from now on."""
    begun: list[int] = []

    class Counted(Blocks):
        def __init__(self, log: Bytes, at: int = 0, **options: Any) -> None:
            begun.append(at)
            super().__init__(log, at, **options)

    monkeypatch.setattr("backends.scores.reading.Blocks", Counted)
    return begun


def test_what_is_new_is_read_and_nothing_else(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lines(0, 50)
    machine.log.write_bytes(first)
    assert machine.numbers() == list(range(50))
    begun = reads(monkeypatch)
    assert machine.numbers() == list(range(50))
    assert begun == []
    with machine.log.open("ab") as file:
        file.write(lines(50, 10))
    assert machine.numbers() == list(range(60))
    assert begun == [len(first)]


def test_live(machine: Machine) -> None:
    subject = machine.subject()
    machine.log.write_bytes(b"")
    for count in range(0, 30, 3):
        with machine.log.open("ab") as file:
            file.write(lines(count, 3))
        assert machine.numbers(subject) == list(range(count + 3))
    assert machine.numbers() == list(range(30))


def test_half_a_line_is_waited_for(machine: Machine) -> None:
    content = lines(0, 12)
    subject = machine.subject()
    for end in (len(content) - 400, len(content) - 100, len(content) - 1, len(content)):
        machine.log.write_bytes(content[:end])
        assert machine.numbers(subject) == list(range(content[:end].count(b"\n")))


def test_a_split_line_is_waited_for(machine: Machine) -> None:
    split = (GOLDEN / "split.log").read_bytes()
    subject, counts = machine.subject(), []
    for end in (*range(0, len(split), 97), len(split)):
        machine.log.write_bytes(lines(0, 5) + split[:end])
        counts.append(len(subject.read().store))
    os.utime(machine.log, (0, 0))  # nobody writes to it any more
    assert counts == sorted(counts)
    expected = len(msgspec.json.decode((GOLDEN / "split.json").read_bytes())) + 5
    assert len(subject.read().store) == len(machine.subject().read().store) == expected


def test_rotation(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renamed, a new one begun, the old one compressed: what was read is not read again."""
    first, second = lines(0, 40), lines(40, 40)
    machine.log.write_bytes(first)
    subject = machine.subject()
    assert machine.numbers(subject) == list(range(40))
    begun = reads(monkeypatch)
    machine.log.rename(machine.logs / "mail.log.1")
    machine.log.write_bytes(second)
    assert machine.numbers(subject) == list(range(80))
    (machine.logs / "mail.log.1").rename(machine.logs / "mail.log.2")
    machine.log.rename(machine.logs / "mail.log.1")
    machine.compress(2)
    machine.log.write_bytes(lines(80, 5))
    assert machine.numbers(subject) == machine.numbers() == list(range(85))
    assert begun == [0, 0]


def test_lines_written_between_reading_and_compressing(machine: Machine) -> None:
    machine.log.write_bytes(lines(0, 40))
    subject = machine.subject()
    assert machine.numbers(subject) == list(range(40))
    with machine.log.open("ab") as file:
        file.write(lines(40, 7))
    machine.log.rename(machine.logs / "mail.log.1")
    machine.compress(1)
    machine.log.write_bytes(lines(47, 3))
    assert machine.numbers(subject) == machine.numbers() == list(range(50))


def test_copied_and_truncated(machine: Machine) -> None:
    machine.log.write_bytes(lines(0, 40))
    subject = machine.subject()
    assert machine.numbers(subject) == list(range(40))
    shutil.copy(machine.log, machine.logs / "mail.log.1")
    assert machine.numbers(subject) == list(range(40))
    os.truncate(machine.log, 0)
    assert machine.numbers(subject) == list(range(40))
    machine.log.write_bytes(lines(40, 20))
    assert machine.numbers(subject) == machine.numbers() == list(range(60))


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_a_log_that_shrinks(machine: Machine, size: int) -> None:
    machine.log.write_bytes(lines(0, 60))
    subject = machine.subject()
    assert len(machine.numbers(subject)) == 60
    os.truncate(machine.log, size)
    expected = list(range(lines(0, 60)[:size].count(b"\n")))
    assert machine.numbers(subject) == machine.numbers() == expected


def test_another_log_of_the_same_length(machine: Machine) -> None:
    machine.log.write_bytes(lines(0, 60))
    subject = machine.subject()
    assert len(machine.numbers(subject)) == 60
    machine.log.write_bytes(lines(0, 30) + lines(130, 30))  # begins the same
    os.utime(machine.log, (1, 1))
    assert machine.numbers(subject) == [*range(30), *range(130, 160)]


def test_texts_of_a_log_that_is_gone(machine: Machine) -> None:
    machine.log.write_bytes(lines(0, 60))
    subject = machine.subject()
    reading = subject.read()
    os.truncate(machine.log, 10_000)
    assert len(list(subject.messages(reading))) == lines(0, 60)[:10_000].count(b"\n")
    machine.log.unlink()
    assert list(subject.messages(reading)) == []
    with pytest.raises(Missing) as raised:
        subject.show(reading, 3)
    assert "is not in" in str(raised.value)


def doubted(change: Callable[[bytes], bytes], machine: Machine) -> str:
    """What is said when what was kept is changed so; all is read anew in any case."""
    machine.log.write_bytes(lines(0, 60))
    assert len(machine.numbers()) == 60
    (path,) = machine.state.glob("*.rows")
    path.write_bytes(change(path.read_bytes()))
    reading = machine.subject().read()
    assert len(reading.store) == 60
    again = machine.subject().read()
    assert (len(again.store), again.troubles) == (60, ())
    return " ".join(trouble.what for trouble in reading.troubles)


def test_what_was_kept_is_garbage(machine: Machine) -> None:
    said = doubted(lambda content: b"\xff" * 10_000, machine)
    assert said == f"What was kept of {machine.log} is not used: it is damaged"


def test_rows_are_missing(machine: Machine) -> None:
    assert "damaged" in doubted(lambda content: content[: ROOM + 10], machine)


def test_one_figure_is_wrong(machine: Machine) -> None:
    assert "damaged" in doubted(lambda content: content.replace(b'"count":60', b'"count":50', 1), machine)


def test_of_another_version(machine: Machine) -> None:
    assert "another version" in doubted(
        lambda content: content.replace(b'"version":1', b'"version":9', 1), machine
    )


def changed(content: bytes, **changes: object) -> bytes:
    """The same with another state, whose check is right."""
    state = msgspec.structs.replace(msgspec.json.decode(content[:ROOM], type=State), check="", **changes)
    state = msgspec.structs.replace(state, check=kept._check(state))
    return msgspec.json.encode(state).ljust(ROOM - 1) + b"\n" + content[ROOM:]


def test_of_another_machine(machine: Machine) -> None:
    assert "another machine" in doubted(lambda content: changed(content, host="elsewhere"), machine)


def test_the_machine_stopped_before_all_was_on_disk(machine: Machine) -> None:
    def lost(content: bytes) -> bytes:
        return changed(content, boot="before")[:-100] + bytes(100)

    assert "not written whole" in doubted(lost, machine)


def test_after_a_reboot_it_is_used(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doubted(lambda content: changed(content, boot="before"), machine) == ""
    begun = reads(monkeypatch)
    assert machine.numbers() == list(range(60))
    assert begun == []


def test_empty_state(machine: Machine) -> None:
    assert doubted(lambda content: b"", machine) == ""


def test_a_folder_that_is_not_ours_alone(machine: Machine) -> None:
    machine.log.write_bytes(lines(0, 60))
    machine.state.mkdir()
    machine.state.chmod(0o777)
    reading = machine.subject().read()
    assert len(reading.store) == 60
    assert [trouble.what for trouble in reading.troubles] == [
        f"{machine.state} is not this user's alone, so logs are read anew at each start"
    ]
    assert list(machine.state.iterdir()) == []


def test_while_another_reads(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.scores.adapter.PATIENCE", 0.1)
    machine.log.write_bytes(lines(0, 60))
    machine.state.mkdir(mode=0o700)
    with lock(machine.state / "lock"):
        reading = machine.subject().read()
    assert len(reading.store) == 60
    assert "Another mailtui" in reading.troubles[0].what
    assert machine.numbers() == list(range(60))


def test_files_of_logs_that_are_gone_go(machine: Machine) -> None:
    machine.log.write_bytes(lines(0, 60))
    machine.numbers()
    (machine.state / "notes").touch()
    machine.log.write_bytes(lines(100, 60))
    machine.numbers()
    assert len(list(machine.state.glob("*.rows"))) == 1
    assert (machine.state / "notes").exists()


def test_stopped_and_begun_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.maillog.blocks.SIZE", 1 << 18)
    machine.log.write_bytes(lines(0, 8000))
    subject, stop = machine.subject(), threading.Event()
    stop.set()
    with pytest.raises(Refused):
        subject.read(stop=stop)
    assert machine.numbers(subject) == machine.numbers() == list(range(8000))


def test_told_early_the_latest_first(machine: Machine) -> None:
    for number in range(3):
        (machine.logs / f"mail.log.{3 - number}").write_bytes(lines(number * 20, 20))
    machine.log.write_bytes(lines(60, 20))
    told: list[Reading] = []
    machine.subject().read(told.append)
    assert [len(reading.store) for reading in told] == [20, 40, 60]
    assert [reading.done for reading in told] == sorted(reading.done for reading in told)
    assert told[0].store.span == (1793491800, 1793491990)


def test_damaged_logs_are_told_of_and_the_rest_is_read(machine: Machine) -> None:
    machine.log.write_bytes(lines(20_000, 10))
    packed = gzip.compress(lines(0, 20_000))
    (machine.logs / "mail.log.2.gz").write_bytes(packed[: len(packed) // 2])
    (machine.logs / "mail.log.3.xz").touch()
    reading = machine.subject().read()
    assert 5000 < len(reading.store) < 20_000
    said = {trouble.what for trouble in reading.troubles}
    assert (
        f"Of {machine.logs}/mail.log.2.gz a part is missing: it is cut off: its compressed data do not end"
        in said
    )
    assert "mail.log.3.xz cannot be read" in said
    assert all(trouble.hint for trouble in reading.troubles)
    again = machine.subject().read()
    assert len(again.store) == len(reading.store)


def test_a_log_without_amavis(machine: Machine) -> None:
    machine.log.write_bytes(b"2026-11-22T11:10:22+00:00 mx1 postfix/qmgr[1]: A02AE41BC78: removed\n" * 20_000)
    (trouble,) = machine.subject().read().troubles
    assert trouble.what == f"None of amavis's messages about mail is in {machine.log}"


def test_logs_that_are_named(machine: Machine) -> None:
    machine.log.write_bytes(lines(20, 20))
    old = machine.logs / "old"
    old.write_bytes(gzip.compress(lines(0, 20)))
    os.utime(old, (1, 1))
    subject = scores_of_logs([str(machine.log), str(old)])
    reading = subject.read()
    assert [message.am_id for _, message in subject.messages(reading)] == [
        f"01585-{number:05}" for number in range(40)
    ]
    assert not machine.state.exists()
    with pytest.raises(Missing) as raised:
        scores_of_logs([str(machine.log), str(machine.logs / "gone")]).read()
    assert raised.value.exit_code == 3


def test_what_is_shown_of_a_message(machine: Machine) -> None:
    postfix = b"2026-11-01T00:00:11+00:00 mx1 postfix/qmgr[1]: 87BBD242673: removed\n"
    other = b"2026-11-01T00:00:11+00:00 mx1 postfix/qmgr[1]: 87BBD2426730: removed\n"
    machine.log.write_bytes(lines(0, 1) + other + postfix)
    subject = machine.subject()
    found = subject.show(subject.read(), 0)
    assert found.message.sender == "bob@example.org"
    assert found.lines == ((lines(0, 1)[:-1]).decode(), postfix[:-1].decode())


def test_no_rights(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.log.write_bytes(lines(0, 1))

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(BackendError) as raised:
        machine.subject().read()
    assert isinstance(raised.value, NotPermitted)
    assert "group adm" in raised.value.hint
