"""A machine verified from inside, by its own real mail: all good, and what is said when a part of it is broken."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from tests.lab.image import stack
from tests.lab.install import install
from tests.lab.machine import Machine
from tests.lab.mail import queue
from tests.lab.process import wait_until
from tests.lab.stack import put_on, values

PYTHON = "/opt/mailtui/bin/python"
RUN = """
import sys
import msgspec
from backends.apply.prepare import components_of
from backends.apply.machine.services import Services
from backends.apply.told import Check
from backends.apply.verify.verify import verify
from backends.reference.values import Values
from backends.runner import LocalRunner
release, filtered, scope, patience = sys.argv[1:]
values = Values(release=release, domain="example.test", hostname="mail.example.test", postmaster="alice",
                filter=filtered, scope=scope)
runner, told = LocalRunner(), []
made = verify(runner, Services(runner), components_of(values), values, told.append, patience=float(patience))
assert made == told
print(msgspec.json.encode(made).decode())
"""
MAIL = {
    "pre-queue": ("a clean message arrives", "spam is delivered and tagged", "a virus is refused"),
    "post-queue": ("a clean message arrives", "spam is delivered and tagged", "a virus is kept back"),
}
OTHERS = "/home/alice/Maildir/new/1.other.mail"
VIRUSMAILS = "/var/lib/amavis/virusmails"


class Told(NamedTuple):
    """One check, as it was told."""

    good: bool
    evidence: str
    hint: str
    seconds: float


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine with the reference on it, the filter before the queue, and mailtui; somebody has written to alice."""
    with Machine(release, stack(release)) as machine:
        put_on(machine, values(machine))
        install(machine)
        machine.run(["systemctl", "start", "clamav-freshclam"])
        machine.run(["maildirmake", "/home/alice/Maildir"], user="alice")
        machine.run(["tee", OTHERS], stdin="Subject: other\n\nfrom somebody else\n", user="alice")
        yield machine


def verified(
    machine: Machine, mode: str = "pre-queue", scope: str = "all", patience: float = 60
) -> dict[str, Told]:
    """All checks by their names; nothing of the verification may be left but what is quarantined."""
    argv = [PYTHON, "-c", RUN, machine.release.codename, mode, scope, str(patience)]
    made = json.loads(machine.run(argv, timeout=200).stdout)
    for check in made:
        print(check)
    assert machine.run(["find", "/home/alice/Maildir", "-type", "f"]).stdout == f"{OTHERS}\n"
    return {one["name"]: Told(one["good"], one["evidence"], one["hint"], one["seconds"]) for one in made}


def bad(checks: dict[str, Told]) -> set[str]:
    """The names of those that are not good; each must say what to do."""
    found = {name for name, check in checks.items() if not check.good}
    assert all(checks[name].hint for name in found)
    return found


def rows(machine: Machine) -> list[str]:
    """What gld has kept of verifications."""
    sql = "SELECT ip, sender, recipient FROM greylist WHERE sender LIKE 'mailtui%'"
    return machine.run(["mariadb", "--skip-column-names", "gld"], stdin=sql).stdout.splitlines()


def quarantined(machine: Machine) -> int:
    return len(machine.run(["find", VIRUSMAILS, "-name", "virus-*"]).stdout.splitlines())


@contextmanager
def stopped(machine: Machine, *units: str) -> Iterator[None]:
    """Units that do not run meanwhile, and run again afterwards, ready for work."""
    machine.run(["systemctl", "stop", *units])
    try:
        yield
    finally:
        machine.run(["systemctl", "start", *units], timeout=120)
        for port in ("10024", "25", "2525", "143"):
            wait_until(f"port {port}", lambda port=port: f":{port} " in machine.run(["ss", "-ltn"]).stdout)  # type: ignore[misc]


@contextmanager
def frozen(machine: Machine, name: str) -> Iterator[None]:
    """Processes that stand still meanwhile."""
    pids = machine.run(["pgrep", "-f", name]).stdout.split()
    machine.run(["kill", "-STOP", *pids])
    try:
        yield
    finally:
        machine.run(["kill", "-CONT", *pids])


def tidy(machine: Machine) -> None:
    """Let what Postfix has in hand be delivered, and remove it: nobody can take that back."""
    wait_until("an empty queue", lambda: queue(machine) == [], timeout=30, every=0.5)
    time.sleep(3)
    machine.run(["find", "/home/alice/Maildir", "-type", "f", "!", "-name", "*.other.mail", "-delete"])


def test_all_is_good(server: Machine) -> None:
    before = quarantined(server)
    checks = verified(server)
    assert bad(checks) == set()
    clean, spam, virus = (checks[name].evidence for name in MAIL["pre-queue"])
    assert clean.startswith("delivered as Maildir/new/")
    assert "X-Virus-Scanned: Debian amavis at example.test" in clean
    assert "Subject: SPAM: mailtui verification: spam (GTUBE); X-Spam-Flag: YES" in spam
    assert virus.startswith("554 5.7.0 ")
    assert "INFECTED: Eicar" in virus
    assert "; virusmails/" in virus
    assert quarantined(server) == before + 1
    assert checks["VRFY is refused"].evidence.startswith("502 ")
    assert checks["an unknown user is refused"].evidence.startswith("550 5.1.1 ")
    assert checks["IMAP speaks TLS"].evidence.startswith("TLSv1.3; IMAP4REV1")
    assert checks["postfix answers on 127.0.0.1:25"].evidence.startswith("220 mail.example.test ESMTP")
    assert checks["gld decides on a sender"].evidence.startswith("action=defer_if_permit")
    server.run(["mariadb", "gld"], stdin="UPDATE greylist SET first = first - 1000")
    again = verified(server)
    assert bad(again) == set()
    assert again["gld decides on a sender"].evidence == "action=dunno"
    assert rows(server) == ["192.0.2.25\tmailtui-verify@example.test\tpostmaster@example.test"]
    assert queue(server) == []


def test_postfix_was_restarted_and_amavis_was_not(server: Machine) -> None:
    """amavis tries the connections that it has kept, and says so to the first who come."""
    server.run(["systemctl", "restart", "postfix"])
    assert bad(verified(server)) == set()


def test_amavis_does_not_run(server: Machine) -> None:
    with stopped(server, "amavis"):
        checks = verified(server)
    assert bad(checks) == {"amavis runs", "amavis answers on 127.0.0.1:10024", *MAIL["pre-queue"]}
    clean, spam, virus = (checks[name] for name in MAIL["pre-queue"])
    assert clean.evidence == "451 4.3.0 Error: queue file write error (to RCPT)"
    assert "systemctl restart amavis" in clean.hint
    assert spam.evidence == virus.evidence == "not tried: the clean message did not arrive"
    assert sum(check.seconds for check in checks.values()) < 20


def test_amavis_stands_still(server: Machine) -> None:
    with frozen(server, "amavisd"):
        checks = verified(server)
    assert bad(checks) == {"amavis answers on 127.0.0.1:10024", *MAIL["pre-queue"]}
    assert checks["amavis answers on 127.0.0.1:10024"].evidence == "no answer within 5 s"
    assert checks[MAIL["pre-queue"][0]].evidence == "no answer within 15 s after RCPT"
    assert "systemctl restart amavis" in checks[MAIL["pre-queue"][0]].hint
    assert sum(check.seconds for check in checks.values()) < 40


def test_clamd_does_not_run(server: Machine) -> None:
    """amavis asks clamscan instead, which is slow and finds the same."""
    with stopped(server, "clamav-daemon.socket", "clamav-daemon"):
        checks = verified(server)
    assert bad(checks) == {"clamav-daemon runs", "clamav-daemon answers on /run/clamav/clamd.ctl"}
    assert checks["a virus is refused"].seconds > checks["VRFY is refused"].seconds


def test_gld_does_not_run(server: Machine) -> None:
    with stopped(server, "gld"):
        checks = verified(server)
    assert bad(checks) == {"gld runs", "gld answers on 127.0.0.1:2525", "gld decides on a sender"}
    assert checks["gld decides on a sender"].evidence == "gld: Connection refused"
    assert "systemctl restart gld" in checks["gld decides on a sender"].hint


@pytest.mark.parametrize(
    ("accept", "evidence"),
    [
        ("0", "closed without an answer: gld does not reach its database"),
        ("1", "action=dunno, without reading the request: gld does not reach its database, and lets all in"),
    ],
)
def test_the_database_does_not_run(server: Machine, accept: str, evidence: str) -> None:
    server.run(["sed", "-i", f"s/^ERRACCEPT=.*/ERRACCEPT={accept}/", "/etc/gld.conf"])
    server.run(["systemctl", "restart", "gld"])
    with stopped(server, "mariadb.socket", "mariadb"):
        checks = verified(server)
    server.run(["sed", "-i", "s/^ERRACCEPT=.*/ERRACCEPT=0/", "/etc/gld.conf"])
    server.run(["systemctl", "restart", "gld"])
    assert bad(checks) == {
        "mariadb runs",
        "mariadb answers on /run/mysqld/mysqld.sock",
        "gld decides on a sender",
    }
    assert checks["gld decides on a sender"].evidence == evidence
    assert "systemctl restart mariadb" in checks["gld decides on a sender"].hint


def test_postfix_and_dovecot_do_not_run(server: Machine) -> None:
    with stopped(server, "postfix", "dovecot.socket", "dovecot"):
        checks = verified(server)
    assert set(MAIL["pre-queue"]) < bad(checks)
    assert checks["a virus is refused"].evidence == "not tried: nothing answers rightly on 127.0.0.1:25"
    assert checks["IMAP speaks TLS"].evidence == "not tried: nothing answers rightly on 127.0.0.1:143"
    assert sum(check.seconds for check in checks.values()) < 10


def test_no_room_in_the_queue(server: Machine) -> None:
    """Postfix also tells the postmaster, of the session in which amavis passed the message on."""
    server.run(["postconf", "-e", "queue_minfree=100000000000000"])
    server.run(["postfix", "reload"])
    checks = verified(server)
    server.run(["postconf", "-X", "queue_minfree"])
    with stopped(server, "amavis", "postfix"):
        pass
    tidy(server)
    assert bad(checks) == set(MAIL["pre-queue"])
    clean = checks[MAIL["pre-queue"][0]]
    assert "452 4.3.1 Insufficient system storage" in clean.evidence
    assert "df -h" in clean.hint


def test_no_room_in_the_mailbox(server: Machine) -> None:
    """The message waits in the queue; it is taken out again."""
    folder = "/home/alice/Maildir/tmp"
    server.run(["mount", "-t", "tmpfs", "-o", "nr_inodes=1,mode=700", "tmpfs", folder])
    server.run(["chown", "alice:alice", folder])
    try:
        checks = verified(server)
        assert queue(server) == []
    finally:
        server.run(["umount", folder])
    assert bad(checks) == set(MAIL["pre-queue"])
    clean = checks[MAIL["pre-queue"][0]]
    assert clean.evidence.startswith("waited in the queue as ")
    assert "maildrop" in clean.evidence
    assert "df -h" in clean.hint
    assert clean.seconds < 15


def test_a_filter_that_knows_no_virus(server: Machine) -> None:
    """The virus is delivered: that is told, and it does not stay in the mailbox."""
    path = server.path("/etc/amavis/conf.d/50-user")
    content, spam = path.read_text(), "$final_spam_destiny = D_PASS;"
    with stopped(server, "amavis"):
        path.write_text(content.replace(spam, f"@bypass_virus_checks_maps = (1);\n{spam}"))
    try:
        checks = verified(server)
    finally:
        with stopped(server, "amavis"):
            path.write_text(content)
    assert bad(checks) == {"a virus is refused"}
    assert "; delivered as Maildir/new/" in checks["a virus is refused"].evidence
    assert "clamav-daemon" in checks["a virus is refused"].hint


def test_behind_the_queue(server: Machine) -> None:
    put_on(server, values(server, filter="post-queue"), values(server))
    server.run(["systemctl", "start", "clamav-freshclam"])
    before = quarantined(server)
    checks = verified(server, "post-queue")
    assert bad(checks) == set()
    assert checks["a virus is kept back"].evidence.startswith("250 2.0.0 Ok: queued as ")
    assert quarantined(server) == before + 1
    assert queue(server) == []


def test_behind_the_queue_postfix_was_restarted_and_amavis_was_not(server: Machine) -> None:
    server.run(["systemctl", "restart", "postfix"])
    assert bad(verified(server, "post-queue")) == set()


def test_behind_the_queue_amavis_does_not_run(server: Machine) -> None:
    with stopped(server, "amavis"):
        checks = verified(server, "post-queue")
        assert queue(server) == []
    assert bad(checks) == {"amavis runs", "amavis answers on 127.0.0.1:10024", *MAIL["post-queue"]}
    clean = checks[MAIL["post-queue"][0]]
    assert "(deferred): connect to 127.0.0.1[127.0.0.1]:10024: Connection refused" in clean.evidence
    assert "systemctl restart amavis" in clean.hint
    assert clean.seconds < 10


def test_behind_the_queue_amavis_stands_still(server: Machine) -> None:
    """What Postfix's client holds in its hands is delivered when amavis goes on, unless Postfix is stopped."""
    with frozen(server, "amavisd"):
        checks = verified(server, "post-queue")
        server.run(["systemctl", "stop", "postfix"])
    with stopped(server, "amavis"):
        server.run(["systemctl", "start", "postfix"])
    assert bad(checks) == {"amavis answers on 127.0.0.1:10024", *MAIL["post-queue"]}
    clean = checks[MAIL["post-queue"][0]]
    assert "(active): no reason is known yet" in clean.evidence
    assert "systemctl restart amavis" in clean.hint
    tidy(server)


def test_only_what_own_networks_send_is_filtered(server: Machine) -> None:
    behind = values(server, filter="post-queue")
    put_on(server, values(server, filter="post-queue", scope="outgoing"), behind)
    server.run(["systemctl", "start", "clamav-freshclam"])
    assert bad(verified(server, "post-queue", "outgoing")) == set()
