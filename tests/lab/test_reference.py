"""The reference configuration on real machines, asked from outside: what it lets in, refuses, tags and delivers."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.lab.apply import TEST, machine_with, mailtui, ok
from tests.lab.image import bare
from tests.lab.machine import Machine
from tests.lab.network import MACHINE
from tests.lab.process import wait_until
from tests.lab.stack import PUBLIC, smtp

CLIENT = ("EHLO", "client.example.org")
GREYLISTED = "Service temporarily unavailable, please try later"  # as Debian's gld.conf words it
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
POLICY = """\
import socket
with socket.create_connection(("127.0.0.1", 2525), 10) as gld:
    gld.sendall(b"request=smtpd_access_policy\\nprotocol_state=RCPT\\nclient_address=198.51.100.77\\n"
                b"sender=a@example.org\\nrecipient=b@example.test\\n\\n")
    print(gld.recv(1000).decode())
"""
_numbers = count(1)


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine brought to the reference from nothing, the filter before the queue."""
    with machine_with(release, bare(release)) as machine:
        machine.run(["chpasswd"], stdin="alice:s3cret\n")
        ok(machine, "--apply", *TEST)
        yield machine


def sent(machine: Machine, text: str, subject: str, recipient: str = "alice@example.test") -> str:
    """What the last step of sending a message is answered, past the greylist."""
    sender = f"bob{next(_numbers)}@example.org"
    message = f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
    message += f"Message-ID: <{subject.replace(' ', '')}@example.org>\r\n\r\n{text}\r\n"
    steps = (CLIENT, ("MAIL", f"FROM:<{sender}>"), ("RCPT", f"TO:<{recipient}>"))
    first = smtp(machine, *steps, host=MACHINE)[-1]
    assert first.startswith("450"), first
    assert GREYLISTED in first, first
    machine.run(["mariadb", "gld"], stdin="UPDATE greylist SET first = first - 1000")
    return smtp(machine, *steps, ("data", message), host=MACHINE)[-1]


def delivered(machine: Machine, subject: str) -> str:
    """The message of this subject in alice's Maildir, once it is there."""
    found: list[str] = []

    def there() -> bool:
        found[:] = machine.run(
            ["grep", "-rl", f"^Subject:.*{subject}", "/home/alice/Maildir/new"], check=False
        ).stdout.split()
        return bool(found)

    wait_until(f"{subject} in the Maildir", there, timeout=60, every=0.5)
    return machine.run(["cat", found[0]]).stdout


def test_every_service_answers(server: Machine) -> None:
    for unit in ("mariadb", "gld", "clamav-daemon", "amavis", "dovecot", "postfix"):
        assert server.run(["systemctl", "is-active", unit], check=False).stdout == "active\n", unit
    complaints = (
        server.run(["postconf", "-n"]),
        server.run(["postconf", "-P"]),
        server.run(["postfix", "check"]),
    )
    assert [one.stderr for one in complaints] == ["", "", ""]
    assert server.run(["python3", "-c", POLICY]).stdout == f"action=defer_if_permit {GREYLISTED}\n\n\n"
    row = server.run(["mariadb", "gld"], stdin="SELECT ip, sender, recipient FROM greylist").stdout
    assert "198.51.100.77\ta@example.org\tb@example.test" in row


def test_clean_mail_is_greylisted_then_delivered(server: Machine) -> None:
    assert sent(server, "hello", "clean one").startswith("250")
    assert "\nhello\n" in delivered(server, "clean one")


def test_spam_is_tagged_and_a_virus_refused(server: Machine) -> None:
    assert sent(server, GTUBE, "spam one").startswith("250")
    assert "Subject: SPAM: spam one" in delivered(server, "spam one")
    answer = sent(server, EICAR, "virus one")
    assert answer.startswith("554 5.7.0"), answer
    assert server.run(["find", "/var/lib/amavis/virusmails", "-name", "virus-*"]).stdout


def test_mail_for_root_is_the_postmasters(server: Machine) -> None:
    assert sent(server, "for you", "to root", "postmaster@example.test").startswith("250")
    assert "for you" in delivered(server, "to root")


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("example.test", "550 "),
        ("[127.0.0.1]", "550 "),
        (f"[{PUBLIC}]", "550 "),
        ("nodomain", "504 "),
    ],
)
def test_who_may_not_say_helo(server: Machine, name: str, answer: str) -> None:
    steps = (("EHLO", name), ("MAIL", "FROM:<a@example.org>"), ("RCPT", "TO:<alice@example.test>"))
    assert smtp(server, *steps, host=MACHINE)[-1].startswith(answer)


@pytest.mark.parametrize(
    ("sender", "recipient", "answer"),
    [
        ("forged@example.test", "alice@example.test", "554 "),
        ("a@example.org", "nobody-here@example.test", "550 "),
        ("a@example.org", "x@example.net", "554 "),
        ("a@unknown.invalid", "alice@example.test", "4"),
        ("nodomain", "alice@example.test", "504 "),
    ],
)
def test_who_may_not_send(server: Machine, sender: str, recipient: str, answer: str) -> None:
    said = smtp(server, CLIENT, ("MAIL", f"FROM:<{sender}>"), ("RCPT", f"TO:<{recipient}>"), host=MACHINE)[-1]
    assert said.startswith(answer), said
    assert GREYLISTED not in said


def test_vrfy_is_refused(server: Machine) -> None:
    assert smtp(server, CLIENT, ("VRFY", "alice"), host=MACHINE)[-1].startswith("502")


def test_mail_is_read_over_imap_with_starttls(server: Machine) -> None:
    """Without it no password is taken from outside."""
    script = (
        "import imaplib, ssl\n"
        f"imap = imaplib.IMAP4('{MACHINE}')\n"
        "print(imap.capabilities)\n"
        "try:\n    imap.login('alice', 's3cret')\nexcept imaplib.IMAP4.error as error:\n    print(error)\n"
        f"imap = imaplib.IMAP4('{MACHINE}')\n"
        "imap.starttls(ssl._create_unverified_context())\n"
        "imap.login('alice', 's3cret')\n"
        "imap.select('INBOX', readonly=True)\n"
        "print(imap.search(None, 'SUBJECT', 'clean'))\n"
    )
    said = server.outside(["python3", "-c", script]).stdout
    assert "STARTTLS" in said
    assert "LOGINDISABLED" in said
    assert "[PRIVACYREQUIRED]" in said
    assert "('OK', [b'1" in said


def test_switched_to_the_filter_behind_the_queue(server: Machine) -> None:
    ok(server, "--apply", "--yes", "--filter", "post-queue")
    assert server.run(["postconf", "-n"]).stderr == ""
    assert sent(server, "hello again", "clean two").startswith("250")
    assert "hello again" in delivered(server, "clean two")
    assert sent(server, EICAR, "virus two").startswith("250")
    wait_until("an empty queue", lambda: not server.run(["postqueue", "-j"]).stdout, timeout=30, every=0.5)
    assert server.run(["grep", "-rlF", "EICAR-STANDARD", "/home/alice/Maildir"], check=False).stdout == ""


def test_only_what_own_networks_send_is_filtered(server: Machine) -> None:
    ok(server, "--apply", "--yes", "--filter", "post-queue", "--filter-scope", "outgoing")
    assert server.run(["postconf", "-n"]).stderr == ""
    assert sent(server, GTUBE, "from outside").startswith("250")
    assert "\nSubject: from outside\n" in delivered(server, "from outside")
    message = f"Subject: from inside\r\n\r\n{GTUBE}\r\n"
    script = (
        "import smtplib, sys\n"
        "with smtplib.SMTP('127.0.0.1', 25, 'mail.example.test', timeout=60) as smtp:\n"
        "    smtp.sendmail('alice@example.test', ['alice@example.test'], sys.stdin.read())\n"
    )
    server.run(["python3", "-c", script], stdin=message)
    assert "\nSubject: SPAM: from inside\n" in delivered(server, "from inside")


def test_and_back_to_the_filter_before_the_queue(server: Machine) -> None:
    ok(server, "--apply", "--yes", "--filter", "pre-queue", "--filter-scope", "all")
    assert not server.path("/etc/postfix/outgoing_filter").exists()
    assert sent(server, EICAR, "virus three").startswith("554 5.7.0")
    assert mailtui(server, "--apply", "--check").returncode == 0
    assert "checks are fine" in ok(server, "--apply", "--verify-only")
