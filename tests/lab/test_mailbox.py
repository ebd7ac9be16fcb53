"""Mailboxes imported on real machines: real Dovecot, which reads each mbox itself, must show the same of the Maildir."""

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from backends.mailbox.split import Dialect
from tests.backends.mailbox.making import FROM, HEADER, joined, letter
from tests.lab.apply import TEST, machine_with, mailtui, ok
from tests.lab.image import bare
from tests.lab.machine import Machine

SEEN = HEADER + b"Status: RO\nX-Status: AF\n"
LETTERS = (
    letter(b"one\n"),
    letter(b"From here\nto there\n", HEADER),
    letter(b"three\n", b"Subject: three\n"),
)
FETCH = ("doveadm", "-f", "json", "fetch", "-u", "alice")


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine brought to the reference, alice's Maildir empty."""
    with machine_with(release, bare(release)) as machine:
        ok(machine, "--apply", *TEST)
        machine.run(["sh", "-c", "rm -f /home/alice/Maildir/*/*"])
        yield machine


def put(machine: Machine, name: str, content: bytes) -> str:
    """An mbox of alice's."""
    machine.path(name).parent.mkdir(parents=True, exist_ok=True)
    machine.path(name).write_bytes(content)
    if name.startswith("/home/alice/"):
        machine.run(["chown", "-R", "alice:alice", "/home/alice/" + name.split("/")[3]])
    else:
        machine.run(["chown", "alice:alice", name])
    return name


def imported(machine: Machine, *words: str) -> dict[str, Any]:
    done: dict[str, Any] = json.loads(ok(machine, "mailbox", "import", "--yes", "--json", *words))
    return done


def shown(machine: Machine, folder: str, fields: str) -> list[dict[str, str]]:
    """What Dovecot says of each message of a folder."""
    found: list[dict[str, str]] = json.loads(machine.run([*FETCH, fields, "mailbox", folder]).stdout)
    return found


def test_flags_dates_and_messages_as_dovecot_shows_them(server: Machine) -> None:
    old = b"From bob@example.org Sat Jan  1 12:00:00 2005\n" + letter(b"seen\n", SEEN) + b"\n"
    path = put(server, "/var/mail/alice", joined(LETTERS, Dialect.MBOXO) + old)
    before = server.run(["sha256sum", path]).stdout
    done = imported(server, path, "--user", "alice")
    assert [(one["messages"], one["imported"]) for one in done["mailboxes"]] == [(4, 4)]
    assert done["shown"] == {"INBOX": 4}
    found = shown(server, "INBOX", "flags date.received guid text")
    assert len(found) == 4
    (seen,) = [one for one in found if "seen" in one["text"]]
    assert {"\\Answered", "\\Flagged", "\\Seen"} <= set(seen["flags"].split())
    assert seen["date.received"].startswith("2005-01-01 12:00:00")
    assert seen["guid"].startswith("1104580800.")
    assert sum("\nFrom here" in one["text"] for one in found) == 1
    assert server.run(["sha256sum", path]).stdout == before
    assert not server.run(["find", "/home/alice/Maildir", "!", "-user", "alice"]).stdout


def test_a_second_run_adds_nothing_though_messages_were_moved_and_deleted(server: Machine) -> None:
    path = put(server, "/home/alice/moved.mbox", joined(LETTERS, Dialect.MBOXO))
    folder = ("--user", "alice", "--folder", "Moved")
    assert imported(server, path, *folder)["shown"] == {"Moved": 3}
    server.run(["doveadm", "flags", "add", "-u", "alice", "\\Seen", "mailbox", "Moved", "all"])
    server.run(["doveadm", "move", "-u", "alice", "INBOX", "mailbox", "Moved", "subject", "three"])
    server.run(["doveadm", "expunge", "-u", "alice", "mailbox", "Moved", "body", "one"])
    left = shown(server, "Moved", "guid")
    again = imported(server, path, *folder)
    assert (again["mailboxes"][0]["messages"], again["mailboxes"][0]["new"]) == (3, 0)
    assert shown(server, "Moved", "guid") == left
    put(server, path, joined((*LETTERS, letter(b"four\n")), Dialect.MBOXO))
    assert imported(server, path, *folder)["mailboxes"][0]["imported"] == 1
    assert len(shown(server, "Moved", "guid")) == len(left) + 1


def test_a_tree_becomes_subscribed_folders(server: Machine) -> None:
    put(server, "/home/alice/mail/Entwürfe", joined(LETTERS, Dialect.MBOXRD))
    put(server, "/home/alice/mail/Archive & co/2005.mbox", joined(LETTERS[:2], Dialect.MBOXCL2))
    put(server, "/home/alice/mail/notes.txt", b"no mailbox\n")
    done = imported(server, "-R", "/home/alice/mail", "--user", "alice", "--folder", "Old")
    assert done["shown"] == {"Old/Archive & co/2005": 2, "Old/Entwürfe": 3}
    assert [one.rpartition("/")[2] for one in done["skipped"]] == ["notes.txt"]
    listed = json.loads(server.run(["doveadm", "-f", "json", "mailbox", "list", "-s", "-u", "alice"]).stdout)
    assert {"Old.Entwürfe", "Old.Archive & co.2005"} <= {one["mailbox"] for one in listed}
    assert not server.run(["find", "/home/alice/Maildir", "!", "-user", "alice"]).stdout


@pytest.mark.parametrize("dialect", [Dialect.MBOXO, Dialect.MBOXCL2])
def test_dovecot_itself_finds_as_many_messages_in_the_mbox(server: Machine, dialect: Dialect) -> None:
    bodies = (b"text\n", b"From here\n", b"\nFrom ann to bob\n\n", b"\0\n", b"x" * 5000 + b"\n")
    content = joined([letter(body) for body in bodies], dialect)
    name = f"theirs-{dialect}"
    put(server, f"/home/alice/dove/{name}", content)
    new = server.run(["sh", "-c", "dovecot --version"]).stdout.startswith("2.4")
    location = (
        ["-o", "mail_driver=mbox", "-o", "mail_path=~/dove", "-o", "mail_inbox_path=/var/mail/alice"]
        if new
        else ["-o", "mail_location=mbox:~/dove:INBOX=/var/mail/alice"]
    )
    theirs = server.run(
        ["doveadm", *location, "-f", "json", "mailbox", "status", "-u", "alice", "messages", name]
    )
    count = int(json.loads(theirs.stdout)[0]["messages"])
    done = imported(server, f"/home/alice/dove/{name}", "--user", "alice", "--folder", f"Ours {dialect}")
    assert done["shown"] == {f"Ours {dialect}": count}
    assert count == len(bodies)


def test_killed_at_any_moment_it_is_finished_by_the_next_run(server: Machine) -> None:
    letters = [letter(b"%d\n" % number + b"text\n" * 300) for number in range(6000)]
    path = put(server, "/home/alice/many.mbox", joined(letters, Dialect.MBOXO))
    command = f"timeout -s KILL %s mailtui mailbox import --yes {path} --user alice --folder Many"
    for seconds in ("0.5", "0.8", "1.1", "1.4"):
        server.run(["sh", "-c", command % seconds], check=False)
    done = imported(server, path, "--user", "alice", "--folder", "Many")
    assert done["shown"] == {"Many": 6000}
    assert len({one["text"] for one in shown(server, "Many", "text")}) == 6000
    assert imported(server, path, "--user", "alice", "--folder", "Many")["mailboxes"][0]["new"] == 0


def test_a_user_imports_alone_and_cannot_lead_root_astray(server: Machine) -> None:
    path = put(server, "/home/alice/own.mbox", FROM + letter(b"my own\n"))
    alone = server.run(["mailtui", "mailbox", "import", "--yes", path], user="alice", check=False)
    assert alone.returncode == 0, alone.stderr
    server.run(["sh", "-c", "useradd --create-home carol; cp /home/alice/own.mbox /home/carol/mbox"])
    server.run(["sh", "-c", "chown carol /home/carol/mbox; chmod 600 /home/carol/mbox"])
    server.run(["ln", "-sf", "/home/carol/mbox", "/home/alice/link"])
    for stolen in ("/home/alice/link", "/home/carol/mbox"):
        refused = mailtui(server, "mailbox", "import", "--yes", stolen, "--user", "alice")
        assert refused.returncode == 5, (refused.stdout, refused.stderr)


HALTING = """
while :; do for p in /proc/[0-9]*; do
    grep -qs "^Uid:.$(id -u).$(id -u)" $p/status && grep -qs 'm[a]iltui' $p/cmdline && kill -STOP ${p#/proc/} && exit
done; done
"""


def test_a_user_who_halts_it_does_not_keep_root_waiting(server: Machine) -> None:
    """What is written is written as alice, who may stop her processes: that is told, and the next run goes on."""
    path = put(
        server, "/home/alice/large", joined([letter(b"%d\n" % one) for one in range(20_000)], Dialect.MBOXO)
    )
    words = ("mailtui", "mailbox", "import", "--yes", path, "--user", "alice", "--folder", "Halted")
    script = f"runuser -u alice -- timeout 60 sh -c {shlex.quote(HALTING)} & exec {shlex.join(words)}"
    halted = server.run(["timeout", "60", "sh", "-c", script], check=False)
    assert halted.returncode == 1, (halted.stdout, halted.stderr)
    assert "was halted by a signal" in halted.stderr
    assert "run it again" in halted.stderr
    imported(server, path, "--user", "alice", "--folder", "Halted")
    assert len(shown(server, "Halted", "uid")) == 20_000
