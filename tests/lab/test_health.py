"""Each service stopped, halted, answering garbage, one after another and all together: the cause is named in time."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.lab.apply import PYTHON, TEST, machine_with, mailtui, ok
from tests.lab.image import bare
from tests.lab.machine import Machine
from tests.lab.mail import send as send_to
from tests.lab.network import CLIENT, MACHINE
from tests.lab.process import wait_until
from tests.lab.test_quarantine import send

UNITS = {
    "postfix": "postfix",
    "gld": "gld",
    "amavis": "amavis",
    "clamd": "clamav-daemon",
    "dovecot": "dovecot",
    "mariadb": "mariadb",
}
PLACES = {
    "postfix": "25",
    "gld": "2525",
    "amavis": "10024",
    "clamd": "/run/clamav/clamd.ctl",
    "dovecot": "143",
    "mariadb": "/run/mysqld/mysqld.sock",
}
GARBAGE = """\
import os, socket, sys
where = sys.argv[1]
if where.isdecimal():
    listener = socket.create_server(("127.0.0.1", int(where)))
else:
    if os.path.exists(where):
        os.unlink(where)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(where)
    os.chmod(where, 0o666)
    listener.listen(50)
while True:
    connection, _ = listener.accept()
    try:
        connection.sendall(b"\\x1b[31mgarbage \\xff\\0 here\\r\\n" * 3)
        connection.close()
    except OSError:
        pass
"""
KNOCK = f"""\
import smtplib, sys
for number in range(int(sys.argv[1])):
    with smtplib.SMTP("{MACHINE}", 25, "client.example.org", 60) as smtp:
        try:
            smtp.sendmail("bob@example.org", ["alice@example.test"], f"Subject: {{number}}\\r\\n\\r\\nhello\\r\\n")
            print(250)
        except smtplib.SMTPRecipientsRefused as refused:
            print(next(iter(refused.recipients.values()))[0])
"""
"""Sends letters from outside, and prints what comes of each."""
HALTED = "from backends.services import services; print(*(one.name for one in services() if one.state == 'halted'))"
"""The header's lights that are not green for a signal."""
BACKUP = "/usr/bin/clamscan"
USUAL = {"freshclam", "signatures"}
"""What is wrong on a machine without a network."""
LIMIT = 2.6
"""Seconds for all of it, on a machine that does other things as well; a check has 2."""


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    with machine_with(release, bare(release)) as machine:
        ok(machine, "--apply", *TEST, "--filter", "post-queue")
        machine.path("/root/garbage.py").write_text(GARBAGE)
        machine.run(["systemctl", "stop", "mailtui-health.timer"])
        yield machine


def report(machine: Machine) -> dict[str, Any]:
    done = mailtui(machine, "health", "--json", timeout=60)
    assert done.returncode in {0, 1}, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["report"]
    assert found["seconds"] < LIMIT
    return found


def bad(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in found["checks"] if check["level"] == "bad"}


def causes(found: dict[str, Any]) -> list[str]:
    return [name for name, check in bad(found).items() if not check["cause"]]


def named(machine: Machine, *names: str, said: str = "") -> dict[str, dict[str, Any]]:
    """What is bad once these are the causes, so told; on a machine that does much else a program may start late."""
    found: dict[str, Any] = {}

    def look() -> bool:
        found.update(report(machine))
        print([check["said"] for check in found["checks"] if check["level"] != "good"])
        told = bad(found)
        return sorted(causes(found)) == sorted(names) and all(said in told[name]["said"] for name in names)

    wait_until(f"{names} are the causes", look, timeout=30, every=0.5)
    return bad(found)


@contextmanager
def spoilt(machine: Machine) -> Iterator[None]:
    """Whatever was done to services is taken back at the end, and waited for."""
    try:
        yield
    finally:
        machine.run(["systemctl", "stop", "garbage"], check=False)
        for name, service in UNITS.items():
            machine.run(["systemctl", "kill", "--signal=CONT", unit(machine, name)], check=False)
            machine.run(["systemctl", "start", service])
    wait_until("all is well again", lambda: all_well(machine), timeout=90, every=1)


def all_well(machine: Machine) -> bool:
    found = report(machine)
    wrong = [
        check["said"]
        for check in found["checks"]
        if check["level"] == "bad" or (check["level"] == "watch" and check["name"] in UNITS)
    ]
    print(wrong)
    return not wrong


def check_of(machine: Machine, name: str) -> dict[str, Any]:
    """One check of a look now."""
    return next(check for check in report(machine)["checks"] if check["name"] == name)


def knock(machine: Machine, times: int) -> list[int]:
    """Letters from outside; gives what is said to each."""
    return [int(code) for code in machine.outside(["python3", "-c", KNOCK, str(times)]).stdout.split()]


def unit(machine: Machine, name: str) -> str:
    """The unit that a service's processes belong to."""
    if name == "postfix" and machine.release.name == "bookworm":
        return "postfix@-.service"
    return f"{UNITS[name]}.service"


def stop(machine: Machine, name: str) -> None:
    others = ["clamav-daemon.socket"] if name == "clamd" else []
    machine.run(["systemctl", "stop", UNITS[name], *others], check=False)


def test_a_new_server_is_well(server: Machine) -> None:
    wait_until("all is well", lambda: all_well(server), timeout=60, every=1)
    names = {check["name"] for check in report(server)["checks"]}
    assert {
        *UNITS,
        "queue",
        "log",
        "dns",
        "clock",
        "certificates",
        "maps",
        "root-mail",
        "parameters",
    } <= names
    served = next(check for check in report(server)["checks"] if check["name"] == "certificates")
    assert "Postfix and Dovecot" in served["said"]
    ran = mailtui(server, "health", "--nagios")
    assert ran.returncode == 1  # the signatures are of the test virus alone
    assert ran.stdout.startswith("MAILTUI WARNING - ")


@pytest.mark.parametrize("name", UNITS)
def test_a_stopped_service_is_the_cause_and_its_mend_starts_it(server: Machine, name: str) -> None:
    with spoilt(server):
        stop(server, name)
        check = named(server, name)[name]
        assert "does not run" in check["said"]
        assert check["since"] is not None
        server.run(check["mends"][0]["argv"])
        wait_until("it is well again", lambda: all_well(server), timeout=90, every=1)


@pytest.mark.parametrize("name", UNITS)
def test_a_halted_service_is_the_cause_and_its_mend_lets_it_go_on(server: Machine, name: str) -> None:
    with spoilt(server):
        server.run(["systemctl", "kill", "--signal=STOP", unit(server, name)])
        check = named(server, name)[name]
        assert "is halted: process " in check["said"]
        assert server.run([PYTHON, "-c", HALTED]).stdout.split() == [name]
        server.run(check["mends"][0]["argv"])
        wait_until("it is well again", lambda: all_well(server), timeout=90, every=1)


@pytest.mark.parametrize("name", UNITS)
def test_garbage_in_the_place_of_a_service(server: Machine, name: str) -> None:
    where = PLACES[name]
    there = re.compile(rf":{where}\s" if where.isdecimal() else re.escape(where))
    with spoilt(server):
        stop(server, name)
        run = ["systemd-run", "--quiet", "--collect", "--unit=garbage", "-p", "Restart=on-failure"]
        server.run([*run, "python3", "/root/garbage.py", where])
        try:
            listening = ["ss", "-lxtnH"]
            wait_until(
                "somebody listens", lambda: there.search(server.run(listening).stdout) is not None, timeout=20
            )
            found = named(
                server, name, said=f"something else answers on port {where}" if where.isdecimal() else ""
            )
            assert "\x1b" not in json.dumps(found, ensure_ascii=False)
        finally:
            server.run(["systemctl", "stop", "garbage"], check=False)
            if not where.isdecimal():
                server.run(["rm", "-f", where])


def test_all_of_them_halted(server: Machine) -> None:
    with spoilt(server):
        for name in UNITS:
            server.run(["systemctl", "kill", "--signal=STOP", unit(server, name)])
        wait_until("all are told", lambda: set(UNITS) <= bad(report(server)).keys(), timeout=30, every=0.5)


def test_mail_that_waits_for_the_scanner_is_one_trouble(server: Machine) -> None:
    stop(server, "clamd")
    server.run(["mv", BACKUP, f"{BACKUP}.away"])
    try:
        for number in range(6):
            send(server, b"Subject: letter %d\r\n\r\nhello\r\n" % number)
        told = "Mail passes unscanned because clamd does not run"
        wait_until("it is told", lambda: check_of(server, "clamd")["said"] == told, timeout=60, every=1)
        found = report(server)
        assert causes(found) == ["clamd"]
        assert bad(found)["amavis"]["cause"] == "clamd"
        assert any("clamd" in one["said"] and one["times"] > 1 for one in bad(found)["clamd"]["evidence"])
    finally:
        server.run(["mv", f"{BACKUP}.away", BACKUP])
    server.run(["systemctl", "start", "clamav-daemon"])
    wait_until("it is well again", lambda: not bad(report(server)), timeout=120, every=1)


def test_a_backup_scanner_that_works_is_told(server: Machine) -> None:
    server.run(["sh", "-c", "postsuper -d ALL"])
    with spoilt(server):
        stop(server, "clamd")
        send(server, b"Subject: letter\r\n\r\nhello\r\n")
        wait_until("it is told", lambda: "backup" in check_of(server, "amavis")["said"], timeout=60, every=1)
        assert check_of(server, "amavis")["level"] == "watch"
        found = check_of(server, "clamd")
        assert found["said"] == "Mail is scanned by the backup scanner, slower, because clamd does not run"
        assert "cannot" not in str(check_of(server, "amavis"))


def test_refusals_are_laid_to_what_brought_them_about_and_then_are_past(server: Machine) -> None:
    ok(server, "greylist", "whitelist", "add", CLIENT)
    assert knock(server, 1) == [250]
    with spoilt(server):
        stop(server, "gld")
        assert knock(server, 6) == [451] * 6
        found = named(server, "gld", said="Senders are told to come again (451)")
        assert found["log"]["cause"] == "gld"
        server.run(["systemctl", "start", "gld"])
        wait_until(
            "it is past", lambda: "started since" in check_of(server, "log")["said"], timeout=10, every=0.5
        )
        assert check_of(server, "log")["level"] == "watch"
        assert knock(server, 3) == [250] * 3
        assert check_of(server, "log")["said"].endswith("; mail is taken again since")
        stop(server, "amavis")
        named(server, "amavis")
        past = check_of(server, "log")
        assert (past["level"], past["cause"]) == ("watch", "")


def test_mail_that_does_not_get_out_is_told_with_who_sends_it_and_listed_by_its_mend(server: Machine) -> None:
    send_to(server, "alice@example.test", "user@refused.example.net", 5)

    def failed() -> bool:
        server.run(["postqueue", "-f"])
        return "5 messages failed" in check_of(server, "outgoing")["said"]

    wait_until("it was tried", failed, timeout=120, every=3)
    check = check_of(server, "outgoing")
    assert (check["level"], "5 messages failed" in check["said"]) == ("watch", True)
    assert "refused" in check["evidence"][0]["said"]
    assert [one["said"] for one in check["evidence"][1:]] == [
        "most often to refused.example.net: 5",
        "most often from alice@example.test: 5",
    ]
    assert check["mends"][0]["pane"] == "queue"
    assert "refused" in server.run(["sh", "-c", check["mends"][0]["text"]]).stdout
    for mend in check["mends"][1:]:
        assert server.run(["sh", "-c", mend["text"]]).stdout.count("@refused.example.net") >= 5
    server.run(["postsuper", "-d", "ALL", "deferred"])


def test_a_log_that_nothing_writes_any_more_is_told_and_its_mend_has_it_written(server: Machine) -> None:
    knock(server, 1)
    assert check_of(server, "mail-log")["level"] == "good"
    began = time.time()
    server.run(["systemctl", "stop", "syslog.socket", "rsyslog.service"])
    time.sleep(62)
    knock(server, 1)
    wait_until("it is told", lambda: check_of(server, "mail-log")["level"] == "watch", timeout=20, every=1)
    check = check_of(server, "mail-log")
    assert "the journal has newer lines" in check["said"]
    assert began - 60 < check["since"] < began + 5
    forged = "NOQUEUE: reject: RCPT from x[203.0.113.9]: 451 4.3.0 <x>: Temporary lookup failure"
    forging = ["logger", "-p", "mail.info", "-t", "postfix/smtpd", forged]
    said = check_of(server, "log")["said"]
    server.run(forging, user="alice")
    time.sleep(1)
    assert check_of(server, "log")["said"] == said
    server.run(forging)
    wait_until("root's counts", lambda: check_of(server, "log")["said"] != said, timeout=10, every=0.5)
    server.run(check["mends"][0]["argv"])
    wait_until(
        "it is written",
        lambda: bool(knock(server, 1)) and check_of(server, "mail-log")["level"] == "good",
        timeout=30,
        every=1,
    )


def test_settings_that_do_nothing_and_tables_that_are_stale(server: Machine) -> None:
    main, virtual = server.path("/etc/postfix/main.cf"), server.path("/etc/postfix/sender_access")
    before, table = main.read_bytes(), virtual.read_bytes()
    main.write_bytes(before + b"smtpd_tls_certfile = /x\n")
    virtual.write_bytes(table + b"\n# changed\n")
    try:

        def told() -> bool:
            found = {check["name"]: check for check in report(server)["checks"]}
            assert found["parameters"]["level"] in {"watch", "unknown"}
            return "smtpd_tls_certfile" in str(found["parameters"]) and found["maps"]["level"] == "watch"

        wait_until("both are told", told, timeout=30, every=0.5)
    finally:
        main.write_bytes(before)
        virtual.write_bytes(table)
        server.run(["postmap", "/etc/postfix/sender_access"])


def test_a_user_is_told_what_cannot_be_seen(server: Machine) -> None:
    done = server.run(["mailtui", "health", "--json"], user="alice", check=False)
    found = json.loads(done.stdout)["report"]["checks"]
    assert not [check for check in found if check["level"] == "bad"]
    assert "log" in {check["name"] for check in found if check["level"] == "unknown"}
    refused = server.run(["mailtui", "health", "--record"], user="alice", check=False)
    assert refused.returncode == 3


def test_the_timer_records(server: Machine) -> None:
    server.run(["rm", "-f", "/var/lib/mailtui/health.ring"])
    enabled = server.run(["systemctl", "is-enabled", "mailtui-health.timer"]).stdout.strip()
    assert enabled == "enabled"
    server.run(["systemctl", "start", "mailtui-health.service"])
    ring = json.loads(server.path("/var/lib/mailtui/health.ring").read_text())
    assert len(ring["points"]) == 1
    assert ring["points"][0]["deferred"] == 0
    assert not server.path("/etc/cron.d/mailtui-health").exists()
    server.run(["mailtui", "health", "--prometheus", "/tmp/mailtui.prom"])
    assert "mailtui_queue_deferred 0" in server.path("/tmp/mailtui.prom").read_text()
