"""The latest lines: of certain programs, since a time or a place, over a rotation, and of the journal."""

import gzip
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backends.errors import Failed, Missing, NotPermitted
from backends.maillog import journal, recent
from backends.maillog.recent import Place, Recent
from tests.backends.maillog.test_journal import exported
from tests.support.fake_runner import Expected, FakeRunner

NOW = 1_795_348_000.0  # 2026-11-22 11:46:40 UTC
MATCHES = ("SYSLOG_FACILITY=2", "+", "SYSLOG_IDENTIFIER=amavis", "+", "SYSLOG_IDENTIFIER=postfix")


def line(ago: float, text: str, tag: str = "amavis[7]", *, traditional: bool = False) -> bytes:
    when = datetime.fromtimestamp(NOW - ago, UTC)
    if traditional:
        return f"{time.strftime('%b %e %H:%M:%S', time.localtime(NOW - ago))} mx1 {tag}: {text}\n".encode()
    return f"{when:%Y-%m-%dT%H:%M:%S.%f}+00:00 mx1 {tag}: {text}\n".encode()


def write(path: Path, *lines: bytes, ago: float = 1) -> None:
    path.write_bytes(b"".join(lines))
    os.utime(path, (NOW - ago, NOW - ago))


def read(log: Path, since: float = 600, after: Place | None = None) -> Recent:
    with FakeRunner() as runner:
        return recent.recent(runner, ("amavis", "postfix"), NOW - since, after=after, log=log, now=NOW)


def texts(found: Recent) -> list[str]:
    return [one.text.decode() for one in found.lines]


@pytest.mark.parametrize("traditional", [False, True])
def test_lines_of_some_programs_since_a_time(tmp_path: Path, traditional: bool) -> None:
    log = tmp_path / "mail.log"
    write(
        log,
        line(900, "long ago", traditional=traditional),
        line(500, "first", "postfix/smtpd[1]", traditional=traditional),
        line(400, "amavis[1]: forged", "dovecot", traditional=traditional),
        line(400, "another", "postfixes[1]", traditional=traditional),
        line(350, "instance", "postfix-out/smtp[1]", traditional=traditional),
        line(300, "second amavis[1]: no tag", traditional=traditional),
        line(-5000, "of the future", traditional=traditional),
        b"garbage\x00\xff\n",
        b"not whole",
    )
    found = read(log)
    assert texts(found) == ["first", "instance", "second amavis[1]: no tag"]
    assert [one.tag for one in found.lines] == ["postfix/smtpd", "postfix-out/smtp", "amavis"]
    assert found.lines[0].when == NOW - 500
    assert found.since == NOW - 600
    assert found.place.offset == log.stat().st_size - len(b"not whole")


def test_over_a_rotation_plain_and_packed(tmp_path: Path) -> None:
    log, older = tmp_path / "mail.log", tmp_path / "mail.log.1"
    write(older, line(700, "too old"), line(90, "before"), ago=80)
    write(log, line(10, "behind"))
    assert texts(read(log)) == ["before", "behind"]
    older.unlink()
    write(tmp_path / "mail.log.1.gz", gzip.compress(line(700, "too old") * 1000 + line(90, "packed")), ago=80)
    assert texts(read(log)) == ["packed", "behind"]
    assert texts(read(log, 60)) == ["behind"]
    log.write_bytes(b"")
    assert texts(read(log)) == ["packed"]


def test_from_here_on(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    write(log, line(90, "one"), b"half a ")
    place = read(log).place
    assert texts(read(log, after=place)) == []
    write(log, line(90, "one"), line(80, "two"))
    found = read(log, after=place)
    assert texts(found) == ["two"]
    log.rename(tmp_path / "mail.log.1")
    write(tmp_path / "mail.log.1", line(90, "one"), line(80, "two"), line(70, "three"), ago=70)
    write(log, line(60, "four"))
    assert texts(read(log, after=found.place)) == ["three", "four"]
    last = read(log).place
    write(log, line(5, "new"))
    assert texts(read(log, 65, after=last)) == ["new"], "the same file, begun anew"
    log.unlink()
    write(log, line(4, "another file"))
    (tmp_path / "mail.log.1").unlink()
    assert texts(read(log, after=last)) == ["another file"]


def test_no_more_than_so_many_bytes_and_it_says_since_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, older = tmp_path / "mail.log", tmp_path / "mail.log.1"
    write(older, line(500, "older"), ago=400)
    write(log, *(line(300 - number, f"line {number}") for number in range(100)))
    monkeypatch.setattr(recent, "MOST", len(line(0, "line 10")) * 10 + 5)
    found = read(log)
    assert texts(found) == [f"line {number}" for number in range(90, 100)]
    assert found.since == NOW - 210
    monkeypatch.setattr(recent, "MOST", log.stat().st_size)
    found = read(log)
    assert len(found.lines) == 100
    assert found.since == NOW - 300
    monkeypatch.setattr(recent, "MOST", 1 << 20)
    assert texts(read(log))[0] == "older"
    assert read(log).since == NOW - 600


def test_four_megabytes_take_no_second(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    write(log, *(line(300, "x" * 120, "postfix/qmgr[1]") for _ in range(60_000)))
    began = time.process_time()
    assert len(read(log).lines) > 20_000
    assert time.process_time() - began < 1


def journalled(*texts: tuple[float, bytes]) -> bytes:
    return b"".join(exported(text, time=int((NOW - ago) * 1e6)) for ago, text in texts)


def asked(since: float = 600) -> tuple[str, ...]:
    command = journal.latest(MATCHES, recent.ENTRIES, since=f"@{int(NOW - since)}", reverse=True)
    assert not command.mutates
    return command.argv


def test_the_journal_where_nothing_writes_a_file(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    write(log, line(90, "an old file"), ago=5 * 86400)
    newest = journalled((10, b"second"), (20, b"first"))
    more = journalled((5, b"third"), (10, b"second"), (20, b"first"))
    answers = [Expected(asked(), newest), Expected(asked(), more), Expected(asked(), b"")]
    with FakeRunner(*answers) as runner:

        def ask(after: Place | None = None) -> Recent:
            return recent.recent(runner, {"postfix", "amavis"}, NOW - 600, after=after, log=log, now=NOW)

        found = ask()
        assert texts(found) == ["first", "second"]
        assert found.since == NOW - 600
        later = ask(found.place)
        assert texts(later) == ["third"]
        assert ask(later.place).place == later.place


def test_of_a_slow_journal_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "PATIENCE", -1.0)
    content = journalled(*((number, b"line %d" % number) for number in range(1, 100)))
    with FakeRunner(Expected(asked(), content)) as runner:
        found = recent.recent(runner, {"postfix", "amavis"}, NOW - 600, log=tmp_path / "mail.log", now=NOW)
    assert 0 < len(found.lines) < 10
    assert texts(found)[-1] == "line 1"
    assert found.since == NOW - len(found.lines)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    gone = Missing("The program journalctl is not there", hint="install it")
    hidden = b"Hint: You are currently not seeing messages from other users and the system.\n"
    for answer, kind in (
        (Expected(asked(), error=gone), Missing),
        (Expected(asked(), stderr=hidden), NotPermitted),
        (Expected(asked(), stderr=b"No journal files were found.\n", code=1), Failed),
    ):
        with FakeRunner(answer) as runner, pytest.raises(kind) as raised:
            recent.recent(runner, {"postfix", "amavis"}, NOW - 600, log=log, now=NOW)
        assert raised.value.hint
    (tmp_path / "real").write_bytes(line(9, "elsewhere"))
    log.symlink_to("real")
    with FakeRunner() as runner, pytest.raises(Failed, match="symbolic links"):
        recent.recent(runner, {"amavis"}, NOW - 600, log=log, now=NOW)
    log.unlink()
    write(log, line(90, "an old file"), ago=5 * 86400)
    with FakeRunner(Expected(asked(), error=gone)) as runner:
        assert recent.recent(runner, {"postfix", "amavis"}, NOW - 600, log=log, now=NOW).lines == ()
