"""`mailtui --apply` on lab machines of Debian 12: again where all is in sync, looked at, and from nothing.

The playbook has one task for each thing that mailtui manages there; ansible runs it inside the same machine.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.measure import Bench, Row, Skip, pairs
from tests.lab.apply import TEST, machine_with
from tests.lab.cache import built, digest
from tests.lab.image import bare
from tests.lab.machine import Machine, why_not
from tests.lab.process import LabError

RELEASE = "bookworm"
PLAYBOOK = Path(__file__).parent / "playbook" / "site.yml"
ANSIBLE = "ansible-core~=2.19.0"
IN_SYNC = "nothing was changed, nothing was restarted"


def apply(bench: Bench) -> Iterator[Row]:
    """One machine brought from nothing; on it all else is measured.

    :raises Skip: there can be no lab here.
    """
    if reason := why_not():
        raise Skip(reason)
    wheels = _ansible()
    with machine_with(RELEASE, bare(RELEASE)) as machine:
        whole, apt = _bootstrap(machine)
        machine.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "python3-apt"], timeout=120)
        machine.copy_in(wheels, "/usr/src/ansible")
        machine.run(["python3", "-m", "venv", "/opt/ansible"])
        machine.run(
            [
                *("/opt/ansible/bin/pip", "install", "-q", "--no-index", "--find-links=/usr/src/ansible"),
                "ansible-core",
            ],
            timeout=300,
        )
        machine.copy_in(PLAYBOOK, "/root/site.yml")
        for path in re.findall(r"src: /root/files(/\S+)", PLAYBOOK.read_text()):
            machine.run(["install", "-D", path, f"/root/files{path}"])
        playbook = ["/opt/ansible/bin/ansible-playbook", "-i", "localhost,", "--check", "/root/site.yml"]
        items = PLAYBOOK.read_text().count("- name: ")
        ours, peer = pairs(
            lambda: _seconds(machine, ["mailtui", "--apply", *TEST], IN_SYNC),
            lambda: _seconds(machine, playbook, "changed=0 "),
            bench.rounds,
        )
        yield Row(
            "apply again, all in sync", ours, peer, "s", "ansible-playbook --check", 0.1, f"{items} items"
        )
        check, _ = pairs(
            lambda: _seconds(machine, ["mailtui", "--apply", "--check"], "nothing would change"),
            lambda: 2.0,
            bench.rounds,
        )
        yield Row("apply --check", check, 2.0, "s", "its limit", 1.0)
        yield Row("bootstrap less apt", whole - apt, 60.0, "s", "its limit", 1.0, f"apt took {apt:.0f} s")


def _bootstrap(machine: Machine) -> tuple[float, float]:
    """Seconds from nothing to verified, and those of them that apt took."""
    started = time.perf_counter()
    told = machine.run(["mailtui", "--apply", *TEST, "--json"], timeout=600).stdout
    whole = time.perf_counter() - started
    events = [json.loads(line) for line in told.splitlines()]
    steps = [(one["at"], one["event"]["step"]) for one in events if "event" in one]
    begun = next(at for at, step in steps if step == "packages")
    return whole, next(at for at, step in steps if step != "packages" and at > begun) - begun


def _seconds(machine: Machine, argv: Sequence[str], wanted: str) -> float:
    started = time.perf_counter()
    said = machine.run(argv, timeout=300).stdout
    taken = time.perf_counter() - started
    if wanted not in said:
        raise LabError(f"{argv[0]} did not say {wanted!r}: {said[-2000:]}")
    return taken


def _ansible() -> Path:
    """ansible-core and what it needs as wheels, downloaded once."""

    def download(folder: Path) -> None:
        options = ["--quiet", "--python-version=3.11", "--only-binary=:all:", f"--dest={folder}"]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, ANSIBLE], check=True)

    return built(f"ansible-{digest(ANSIBLE)}", download)
