"""mailtui in a machine, installed from this checkout by its own `make install`, without a network."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tests.lab.cache import built, digest
from tests.lab.image import Release
from tests.lab.machine import Machine
from tests.lab.process import LabError

CHECKOUT = Path(__file__).parents[2]
SOURCE = "/usr/src/mailtui"
WHEELS = "/usr/src/wheels"
EDITABLE = "editables~=0.3"  # what hatchling asks for beside its requirements to install `-e`
NOT_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "dist", "build", "screenshots", "tests")


def wheels(release: Release) -> Path:
    """The folder of wheels that building and running mailtui takes on the release's Python, downloaded once."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    wanted = [*project["build-system"]["requires"], *project["project"]["dependencies"], EDITABLE]
    constraints = CHECKOUT / "constraints.txt"
    name = f"wheels-{release.python}-{digest(constraints.read_text(), *wanted)}"
    options = [f"--python-version={release.python}", "--only-binary=:all:", f"--constraint={constraints}"]
    return built(name, lambda folder: _pip_download([*options, f"--dest={folder}", *wanted]))


def _pip_download(options: Sequence[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(f"pip download failed:\n{done.stderr}")


def copy_checkout(machine: Machine) -> None:
    """Put the sources, and the wheels they need, into the machine."""
    target = machine.path(SOURCE)
    shutil.copytree(CHECKOUT, target, ignore=NOT_SOURCE)
    machine.copy_in(wheels(machine.release), WHEELS)


def make(machine: Machine, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `make` on the copied sources; pip finds the wheels and nothing else."""
    offline = ["env", "PIP_NO_INDEX=1", f"PIP_FIND_LINKS={WHEELS}"]
    return machine.run([*offline, "make", "-C", SOURCE, *arguments], check=check, timeout=300)


def install(machine: Machine) -> None:
    """What the README tells an administrator: `make install`."""
    copy_checkout(machine)
    make(machine, "install")
