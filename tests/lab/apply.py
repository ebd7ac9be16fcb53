"""`mailtui --apply` on lab machines: how a bare one is brought to the reference, and what is compared afterwards."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from tests.lab.image import Flavour
from tests.lab.install import install
from tests.lab.machine import Machine
from tests.lab.stack import PUBLIC

PYTHON = "/opt/mailtui/bin/python"
SITE = (
    *("--domain", "example.test", "--hostname", "mail.example.test", "--public-ip", PUBLIC),
    *("--postmaster", "alice", "--filter", "pre-queue", "--yes"),
)
TEST = (*SITE, "--test-signature")
BUILT = {".db", ".lock"}


@contextmanager
def machine_with(release: str, flavour: Flavour) -> Iterator[Machine]:
    """A machine with mailtui installed and the user alice."""
    with Machine(release, flavour) as machine:
        install(machine)
        machine.run(["useradd", "--create-home", "alice"])
        yield machine


def mailtui(machine: Machine, *words: str, timeout: float = 400) -> CompletedProcess[str]:
    """Run it inside; its exit code is for the caller to look at."""
    return machine.run(["mailtui", *words], check=False, timeout=timeout)


def ok(machine: Machine, *words: str) -> str:
    """Run it inside; it must end with 0; gives what it printed."""
    done = mailtui(machine, *words)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


def drift(machine: Machine, *words: str) -> dict[str, Any]:
    """What `--check --json` says, its exit code beside it."""
    done = mailtui(machine, "--apply", "--check", "--json", *words)
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"code": done.returncode}


def tree(machine: Machine, *folders: str) -> dict[str, tuple[int, int, int, str]]:
    """Every file below these folders with its mode, owner, group and digest; what programs build is left out."""
    found = {}
    for folder in folders:
        top = machine.path(folder)
        for path in sorted(top.rglob("*")):
            if path.suffix in BUILT or path.is_dir():
                continue
            there = path.lstat()
            content = str(path.readlink()) if path.is_symlink() else _digest(path)
            found[str(path).removeprefix(str(machine.path("/")).rstrip("/"))] = (
                there.st_mode,
                there.st_uid,
                there.st_gid,
                content,
            )
    return found


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else "special"


def pids(machine: Machine) -> dict[str, str]:
    """The main process of each service."""
    units = ("mariadb", "gld", "clamav-daemon", "amavis", "dovecot", "clamav-freshclam")
    found = {unit: machine.run(["systemctl", "show", "-P", "MainPID", unit]).stdout.strip() for unit in units}
    return found | {"postfix": machine.run(["pgrep", "-o", "-x", "master"], check=False).stdout.strip()}
