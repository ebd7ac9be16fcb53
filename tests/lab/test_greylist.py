"""gld on real machines: mail from outside waits, is released and gets in; whitelist, purge, undo, a database that is away."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.image import stack
from tests.lab.install import install
from tests.lab.machine import Machine
from tests.lab.network import MACHINE
from tests.lab.process import wait_until
from tests.lab.stack import PASSWORD, put_on, smtp, values

ALICE = "alice@example.test"
STRANGER = ("--client", "198.51.100.9", "--from", "a@b.example", "--to", ALICE)
LETTER = "From: {0}\r\nTo: {1}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{2}>\r\nSubject: {2}\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    with Machine(release, stack(release)) as machine:
        put_on(machine, values(machine))
        install(machine)
        yield machine


def greylist(machine: Machine, *words: str, code: int = 0) -> list[Any]:
    done = machine.run(["mailtui", "greylist", *words, "--json"], check=False, timeout=100)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert PASSWORD not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def tried(machine: Machine, sender: str, letter: str = "") -> str:
    """What the server says to a sender, and of a letter to the letter."""
    steps = [("EHLO", "client.example.org"), ("MAIL", f"FROM:<{sender}>"), ("RCPT", f"TO:<{ALICE}>")]
    if letter:
        steps.append(("data", LETTER.format(sender, ALICE, letter)))
    return smtp(machine, *steps, host=MACHINE)[-1]


def test_the_doctor_is_content(server: Machine) -> None:
    found = greylist(server, "doctor")
    assert [one for one in found if one["state"] == "bad"] == []
    good = {one["name"] for one in found if one["state"] == "good"}
    assert good >= {"gld", "login", "rights", "clocks", "ERRACCEPT"}


def test_mail_waits_is_released_and_is_delivered(server: Machine) -> None:
    sender = "bob1@example.org"
    assert tried(server, sender).startswith("450")
    (row,) = greylist(server, "list", "--sender", sender)
    assert (row["state"], row["recipient"], row["n"]) == ("waiting", ALICE, 1)
    (decision,) = greylist(server, "check", "--client", row["ip"], "--from", sender, "--to", ALICE)
    assert decision["until"] == row["opens"]
    assert [step["name"] for step in decision["steps"] if step["decides"]] == ["triplet"]
    triplet = (row["ip"], sender, ALICE)
    (released,) = greylist(server, "release", *triplet)
    assert released["done"] == 1
    assert greylist(server, "undo", str(released["undo"]))[0]["done"] == 1
    assert tried(server, sender).startswith("450")
    greylist(server, "release", *triplet)
    assert tried(server, sender, "let-in@example.org").startswith("250")
    found = ["grep", "-rlF", "let-in@example.org", "/home/alice/Maildir"]
    wait_until("the letter", lambda: server.run(found, check=False).returncode == 0, timeout=60, every=0.5)
    (row,) = greylist(server, "list", "--sender", sender)
    assert (row["state"], row["n"]) == ("passed", 2)


def test_who_never_came_back(server: Machine) -> None:
    assert tried(server, "spammer@example.net").startswith("450")
    age = "UPDATE gld.greylist SET first = first - 90000, last = last - 90000 WHERE sender LIKE 'spammer@%'"
    server.run(["mariadb", "-e", age])
    (row,) = greylist(server, "list", "--state", "never")
    assert row["sender"] == "spammer@example.net"
    never = {part["by"]: part["rows"] for part in greylist(server, "never")}
    assert never["never-domain"] == [{"name": "example.net", "count": 1}]
    assert never["never-network"][0]["name"] == row["ip"].rpartition(".")[0]
    assert greylist(server, "list", "--state", "never", "--never-after", "2d") == []


def test_the_whitelist_a_deletion_and_a_purge(server: Machine) -> None:
    (added,) = greylist(server, "whitelist", "add", "@example.net", "--comment", "it's ours")
    assert tried(server, "ann@example.net").startswith("250")
    assert greylist(server, "whitelist", "list")[0]["comment"] == "it's ours"
    greylist(server, "undo", str(added["undo"]))
    assert tried(server, "eve@example.net").startswith("450")
    assert tried(server, "o'hara@example.org").startswith("450")
    (row,) = greylist(server, "list", "--sender", "o hara@")
    (deleted,) = greylist(server, "delete", row["ip"], row["sender"], ALICE, "--yes")
    assert greylist(server, "list", "--count", "--sender", "o hara@")[0]["count"] == 0
    greylist(server, "undo", str(deleted["undo"]))
    assert greylist(server, "list", "--sender", "o hara@") == [row]
    time.sleep(3.1)  # gld and the purge count whole seconds
    (purged,) = greylist(server, "purge", "--older-than", "1s", "--yes")
    assert purged["done"] >= 2
    assert greylist(server, "list") == []
    greylist(server, "undo")
    assert greylist(server, "list", "--sender", "o hara@") == [row]
    logged = server.run(["journalctl", "-t", "mailtui", "--no-pager"]).stdout
    assert "action=greylist-purge" in logged


def test_delays_and_hits_out_of_the_log_and_out_of_the_journal(server: Machine) -> None:
    def told() -> dict[str, Any]:
        log: dict[str, Any] = greylist(server, "stats", "--only", "totals", "--log")[-1]
        return log

    in_file = told()
    assert in_file["greylisted"] >= 4
    assert in_file["passed"] == 1
    assert 0 < in_file["delays"][0] < 300
    assert in_file["hits"]["@example.net"] == 1
    server.run(["systemctl", "stop", "syslog.socket", "rsyslog"])
    server.run(["mv", "/var/log/mail.log", "/var/log/kept"])
    forged = "Greylist activated for recipient=<a@b.example> sender=<c@d.example> ip=<192.0.2.1>"
    server.run(["logger", "-t", "gld", forged], user="alice")
    in_journal = told()
    for name in ("greylisted", "passed", "hits"):
        assert in_journal[name] == in_file[name]
    assert abs(in_journal["delays"][0] - in_file["delays"][0]) < 0.5
    denied = server.run(["mailtui", "greylist", "stats", "--log"], user="alice", check=False)
    assert denied.returncode == 3


def test_without_its_database(server: Machine) -> None:
    server.run(["systemctl", "stop", "mariadb.socket", "mariadb"])
    try:
        greylist(server, "list", code=3)
        found = greylist(server, "doctor", code=1)
        assert any(one["name"] == "database" and one["state"] == "bad" for one in found)
        greylist(server, "check", *STRANGER, "--live", code=3)
    finally:
        server.run(["systemctl", "start", "mariadb"])
    assert greylist(server, "list", "--count")[0]["count"] >= 2
    greylist(server, "check", *STRANGER, "--live")


def test_a_user_without_rights(server: Machine) -> None:
    done = server.run(["mailtui", "greylist", "list"], user="alice", check=False)
    assert (done.returncode, "run mailtui as root" in done.stderr) == (3, True)
