"""What is asked of a machine: parsers with hostile text, and real sockets, files and programs."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import NotPermitted
from backends.health.asking import Asking
from backends.health.facts import LogFacts, Reason, Setup, Unit, percentile
from backends.health.gather import certificates, clock, disks, dns, dovecot, log, policy, ports, units
from backends.health.gather import queue as queues
from backends.health.gather.setup import inet, setup
from backends.health.units import with_units
from backends.maillog import journal
from backends.maillog.verdict import CATEGORIES
from backends.queue.message import Message, Recipient
from backends.runner import LocalRunner
from tests.support.fake_runner import Expected, FakeRunner

NOW = 1_795_435_200.0
MASTER = """\
smtp       inet  n       -       y       -       -       smtpd
465        inet  n       -       y       -       -       smtpd -o smtpd_tls_wrappermode=yes
127.0.0.1:10025 inet n   -       y       -       20      smtpd
pickup     unix  n       -       y       60      1       pickup
qmqp       inet  n       -       y       -       -       qmqpd
"""
DOVECOT_23 = """\
# 2.3.19.1: /etc/dovecot/dovecot.conf
protocols = imap
service imap-login {
  inet_listener imap {
    port = 0
  }
}
ssl_cert = </etc/ssl/certs/x.pem
"""
DOVECOT_24 = "protocols = imap pop3\nssl_server {\n  cert_file = /etc/ssl/x.pem\n}\n"


@contextmanager
def server(greeting: bytes | None, *, hold: float = 0.0) -> Iterator[int]:
    """A port that says so to everybody; None: nothing at all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                held.append(connection)
                if greeting is not None:
                    time.sleep(hold)
                    connection.sendall(greeting)
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()


def test_the_ports_that_the_configuration_has() -> None:
    setup = Setup(
        {
            "content_filter": "scan:[127.0.0.1]:10024",
            "smtpd_recipient_restrictions": "permit_mynetworks, check_policy_service inet:127.0.0.1:2525",
        },
        tuple(inet(MASTER)),
    )
    found = [(place.service, place.port, place.tls) for place in ports.of_postfix(setup)]
    assert found == [
        ("postfix", 25, False),
        ("postfix", 465, True),
        ("postfix", 10025, False),
        ("amavis", 10024, False),
    ]
    assert ports.policy_port(setup) == 2525
    assert (
        ports.policy_port(
            Setup({"smtpd_recipient_restrictions": "check_policy_service inet:192.168.1.1:2525"})
        )
        is None
    )
    before = Setup({"smtp/inet/smtpd_proxy_filter": "127.0.0.1:10024"})
    assert [place.port for place in ports.of_postfix(before)] == [10024]
    assert list(ports.of_postfix(Setup({"content_filter": "smtp-amavis:[192.168.1.1]:10024"}))) == []


def test_dovecots_ports_and_certificate() -> None:
    old, new = dovecot.parse(DOVECOT_23), dovecot.parse(DOVECOT_24)
    assert [place.port for place in ports.of_dovecot(old)] == [993]
    assert [place.port for place in ports.of_dovecot(new)] == [143, 993, 110, 995]
    assert list(certificates.of_dovecot(old)) == ["/etc/ssl/certs/x.pem"]
    assert list(certificates.of_dovecot(new)) == ["/etc/ssl/x.pem"]


@pytest.mark.parametrize(
    ("greeting", "right", "error"),
    [
        (b"220 mx ESMTP\r\n", True, ""),
        (b"\x1b[31mgarbage\xff\0\r\n", False, ""),
        (b"", False, "without a word"),
        (b"x" * 100_000, False, ""),
    ],
)
def test_a_port_is_asked(greeting: bytes, right: bool, error: str) -> None:
    with server(greeting) as port:
        found = ports.probe(ports.Place("postfix", port, "smtp"), 0.5)
    assert (found.right, error in found.error, found.silent) == (right, True, False)
    assert "\x1b" not in found.said
    assert len(found.said) <= 200


def test_a_port_that_says_nothing_or_is_closed() -> None:
    with server(None) as port:
        began = time.monotonic()
        assert ports.probe(ports.Place("postfix", port, "smtp"), 0.2).silent
        assert policy.probe(port, 0.2).silent
        assert time.monotonic() - began < 2
    assert "refused" in ports.probe(ports.Place("postfix", port, "smtp"), 0.2).error
    assert "refused" in policy.probe(port, 0.2).error


def test_ports_side_by_side() -> None:
    with server(None) as one, server(b"220 x\r\n") as other:
        places = [ports.Place("a", one, "smtp"), ports.Place("b", other, "smtp")]
        found = ports.ports(places, Asking(2))
    assert [port.right for port in found] == [False, True]


def test_units() -> None:
    said = (
        "Id=clamav-daemon.service\nLoadState=loaded\nActiveState=failed\nResult=exit-code\nNRestarts=4\n"
        "UnitFileState=enabled\nStateChangeTimestamp=@1795430000\n\nId=no.service\nLoadState=not-found\n"
    )
    found = units.parse(said, NOW)
    assert list(found) == ["clamav-daemon"]
    assert found["clamav-daemon"] == Unit("failed", "exit-code", 4, True, 1795430000.0)


@given(st.text())
def test_units_of_any_text(said: str) -> None:
    units.parse(said, NOW)


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
    found = log.read(LOG.encode().split(b"\n"), NOW - 1200, NOW)
    assert {one.kind: one.count for one in found.seen} == {
        "scanner": 2,
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
    return log.read(lines(*said, at=at), NOW - 1200, NOW)


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
    told = [f"postfix/master[3]: warning: process {number} killed\x1b[31m" for number in range(99)]
    found = logged(*told).lines
    assert [line.said for line in found] == [
        f"warning: process {number} killed^[[31m" for number in range(94, 99)
    ]
    assert [
        line.tag
        for line in logged("dovecot: imap(alice)<7><x>: Error: no room", "amavis[7]: (7-1) (!)x").lines
    ] == [
        "dovecot",
        "amavis",
    ]


def entry(at: float, said: str) -> bytes:
    return (
        f"__REALTIME_TIMESTAMP={int(at * 1e6)}\n_HOSTNAME=mx\nSYSLOG_IDENTIFIER=gld\nSYSLOG_PID=9\nMESSAGE={said}\n\n"
    ).encode()


def test_a_file_that_nothing_is_written_to_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"\n".join([*lines("gld[9]: Unable to connect to MYSQL", at=NOW - 300), b""]))
    monkeypatch.setattr(log, "WRITERS", {str(path): "rsyslog"})
    well = log.log(FakeRunner(), NOW, NOW - 299, logs=(path,)).file
    assert well is not None
    assert (well.path, well.newest, well.behind) == (str(path), NOW - 300, False)
    asked = journal.backwards((log.FACILITY,), log.LINES, f"@{int(NOW) - 1200}").argv
    with FakeRunner(
        Expected(asked, entry(NOW - 9, "MYSQL error 2") + entry(NOW - 20, "MYSQL error 1"))
    ) as runner:
        found = log.log(runner, NOW, NOW - 9, logs=(path,), journaled=lambda: NOW - 9)
    assert found.file is not None
    assert (found.file.behind, found.file.elsewhere, found.file.by) == (True, True, "rsyslog")
    assert [(seen.times, seen.said) for seen in found.seen] == [((NOW - 20, NOW - 9), "gld: MYSQL error 2")]
    lost = log.log(FakeRunner(), NOW, NOW - 9, logs=(path,), journaled=lambda: 0.0).file
    assert lost is not None
    assert (lost.behind, lost.elsewhere) == (True, False)
    quiet = log.log(FakeRunner(), NOW + 900, NOW - 299, logs=(path,), journaled=lambda: NOW - 300).file
    assert quiet is not None
    assert not quiet.behind


def test_a_file_that_was_left_when_its_writer_was_removed_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"\n".join([*lines("gld[9]: x", at=NOW - 9000), b""]))
    monkeypatch.setattr(log, "WRITERS", {})
    asked = journal.backwards((log.FACILITY,), log.LINES, f"@{int(NOW) - 1200}").argv
    with FakeRunner(Expected(asked, entry(NOW - 9, "x"))) as runner:
        found = log.log(runner, NOW, NOW - 9, logs=(path,), journaled=lambda: NOW - 9).file
    assert found is not None
    assert (found.behind, found.elsewhere) == (False, True)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_log_of_any_bytes(lines: list[bytes]) -> None:
    log.read([b"2026-11-23T11:59:58+00:00 mx postfix/smtpd[3]: " + line for line in lines], NOW - 1200, NOW)


def test_long_lines_of_a_log_do_not_take_long() -> None:
    line = b"2026-11-23T11:59:58+00:00 mx postfix/smtpd[3]: " + b"NOQUEUE: reject: 45" * 60_000
    began = time.monotonic()
    log.read([line] * 300, NOW - 1200, NOW)
    assert time.monotonic() - began < 2


def test_only_the_end_of_a_log_is_read_and_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, link = tmp_path / "mail.log", tmp_path / "link"
    line = b"2026-11-23T11:59:58+00:00 mx gld[3]: Unable to connect to MYSQL\n"
    path.write_bytes(line * 3)
    link.symlink_to(path)
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setattr(log, "TAIL", 2 * len(line) + 5)
    told = log.log(FakeRunner(), NOW, logs=(tmp_path / "fifo", link, tmp_path / "none", path))
    assert [(one.kind, one.count) for one in told.seen] == [("database", 2)]


def test_over_a_rotation_and_of_a_journal_without_rights(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    line = b"2026-11-23T11:59:58+00:00 mx gld[3]: Unable to connect to MYSQL\n"
    (tmp_path / "mail.log.1").write_bytes(line)
    path.write_bytes(line + b"\n")
    assert [one.count for one in log.log(FakeRunner(), NOW, logs=(path,)).seen] == [2]
    asked = journal.backwards(("SYSLOG_FACILITY=2",), log.LINES, f"@{int(NOW) - 1200}").argv
    hidden = b"Hint: You are currently not seeing messages from other users and the system.\n"
    with FakeRunner(Expected(asked, stderr=hidden)) as runner, pytest.raises(NotPermitted):
        log.log(runner, NOW, logs=(tmp_path / "none",))


@pytest.mark.parametrize(
    "unit", [b"clamd", b"timeout", b"connect to", b"NOQUEUE: reject: 45", b"name service error"]
)
@pytest.mark.parametrize("tag", [b"amavis", b"postfix/smtpd", b"gld"])
def test_no_line_of_a_stranger_takes_long(unit: bytes, tag: bytes) -> None:
    line = b"2026-11-23T11:59:58+00:00 mx " + tag + b"[3]: " + unit * (2000 // len(unit))
    began = time.process_time()
    log.read([line] * 100, NOW - 1200, NOW)
    assert (time.process_time() - began) / 100 < 0.01


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_mail_is_what_the_scores_take_it_for(category: str) -> None:
    line = f"2026-11-23T11:59:58+00:00 mx amavis[3]: (1-2) Passed {category} {{RelayedInbound}}, [1.2.3.4] <a@b> -> <c@d>, Hits: 9, 300 ms"
    (done,) = log.read([line.encode()], NOW - 1200, NOW).done
    expected = {"SPAM": "spam", "SPAMMY": "spam", "BANNED": "virus", "INFECTED": "virus"}
    assert done.kind == expected.get(category, "ham")
    assert log.read([line.encode().replace(b" {", b" said {")], NOW - 1200, NOW).done == ()


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
    found = log.read([b"2026-11-23T11:59:58+00:00 mx " + said], NOW - 1200, NOW)
    assert (found.seen, found.done) == ((), ())


def messages(count: int, reason: str) -> Iterator[Message]:
    for number in range(count):
        yield Message(
            queue_name="deferred",
            queue_id=f"A{number:06}",
            arrival_time=int(NOW) - 600,
            message_size=1,
            sender="a@b",
            recipients=(Recipient("c@d", reason),),
        )


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("connect to 127.0.0.1[127.0.0.1]:10024: Connection refused", "filter"),
        ("host 127.0.0.1[127.0.0.1] said: 451 4.5.0 id=1, virus_scan FAILED: x", "scanner"),
        ("host mx.example[1.2.3.4] said: 452 4.3.1 Insufficient system storage", ""),
        (
            "Host or domain name not found. Name service error for name=x type=MX: Host not found, try again",
            "dns",
        ),
        ("Connection timed out", ""),
    ],
)
def test_why_mail_waits(reason: str, fault: str) -> None:
    found = queues.read(messages(9, reason), NOW, time.monotonic() + 9)
    assert found.faults == ({fault: 9} if fault else {})
    assert (found.count("deferred"), found.recent, found.oldest, found.whole) == (9, 9, NOW - 600, True)
    assert found.reasons[0].count == 9


def test_whose_mail_waits_is_counted_for_the_commonest_reason() -> None:
    def waiting(number: int, reason: str, sender: str, to: str) -> Message:
        return Message(
            queue_name="deferred",
            queue_id=f"A{number:06}",
            arrival_time=int(NOW) - 600,
            message_size=1,
            sender=sender,
            recipients=(Recipient(f"x@{to}", reason),),
        )

    mail = [waiting(number, "timed out", "news@a.example", "Slow.example") for number in range(6)]
    mail += [waiting(6, "timed out", "\x1b[31mx@b.example", "other.example")]
    mail += [waiting(number, "full", "bob@a.example", "full.example") for number in range(10, 16)]
    found = queues.read((one for one in mail), NOW, time.monotonic() + 9)
    assert found.domains == (Reason("slow.example", 6),)
    assert found.senders == (Reason("news@a.example", 6),)
    strange = queues.read((one for one in mail[6:7]), NOW, time.monotonic() + 9)
    assert strange.senders == (Reason("^[[31mx@b.example", 1),)


def test_a_queue_is_read_for_a_time_and_counted_whole(tmp_path: Path) -> None:
    found = queues.read(messages(100_000, "x"), NOW, time.monotonic() - 1)
    assert (found.read, found.whole) == (64, False)
    for name in queues.NAMES:
        (tmp_path / name).mkdir()
    (tmp_path / "deferred" / "A").mkdir()
    (tmp_path / "deferred" / "A" / "A0001").touch()
    (tmp_path / "deferred" / "B0001").touch()
    (tmp_path / "hold" / "C0001").touch()
    assert queues.counts(tmp_path) == {"deferred": 2, "hold": 1}
    assert queues.counts(tmp_path / "no") is None


def test_name_servers(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as alive,
    ):
        for one in (dead, alive):
            one.bind(("127.0.0.1", 0))

        def answer() -> None:
            for code in (0, 2, 5):
                said, who = alive.recvfrom(512)
                alive.sendto(said[:2] + bytes((0x81, 0x80 | code)) + said[4:], who)

        threading.Thread(target=answer, daemon=True).start()
        port = alive.getsockname()[1]
        assert [dns.ask("127.0.0.1", port).error for _ in range(3)] == ["", "it answers SERVFAIL", ""]
        conf.write_text("nameserver 127.0.0.1\nsearch x\nnameserver 127.0.0.1\n")
        found = dns.resolvers(Asking(2), str(tmp_path), conf=conf, port=dead.getsockname()[1])
    assert [one.error for one in found.servers] == ["no answer"]
    assert dns.ask("not an address").error
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("nameserver 10.0.0.1\n")
    assert dns._copy(conf.read_bytes(), str(tmp_path)).endswith("etc/resolv.conf")


def test_file_systems(tmp_path: Path) -> None:
    (volume, *_) = disks.disks({"spool": str(tmp_path), "log": str(tmp_path), "no": "/no/such"})
    assert list(volume.folders) == ["spool", "log"]
    assert 0 < volume.free < volume.size
    assert set(disks.folders(str(tmp_path), "/no/such")) >= {"spool", "log"}


def test_the_clock_is_read_and_not_set() -> None:
    before = time.time()
    found = clock.clock()
    assert isinstance(found.synchronised, bool)
    assert abs(time.time() - before) < 5


def test_certificates(tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "10",
        "-subj",
        "/CN=x",
        "-keyout",
    ]
    subprocess.run([*make, tmp_path / "key", "-out", path], check=True, capture_output=True)
    (tmp_path / "link").symlink_to(path)
    (tmp_path / "other").write_text("no certificate")
    found = certificates.certificates(
        LocalRunner(), [str(tmp_path / "link")], [str(tmp_path / "other"), str(tmp_path / "none")], None
    )
    assert found[0].expires is not None
    assert abs(found[0].expires - time.time() - 10 * 86400) < 3600
    assert [one.error for one in found[1:]] == ["it holds no certificate", "No such file or directory"]
    assert [one.services for one in found] == [("postfix",), ("dovecot",), ("dovecot",)]


def test_services_of_this_machine() -> None:
    found = units.processes()
    assert [one.name for one in found.services] == ["postfix", "gld", "amavis", "clamd", "dovecot", "mariadb"]
    told = with_units(found, {"clamav-daemon": Unit("failed", "exit-code", 4, True, 5.0)})
    clamd = told.services[3]
    assert (clamd.unit, clamd.process_unit, clamd.restarts, clamd.since) == (
        "clamav-daemon",
        "clamav-daemon",
        4,
        5.0,
    )


def test_the_unit_of_postfix_is_the_one_that_has_its_processes() -> None:
    found = units.processes()
    old = {
        "postfix@-": Unit("active", "success", 0, True, 9.0),
        "postfix": Unit("active", "success", 0, True, 10.0),
    }
    new = {
        "postfix@-": Unit("inactive", "success", 0, None, None),
        "postfix": Unit("active", "success", 0, True, 8.0),
    }
    assert [with_units(found, one).services[0].process_unit for one in (old, new)] == [
        "postfix@-",
        "postfix",
    ]
    assert with_units(found, new).services[0].unit == "postfix"


def test_a_parameter_that_nothing_uses(tmp_path: Path) -> None:
    if shutil.which("postconf", path="/usr/sbin") is None:
        pytest.skip("there is no postconf")
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\nsmtpd_tls_certfile = /x\n")
    (tmp_path / "master.cf").write_text(
        "smtp inet n - y - - smtpd\n  -o content_filter=scan:[127.0.0.1]:10024\n"
    )
    found = setup(LocalRunner(), ("-c", str(tmp_path)), timeout=30)
    assert found.unused == (f"{tmp_path}/main.cf: unused parameter: smtpd_tls_certfile=/x",)
    assert found.listening == (("smtp", "smtpd"),)
    assert [place.port for place in ports.of_postfix(found)] == [25, 10024]
