"""A control group of its own for each machine: two systemds must not share one (cgroups(7), systemd-nspawn(1))."""

from contextlib import suppress
from errno import EBUSY
from functools import partial
from pathlib import Path

from tests.lab.process import wait_until

ROOT = Path("/sys/fs/cgroup")


def make(name: str) -> list[Path]:
    """Make the group below this process's own, in every hierarchy systemd uses; returns the folders."""
    folders = []
    for parent in _own_groups():
        with suppress(OSError):
            (parent / name).mkdir()
            folders.append(parent / name)
    return folders


def remove(name: str) -> None:
    """Remove the group and all below it, waiting for the last of its processes to be gone."""
    for parent in _own_groups():
        group = parent / name
        wait_until(f"the end of all in {group}", partial(_removed, group), timeout=10)


def _removed(group: Path) -> bool:
    try:
        for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
            folder.rmdir()
        group.rmdir()
    except FileNotFoundError:
        return not group.exists()
    except OSError as error:
        if error.errno != EBUSY:
            raise
        return False
    return True


def _own_groups() -> list[Path]:
    """This process's group in the unified hierarchy and, on a host of the old kind, in the one named systemd."""
    unified = ROOT if (ROOT / "cgroup.controllers").exists() else ROOT / "unified"
    mounted = {"": unified, "name=systemd": ROOT / "systemd"}
    groups = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in mounted:
            groups.append(mounted[controllers] / path.lstrip("/"))
    return [group for group in groups if group.is_dir()]
