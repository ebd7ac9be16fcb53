"""What the mail log tells of the last minutes: hostile lines, troubles, what is shown of it, and which log is read."""

import os
import pwd
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import NotPermitted
from backends.health.facts import LogFacts, Reason, Setup, percentile
from backends.health.gather.log import source
from backends.health.gather.log.kinds import Nearby
from backends.health.gather.log.reading import read
from backends.maillog import journal
from backends.maillog.verdict import CATEGORIES
from tests.support.fake_runner import Expected, FakeRunner

NOW = 1_795_435_200.0
LOG = """\
Nov 23 11:59:50 mx amavis[7]: (7-1) (!)connect to /var/run/clamav/clamd.ctl failed, attempt #1: Can't connect to a UNIX socket
2026-11-23T11:59:51.5+00:00 mx amavis[7]: (7-1) (!!)ALL VIRUS SCANNERS FAILED\x1b[31m
2026-11-23T11:59:52+00:00 mx amavis[7]: (7-2) Passed CLEAN {RelayedInbound}, [1.2.3.4] <a@b> -> <c@d>, Hits: -, size: 9, 1220 ms
2026-11-23T11:59:53+00:00 mx amavis[7]: (7-3) Blocked SPAM {NoBounceInbound}, <a@b> -> <c@d>, Hits: 9, 300 ms
2026-11-23T11:59:54+00:00 mx gld[9]: Unable to connect to MYSQL
2026-11-23T11:59:55+00:00 mx postfix/smtpd[3]: warning: problem talking to server 127.0.0.1:2525: Connection timed out
2026-11-23T11:59:56+00:00 mx postfix/smtpd[3]: proxy-reject: END-OF-MESSAGE: 451 4.5.0 Error in processing, id=1, virus_scan FAILED
2026-11-23T11:59:57+00:00 mx postfix/cleanup[3]: warning: write queue file: No space left on device
2026-11-23T11:59:58+00:00 mx someone[3]: amavis Unable to connect to MYSQL
2026-11-23T09:00:00+00:00 mx gld[9]: Unable to connect to MYSQL
"""


def test_what_the_log_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    found = read(LOG.encode().split(b"\n"), NOW - 1200, NOW)
    assert {one.kind: one.count for one in found.seen} == {
        "scanner": 2,
        "unscanned": 1,
        "database": 1,
        "policy": 1,
        "refused": 1,
        "filter": 1,
        "disk": 1,
    }
    scanner = found.of("scanner")
    assert scanner is not None
    assert (scanner.first, scanner.last) == (NOW - 10, NOW - 8.5)
    assert "\x1b" not in scanner.said
    assert [(one.kind, one.seconds) for one in found.done] == [("ham", 1.22), ("spam", 0.3)]
    assert percentile([3.0, 1.0, 2.0], 0.95) == 3.0
    assert percentile([], 0.5) is None
    assert [(line.tag, line.at - NOW) for line in found.lines] == [
        ("amavis", -8.5),
        ("gld", -6),
        ("postfix/smtpd", -5),
        ("postfix/smtpd", -4),
        ("postfix/cleanup", -3),
    ]
    assert "\x1b" not in str(found.lines)
    assert found.newest == NOW - 10800


def lines(*said: str, at: float = NOW - 60) -> list[bytes]:
    """Lines of the log, each a second later."""
    stamps = (
        time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(at + number)) for number in range(len(said))
    )
    return [f"{stamp} mx {text}".encode() for stamp, text in zip(stamps, said, strict=True)]


def tried(queue_id: str, to: str, status: str, why: str, relay: str = "none") -> str:
    return (
        f"postfix/smtp[7]: {queue_id}: to=<{to}>, relay={relay}, delay=0.3, delays=0.1/0/0.2/0, dsn=4.4.1, "
        f"status={status} ({why})"
    )


def queued(queue_id: str, sender: str) -> str:
    return f"postfix/qmgr[8]: {queue_id}: from=<{sender}>, size=300, nrcpt=1 (queue active)"


def logged(*said: str, at: float = NOW - 60) -> LogFacts:
    return read(lines(*said, at=at), NOW - 1200, NOW)


def test_mail_to_others_is_counted_by_messages() -> None:
    why = "connect to mx.example.net[203.0.113.5]:25: Connection timed out"
    told: list[str] = []
    for number in range(6):
        queue_id = f"4F00000000{number}"
        told += [queued(queue_id, "news@example.org" if number else "bob@example.org")]
        told += [tried(queue_id, f"x{number}@example.net", "deferred", why)] * 2
    told += [queued("4F000000009", ""), tried("4F000000009", "eve@example.net", "deferred", why)]
    told += [tried("4F000000008", "ann@example.org", "deferred", "connect to 127.0.0.1[127.0.0.1]:10024: no")]
    told += [tried("4F000000007", "a@b.example", "sent", "250 ok", "127.0.0.1[127.0.0.1]:10024")]
    told += [tried("4F000000006", '"x>, relay=y, status=sent (z"@b.example', "bounced", "no")]
    found = logged(*told).outside
    assert (found.sent, found.failed, found.first, found.places) == (0, 6, NOW - 59, 1)
    assert found.reasons == (Reason("connect to *: Connection timed out", 6),)
    assert found.domains == (Reason("example.net", 6),)
    assert found.senders == (Reason("news@example.org", 5), Reason("bob@example.org", 1))
    assert logged(
        *told, tried("4F000000001", "x1@example.net", "sent", "250 ok", "mx[203.0.113.5]:25")
    ).outside.sent
    assert logged(*told, at=NOW - 1100).outside.failed == 0
    out = tried("4F000000010", "a@b.example", "sent", "250 ok", "mx[203.0.113.5]:25")
    assert (logged(out, *told).outside.sent, logged(out, *told).outside.since) == (1, 0)
    assert logged(*told, out).outside.since == 1
    assert (logged(out, *told).outside.after, logged(out, *told).outside.places_after) == (6, 1)
    notices = [queued("4F00000000A", ""), out.replace("4F000000010", "4F00000000A")]  # as anybody may ask for
    assert logged(*told, *notices).outside == found
    between = logged(*told[:-6], out, told[1], told[4]).outside  # two that failed before fail again
    assert (between.failed, between.after, between.places_after) == (6, 2, 1)
    assert between.last is not None
    assert logged(*told, out).outside.after == 0


def test_mail_that_error_holds_back_behind_a_dead_site_counts_as_well() -> None:
    def held(number: int, why: str) -> str:
        line = tried(f"4F0000000{number:02}", f"x{number}@example.net", "deferred", why)
        return line.replace("postfix/smtp[7]", "postfix/error[9]")

    refused = "connect to mx.example.net[203.0.113.5]:25: Connection refused"
    told = [held(number, f"delivery temporarily suspended: {refused}") for number in range(30)]
    told += [
        held(31, "delivery temporarily suspended: connect to 127.0.0.1[127.0.0.1]:10024: Connection refused")
    ]
    told += [
        held(
            32, "delivery temporarily suspended: connect to mx.example.org[private/lmtp]: Connection refused"
        )
    ]
    told += [held(33, "mail transport unavailable")]
    found = logged(*told).outside
    assert (found.failed, found.places) == (30, 1)
    assert found.reasons == (Reason("connect to *: Connection refused", 30),)


def test_what_strangers_have_logged_as_mail_to_others_is_shown_safely() -> None:
    found = logged(
        queued("4F000000001", "\x1b[31m$(id)@example.org"),
        tried("4F000000001", "x@\u202eexample.net", "bounced", "\x1b]0;hi\x07 no"),
    ).outside
    assert found.failed == 1
    assert "\x1b" not in str(found)
    assert "\u202e" not in str(found)


def test_when_mail_was_taken_from_outside() -> None:
    found = logged(
        "postfix/smtpd[3]: 4F000000001: client=mx.example.net[203.0.113.5]",
        "postfix/smtpd[3]: NOQUEUE: client=mx.example.net[203.0.113.5]",
        "postfix/smtpd[3]: 4F000000002: client=localhost[127.0.0.1]",
        "postfix/smtpd[3]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok",
        "postfix/smtpd[3]: proxy-reject: END-OF-MESSAGE: 451 4.5.0 no",
        "postfix/smtpd[3]: 4F000000003: client=mx.example.org[127.0.0.1]",
        "postfix/smtpd[3]: 4F000000004: client=ip6-localhost[::1]",
        "postfix/submission/smtpd[3]: 4F000000005: client=unknown[203.0.113.7], sasl_method=PLAIN",
    )
    assert found.taken == (NOW - 60, NOW - 57)


def test_only_the_newest_warnings_are_kept_and_no_everyday_ones() -> None:
    everyday = (
        "postfix/smtpd[3]: warning: hostname x.example does not resolve to address 203.0.113.9",
        "postfix/smtpd[3]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: no",
        "postfix/smtpd[3]: warning: non-SMTP command from unknown[203.0.113.9]: GET / HTTP/1.1",
        "someone[3]: warning: database is full",
    )
    assert logged(*everyday).lines == ()
    told = [f"postfix/master[3]: warning: process {name} killed\x1b[31m" for name in "abcdefgh"]
    found = logged(*told).lines
    assert [line.said for line in found] == [f"warning: process {name} killed^[[31m" for name in "defgh"]
    assert [
        line.tag
        for line in logged("dovecot: imap(alice)<7><x>: Error: no room", "amavis[7]: (7-1) (!)x").lines
    ] == [
        "dovecot",
        "amavis",
    ]


def test_equal_lines_are_one_with_their_number() -> None:
    killed = [f"postfix/master[3]: warning: process {number} killed" for number in range(99)]
    full = "postfix/cleanup[3]: warning: 4F00000001{}: write queue file: No space left on device"
    found = logged(*killed, full.format(1), full.format(2), at=NOW - 200).lines
    assert [(line.said, line.times) for line in found] == [
        ("warning: process 98 killed", 99),
        ("warning: 4F000000012: write queue file: No space left on device", 2),
    ]
    both = logged(
        full.format(1), "dovecot: imap(bob)<7><x>: Error: write(/var/mail/bob): No space left on device"
    )
    assert [line.tag for line in both.lines] == ["postfix/cleanup", "dovecot"]
    long = [
        f"postfix/cleanup[3]: warning: 4bK9z{name}3XyzZ4s: queue file size limit exceeded"
        for name in "BCDFGH"
    ]
    assert [line.times for line in logged(*long).lines] == [6]
    many = [f"postfix/master[3]: warning: {chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(500)]
    assert [line.times for line in logged(*many, at=NOW - 600).lines] == [1] * 5


def test_strangers_do_not_push_out_what_the_host_itself_says() -> None:
    own = [f"postfix/master[3]: warning: process {name} killed" for name in "abcd"]
    strangers = [
        *(f"postfix/smtpd[3]: warning: {word} from x.example[203.0.113.9]: y" for word in "klmnopq"),
        "postfix/smtpd[3]: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number",
        "postfix/smtpd[3]: NOQUEUE: reject: RCPT from x[2001:db8::9]: 451 4.3.0 <x>: Temporary lookup failure",
        "postfix/smtpd[3]: NOQUEUE: reject: RCPT from y[203.0.113.8]: 451 4.3.0 <x>: Temporary lookup failure",
        *(
            f"postfix/smtp[3]: warning: no MX host for {name}.example has a valid address record"
            for name in "kl"
        ),
        "dovecot: imap(bob)<7><x>: Error: Mailbox b1 is not there",
        "amavis[7]: (7-1) (!)Decoding of p001 failed",
        "dovecot: auth: Error: pam(bob,203.0.113.9,<x>): unknown",
        "postfix/submission/smtpd[3]: warning: SASL authentication failure: no secret in database",
    ]
    found = [line.said for line in logged(*own, *strangers, strangers[-1]).lines]
    assert found == [
        *(f"warning: process {name} killed" for name in "abcd"),
        "warning: SASL authentication failure: no secret in database",
    ]
    assert len(logged(*own, own[0].replace("a", "e"), *strangers).lines) == 5
    alone = logged(*strangers[8:10], *strangers[13:]).lines
    assert [line.times for line in alone] == [2, 1, 1, 1]
    local = logged(
        *strangers, "postfix/smtp[3]: warning: connect to 127.0.0.1[127.0.0.1]:10024: refused", at=NOW - 200
    )
    assert local.lines[-1].said.startswith("warning: connect to")
    assert (
        logged(*strangers[:7], "postfix/master[3]: warning: x", *strangers).lines[0].tag == "postfix/master"
    )


@pytest.mark.parametrize(
    ("said", "kind", "there"),
    [
        ("postfix/smtp[7]: connect to 127.0.0.1[127.0.0.1]:10026: Connection refused", "filter", True),
        ("postfix/smtp[7]: connect to localhost[::1]:10026: Connection refused", "filter", True),
        ("postfix/smtp[7]: connect to 127.0.0.1[127.0.0.1]:10024: Connection refused", "filter", False),
        ("postfix/smtp[7]: connect to 127.0.0.1[127.0.0.1]:100260: Connection refused", "filter", False),
        ("postfix/smtpd[7]: warning: problem talking to server 127.0.0.1:2526: timed out", "policy", True),
        ("postfix/smtpd[7]: warning: problem talking to server 127.0.0.1:2525: timed out", "policy", False),
    ],
)
def test_ports_are_those_that_the_configuration_has(said: str, kind: str, there: bool) -> None:
    setup = Setup(
        {
            "content_filter": "scan:[127.0.0.1]:10026",
            "smtpd_recipient_restrictions": "check_policy_service inet:127.0.0.1:2526",
        }
    )
    found = read(lines(said), NOW - 1200, NOW, source.nearby(setup))
    assert (found.of(kind) is not None) == there
    assert source.nearby(Setup({})) == Nearby((10024,), (2525,))
    none = source.nearby(Setup({"myhostname": "mx"}))
    assert read(lines(said), NOW - 1200, NOW, none).of(kind) is None


def test_mail_that_a_backup_scanner_has_scanned() -> None:
    found = logged(
        "amavis[7]: (7-1) (!)ClamAV-clamd av-scanner FAILED: run_av error: Too many retries to talk to clamd.ctl",
        "amavis[7]: (7-1) (!)WARN: all primary virus scanners failed, considering backups",
        "amavis[7]: (7-2) Passed CLEAN {RelayedInbound}, [1.2.3.4] <a@b> -> <c@d>, Hits: -, size: 9, 20 ms",
        "amavis[7]: (7-1) Passed CLEAN {RelayedInbound}, [1.2.3.4] <a@b> -> <c@d>, Hits: -, size: 9, 20 ms",
    )
    assert [one.backup for one in found.done] == [False, True]
    assert [one.kind for one in found.seen] == ["scanner"]
    failed = logged(
        "amavis[7]: (7-1) (!)WARN: all primary virus scanners failed, considering backups",
        "amavis[7]: (7-2) (!)WARN: all primary virus scanners failed, considering backups",
        "amavis[7]: (7-1) (!!)AV: ALL VIRUS SCANNERS FAILED",
        "amavis[7]: (7-1) Passed UNCHECKED {RelayedInbound}, [1.2.3.4] <a@b> -> <c@d>, Hits: -, size: 9, 20 ms",
        "amavis[7]: (7-2) Passed CLEAN {RelayedInbound}, [1.2.3.4] <a@b> -> <c@d>, Hits: -, size: 9, 20 ms",
        "amavis[7]: (7-3) Passed UNCHECKED {RelayedInbound}, [1.2.3.4] <a@b> -> <c@d>, Hits: -, size: 9, 20 ms",
        "amavis[7]: (7-4) (!!)AV: ALL VIRUS SCANNERS FAILED",
        "amavis[7]: (7-4) Blocked BANNED (.exe) {DiscardedInbound}, [1.2.3.4] <a@b> -> <c@d>, Hits: -, size: 9, 20 ms",
    )
    assert [(one.backup, one.unscanned, one.passed) for one in failed.done] == [
        (False, True, True),
        (True, False, True),
        (False, False, True),
        (False, True, False),
    ]


def test_of_the_journal_only_what_the_services_have_written_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = pwd.struct_passwd(("postfix", "x", 4711, 4711, "", "/", "/bin/false"))
    monkeypatch.setattr(pwd, "getpwnam", lambda _name: entry)
    first, *others = " ".join(source.written_by()).split(" + ")
    assert first == "SYSLOG_FACILITY=2 _UID=0 _UID=4711"
    for one in others:
        assert "SYSLOG_IDENTIFIER=" in one
        assert "_UID=" in one or "_SYSTEMD_UNIT=" in one


def entry(at: float, said: str) -> bytes:
    return (
        f"__REALTIME_TIMESTAMP={int(at * 1e6)}\n_HOSTNAME=mx\nSYSLOG_IDENTIFIER=gld\nSYSLOG_PID=9\nMESSAGE={said}\n\n"
    ).encode()


def test_a_file_that_nothing_is_written_to_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"\n".join([*lines("gld[9]: Unable to connect to MYSQL", at=NOW - 300), b""]))
    monkeypatch.setattr(source, "WRITERS", {str(path): "rsyslog"})
    well = source.log(FakeRunner(), NOW, NOW - 299, logs=(path,)).file
    assert well is not None
    assert (well.path, well.newest, well.behind) == (str(path), NOW - 300, False)
    asked = journal.backwards(source.written_by(), source.LINES, f"@{int(NOW) - 1200}").argv
    with FakeRunner(
        Expected(asked, entry(NOW - 9, "MYSQL error 2") + entry(NOW - 20, "MYSQL error 1"))
    ) as runner:
        found = source.log(runner, NOW, NOW - 9, logs=(path,), journaled=lambda: NOW - 9)
    assert found.file is not None
    assert (found.file.behind, found.file.elsewhere, found.file.by) == (True, True, "rsyslog")
    assert [(seen.times, seen.said) for seen in found.seen] == [((NOW - 20, NOW - 9), "gld: MYSQL error 2")]
    assert found.proven
    lost = source.log(FakeRunner(), NOW, NOW - 9, logs=(path,), journaled=lambda: 0.0).file
    assert lost is not None
    assert (lost.behind, lost.elsewhere) == (True, False)
    quiet = source.log(FakeRunner(), NOW + 900, NOW - 299, logs=(path,), journaled=lambda: NOW - 300).file
    assert quiet is not None
    assert not quiet.behind


@pytest.mark.parametrize(("age", "asked"), [(599.0, False), (600.0, True)])
def test_after_ten_minutes_of_silence_the_journal_is_asked(tmp_path: Path, age: float, asked: bool) -> None:
    path, times = tmp_path / "mail.log", list[float]()
    path.write_bytes(b"\n".join([*lines("gld[9]: x", at=NOW - age), b""]))

    def journaled() -> float:
        times.append(0.0)
        return 0.0

    source.log(FakeRunner(), NOW, logs=(path,), journaled=journaled)
    assert bool(times) == asked


def test_a_file_that_was_left_when_its_writer_was_removed_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"\n".join([*lines("gld[9]: x", at=NOW - 9000), b""]))
    monkeypatch.setattr(source, "WRITERS", {})
    asked = journal.backwards(source.written_by(), source.LINES, f"@{int(NOW) - 1200}").argv
    with FakeRunner(Expected(asked, entry(NOW - 9, "x"))) as runner:
        found = source.log(runner, NOW, NOW - 9, logs=(path,), journaled=lambda: NOW - 9).file
    assert found is not None
    assert (found.behind, found.elsewhere) == (False, True)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_log_of_any_bytes(lines: list[bytes]) -> None:
    read([b"2026-11-23T11:59:58+00:00 mx postfix/smtpd[3]: " + line for line in lines], NOW - 1200, NOW)


def test_long_lines_of_a_log_do_not_take_long() -> None:
    line = b"2026-11-23T11:59:58+00:00 mx postfix/smtpd[3]: " + b"NOQUEUE: reject: 45" * 60_000
    began = time.monotonic()
    read([line] * 300, NOW - 1200, NOW)
    assert time.monotonic() - began < 2


def test_only_the_end_of_a_log_is_read_and_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, link = tmp_path / "mail.log", tmp_path / "link"
    line = b"2026-11-23T11:59:58+00:00 mx gld[3]: Unable to connect to MYSQL\n"
    path.write_bytes(line * 3)
    link.symlink_to(path)
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setattr(source, "TAIL", 2 * len(line) + 5)
    told = source.log(FakeRunner(), NOW, logs=(tmp_path / "fifo", link, tmp_path / "none", path))
    assert [(one.kind, one.count) for one in told.seen] == [("database", 2)]


def test_over_a_rotation_and_of_a_journal_without_rights(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    line = b"2026-11-23T11:59:58+00:00 mx gld[3]: Unable to connect to MYSQL\n"
    (tmp_path / "mail.log.1").write_bytes(line)
    path.write_bytes(line + b"\n")
    assert [one.count for one in source.log(FakeRunner(), NOW, logs=(path,)).seen] == [2]
    asked = journal.backwards(source.written_by(), source.LINES, f"@{int(NOW) - 1200}").argv
    hidden = b"Hint: You are currently not seeing messages from other users and the system.\n"
    with FakeRunner(Expected(asked, stderr=hidden)) as runner, pytest.raises(NotPermitted):
        source.log(runner, NOW, logs=(tmp_path / "none",))


@pytest.mark.parametrize(
    "unit", [b"clamd", b"timeout", b"connect to", b"NOQUEUE: reject: 45", b"name service error"]
)
@pytest.mark.parametrize("tag", [b"amavis", b"postfix/smtpd", b"gld"])
def test_no_line_of_a_stranger_takes_long(unit: bytes, tag: bytes) -> None:
    line = b"2026-11-23T11:59:58+00:00 mx " + tag + b"[3]: " + unit * (2000 // len(unit))
    began = time.process_time()
    read([line] * 100, NOW - 1200, NOW)
    assert (time.process_time() - began) / 100 < 0.01


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_mail_is_what_the_scores_take_it_for(category: str) -> None:
    line = f"2026-11-23T11:59:58+00:00 mx amavis[3]: (1-2) Passed {category} {{RelayedInbound}}, [1.2.3.4] <a@b> -> <c@d>, Hits: 9, 300 ms"
    (done,) = read([line.encode()], NOW - 1200, NOW).done
    expected = {"SPAM": "spam", "SPAMMY": "spam", "BANNED": "virus", "INFECTED": "virus"}
    assert done.kind == expected.get(category, "ham")
    assert read([line.encode().replace(b" {", b" said {")], NOW - 1200, NOW).done == ()


@pytest.mark.parametrize(
    "said",
    [
        b'postfix/smtpd[3]: NOQUEUE: reject: RCPT from x[203.0.113.9]: 554 5.7.1 no; from=<"queue file write error"@b.example>',
        b"amavis[3]: (1-2) ...clamd clamd clamd-failed",
        b"amavis[3]: (1-2) x Message-ID: <clamd failed>",
        b'amavis[3]: (1-2) (!)BAD: "(x) Passed SPAM" from client',
        b"postfix/smtpd[3]: warning: x helo=<451 4.3.0 lost>",
    ],
)
def test_what_strangers_say_is_no_trouble(said: bytes) -> None:
    found = read([b"2026-11-23T11:59:58+00:00 mx " + said], NOW - 1200, NOW)
    assert (found.seen, found.done) == ((), ())
