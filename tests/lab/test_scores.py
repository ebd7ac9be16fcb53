"""The log of a real amavis: each kind of message, one that amavis itself splits, forged HELO names; rotated by logrotate,
with traditional time stamps, and the same out of the journal.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.apply import PYTHON, TEST, machine_with, ok
from tests.lab.image import bare
from tests.lab.machine import Machine
from tests.lab.network import MACHINE
from tests.lab.process import wait_until
from tests.lab.test_quarantine import ATTACHED, EICAR, GTUBE, amavis, send

RULE = "header MAILTUI_DOUBTFUL Subject =~ /nearly spam/\nscore MAILTUI_DOUBTFUL 5.6\n"
"""ALL_TRUSTED may take 1 away."""
MANY = 40
SENDER = "alice@example.test"
TELL = """\
import json, msgspec, sys
from backends.local import LocalHost
host = LocalHost()
reading = host.scores.read()
messages = list(host.scores.messages(reading))
print(json.dumps({
    "messages": [msgspec.to_builtins(one) for _, one in messages],
    "rows": len(reading.store), "parts": [part.name for part in reading.store.parts],
    "found": [msgspec.to_builtins(host.scores.show(reading, row)) for row, _ in messages],
    "rules": msgspec.to_builtins(host.scores.rules()),
    "troubles": msgspec.to_builtins(reading.troubles),
    "thresholds": msgspec.to_builtins(host.scores.thresholds()),
}))
"""
SEND = f"""\
import smtplib
with smtplib.SMTP("127.0.0.1", 25, "mail.example.test", timeout=60) as smtp:
    to = [f"alice+{{'x' * 30}}{{number}}@example.test" for number in range({MANY})]
    smtp.sendmail("alice@example.test", to, b"From: alice@example.test\\r\\nTo: alice@example.test\\r\\n"
        b"Date: Tue, 24 Nov 2026 10:00:00 +0000\\r\\nMessage-ID: <many@example.test>\\r\\nSubject: to many\\r\\n\\r\\nhello\\r\\n")
"""
FORGED = "amavis[1]: (1-2) Passed SPAM {RelayedTaggedInbound}, [10.0.0.1]:1 <x@y.example> -> <a@example.test>, Hits: 99, size: 1, 1 ms"
SPEAK = f"""\
import socket
with socket.create_connection(("{MACHINE}", 25), 20) as line:
    file = line.makefile("rb")
    file.readline()
    for said in ("HELO {FORGED}", "MAIL FROM:<bob@example.org>", "RCPT TO:<nobody-here@example.test>", "QUIT"):
        line.sendall(said.encode() + b"\\r\\n")
        file.readline()
"""


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine brought to the reference, which has scored a message of each kind, and logged forged names."""
    with machine_with(release, bare(release)) as machine:
        ok(machine, "--apply", *TEST, "--filter", "post-queue")
        machine.path("/etc/spamassassin/mailtui-test.cf").write_text(RULE)
        amavis(machine, "restart")
        send(machine, b"Subject: lunch\r\n\r\nat noon?\r\n")
        send(machine, b"Subject: nearly spam\r\n\r\ndoubtful\r\n")
        send(machine, b"Subject: spam\r\n\r\n" + GTUBE + b"\r\n")
        send(machine, b"Subject: a virus\r\n\r\n" + EICAR + b"\r\n")
        send(machine, b"Subject: a program\r\n" + ATTACHED)
        send(machine, b"Subject: bad caf\xe9\r\n\r\nbad header\r\n")
        machine.run(["python3", "-c", SEND])
        machine.outside(["python3", "-c", SPEAK])
        wait_until("seven messages", lambda: len(own(machine)) == 7, timeout=60, every=0.5)
        yield machine


def told(machine: Machine) -> dict[str, Any]:
    """All that the interface tells."""
    found: dict[str, Any] = json.loads(machine.run([PYTHON, "-c", TELL]).stdout)
    return found


def own(machine: Machine) -> list[dict[str, Any]]:
    """The messages that were sent here, and not to verify what was applied."""
    return [one for one in told(machine)["messages"] if one["sender"] == SENDER]


def test_each_kind_is_there_as_amavis_wrote_it(server: Machine) -> None:
    found = sorted(own(server)[:7], key=lambda one: (one["category"], one["score"] or 0))
    assert [one["category"] for one in found] == [
        "BAD-HEADER",
        "BANNED",
        "CLEAN",
        "CLEAN",
        "CLEAN",
        "INFECTED",
        "SPAM",
    ]
    header, banned, clean, _, doubtful, virus, spam = found
    assert header["said"] == "2"
    assert "report.doc.exe" in banned["said"]
    assert virus["said"].startswith("Eicar")
    assert (banned["score"], virus["score"], banned["blocked"], virus["blocked"]) == (None, None, True, True)
    assert spam["score"] > 900
    assert spam["quarantine"].endswith(".gz")
    assert 4.5 < doubtful["score"] < 6.31
    assert clean["score"] < 1
    for one in found:
        assert one["sender"] == SENDER
        assert one["recipients"][0].startswith("alice")
        assert one["direction"] in {"Inbound", "Internal"}
        assert one["mail_id"]
        assert one["queue_id"]
        assert one["size"] > 100
        assert 0 < one["took"] < 60_000
        assert bool(one["queued_as"]) != one["blocked"]


def test_every_line_of_amavis_and_no_other_is_counted(server: Machine) -> None:
    written = server.run(
        ["grep", "-cE", r"^\S+ \S+ amavis\[[0-9]+\]: \([0-9-]+\) (Passed|Blocked) ", "/var/log/mail.log"]
    )
    found = told(server)
    assert found["rows"] == len(found["messages"]) == int(written.stdout)
    assert found["troubles"] == []
    assert not [one for one in found["messages"] if one["score"] == 99]


def test_what_amavis_split_is_joined(server: Machine) -> None:
    pieces = server.run(["grep", "-cE", r"amavis\[[0-9]+\]: \([0-9-]+\) \.\.\.", "/var/log/mail.log"])
    assert int(pieces.stdout) >= 1
    (many,) = [one for one in own(server)[:7] if len(one["recipients"]) > 1]
    assert len(many["recipients"]) == MANY
    assert many["message_id"] == "<many@example.test>"


def test_rules_of_spam_and_of_ham(server: Machine) -> None:
    """Of spam from the quarantine; of ham from the mailbox, where amavis was told to write them for all mail."""
    found = told(server)
    shown = [one for one in found["found"] if one["message"]["sender"] == SENDER]
    (spam,) = [one for one in shown if one["message"]["category"] == "SPAM"]
    assert spam["source"] == "quarantine"
    assert "GTUBE" in [name for name, _ in spam["rules"]]
    assert spam["subject"] == "spam"
    assert spam["copy"] == spam["message"]["quarantine"]
    (doubtful,) = [one for one in shown if 4 < (one["message"]["score"] or 0) < 6]
    assert doubtful["source"] == "mailbox"
    assert ["MAILTUI_DOUBTFUL", 5.6] in doubtful["rules"]
    (delivered,) = [
        one for one in found["rules"]["messages"] if one["mail_id"] == doubtful["message"]["mail_id"]
    ]
    assert delivered["queue_id"] == doubtful["message"]["queued_as"]
    sources = {(one["source"], one["spam"]) for one in found["rules"]["messages"]}
    assert {("quarantine", True), ("mailbox", False)} <= sources
    assert any(doubtful["message"]["queued_as"] in line and "postfix/" in line for line in doubtful["lines"])


def test_the_levels_are_those_that_amavis_has(server: Machine) -> None:
    found = told(server)["thresholds"]
    dump = (
        "use lib '/usr/share/perl5'; $_ = join '', map { do { local @ARGV = ($_); local $/; <> } } sort grep m{/[A-Za-z0-9_-]+$},"
        " glob('/usr/share/amavis/conf.d/* /etc/amavis/conf.d/*');"
        ' for my $l (qw(tag tag2 kill)) { my ($v) = reverse /^\\s*\\$sa_${l}_level_deflt\\s*=\\s*([^;\\s]+)\\s*;/mg; print "$l=$v\\n" }'
    )
    levels = dict(line.split("=") for line in server.run(["perl", "-e", dump]).stdout.split())
    expected = {name: None if value == "undef" else float(value) for name, value in levels.items()}
    assert {name: found[0][name] for name in expected} == expected
    assert found[0]["understood"]


def arrives(machine: Machine, subject: str) -> None:
    """Send one more message, and wait for it."""
    before = len(own(machine))
    send(machine, f"Subject: {subject}\r\n\r\nhello\r\n".encode())
    wait_until(subject, lambda: len(own(machine)) == before + 1, timeout=60, every=0.5)


def test_rotated_by_logrotate(server: Machine) -> None:
    for number in range(3):
        before = told(server)["messages"]
        server.run(["logrotate", "--force", "/etc/logrotate.d/rsyslog"])
        arrives(server, f"after rotation {number}")
        after = told(server)
        assert after["messages"][: len(before)] == before
        assert after["troubles"] == []
    assert [name for name in after["parts"] if name.endswith(".gz")]


def test_traditional_stamps(server: Machine) -> None:
    conf = server.path("/etc/rsyslog.d/00-traditional.conf")
    conf.write_text('module(load="builtin:omfile" Template="RSYSLOG_TraditionalFileFormat")\n')
    server.run(["systemctl", "restart", "rsyslog"])
    arrives(server, "traditional")
    latest = own(server)[-1]
    (log,) = [
        line
        for line in server.path("/var/log/mail.log").read_text().splitlines()
        if latest["mail_id"] in line and "Hits" in line
    ]
    assert not log[0].isdigit()
    now = float(server.run(["date", "+%s"]).stdout)
    assert abs(now - latest["time"]) < 120
    conf.unlink()
    server.run(["systemctl", "restart", "rsyslog"])


def test_the_journal_tells_the_same(server: Machine) -> None:
    """Without any log file; and what comes afterwards is read from there as well."""
    before = told(server)["messages"]
    server.run(["systemctl", "stop", "rsyslog", "syslog.socket"])
    server.run(["sh", "-c", "mkdir /root/logs && mv /var/log/mail.log* /root/logs/"])
    try:
        found = told(server)
        assert found["parts"] == ["the journal"]
        assert found["troubles"] == []
        pairs = list(zip(found["messages"], before, strict=True))
        assert [{**one, "time": 0} for one, _ in pairs] == [{**one, "time": 0} for _, one in pairs]
        assert max(abs(one["time"] - other["time"]) for one, other in pairs) < 2
        assert len(found["found"]) == len(before)
        caught = json.loads(server.run(["mailtui", "av", "caught", "--json"]).stdout)["messages"]
        for category in ("SPAM", "INFECTED (Win.Forged)"):
            forged = f"(1-1) Blocked {category} {{}}, [192.0.2.1]:9 <a@b.test> -> <c@d.test>, Hits: 99, 5 ms"
            server.run(["runuser", "-u", "nobody", "--", "logger", "-t", "amavis", "--id=77", forged])
        server.run(["journalctl", "--sync"])
        assert "Forged" in server.run(["journalctl", "-t", "amavis", "-n", "5"]).stdout
        assert told(server)["messages"] == found["messages"]
        assert json.loads(server.run(["mailtui", "av", "caught", "--json"]).stdout)["messages"] == caught
        arrives(server, "only in the journal")
    finally:
        server.run(
            ["sh", "-c", "mv /root/logs/mail.log* /var/log/ && rmdir /root/logs && systemctl start rsyslog"]
        )
