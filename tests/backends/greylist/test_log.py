"""The mail log of gld and Postfix, in both kinds of time stamps; its parts are as real machines have logged them."""

import os
import time
from collections import deque
from itertools import islice
from pathlib import Path
from threading import Event

import pytest

from backends.errors import BackendError, Failed, Missing, NotPermitted, Refused
from backends.greylist import journald
from backends.greylist.journald import asking
from backends.greylist.log import parse, read_log
from backends.maillog import newest
from tests.backends.maillog.test_journal import exported
from tests.support.fake_runner import Expected, FakeRunner

NOW = 1795348000.0  # 2026-11-22 11:46:40 UTC
GREYLISTED = "{} mail gld: Greylist activated for recipient=<{}> sender=<{}> ip=<{}>"
ENTERED = "{} mail postfix/qmgr[4764]: {}: from=<{}>, size=995, nrcpt=1 (queue active)"
DELIVERED = "{} mail postfix/{}[4782]: {}: to=<{}>, relay=local, delay=0.4, dsn=2.0.0, status=sent"
ALICE, BOB = "alice@example.test", "bob@example.org"


def at(seconds: int) -> str:
    return f"2026-11-22T11:{30 + seconds // 60:02}:{seconds % 60:02}.263381+00:00"


def lines(*texts: str) -> list[bytes]:
    return [text.encode() + b"\n" for text in texts]


def test_how_long_mail_was_kept_waiting_since_its_first_refusal() -> None:
    found = parse(
        lines(
            GREYLISTED.format(at(0), ALICE, BOB, "192.0.2.7"),
            GREYLISTED.format(at(60), ALICE, BOB, "192.0.2.8"),
            GREYLISTED.format(at(70), ALICE, "never@example.net", "203.0.113.9"),
            GREYLISTED.format(at(80), ALICE, "void@void", "203.0.113.9"),
            ENTERED.format(at(300), "069EF24267E", "Bob@Example.org"),
            ENTERED.format(at(380), "069EF24267F", ""),
            DELIVERED.format(at(301), "local", "069EF24267E", ALICE),
            DELIVERED.format(at(301), "local", "069EF24267E", ALICE),
            DELIVERED.format(at(390), "smtp", "069EF24267F", ALICE),
            "garbage",
        ),
        NOW,
    )
    assert (found.greylisted, found.passed) == (4, 2)
    assert found.delays == (300.0, 300.0, 300.0, 300.0)
    assert found.until - found.since == 390


def test_an_alias_is_joined_by_its_own_name_and_traditional_stamps_are_read() -> None:
    found = parse(
        lines(
            "Nov 22 11:30:00 mail gld[44]: Greylist activated for recipient=<sales@example.test> sender=<a@b.example> ip=<2001:db8::1>",
            "Nov 22 11:40:00 mail postfix/qmgr[1]: 4bXk2F1Yz9zqd: from=<a@b.example>, size=9, nrcpt=1 (queue active)",
            "Nov 22 11:40:09 mail postfix/local[1]: 4bXk2F1Yz9zqd: to=<alice@example.test>, orig_to=<sales@example.test>, relay=local",
        ),
        NOW,
    )
    assert (found.passed, found.delays[0]) == (1, 600.0)


def test_hits_of_the_whitelist_are_counted_for_all_that_gld_looked_up() -> None:
    hit = "{} mail gld: Local whitelist hit for recipient=<{}> sender=<{}> ip=<{}>"
    found = parse(lines(hit.format(at(0), ALICE, "Ann@Example.org", "192.0.2.7")), NOW)
    assert found.hits == {"ann@example.org": 1, "@example.org": 1, "192.0.2.7": 1, "192.0.2": 1}


def test_hostile_lines_are_lines() -> None:
    evil = "a> sender=<x> ip=<1.2.3.4>\x1b[2J"
    found = parse(lines(GREYLISTED.format(at(0), ALICE, evil, "192.0.2.7"), "\0" * 100, "9" * 10_000), NOW)
    assert found.greylisted == 1
    assert (
        parse(
            [b"2026-99-99T99:99:99 mail gld: Greylist activated for recipient=<a> sender=<b> ip=<1.1.1.1>"],
            NOW,
        ).since
        == 0
    )


def test_only_the_newest_bytes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older, newer = tmp_path / "mail.log.1", tmp_path / "mail.log"
    older.write_bytes(
        b"".join(lines(*(GREYLISTED.format(at(0), ALICE, f"{n}@b.example", "192.0.2.7") for n in range(50))))
    )
    newer.write_bytes(
        b"".join(lines(*(GREYLISTED.format(at(9), ALICE, f"n{n}@b.example", "192.0.2.7") for n in range(50))))
    )
    assert read_log(newer, now=NOW).greylisted == 100
    monkeypatch.setattr(newest, "LIMIT", newer.stat().st_size + 500)
    assert 50 < read_log(newer, now=NOW).greylisted < 60
    monkeypatch.setattr(newest, "LIMIT", 500)
    assert 0 < read_log(newer, now=NOW).greylisted < 10
    assert read_log(tmp_path / "none", now=NOW).greylisted == 0
    (tmp_path / "link").symlink_to(newer)
    assert read_log(tmp_path / "link", now=NOW).greylisted == 0
    stop = Event()
    stop.set()
    with pytest.raises(Refused):
        read_log(newer, stop=stop)
    if os.geteuid() == 0:
        os.mkfifo(tmp_path / "pipe")
        assert read_log(tmp_path / "pipe", now=NOW).greylisted == 0


JOURNALLED = b"".join(
    exported(said, time=1_795_347_000_263_381 + seconds * 1_000_000, tag=tag)
    for seconds, tag, said in (
        (
            0,
            b"gld",
            b"Greylist activated for recipient=<alice@example.test> sender=<bob@example.org> ip=<192.0.2.7>",
        ),
        (300, b"postfix/qmgr", b"069EF24267E: from=<bob@example.org>, size=9, nrcpt=1 (queue active)"),
        (301, b"postfix/local", b"069EF24267E: to=<alice@example.test>, relay=local, delay=0.4"),
    )
)


def test_the_journal_is_read_where_nothing_writes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mail.log"
    with FakeRunner(Expected(asking().argv, JOURNALLED)) as runner:
        assert read_log(file, runner, now=NOW).delays[0] == 300.0
    file.write_bytes(b"an old line\n")
    os.utime(file, (NOW - 5 * 86400, NOW - 5 * 86400))
    with FakeRunner(Expected(asking().argv, JOURNALLED)) as runner:
        assert read_log(file, runner, now=NOW).greylisted == 1
    os.utime(file, (NOW - 60, NOW - 60))
    with FakeRunner() as runner:
        assert read_log(file, runner, now=NOW).greylisted == 0


@pytest.mark.parametrize(
    ("stderr", "code", "kind"),
    [
        (b"Hint: You are currently not seeing messages from other users and the system.\n", 0, NotPermitted),
        (b"No journal files were opened due to insufficient permissions.\n", 1, NotPermitted),
        (b"Failed to open journal: it is broken\n", 1, Failed),
    ],
)
def test_a_journal_that_cannot_be_read(stderr: bytes, code: int, kind: type[BackendError]) -> None:
    with FakeRunner(Expected(asking().argv, stderr=stderr, code=code)) as runner, pytest.raises(kind):
        read_log(Path("none", "mail.log"), runner, now=NOW)


def test_neither_file_nor_journal() -> None:
    error = Missing("no journalctl", hint="install systemd")
    with FakeRunner(Expected(asking().argv, error=error)) as runner:
        assert read_log(Path("none", "mail.log"), runner, now=NOW).greylisted == 0


def test_only_so_much_of_the_journal_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journald, "LIMIT", 5000)
    with FakeRunner(Expected(asking().argv, JOURNALLED * 1000)) as runner:
        assert 10 < len([*journald.journal_lines(runner)]) < 60


def test_a_line_made_to_take_long_takes_no_longer_than_others() -> None:
    start = b"2026-11-25T12:00:00+00:00 mx gld: Greylist activated for recipient=<"
    evil = [start + b"> sender=<" * 20_000] * 5
    plain = [(b"2026-11-25T12:00:00+00:00 mx gld: nothing " + b"x" * 158) for _ in range(5000)]
    took = []
    for lines in (plain, evil):
        begun = time.perf_counter()
        assert parse(lines, NOW).greylisted == 0
        took.append(time.perf_counter() - begun)
    assert took[1] < 20 * took[0]


GREYLISTS = b"Greylist activated for recipient=<"
LONG = 200_000
ENDLESS = (
    b"2026-11-22T11:30:00 mail gld: " + GREYLISTS + b"> sender=<" * (LONG // 10),
    b"2026-11-22T11:30:00 mail gld: " + GREYLISTS + b"a> sender=<" + b"> ip=<" * (LONG // 6),
    b"2026-11-22T11:30:00 mail postfix/qmgr[1]: 069EF24267E: to=<" + b">, orig_to=<" * (LONG // 12),
    b"2026-11-22T11:30:00 mail postfix" + b"/" * LONG + b" gld",
)


def test_a_line_without_end_costs_no_more_than_as_many_harmless_bytes() -> None:
    def seconds(content: list[bytes]) -> float:
        began = time.perf_counter()
        parse(content, NOW)
        return time.perf_counter() - began

    harmless = lines(GREYLISTED.format(at(0), ALICE, BOB, "192.0.2.7")) * (LONG // 150)
    plain = min(seconds(harmless) for _ in range(3))
    for line in ENDLESS:
        assert min(seconds([line]) for _ in range(3)) < plain
        shorter = [line[:4000]] * (LONG // 4000)
        assert min(seconds(shorter) for _ in range(3)) < 20 * plain


def test_reading_is_stopped_within_a_few_hundred_lines(tmp_path: Path) -> None:
    file, stop = tmp_path / "mail.log", Event()
    file.write_bytes(b"a line\n" * 2000)
    read = newest.Newest(file).lines(stop)
    next(read)
    stop.set()
    with pytest.raises(Refused):
        deque(islice(read, 600), maxlen=0)


def test_of_the_journal_nothing_is_taken_by_the_name_gld_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journald, "ACCOUNT", "root")
    words = asking().argv
    assert not any(word.startswith(("-t", "--identifier")) for word in words)
    assert " ".join(words).partition(f"--since=-{journald.DAYS}d ")[2].split(" + ")[:2] == [
        "SYSLOG_IDENTIFIER=gld _SYSTEMD_UNIT=gld.service",
        "SYSLOG_IDENTIFIER=gld _UID=0",
    ]
    monkeypatch.setattr(journald, "ACCOUNT", "no such account")
    assert not any(word.startswith("_UID") for word in asking().argv)
