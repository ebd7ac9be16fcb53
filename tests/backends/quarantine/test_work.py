import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.quarantine.work import Leftover, in_use, sweep
from backends.workers import Stop
from tests.backends.quarantine.making import DAY, Quarantine

GONE = 99_999_998  # above the kernel's largest process number


@pytest.fixture
def base(tmp_path: Path) -> Iterator[int]:
    handle = os.open(tmp_path, os.O_RDONLY)
    yield handle
    os.close(handle)


def left_behind(folder: Path, pid: int, days: float = 9) -> Path:
    """A work folder as a child of amavis leaves it when it is killed."""
    work = folder / f"amavis-20261122T112459-{pid:05}-k3JxQ_ab"
    (work / "parts").mkdir(parents=True)
    (work / "email.txt").write_bytes(b"x" * 500)
    (work / "parts" / "p001").write_bytes(b"x" * 300)
    for path in (work / "email.txt", work / "parts", work):
        Quarantine.age(path, days)
    return work


def swept(base: int, *, really: bool = True) -> Leftover:
    return sweep(base, time.time() - 2 * DAY, Stop(), really=really)


def test_a_leftover_folder_goes_with_all_in_it(base: int, tmp_path: Path) -> None:
    work = left_behind(tmp_path, GONE)
    planned = swept(base, really=False)
    assert work.exists()
    assert (planned.folders, planned.files, planned.size) == (1, 2, 800)
    assert swept(base) == planned
    assert not work.exists()


def test_a_young_one_and_one_with_something_young_in_it_stay(base: int, tmp_path: Path) -> None:
    young = left_behind(tmp_path, GONE, days=1)
    written = left_behind(tmp_path, GONE - 1)
    Quarantine.age(written / "email.txt", 0)
    assert swept(base).folders == 0
    assert young.exists()
    assert written.exists()


def test_one_that_a_living_amavis_made_stays(base: int, tmp_path: Path) -> None:
    child = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)", "amavisd (ch1-avail)"]
    with subprocess.Popen(child, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            used = left_behind(tmp_path, process.pid)
            mine = left_behind(tmp_path, os.getpid())
            assert in_use(process.pid)
            assert swept(base).folders == 1  # this process only has the number of an amavis that is gone
        finally:
            process.kill()
    assert used.exists()
    assert not mine.exists()
    assert not in_use(GONE)


@pytest.mark.parametrize(
    "name",
    [
        "amavis-milter-aBcDeFgHiJ",
        "amavis-20261122T112459-99999998",
        "amavis-20261122T112459-99999998-k3JxQ2ab.old",
        "amavis-20261122T112459-99999998-k3JxQ2ab\n",
        "razor",
        "clamav-deadbeef",
    ],
)
def test_other_folders_stay(base: int, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    Quarantine.age(tmp_path / name, 400)
    assert swept(base) == Leftover()
    assert (tmp_path / name).is_dir()


def test_links_lead_nowhere(base: int, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "precious").write_text("precious")
    work = left_behind(tmp_path, GONE)
    (work / "parts" / "link").symlink_to(victim)
    (work / "hard").hardlink_to(victim / "precious")
    (tmp_path / f"amavis-20261122T112459-{GONE - 1}-k3JxQ2ab").symlink_to(victim)
    Quarantine.age(work / "hard", 9)
    Quarantine.age(work / "parts", 9)
    Quarantine.age(work, 9)
    assert swept(base).folders == 1
    assert (victim / "precious").read_text() == "precious"
    assert not work.exists()


def test_what_cannot_be_removed_is_told(base: int, tmp_path: Path) -> None:
    work = left_behind(tmp_path, GONE)
    deep = work / "parts" / Path(*"a" * 40)
    deep.mkdir(parents=True)
    Quarantine.age(work / "parts", 9)
    Quarantine.age(work, 9)
    found = swept(base)
    assert found.folders == 0
    assert found.left.first == [f"{work.name}: Too many folders in one another"]
