"""The quarantine of a real amavis: what it holds, shown, released into a Maildir, kept, cleaned up, brought back."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.apply import TEST, machine_with, mailtui, ok
from tests.lab.image import bare
from tests.lab.machine import Machine
from tests.lab.process import wait_until

FOLDER = "/var/lib/amavis/virusmails"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PROGRAM = b"hello, not really a program\n"
ATTACHED = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b1"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\n'
    b'see attachment\r\n--b1\r\nContent-Type: application/octet-stream; name="report.doc.exe"\r\n'
    b'Content-Disposition: attachment; filename="report.doc.exe"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    + base64.b64encode(PROGRAM)
    + b"\r\n--b1--\r\n"
)
SEND = """\
import smtplib, sys
with smtplib.SMTP("127.0.0.1", 25, "mail.example.test", timeout=60) as smtp:
    smtp.sendmail("alice@example.test", ["alice@example.test"], bytes.fromhex(sys.stdin.read()))
"""
KINDS = ("virus", "banned", "badh", "spam")


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine brought to the reference, with a message of each kind in its quarantine."""
    with machine_with(release, bare(release)) as machine:
        ok(machine, "--apply", *TEST, "--filter", "post-queue")
        machine.run(["sh", "-c", "rm -f /home/alice/Maildir/*/*"])
        machine.run(["sh", "-c", f"rm -f {FOLDER}/*/*"])
        send(machine, b"Subject: a virus\r\n\r\n" + EICAR + b"\r\n")
        send(machine, b"Subject: a program\r\n" + ATTACHED)
        send(machine, b"Subject: bad caf\xe9\r\n\r\nbad header\r\n")
        send(machine, b"Subject: =?utf-8?q?sp=C3=A4m?=\r\n\r\n" + GTUBE + b"\r\n")
        wait_until("four messages in quarantine", lambda: len(listed(machine)) == 4, timeout=60, every=0.5)
        yield machine


def send(machine: Machine, message: bytes) -> None:
    head = b"From: alice@example.test\r\nTo: alice@example.test\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
    head += b"Message-ID: <%s@example.test>\r\n" % hashlib.sha256(message).hexdigest()[:20].encode()
    machine.run(["python3", "-c", SEND], stdin=(head + message).hex())


def listed(machine: Machine, *words: str) -> list[dict[str, Any]]:
    """The messages, as JSON tells them."""
    return [json.loads(line) for line in ok(machine, "quarantine", "list", "--json", *words).splitlines()]


def of(machine: Machine, kind: str) -> dict[str, Any]:
    (found,) = listed(machine, "--kind", kind)
    return found


def inbox(machine: Machine, text: str) -> list[str]:
    """The messages in alice's Maildir that have the text."""
    return machine.run(["grep", "-rlF", text, "/home/alice/Maildir"], check=False).stdout.split()


def hams(machine: Machine) -> int:
    """How many messages amavis's SpamAssassin has learnt as no spam."""
    learn = ["runuser", "-u", "amavis", "--", "env", "HOME=/var/lib/amavis", "sa-learn", "--dump", "magic"]
    lines = [line.split() for line in machine.run(learn, check=False).stdout.splitlines()]
    return next((int(line[2]) for line in lines if line[-1] == "nham"), 0)


def amavis(machine: Machine, verb: str) -> None:
    """Start or restart it; wait until it answers."""
    machine.run(["systemctl", verb, "amavis"])
    ask = "import socket; socket.create_connection(('127.0.0.1', 10024), 5).recv(3)"
    wait_until(
        "amavis answering",
        lambda: machine.run(["python3", "-c", ask], check=False).returncode == 0,
        timeout=60,
        every=0.5,
    )


def arrives(machine: Machine, text: str, count: int = 1) -> None:
    wait_until(f"{text} in the Maildir", lambda: len(inbox(machine, text)) == count, timeout=60, every=0.5)


def test_each_kind_is_told_with_what_was_found(server: Machine) -> None:
    found = {one["kind"]: one for one in listed(server)}
    assert sorted(found) == sorted(KINDS)
    assert found["virus"]["alert"].startswith("INFECTED, message contains virus: Eicar")
    assert "report.doc.exe" in found["banned"]["alert"]
    assert found["badh"]["alert"].startswith("BAD HEADER SECTION")
    assert found["spam"]["score"] > 900
    assert "GTUBE" in [name for name, _ in found["spam"]["rules"]]
    assert found["spam"]["subject"] == "späm"
    assert found["spam"]["path"].endswith(".gz")
    assert {one["sender"] for one in found.values()} == {"alice@example.test"}
    assert {tuple(one["recipients"]) for one in found.values()} == {("alice@example.test",)}
    assert [one["kind"] for one in listed(server, "--filter", "score>10 to:alice")] == ["spam"]
    assert not server.run(["find", FOLDER, "!", "-user", "amavis"]).stdout


def test_figures(server: Machine) -> None:
    figures = json.loads(ok(server, "quarantine", "stats", "--json"))
    assert (figures["count"], figures["folder"]) == (4, FOLDER)
    assert figures["growth"] > 0
    assert figures["full_in"] is None
    assert {one["kind"]: one["count"] for one in figures["kinds"]} == dict.fromkeys(KINDS, 1)
    assert "a day: full is not in sight" in ok(server, "quarantine", "stats")


def test_one_is_shown_and_nothing_is_written(server: Machine) -> None:
    before = server.run(["find", "/var/lib/amavis", "/tmp", "-newer", "/etc/hostname"]).stdout
    view = json.loads(ok(server, "quarantine", "show", "--json", of(server, "banned")["path"]))
    assert view["attachments"][0] == {
        "name": "report.doc.exe",
        "content_type": "application/octet-stream",
        "size": len(base64.b64encode(PROGRAM)),
        "sha256": hashlib.sha256(PROGRAM).hexdigest(),
    }
    assert view["text"].strip() == "see attachment"
    shown = ok(server, "quarantine", "show", of(server, "spam")["path"].rpartition("/")[2])
    assert GTUBE.decode() in shown
    assert "Subject: =?utf-8?q?sp=C3=A4m?=" in shown
    assert server.run(["find", "/var/lib/amavis", "/tmp", "-newer", "/etc/hostname"]).stdout == before


def test_exported_as_it_was(server: Machine) -> None:
    spam = of(server, "spam")["path"]
    ok(server, "quarantine", "export", spam, "/root/spam.eml")
    assert server.run(["zcat", f"{FOLDER}/{spam}"]).stdout == server.path("/root/spam.eml").read_text()
    assert server.run(["stat", "-c", "%a %U", "/root/spam.eml"]).stdout == "600 root\n"
    assert mailtui(server, "quarantine", "export", spam, "/root/spam.eml").returncode == 5


def test_what_was_kept_back_is_released_into_the_maildir(server: Machine) -> None:
    attached = base64.b64encode(PROGRAM).decode()
    assert not inbox(server, attached)
    said = ok(server, "quarantine", "release", "--yes", of(server, "banned")["path"])
    assert "250 2.0.0" in said
    assert "release: 1 of 1 message" in said
    arrives(server, attached)
    assert of(server, "banned")["path"], "it stays in the quarantine as well"


def test_released_to_somebody_else_and_learnt(server: Machine) -> None:
    server.run(["useradd", "--create-home", "bob"])
    before = hams(server)
    spam = of(server, "spam")["path"]
    said = ok(server, "quarantine", "release", "--ham", "--recipient", "bob@example.test", "--yes", spam)
    assert "Learned tokens from 1 message(s) (1 message(s) examined)" in said
    wait_until(
        "the message in bob's Maildir",
        lambda: "sp=C3=A4m" in server.run(["sh", "-c", "cat /home/bob/Maildir/new/*"], check=False).stdout,
        timeout=60,
        every=0.5,
    )
    assert server.run(["stat", "-c", "%U", "/var/lib/amavis/.spamassassin/bayes_toks"]).stdout == "amavis\n"
    assert hams(server) == before + 1


def test_a_virus_is_let_out_by_its_name_only(server: Machine) -> None:
    virus = of(server, "virus")
    name = virus["alert"].rpartition(": ")[2]
    refused = mailtui(server, "quarantine", "release", "--yes", virus["path"])
    assert refused.returncode == 5
    assert f"the virus {name} stays where it is" in refused.stderr
    wrong = mailtui(server, "quarantine", "release", "--yes", "--virus", "Other", virus["path"])
    assert wrong.returncode == 5
    assert not inbox(server, "EICAR-STANDARD")
    assert "250 2.0.0" in ok(server, "quarantine", "release", "--yes", "--virus", name, virus["path"])
    arrives(server, "EICAR-STANDARD")


def test_deleted_and_brought_back_as_amavis_owns_it(server: Machine) -> None:
    before = server.run(["find", FOLDER, "-type", "f", "-printf", "%P %i %T@ %u %m\n"]).stdout
    said = ok(server, "quarantine", "delete", "--filter", "kind:b", "--yes")
    assert "delete: 2 of 2 messages" in said
    assert {one["kind"] for one in listed(server)} == {"virus", "spam"}
    assert not server.run(["find", f"{FOLDER}/.mailtui-trash", "!", "-user", "amavis"]).stdout
    assert "root" in ok(server, "quarantine", "undo", "--list")
    assert "undo: 2 of 2 messages" in ok(server, "quarantine", "undo")
    after = server.run(["find", FOLDER, "-type", "f", "-printf", "%P %i %T@ %u %m\n"]).stdout
    assert sorted(line for line in after.splitlines() if ".mailtui" not in line) == sorted(
        before.splitlines()
    )
    assert mailtui(server, "quarantine", "undo").returncode == 3


def test_what_cannot_be_brought_back_is_not_in_the_way(server: Machine) -> None:
    for kind in ("badh", "banned"):
        ok(server, "quarantine", "delete", "--kind", kind, "--yes")
    trashed = server.run(["find", f"{FOLDER}/.mailtui-trash", "-name", "banned-*", "-printf", "%P"]).stdout
    taken = f"{FOLDER}/{trashed.partition('/files/')[2]}"
    server.run(["runuser", "-u", "amavis", "--", "touch", taken])
    assert mailtui(server, "quarantine", "undo").returncode == 1
    assert "but for these" in ok(server, "quarantine", "undo", "--list")
    assert "undo: 1 of 1 message" in ok(server, "quarantine", "undo")
    assert of(server, "badh")
    server.run(["rm", taken])
    assert "undo: 1 of 1 message" in ok(server, "quarantine", "undo")
    assert {one["kind"] for one in listed(server)} == set(KINDS)


def test_a_cleanup_leaves_what_is_kept(server: Machine) -> None:
    kept, others = (
        of(server, "virus")["path"],
        [one["path"] for one in listed(server) if one["kind"] != "virus"],
    )
    server.run(["touch", "-d", "60 days ago", *(f"{FOLDER}/{path}" for path in (kept, *others))])
    ok(server, "quarantine", "keep", "--yes", kept)
    assert server.run(["stat", "-c", "%a %U", f"{FOLDER}/.mailtui-keep"]).stdout == "600 amavis\n"
    assert [one["kept"] for one in listed(server)].count(True) == 1
    plan = json.loads(ok(server, "cleanup", "--dry-run", "--json"))
    assert {one["kind"]: (one["aged"], one["keep"]) for one in plan["kinds"]} == {
        "virus": (0, 30 * 86400.0),
        "banned": (1, 30 * 86400.0),
        "spam": (1, 14 * 86400.0),
        "badh": (1, 14 * 86400.0),
    }
    assert "1 file kept" in ok(server, "cleanup", "--dry-run")
    ok(server, "cleanup", "--undo", "1h")
    assert [one["path"] for one in listed(server)] == [kept]
    ok(server, "cleanup", "--max-size", "1", "--order", "virus")
    assert [one["path"] for one in listed(server)] == [kept]
    assert "undo: 3 of 3 messages" in ok(server, "quarantine", "undo")
    ok(server, "quarantine", "keep", "--not", "--yes", kept)
    assert not server.path(f"{FOLDER}/.mailtui-keep").exists()
    ok(server, "cleanup")
    assert listed(server) == []
    assert "The quarantine is empty" in mailtui(server, "quarantine", "list").stderr


def test_who_may_and_what_is_said_when_amavis_does_not_run(server: Machine) -> None:
    send(server, b"Subject: another program\r\n" + ATTACHED)
    wait_until("a message in quarantine", lambda: len(listed(server)) == 1, timeout=60, every=0.5)
    path = listed(server)[0]["path"]
    as_alice = server.run(["mailtui", "quarantine", "list"], user="alice", check=False)
    assert as_alice.returncode == 3
    assert "run mailtui as root" in as_alice.stderr
    as_amavis = server.run(["mailtui", "quarantine", "list", "--json"], user="amavis", check=False)
    assert json.loads(as_amavis.stdout)["path"] == path
    server.run(["systemctl", "stop", "amavis"])
    try:
        stopped = mailtui(server, "quarantine", "release", "--yes", path)
        assert stopped.returncode == 3, stopped.stderr
        assert "Amavis does not run" in stopped.stderr
        assert "systemctl start amavis" in stopped.stderr
    finally:
        amavis(server, "start")
    assert len(listed(server)) == 1
    server.run(["rm", f"{FOLDER}/{path}"])
    assert mailtui(server, "quarantine", "release", "--yes", path).returncode == 1


def test_what_amavis_refuses_is_told_with_its_words(server: Machine) -> None:
    send(server, b"Subject: a third program\r\n" + ATTACHED)
    wait_until("a message in quarantine", lambda: len(listed(server)) == 1, timeout=60, every=0.5)
    path = listed(server)[0]["path"]
    server.path("/etc/amavis/conf.d/99-lab").write_text(
        "$policy_bank{'AM.PDP-SOCK'}{auth_required_release} = 1;\n1;\n"
    )
    try:
        amavis(server, "restart")
        refused = mailtui(server, "quarantine", "release", "--yes", path)
        assert refused.returncode == 1, (refused.stdout, refused.stderr)
        assert "Amavis did not release it: " in refused.stderr
    finally:
        server.run(["rm", "/etc/amavis/conf.d/99-lab"])
        amavis(server, "restart")


def test_a_socket_without_rights_is_told(server: Machine) -> None:
    send(server, b"Subject: a fourth program\r\n" + ATTACHED)
    wait_until("a message in quarantine", lambda: len(listed(server)) >= 1, timeout=60, every=0.5)
    path, sock = listed(server)[0]["path"], "/var/lib/amavis/amavisd.sock"
    mode = server.run(["stat", "-c", "%a", sock]).stdout.strip()
    server.run(["chmod", "000", sock])
    try:
        words = ["mailtui", "quarantine", "release", "--yes", path]
        refused = server.run(words, user="amavis", check=False)
        assert refused.returncode != 0
        assert "Amavis's socket cannot be used" in refused.stderr, (refused.stdout, refused.stderr)
        assert "run mailtui as root" in refused.stderr
    finally:
        server.run(["chmod", mode, sock])


def test_many_are_released_one_by_one(server: Machine) -> None:
    for number in range(3):
        send(server, b"Subject: bad caf\xe9\r\n\r\nbad header of many %d\r\n" % number)
    wait_until(
        "three with bad headers", lambda: len(listed(server, "--kind", "badh")) >= 3, timeout=60, every=0.5
    )
    before = len(inbox(server, "bad header of many"))
    said = ok(server, "quarantine", "release", "--yes", "--kind", "badh", "--recipient", "alice@example.test")
    count = len(listed(server, "--kind", "badh"))
    assert f"release: {count} of {count} messages" in said
    assert said.count("queued as") == count
    wait_until(
        "three more in the Maildir",
        lambda: len(inbox(server, "bad header of many")) >= before + 3,
        timeout=60,
        every=0.5,
    )


def test_work_folders_of_killed_children_are_listed_apart_and_go_when_asked(server: Machine) -> None:
    send(server, b"Subject: plain\r\n\r\na plain one\r\n")
    kill = "for folder in /var/lib/amavis/tmp/amavis-*; do kill -9 $(basename $folder | cut -d- -f3); done"
    server.run(["sh", "-c", kill], check=False)
    server.run(["sh", "-c", "find /var/lib/amavis/tmp/amavis-* -exec touch -d '3 days ago' {} +"])
    server.path(f"{FOLDER}/notes.txt").write_text("somebody's")
    found = [json.loads(line) for line in ok(server, "quarantine", "list", "--apart", "--json").splitlines()]
    left = [one["path"] for one in found if one["what"] == "work"]
    assert left, found
    assert [one["path"] for one in found if one["what"] == "foreign"] == ["notes.txt"]
    assert not [one for one in found if one["what"] == "orphan"], "amavis makes none"
    stats = ok(server, "quarantine", "stats")
    assert f"{len(left)} leftover work folders" in stats
    assert "mailtui quarantine list --apart" in stats
    ok(server, "cleanup", "--tmp", "2d")
    for path in left:
        assert server.run(["test", "-e", path], check=False).returncode == 1
    assert server.path(f"{FOLDER}/notes.txt").read_text() == "somebody's"
    server.run(["rm", f"{FOLDER}/notes.txt"])
    amavis(server, "restart")


def test_the_site_says_for_how_long_a_deletion_is_kept(server: Machine) -> None:
    site = server.path("/etc/mailtui/site.toml")
    before = site.read_text() if site.exists() else ""
    send(server, b"Subject: a fifth program\r\n" + ATTACHED)
    wait_until("a message in quarantine", lambda: len(listed(server)) >= 1, timeout=60, every=0.5)
    path = listed(server)[0]["path"]
    try:
        site.write_text(f'{before}\n[quarantine]\nundo = "3d"\n')
        plan = ok(server, "quarantine", "delete", "--dry-run", path)
        assert "for 3d" in plan
        ok(server, "quarantine", "delete", "--yes", path)
        (run,) = [
            json.loads(line) for line in ok(server, "quarantine", "undo", "--list", "--json").splitlines()
        ]
        assert 3 * 86400 - 60 < run["until"] - run["deleted"] < 3 * 86400 + 60
        ok(server, "quarantine", "undo")
        assert path in [one["path"] for one in listed(server)]
    finally:
        site.write_text(before)
