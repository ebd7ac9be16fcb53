"""The lab is what it claims to be: real machines that defer mail, reach nobody and leave nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import network
from tests.lab.cache import RUNNING, cache_folder
from tests.lab.machine import Machine
from tests.lab.mail import fill_queue, queue, reasons, send
from tests.lab.process import wait_until

VERSIONS = {"bookworm": "12", "trixie": "13"}

CRASHING = """\
import json, sys, time
from tests.lab.machine import Machine

with Machine(sys.argv[1]) as machine:
    print(json.dumps([machine.leader, machine.outside_pid]), flush=True)
    time.sleep(600)
"""


def test_an_unknown_release_is_an_error() -> None:
    with pytest.raises(KeyError):
        Machine("woody")


def test_boots_the_release_with_systemd(machine: Machine, release: str) -> None:
    assert machine.run(["cat", "/etc/debian_version"]).stdout.startswith(VERSIONS[release] + ".")
    assert machine.run(["cat", "/proc/1/comm"]).stdout == "systemd\n"
    assert machine.run(["systemctl", "--failed", "--no-legend"]).stdout == ""
    assert machine.run(["python3", "--version"]).stdout.startswith(f"Python {machine.release.python}.")


def test_postfix_runs(machine: Machine) -> None:
    assert machine.run(["postfix", "status"]).returncode == 0
    assert machine.run(["postconf", "-h", "myhostname"]).stdout == "mail.example.test\n"


def test_mail_is_deferred_for_several_reasons(machine: Machine) -> None:
    fill_queue(machine, 40)
    deferred = queue(machine, "deferred")
    assert len(deferred) >= 40
    told = " ".join(reasons(deferred))
    for words in (
        "Connection refused",
        "Connection timed out",
        "Mailbox is full",
        "Greylisted",
        "Host not found",
    ):
        assert words in told


def test_mail_reaches_the_outside_world(machine: Machine) -> None:
    send(machine, "alice@example.test", "carol@example.org")
    log = machine.path("/var/log/mail.log")
    wait_until(
        "delivery", lambda: "to=<carol@example.org>, relay=mx.example.org" in log.read_text(), timeout=10
    )
    assert "status=sent" in log.read_text()


def test_commands_run_as_another_user_and_take_input(machine: Machine) -> None:
    assert machine.run(["id", "-un"], user="nobody").stdout == "nobody\n"
    assert machine.run(["cat"], stdin=b"caf\xe9").stdout.encode(errors="surrogateescape") == b"caf\xe9"


def test_the_outside_can_reach_the_server(machine: Machine) -> None:
    machine.outside(
        ["smtp-source", "-f", "dave@example.org", "-t", "root@example.test", f"{network.MACHINE}:25"]
    )


def test_nothing_leads_out(machine: Machine) -> None:
    assert _interfaces(machine, outside=True) == _interfaces(machine, outside=False) == {"lo", "eth0"}
    assert machine.outside(["cat", "/proc/sys/net/ipv4/ip_forward"]).stdout == "0\n"
    for where in (machine.run, machine.outside):
        assert where(["getent", "hosts", "deb.debian.org"], check=False).returncode != 0
    connect = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=1)"
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        for address in _host_addresses():
            socket.create_connection((address, port), timeout=1).close()
            tried = machine.run(["python3", "-c", connect, address, str(port)], check=False)
            assert "TimeoutError" in tried.stderr or "Network is unreachable" in tried.stderr


def test_the_outside_cannot_change_the_image(machine: Machine) -> None:
    assert machine.outside(["touch", "/etc/changed"], check=False).returncode != 0
    machine.run(["touch", "/etc/changed"])
    assert not any(folder.joinpath("etc/changed").exists() for folder in cache_folder().iterdir())


def test_leaves_nothing_behind(release: str) -> None:
    before = _instances(os.getpid())
    with Machine(release) as machine:
        pids = (machine.leader, machine.outside_pid)
        namespaces = {_network_namespace(pid) for pid in pids}
        assert _processes_in(namespaces) >= set(pids)
        assert _instances(os.getpid()) > before
    assert not _processes_in(namespaces)
    assert _instances(os.getpid()) == before
    assert str(cache_folder()) not in Path("/proc/self/mountinfo").read_text()


def test_a_killed_test_run_takes_its_machine_along(release: str) -> None:
    with subprocess.Popen([sys.executable, "-c", CRASHING, release], stdout=subprocess.PIPE) as victim:
        assert victim.stdout is not None
        namespaces = {_network_namespace(pid) for pid in json.loads(victim.stdout.readline())}
        victim.send_signal(signal.SIGKILL)
    wait_until("end of the machine", lambda: not _processes_in(namespaces))
    with Machine(release):
        assert not _instances(victim.pid)


def _interfaces(machine: Machine, *, outside: bool) -> set[str]:
    listed = (machine.outside if outside else machine.run)(["ip", "-json", "link"])
    return {link["ifname"] for link in json.loads(listed.stdout)}


def _host_addresses() -> list[str]:
    listed = subprocess.run(["ip", "-json", "-4", "addr"], capture_output=True, check=True).stdout
    return [
        info["local"] for link in json.loads(listed) for info in link["addr_info"] if link["ifname"] != "lo"
    ]


def _network_namespace(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def _processes_in(namespaces: set[str]) -> set[int]:
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                inside = _network_namespace(int(folder.name)) in namespaces
            except OSError:
                continue
            if inside:
                found.add(int(folder.name))
    return found


def _instances(pid: int) -> set[str]:
    """The folders of the machines that the process runs."""
    return {folder.name for folder in (cache_folder() / RUNNING).iterdir() if f"-{pid}-" in folder.name}
