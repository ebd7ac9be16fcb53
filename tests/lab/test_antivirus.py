"""clamd and freshclam as Debian runs them: seen, scanned by, and brought new signatures, on machines of both releases."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.apply import TEST, machine_with, mailtui, ok
from tests.lab.image import bare
from tests.lab.machine import Machine
from tests.lab.process import wait_until
from tests.lab.test_quarantine import EICAR, FOLDER, send
from tests.support.terminal import Terminal, why_no_terminal

WEB = 8011
OTHER = "Test.Other:0:*:deadbeefcafe{:04x}\n"
SETS = "/usr/sbin/clamav-unofficial-sigs"
MESSAGE = (
    b'Subject: a parcel\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b1"\r\n\r\n--b1\r\n'
    b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b1--\r\n"
)


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine brought to the reference, with a virus in its quarantine, and a web server of signatures on it."""
    with machine_with(release, bare(release)) as machine:
        ok(machine, "--apply", *TEST, "--filter", "post-queue")
        machine.run(["sh", "-c", f"rm -f {FOLDER}/*/*"])
        send(machine, b"Subject: a virus\r\n\r\n" + EICAR + b"\r\n")
        send(machine, MESSAGE % base64.b64encode(EICAR))
        machine.run(["mkdir", "/srv/signatures"])
        serve(machine, 1)
        run = ["systemd-run", "--unit=signatures", "-p", "WorkingDirectory=/srv/signatures", "python3", "-m"]
        machine.run([*run, "http.server", "-b", "127.0.0.1", str(WEB)])
        yield machine


def serve(machine: Machine, count: int) -> None:
    machine.path("/srv/signatures/other.ndb").write_text("".join(OTHER.format(n) for n in range(count)))


def av(machine: Machine, *words: str, code: int = 0, timeout: float = 400) -> Any:
    """What it says in JSON; a list where it says several things."""
    done = mailtui(machine, "av", *words, "--json", timeout=timeout)
    assert done.returncode == code, (done.stdout, done.stderr)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return found[0] if len(found) == 1 else found


def states(status: Any) -> dict[str, str]:
    return {one["name"]: one["state"] for one in status["findings"]}


def test_a_new_server(server: Machine) -> None:
    status = av(server, "status", code=1)
    daemon = status["daemon"]
    assert daemon["answers"]
    assert daemon["release"].startswith("1.")
    assert daemon["withheld"] == []
    assert daemon["where"] == "/var/run/clamav/clamd.ctl"
    assert daemon["stats"]["most"] == 12
    main_pid = server.run(["systemctl", "show", "-P", "MainPID", "clamav-daemon"]).stdout.strip()
    assert str(daemon["pid"]) == main_pid
    assert daemon["memory"] > 10 << 20
    assert daemon["loaded"]["signatures"] == 1
    assert [(one["name"], one["loaded"]) for one in status["databases"]] == [("mailtui-test.ndb", True)]
    assert status["freshclam"]["state"] == "daemon"
    told = states(status)
    assert (told["clamd"], told["official"], told["loaded"]) == ("good", "watch", "good")
    assert status["freshclam"]["runs"][0]["outcome"] in {"failed", "running"}  # there is no network
    text = mailtui(server, "av").stdout
    assert "▲ official: there are no main and daily signatures" in text
    assert "mailtui av update" in text


def test_the_self_test_and_what_was_caught(server: Machine) -> None:
    assert [one["state"] for one in av(server, "selftest")] == ["good"] * 3
    wait_until("the log", lambda: av(server, "caught")["messages"] >= 2, timeout=60, every=1)
    (signature,) = av(server, "caught")["signatures"]
    assert (signature["name"], signature["file"]) == ("Eicar-Test-Signature.UNOFFICIAL", "mailtui-test.ndb")
    assert signature["count"] >= 2


def test_quarantined_and_queued_messages_and_files(server: Machine) -> None:
    found = [
        json.loads(line)["path"]
        for line in ok(server, "quarantine", "list", "--json", "--kind", "virus").splitlines()
    ]
    assert len(found) == 2
    words = [word for path in found for word in ("--quarantined", path)]
    scanned = av(server, "scan", *words, code=6)
    assert {one["verdict"] for one in scanned} == {"infected"}
    assert av(server, "scan", "/etc/passwd", "/root/.bashrc")[0]["verdict"] == "clean"
    assert av(server, "scan", "/nothing", "/etc/passwd", code=1)[0]["verdict"] == "unscanned"
    server.run(["postconf", "-e", "content_filter="])
    server.run(["sh", "-c", "postconf -e smtpd_proxy_filter= defer_transports=local && postfix reload"])
    mime = (MESSAGE % base64.b64encode(EICAR)).replace(b"\r\n", b"\n")
    server.run(["sendmail", "-f", "alice@example.test", "alice@example.test"], stdin=mime)
    server.run(["sendmail", "-f", "alice@example.test", "alice@example.test"], stdin="Subject: x\n\nhello\n")

    def queued() -> list[Any]:
        listed = [json.loads(line) for line in ok(server, "queue", "list", "--json").splitlines()]
        return sorted(
            (one for one in listed if one["queue_name"] == "deferred"), key=lambda one: one["message_size"]
        )

    wait_until("two messages in the queue", lambda: len(queued()) == 2, timeout=60, every=0.5)
    clean, infected = (one["queue_id"] for one in queued())
    assert av(server, "scan", "--queued", clean)["verdict"] == "clean"
    scanned = av(server, "scan", "--queued", infected, "--queued", clean, code=6)
    assert [one["verdict"] for one in scanned] == ["infected", "clean"]
    assert mailtui(server, "av", "scan", "--queued", "../../etc/passwd").returncode == 2


def test_the_daemon_is_asked_and_clamd_loads_what_it_brings(server: Machine) -> None:
    conf = server.path("/etc/clamav/freshclam.conf")
    lines = [f"ExcludeDatabase {name}\n" for name in ("main", "daily", "bytecode")]
    server.run(["chmod", "u+w", "/etc/clamav/freshclam.conf"])
    conf.write_text(
        "".join((conf.read_text(), *lines, f"DatabaseCustomURL http://127.0.0.1:{WEB}/other.ndb\n"))
    )
    serve(server, 2)
    server.run(["systemctl", "restart", "clamav-freshclam"])
    wait_until(
        "its first run",
        lambda: av(server, "status", code=1)["freshclam"]["runs"][0]["outcome"] == "updated",
        timeout=60,
        every=0.5,
    )
    server.run(["sleep", "1.1"])
    serve(server, 5)
    shown = mailtui(server, "av", "update")
    assert shown.returncode == 0, (shown.stdout, shown.stderr)
    assert "holds the lock: it is asked to look now (SIGUSR1)" in shown.stdout
    assert "other.ndb updated (version: custom database, sigs: 5)" in shown.stdout
    assert "clamd has loaded it: Database correctly reloaded (6 signatures)" in shown.stdout
    assert av(server, "update")["outcome"] == "current"
    files = {one["name"]: one for one in av(server, "databases")}
    assert files["other.ndb"]["source"] == f"http://127.0.0.1:{WEB}/other.ndb"
    assert (files["other.ndb"]["signatures"], files["other.ndb"]["loaded"]) == (5, True)


def test_without_the_daemon_freshclam_is_run(server: Machine) -> None:
    server.run(["systemctl", "stop", "clamav-freshclam"])
    assert states(av(server, "status", code=1))["freshclam"] == "watch"
    server.run(["sleep", "1.1"])
    serve(server, 8)
    done = av(server, "update")
    assert (done["by"], done["outcome"], done["reloaded"]) == ("freshclam", "updated", True)
    assert done["reload"] == "Database correctly reloaded (9 signatures)"
    owner = server.run(["stat", "-c", "%U", "/var/lib/clamav/other.ndb"]).stdout.strip()
    assert owner == "clamav"
    assert mailtui(server, "av", "update", "--read-only").returncode == 5
    server.run(["systemctl", "start", "clamav-freshclam-once.timer"])
    fetching = av(server, "status", code=1)["freshclam"]
    assert (fetching["state"], fetching["next_run"] > fetching["runs"][0]["started"]) == ("timer", True)
    server.run(["systemctl", "stop", "clamav-freshclam-once.timer"])
    server.run(["systemctl", "start", "clamav-freshclam"])


def test_a_user_sees_and_may_not_change(server: Machine) -> None:
    done = server.run(["mailtui", "av", "status", "--json"], user="alice", check=False)
    status = json.loads(done.stdout)
    assert status["daemon"]["answers"]
    assert states(status)["freshclam"] in {"note", "good"}
    refused = server.run(["mailtui", "av", "update"], user="alice", check=False)
    assert (refused.returncode, "Only root and clamav" in refused.stderr) == (3, True)
    scanned = server.run(["mailtui", "av", "scan", "/etc/passwd"], user="alice", check=False)
    assert scanned.returncode == 0, scanned.stderr


def test_third_party_sets(server: Machine) -> None:
    if not server.path(SETS).exists():
        done = mailtui(server, "av", "update", "--third-party")
        assert (done.returncode, "DatabaseCustomURL" in done.stderr) == (3, True)
        return
    conf = server.path("/etc/clamav-unofficial-sigs.conf.d/02-test.conf")
    quick = 'enable_random="no"\nrsync_connect_timeout="1"\nrsync_max_time="3"\ncurl_connect_timeout="1"\ncurl_max_time="3"\n'
    conf.write_text(f'{quick}si_dbs=""\nmbl_dbs=""\n')
    failed = av(server, "update", "--third-party", code=1)  # itself it ends with 0
    assert failed["outcome"] == "failed"
    assert failed["complaint"].startswith("Access to all Sanesecurity mirror sites failed")
    server.path("/srv/signatures/third.ndb").write_text("Third.Party:0:*:deadbeefcafe9999\n")
    url = f"http://127.0.0.1:{WEB}/third.ndb"
    conf.write_text(f'{quick}ss_dbs=""\nsi_dbs=""\nmbl_dbs=""\nadd_dbs="{url}"\n')
    done = av(server, "update", "--third-party")
    assert (done["outcome"], done["updated"], done["reloaded"]) == ("updated", ["third.ndb"], True)
    files = {one["name"]: one for one in av(server, "databases")}
    assert (files["third.ndb"]["source"], files["third.ndb"]["loaded"]) == ("clamav-unofficial-sigs", True)
    assert server.run(["stat", "-c", "%U", "/var/lib/clamav/third.ndb"]).stdout.strip() == "clamav"
    assert av(server, "update", "--third-party")["outcome"] == "current"


@pytest.mark.skipif(bool(why_no_terminal()), reason=f"{why_no_terminal()}")
def test_the_console(server: Machine) -> None:
    server.run(["sleep", "1.1"])
    serve(server, 11)
    with Terminal(server.argv(["env", "TERM=xterm-256color", "mailtui"])) as terminal:
        terminal.wait_for("1 Over", timeout=60)
        terminal.keys("7")
        for shown in (
            "clamd answers, but look at: official",
            "there are no main and daily signatures",
            "of 12 threads live",
            r"other\.ndb +third-party .* yes",
        ):
            terminal.wait_for(shown)
        terminal.keys("v")
        terminal.wait_for(r"Eicar-Test-Signature\S+ +mailtui-test\.ndb")
        terminal.keys("t")
        terminal.wait_for("all 3 tests are good")
        terminal.keys("Escape")
        terminal.wait_for("Caught by")
        terminal.keys("u")
        terminal.wait_for(r"freshclam's daemon \(process \d+\) is asked to look now")
        terminal.keys("y")
        terminal.wait_for("clamd has loaded it: Database", timeout=60)
        terminal.wait_for(r"other\.ndb updated \(version: custom database, sigs: 11\)")
        terminal.keys("Escape")
        terminal.wait_for("Caught by")


def test_clamd_stopped_and_hung(server: Machine) -> None:
    server.run(["systemctl", "kill", "-s", "STOP", "clamav-daemon"])
    try:
        status = av(server, "status", code=1)
        assert "did not answer in time" in status["findings"][0]["said"]
        assert "runs for" in status["findings"][0]["said"]
        assert status["freshclam"]["state"] == "daemon"
    finally:
        server.run(["systemctl", "kill", "-s", "CONT", "clamav-daemon"])
    assert av(server, "scan", "/etc/passwd")["verdict"] == "clean"
    server.run(["systemctl", "stop", "clamav-daemon.socket", "clamav-daemon"])
    status = av(server, "status", code=1)
    assert not status["daemon"]["answers"]
    assert mailtui(server, "av", "scan", "/etc/passwd").returncode == 3
    assert mailtui(server, "av", "selftest").returncode == 3
    assert [one["loaded"] for one in status["databases"]] == [None] * len(status["databases"])
    server.run(["systemctl", "start", "clamav-daemon"])
    assert av(server, "selftest")[0]["state"] == "good"
