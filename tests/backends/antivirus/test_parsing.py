"""What is read of configuration, answers, headers and logs; whatever stands in them, nothing but its own error comes."""

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.antivirus import answers, caught, databases, logs
from backends.antivirus.conf import MEBI, Where, parse_clamd, parse_freshclam
from backends.antivirus.status import shown, sources
from backends.antivirus.values import Loaded, Stats
from backends.errors import Missing, ParseFailed
from tests.backends.maillog.test_journal import exported
from tests.support.fake_runner import Expected, FakeRunner

HEADER = b"ClamAV-VDB:25 Nov 2026 08-32 +0000:27455:2067063:90:%s:%s:raynman:1795595527" % (
    b"0" * 32,
    b"x" * 88,
)
STATS = (
    "POOLS: 1\n\nSTATE: VALID PRIMARY\nTHREADS: live 12  idle 0 max 12 idle-timeout 30\nQUEUE: 3 items\n"
    "\tINSTREAM 1.201456\n\tCONTSCAN 0.000002 /var/lib/amavis/tmp\n\n"
    "MEMSTATS: heap N/A mmap N/A used N/A free N/A releasable N/A pools 1 pools_used 1305.773M pools_total 1305.820M\nEND"
)
LOG = """\
Wed Nov 25 21:22:04 2026 -> --------------------------------------
Wed Nov 25 21:22:04 2026 -> ClamAV update process started at Wed Nov 25 21:22:04 2026
Wed Nov 25 21:22:05 2026 -> daily.cld database is up-to-date (version: 27455, sigs: 2067063, f-level: 90)
Wed Nov 25 21:22:05 2026 -> Testing database: '/var/lib/clamav/tmp.43a6917894/clamav-3b99.tmp-other.ndb' ...
Wed Nov 25 21:22:06 2026 -> other.ndb updated (version: custom database, sigs: 2)
Wed Nov 25 21:22:07 2026 -> Clamd successfully notified about the update.
Wed Nov 25 21:22:07 2026 -> --------------------------------------
Wed Nov 25 22:22:07 2026 -> ClamAV update process started at Wed Nov 25 22:22:07 2026
Wed Nov 25 22:22:08 2026 -> ERROR: remote_cvdhead: Download failed (7) Wed Nov 25 22:22:08 2026 -> ERROR:  Message: Couldn't connect to server
Wed Nov 25 22:22:08 2026 -> ERROR: Update failed for database: daily
Wed Nov 25 22:22:08 2026 -> --------------------------------------
Wed Nov 25 23:22:07 2026 -> ClamAV update process started at Wed Nov 25 23:22:07 2026
"""
AMAVIS = (
    "Nov 25 10:00:0{} mail amavis[28002]: (28002-0{}) Blocked INFECTED ({}) {{DiscardedInbound,Quarantined}}, "
    "[127.0.0.1]:55906 <bob@example.org> -> <alice@example.test>, quarantine: e/virus-eixTQBTbFfJ3\n"
)


def epoch(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


def test_clamd_conf() -> None:
    found = parse_clamd(
        b"# LocalSocket /no\nLocalSocket /var/run/clamav/clamd.ctl\nTCPSocket 3310\nStreamMaxLength 25M\n"
        b"MaxFileSize 2g\nMaxScanSize 0\nMaxScanTime 5000\nLogFile /var/log/x\nSelfCheck no\n\xff\0 x\nMaxThreads\n"
    )
    assert found.where == Where(socket="/var/run/clamav/clamd.ctl")
    assert (found.stream_limit, found.file_limit, found.scan_limit) == (25 * MEBI, 2 << 30, 0)
    assert (found.scan_time, found.self_check, found.log) == (5.0, 600, "/var/log/x")
    tcp = parse_clamd(b"TCPSocket 3310\nTCPAddr 0.0.0.0\n").where
    assert (tcp, str(tcp)) == (Where(host="127.0.0.1", port=3310), "127.0.0.1:3310")
    assert parse_clamd(b"TCPSocket 99999").where is None
    assert parse_clamd(b"").where is None


def test_freshclam_conf() -> None:
    found = parse_freshclam(
        b'Checks 24\nDatabaseCustomURL http://a/x.ndb\ndatabasecustomurl https://b/k/y.hdb\nUpdateLogFile "/l og"\n'
    )
    assert (found.checks, found.urls, found.log) == (24, ("http://a/x.ndb", "https://b/k/y.hdb"), "/l og")


@given(st.binary())
def test_any_configuration_is_read(content: bytes) -> None:
    parse_clamd(content)
    parse_freshclam(content)


def test_keys_in_urls_are_not_shown(tmp_path: Path) -> None:
    url = "https://me:secret@www.example.org/get/signatures/4711abc/some.ndb"
    assert shown(url) == "https://www.example.org/…/some.ndb"
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "current-dbs.txt").write_text(
        "/var/lib/clamav/phish.ndb\n/var/cache/x/phish.ndb\n"
    )
    source = sources([url], tmp_path)
    assert [source(name) for name in ("some.ndb", "phish.ndb", "daily.cld", "mine.ndb")] == [
        shown(url),
        "clamav-unofficial-sigs",
        "freshclam",
        "",
    ]


def test_version() -> None:
    found = answers.version("ClamAV 1.4.3/27455/Thu Nov 14 09:38:42 2024")
    assert found == answers.Version("1.4.3", 27455, epoch("2024-11-14 09:38:42"))
    assert answers.version("ClamAV 1.4.6") == answers.Version("1.4.6")
    with pytest.raises(ParseFailed):
        answers.version("ClamAV 1.4.6/x")


def test_stats() -> None:
    assert answers.stats(STATS) == Stats(12, 0, 12, 3, int(1305.773 * MEBI))
    assert answers.stats(STATS.replace("pools_used", "used")).pools_used is None
    with pytest.raises(ParseFailed):
        answers.stats(STATS[:200])


@given(st.text())
def test_any_answer_is_understood_or_refused(text: str) -> None:
    for parse in (answers.version, answers.stats):
        for said in (text, f"ClamAV {text}", f"POOLS: 1\n{text}END"):
            try:
                parse(said)
            except ParseFailed:
                continue


def test_files_on_disk(tmp_path: Path) -> None:
    (tmp_path / "daily.cld").write_bytes(HEADER.ljust(512) + b"tar")
    (tmp_path / "main.cvd").write_bytes(b"<html>404")
    (tmp_path / "bytecode.cvd").write_bytes(HEADER.replace(b"27455", b"335").ljust(512))
    (tmp_path / "phish.ndb").write_bytes(b"A:0:*:00\nB:0:*:00")
    (tmp_path / "empty.hdb").touch()
    (tmp_path / "passwd.ndb").symlink_to("/etc/passwd")
    (tmp_path / "folder.ldb").mkdir()
    (tmp_path / "freshclam.dat").write_bytes(b"x")
    found = {one.name: one for one in databases.read(tmp_path)}
    assert list(found)[:3] == ["bytecode.cvd", "daily.cld", "main.cvd"]
    daily = found["daily.cld"]
    assert (daily.version, daily.signatures, daily.built, daily.kind) == (
        27455,
        2067063,
        1795595527.0,
        "official",
    )
    assert (found["phish.ndb"].signatures, found["phish.ndb"].trouble) == (2, "")
    troubles = {name: one.trouble for name, one in found.items() if one.trouble}
    assert troubles == {
        "main.cvd": "not a ClamAV database",
        "empty.hdb": "it is empty",
        "passwd.ndb": "Too many levels of symbolic links",
        "folder.ldb": "not a plain file",
    }
    with pytest.raises(Missing):
        databases.read(tmp_path / "nothing")


@given(st.binary(max_size=600))
def test_any_header_is_read_or_refused(content: bytes) -> None:
    for head in (content, databases.MAGIC + content, HEADER.replace(b"1795595527", b"9" * 400)):
        try:
            databases.header(head)
        except ValueError:
            continue


def test_in_which_file_a_signature_is(tmp_path: Path) -> None:
    (tmp_path / "a.ndb").write_bytes(
        b"Sane.One:0:*:00\n" + b"Sane.Fill:0:*:00\n" * 100_000 + b"Sane.Two:0:*:00\n"
    )
    (tmp_path / "b.hdb").write_bytes(b"0" * 32 + b":68:Sane.Three\n" + b"1" * 32 + b":68:Sane.OneMore\n")
    (tmp_path / "c.yar").write_bytes(b"rule evil_doc {\n}\n")
    (tmp_path / "d.ndb").symlink_to(tmp_path / "a.ndb")
    wanted = {"Sane.One", "Sane.Two", "Sane.Three", "YARA.evil_doc", "Sane.On"}
    assert databases.files_of(tmp_path, wanted) == {
        "Sane.One": "a.ndb",
        "Sane.Two": "a.ndb",
        "Sane.Three": "b.hdb",
        "YARA.evil_doc": "c.yar",
    }


def lines(text: str) -> list[logs.Line]:
    return [logs.parse(line) for line in text.encode().splitlines()]


def test_runs_of_freshclam() -> None:
    last, failed, first = logs.runs_of(lines(LOG), runs_now=True)
    assert (first.outcome, first.updated, first.started) == (
        "updated",
        ("other.ndb",),
        epoch("2026-11-25 21:22:04"),
    )
    assert first.ended == epoch("2026-11-25 21:22:07")
    assert (failed.outcome, failed.complaint) == ("failed", "Message: Couldn't connect to server")
    assert (last.outcome, last.ended) == ("running", None)
    assert logs.runs_of(lines(LOG), runs_now=False)[0].outcome == "current"
    without_times = "\n".join(line[28:] for line in LOG.splitlines())
    again = logs.runs_of(lines(without_times), runs_now=True)
    assert [(run.outcome, run.started) for run in again] == [
        (run.outcome, run.started) for run in (last, failed, first)
    ]


def test_what_clamd_has_loaded() -> None:
    text = (
        "Wed Nov 25 21:00:00 2026 -> Reading databases from /var/lib/clamav\n"
        "Wed Nov 25 21:00:20 2026 -> Database correctly reloaded (8687000 signatures)\n"
        "Wed Nov 25 22:00:00 2026 -> Reading databases from /var/lib/clamav\n"
    )
    assert logs.last_loading(lines(text)) == Loaded(epoch("2026-11-25 21:00:00"), 8687000)
    assert logs.last_loading([]) is None


def test_a_log_is_read_on_and_across_its_rotation(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\ntw")
    log = logs.Log(path)
    assert [line.text for line in log.new()] == ["one"]
    with path.open("a") as file:
        file.write("o\nthree\n")
    assert [line.text for line in log.new()] == ["two", "three"]
    path.rename(tmp_path / "log.1")
    assert log.new() == []
    path.write_text("four\n")
    assert [line.text for line in log.new()] == ["four"]
    path.write_bytes(b"x" * (3 << 20) + b"\nlast \x1b[2J\n")
    assert [line.text for line in logs.Log(path).new()] == ["last ^[[2J"]
    assert logs.Log(path, at_end=True).new() == []
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(OSError, match="symbolic"):
        logs.Log(link).new()


@given(st.lists(st.binary()))
def test_any_log_is_read(content: list[bytes]) -> None:
    found = [logs.parse(line) for line in content]
    logs.runs_of(found, runs_now=True)
    logs.last_loading(found)
    assert all("\x1b" not in line.text for line in found)
    caught.counted(content, 0.0)


def log_of(*found: str) -> Iterator[bytes]:
    yield b"Nov 25 09:00:00 mail postfix/smtpd[1]: connect from x\n"
    for number, names in enumerate(found):
        yield AMAVIS.format(number, number, names).encode()
    yield b"Nov 25 11:00:00 mail postfix/smtpd[1]: (1-1) Blocked INFECTED (forged) by a HELO\n"


def test_messages_are_counted_by_signature() -> None:
    now = epoch("2026-11-26 00:00:00")
    found = caught.counted(log_of("Win.A", "Win.A, Sane.B.UNOFFICIAL", "Win.A, Win.A", "\x1b[2J"), now)
    assert found.messages == 4
    assert [(one.name, one.count) for one in found.signatures] == [
        ("Win.A", 3),
        ("Sane.B.UNOFFICIAL", 1),
        ("^[[2J", 1),
    ]
    assert found.signatures[0].first == epoch("2026-11-25 10:00:00")
    assert found.signatures[0].last == epoch("2026-11-25 10:00:02")
    assert found.since == epoch("2026-11-25 09:00:00")


def test_where_the_log_is(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(b"".join(log_of("Win.D"))))
    (tmp_path / "mail.log.1").write_bytes(b"".join(log_of("Win.A")))
    log.write_bytes(b"".join(log_of("Win.A", "Win.B")))
    with FakeRunner() as runner:
        assert caught.read(runner, log).messages == 4
    journal = exported(b"(1-1) Blocked INFECTED (Win.C) {x}, y")
    with FakeRunner(Expected(caught.asking().argv, stdout=journal * 500)) as runner:
        found = caught.read(runner, tmp_path / "none")
    assert (found.messages, found.signatures[0].name) == (500, "Win.C")
    assert found.since == found.until > 0
