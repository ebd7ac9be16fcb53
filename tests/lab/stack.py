"""The reference configuration put on a lab machine by hand: what `backends.reference` says, without the engine."""

import json
from typing import Any

import msgspec

from backends.apply.machine.database import GreylistDatabase
from backends.apply.machine.facts import Facts
from backends.apply.machine.facts import facts as facts_of
from backends.apply.machine.services import Services
from backends.apply.planning.files import merged
from backends.journal import Journal
from backends.reference.manifest import Component, load
from backends.reference.render import render
from backends.reference.values import Values
from backends.runner import Command, LocalRunner, Result
from backends.site.settings import GreylistSettings
from tests.lab.machine import Machine

PASSWORD = "pa ss=1;$word"
PUBLIC = "203.0.113.177"
EICAR = "Eicar-Test-Signature:0:*:58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e444152442d414e544956495255532d544553542d46494c452124482b482a\n"

# clamd starts with these conditions only; the lab has no official signatures.
CLAMD = "[Unit]\nConditionPathExistsGlob=\nConditionPathExistsGlob=/var/lib/clamav/*\n"


class MachineRunner:
    """Runs commands inside a machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._local = machine, LocalRunner()
        self.journal: Journal = self._local.journal

    def run(self, command: Command) -> Result:
        return self._local.run(self._inside(command))

    def stream(self, command: Command) -> Any:
        return self._local.stream(self._inside(command))

    def close(self, *, acts: bool = True) -> None:
        self._local.close(acts=acts)

    def _inside(self, command: Command) -> Command:
        return msgspec.structs.replace(command, argv=tuple(self._machine.argv(command.argv)))


def values(machine: Machine, **other: object) -> Values:
    """The site that a lab machine is."""
    given: dict[str, object] = {
        "release": machine.release.codename,
        "domain": "example.test",
        "hostname": "mail.example.test",
        "public_ips": (PUBLIC,),
        "postmaster": "alice",
        "greylist_password": PASSWORD,
        "max_servers": 2,
    }
    return Values(**(given | other))  # type: ignore[arg-type]


def put_on(machine: Machine, of: Values, before: Values | None = None) -> None:
    """Bring the machine to the reference; `before` is what was put on it last."""
    runner = MachineRunner(machine)
    found = facts_of(runner, machine.path("/usr/lib/os-release"))
    services = Services(runner, systemd=True)
    components = load(of.release)
    if before is None:
        machine.run(["useradd", "--create-home", "alice"])
        machine.path("/var/lib/clamav/eicar.ndb").write_text(EICAR)
        folder = machine.path("/etc/systemd/system/clamav-daemon.service.d")
        folder.mkdir(exist_ok=True)
        (folder / "lab.conf").write_text(CLAMD)
        machine.run(["systemctl", "daemon-reload"])
    for component in components:
        _files(machine, component, of, before, found)
        for group in component.groups:
            machine.run(["adduser", group.user, group.group])
        for table in component.maps:
            if table.tool:
                machine.run([table.tool, f"{table.type}:{table.path}"])
        for service in component.services:
            if service.name != "clamav-freshclam":
                services.enable(service)
                services.act("restart", service)
        if component.name == "mariadb" and before is None:
            spec = next(base for one in components for base in one.databases)
            database = GreylistDatabase(runner, GreylistSettings(), spec)
            database.make(PASSWORD)
            assert database.need(PASSWORD) == ((), "")
    runner.close()


def _files(machine: Machine, component: Component, of: Values, before: Values | None, found: Facts) -> None:
    rendered = render(component, of)
    earlier = {} if before is None else render(component, before)
    for file in component.files:
        if file.path not in rendered:
            continue
        path = machine.path(file.path)
        mine = path.read_bytes() if path.exists() else None
        base = earlier.get(file.path)
        if file.kind == "whole" and base is None and mine is not None and found.pristine(file.path, mine):
            base = mine
        result = merged(file.kind, rendered[file.path], mine, base)
        assert not result.conflicts, (file.path, result.conflicts)
        path.write_bytes(result.content)
        machine.run(["chown", f"{file.owner}:{file.group}", file.path])
        machine.run(["chmod", f"{file.mode:o}", file.path])


SMTP = """\
import json, smtplib, sys
asked = json.load(sys.stdin)
said = []
with smtplib.SMTP(asked["host"], 25, timeout=60) as smtp:
    smtp._host = asked["host"]
    for verb, *words in asked["steps"]:
        if verb == "data":
            code, text = smtp.data(words[0])
        else:
            code, text = smtp.docmd(verb, *words)
        said.append(f"{code} {text.decode(errors='replace')}")
print(json.dumps(said))
"""


def smtp(machine: Machine, *steps: tuple[str, ...], host: str) -> list[str]:
    """What the server answers to these commands, from the outside world; `("data", text)` sends a message."""
    asked = json.dumps({"host": host, "steps": steps})
    return list(json.loads(machine.outside(["python3", "-c", SMTP], stdin=asked, timeout=90).stdout))
