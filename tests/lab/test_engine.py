"""The engine inside real machines: applied, applied again, changed here, broken, brought back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.image import stack
from tests.lab.install import install
from tests.lab.machine import Machine
from tests.lab.process import wait_until
from tests.lab.stack import CLAMD, EICAR, PUBLIC

SITE = f"""
domain = "example.test"
hostname = "mail.example.test"
postmaster = "alice"
public_ips = ["{PUBLIC}"]
"""
PYTHON = "/opt/mailtui/bin/python"
RUN = """
import json, sys
from backends.apply.checkpoint.change import roll_back
from backends.apply.checkpoint.store import Store
from backends.apply.facts import facts
from backends.apply.password import make_password, read_password
from backends.apply.run import prepare
from backends.errors import BackendError
from backends.runner import LocalRunner
from backends.site import load_site
act, told, store, runner = sys.argv[1], [], Store(), LocalRunner()
found = {"told": told}
try:
    with store.locked():
        if act == "back":
            roll_back(store, int(sys.argv[2]), now=1.0)
        else:
            password = read_password() or make_password()
            ready = prepare(runner, load_site(), facts(runner), password, store, tell=told.append)
            found |= {"packages": ready.plan.packages, "in_sync": ready.in_sync}
            found["changed"] = [one.file.path for one in ready.plan.files if one.changed]
            found["kept"] = [[one.file.path, *one.kept] for one in ready.plan.files if one.kept]
            if act == "apply":
                found["number"] = ready.engine.carry_out(ready.plan, ready.work, "a test")
except BackendError as error:
    found["error"] = str(error)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine with the packages and mailtui installed, its services as the packages left them."""
    with Machine(release, stack(release)) as machine:
        install(machine)
        machine.run(["useradd", "--create-home", "alice"])
        machine.path("/var/lib/clamav/eicar.ndb").write_text(EICAR)
        folder = machine.path("/etc/systemd/system/clamav-daemon.service.d")
        folder.mkdir(exist_ok=True)
        (folder / "lab.conf").write_text(CLAMD)
        machine.run(["systemctl", "daemon-reload"])
        machine.path("/etc/mailtui").mkdir()
        machine.path("/etc/mailtui/site.toml").write_text(SITE)
        yield machine


def ran(machine: Machine, *words: str) -> dict[str, Any]:
    """What the engine did, run inside the machine."""
    found: dict[str, Any] = json.loads(
        machine.run([PYTHON, "-c", RUN, *words], timeout=300).stdout.splitlines()[-1]
    )
    return found


def etc(machine: Machine) -> dict[str, bytes]:
    """The files of /etc that apply could touch, without what is built or kept."""
    folders = ("/etc/postfix", "/etc/amavis/conf.d", "/etc/dovecot", "/etc/spamassassin")
    paths = [path for folder in folders for path in machine.path(folder).iterdir() if path.is_file()]
    paths += [
        machine.path(name) for name in ("/etc/aliases", "/etc/gld.conf", "/etc/maildroprc", "/etc/mailname")
    ]
    return {path.name: path.read_bytes() for path in paths if path.exists() and path.suffix != ".db"}


def test_applied_and_applied_again_and_brought_back(server: Machine) -> None:
    before = etc(server)
    first = ran(server, "apply")
    assert "error" not in first, first
    assert first["packages"] == []
    assert "/etc/postfix/main.cf" in first["changed"]
    assert "checking the staged Postfix" in first["told"]
    for unit in ("mariadb", "gld", "clamav-daemon", "amavis", "dovecot", "postfix"):
        assert server.run(["systemctl", "is-active", unit], check=False).stdout == "active\n", unit
    assert server.run(["stat", "-c", "%a %U %G", "/etc/gld.conf"]).stdout == "640 root postfix-gld\n"
    pids = server.run(["pgrep", "-x", "master"]).stdout
    again = ran(server, "apply")
    assert (again["in_sync"], again["changed"], again["told"], again["number"]) == (True, [], [], None)
    assert server.run(["pgrep", "-x", "master"]).stdout == pids

    server.run(["postconf", "-e", "message_size_limit=12345678", "smtpd_helo_required=no"])
    mine = ran(server, "check")
    assert mine["changed"] == []
    assert mine["kept"] == [["/etc/postfix/main.cf", "smtpd_helo_required"]]
    server.run(["postconf", "-X", "message_size_limit"])
    server.run(["postconf", "-e", "smtpd_helo_required=yes"])

    ran(server, "back", "1")
    assert etc(server) == before


def test_a_hand_broken_main_cf_stops_before_anything_is_replaced(server: Machine) -> None:
    path = server.path("/etc/postfix/main.cf")
    good = path.read_bytes()
    path.write_bytes(good + b"smtpd_hello_required = yes\n")
    before = etc(server)
    found = ran(server, "apply")
    assert "unused parameter: smtpd_hello_required" in found["error"]
    assert etc(server) == before
    path.write_bytes(good)


def test_a_service_that_does_not_come_up_brings_all_back(server: Machine) -> None:
    script = "import socket,time; s=socket.create_server(('127.0.0.1',10025)); time.sleep(600)"
    server.run(["postfix", "stop"])
    wait_until("a free port", lambda: ":10025" not in server.run(["ss", "-ltn"]).stdout)
    server.run(["systemd-run", "--unit=blocker", "python3", "-c", script])
    wait_until("a blocked port", lambda: ":10025" in server.run(["ss", "-ltn"]).stdout)
    before = etc(server)
    found = ran(server, "apply")
    server.run(["systemctl", "stop", "blocker"])
    assert "postfix" in found.get("error", ""), found
    assert any("bringing all files back" in one for one in found["told"])
    assert etc(server) == before
