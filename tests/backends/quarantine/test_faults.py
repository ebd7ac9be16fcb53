"""File systems that are full, read-only, or mounted in the way: in a mount namespace of the test's own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import json, os, sys, time
from pathlib import Path
from backends.errors import BackendError
from backends.quarantine.retention import policy
from backends.quarantine.settings import QuarantineSettings
from tests.backends.quarantine.making import DAY, Quarantine
from subprocess import run

RULES = policy(QuarantineSettings())
base = Path(sys.argv[1])
run(["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=200,mode=755", "tmpfs", base], check=True)
quarantine = Quarantine(base / "amavis" / "virusmails")
found = {}

def told(name, act):
    try:
        found[name] = act()
    except BackendError as error:
        found[name] = [type(error).__name__, str(error), error.hint]
"""


def inside(tmp_path: Path, code: str) -> dict[str, Any]:
    """What `code` found out, with a small file system of its own to fill and mount over."""
    done = subprocess.run(
        [
            "unshare",
            "--mount",
            sys.executable,
            "-c",
            f"{PROGRAM}\n{code}\nprint(json.dumps(found))",
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(autouse=True)
def can_mount(root_only: None) -> None:
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to make namespaces")


def test_a_read_only_file_system_is_given_up_at_once(tmp_path: Path) -> None:
    found = inside(
        tmp_path,
        """
for number in range(20):
    quarantine.add(f"A/spam-{number:012}.gz", 400, b"x")
run(["mount", "-o", "remount,ro", base], check=True)
plan, done, _ = quarantine.cleaned(RULES)
found.update(going=plan.going, counts=sum(done.counts), broken=done.broken, left=len(quarantine.names()))
told("undo", lambda: quarantine.cleaned(RULES, undo=DAY))
""",
    )
    assert found == {
        "going": 20,
        "counts": 0,
        "broken": "Read-only file system",
        "left": 20,
        "undo": [
            "Failed",
            "The trash of the quarantine folder cannot be made: Read-only file system",
            "look at its file system, or delete for good with: --undo 0",
        ],
    }


def test_a_full_file_system_is_emptied_but_takes_no_trash(tmp_path: Path) -> None:
    found = inside(
        tmp_path,
        """
for number in range(20):
    quarantine.add(f"A/spam-{number:012}.gz", 400, b"x")
try:
    for number in range(9999):
        (base / f"full{number}").write_bytes(b"x" * 4096)
except OSError as error:
    found["full"] = error.strerror
told("undo", lambda: quarantine.cleaned(RULES, undo=DAY))
found["kept"] = len(quarantine.names())
_, done, _ = quarantine.cleaned(RULES)
found.update(counts=sum(done.counts), left=len(quarantine.names()))
""",
    )
    assert found["full"] == "No space left on device"
    assert found["undo"][0] == "NoSpace"
    assert found["undo"][2] == "delete for good, with: mailtui cleanup --undo 0"
    assert found["kept"] == 20
    assert (found["counts"], found["left"]) == (20, 0)


def test_inodes_running_out_make_room(tmp_path: Path) -> None:
    found = inside(
        tmp_path,
        """
for number in range(150):
    quarantine.add(f"A/spam-{number:012}.gz", 1 + number / 1000, b"")
rules = policy(QuarantineSettings(min_free="50%"))
plan, done, _ = quarantine.cleaned(rules)
room = os.statvfs(base)
found.update(free=room.f_favail, all=room.f_files, going=plan.going, counts=sum(done.counts))
""",
    )
    assert found["free"] == found["all"] // 2
    assert found["going"] == found["counts"] > 0


def test_no_mount_is_crossed(tmp_path: Path) -> None:
    found = inside(
        tmp_path,
        """
other = Quarantine(base / "other")
for name in ("A/spam-000000000001.gz", "B/spam-000000000001.gz", "tmp/spam-000000000001.gz"):
    quarantine.add(name, 400, b"x")
    other.add(name, 400, b"x")
run(["mount", "--bind", base / "other" / "B", quarantine.path / "A"], check=True)
run(["mount", "-t", "tmpfs", "tmpfs", quarantine.path / "tmp"], check=True)
(quarantine.path / "tmp" / "spam-000000000002.gz").write_text("x")
os.utime(quarantine.path / "tmp" / "spam-000000000002.gz", (1, 1))
before = quarantine.names(), other.names()
plan, done, _ = quarantine.cleaned(RULES)
found.update(
    unreadable=sorted(plan.unreadable.first), counts=sum(done.counts), other=len(other.names()),
    gone=sorted(before[0] - quarantine.names()),
)
""",
    )
    assert found == {
        "unreadable": [
            "A: another file system is mounted there",
            "tmp: another file system is mounted there",
        ],
        "counts": 1,
        "other": 3,
        "gone": ["B/spam-000000000001.gz"],
    }


def test_a_quarantine_on_a_file_system_of_its_own(tmp_path: Path) -> None:
    found = inside(
        tmp_path,
        """
run(["mount", "-t", "tmpfs", "tmpfs", quarantine.path], check=True)
os.chown(quarantine.path, 65534, 65534)
quarantine.add_real(400)
_, done, number = quarantine.cleaned(RULES, undo=DAY)
found.update(counts=sum(done.counts), kept=done.kept, run=number)
""",
    )
    assert found == {"counts": 8, "kept": 8, "run": 1}


ACTS = """
from backends.quarantine import trash
from backends.quarantine.acting import Acting
from backends.quarantine.message import Target
from backends.quarantine.names import Naming
from backends.workers import Stop
names = [f"A/spam-{number:012}.gz" for number in range(20)]
for name in names:
    quarantine.add(name, 1, b"x")
for path in (quarantine.path, *quarantine.path.rglob("*")):
    os.chown(path, 0, 0)
root = os.open(quarantine.path, os.O_RDONLY)
targets = [Target(name, "spam") for name in names]
acting = lambda: Acting(root, Naming())
delete = lambda: acting().delete(targets, trash.Run("x", time.time(), time.time() + DAY), Stop()).count
keep = lambda on=True: acting().keep(targets, on=on).count
undo = lambda: [acting().undo(None, Stop()).count]
"""


def test_full_and_read_only_for_the_trash_and_the_list_of_what_is_kept(tmp_path: Path) -> None:
    found = inside(
        tmp_path,
        ACTS
        + """
found["kept"] = keep()
before = (quarantine.path / ".mailtui-keep").read_bytes()
try:
    for number in range(9999):
        (base / f"full{number}").write_bytes(b"x" * 4096)
except OSError as error:
    found["full"] = error.strerror
told("keep full", keep)
found["same"] = (quarantine.path / ".mailtui-keep").read_bytes() == before
told("delete full", delete)
found["left full"] = len(list(quarantine.path.glob("A/spam*")))
for path in base.glob("full*"):
    path.unlink()
told("let go", lambda: keep(False))
found["deleted"] = delete()
keep()
run(["mount", "-o", "remount,ro", base], check=True)
told("keep read-only", keep)
told("undo read-only", undo)
told("delete read-only", delete)
run(["mount", "-o", "remount,rw", base], check=True)
found["undone"] = undo()
found["left"] = len(list(quarantine.path.glob("A/spam*")))
""",
    )
    assert found["full"] == "No space left on device"
    assert found["keep full"][0] == "NoSpace"
    assert found["same"], "what was kept stays kept"
    assert found["delete full"][0] == "NoSpace"
    assert "mailtui cleanup --undo 0" in found["delete full"][2]
    assert found["left full"] == 20
    assert found["deleted"] == 20
    assert found["keep read-only"][1].endswith("Read-only file system")
    assert found["undo read-only"][0] == "Failed" or found["undo read-only"] == [0]
    assert found["delete read-only"][0] == "Failed"
    assert found["undone"] == [20]
    assert found["left"] == 20


ADAPTER = """
from backends.quarantine.adapter import AmavisQuarantine
from backends.quarantine.config import Amavis
from backends.quarantine.select import Selector, matching
from backends.quarantine.stats import stats
from backends.runner import LocalRunner
from backends.quarantine.names import Naming
import msgspec
quarantine.add("A/spam-000000000001.gz", 1, b"X-Envelope-From: <bob@example.org>\\n\\nx\\n")
subject = AmavisQuarantine(LocalRunner(), Amavis(quarantine=str(quarantine.path)), record=lambda *_, **__: None)

def targets():
    listing = subject.read()
    return [listing.target(row) for row in range(len(listing))]
"""


@pytest.mark.parametrize("seconds", [1 << 62, -(1 << 62)])
def test_a_time_that_no_calendar_has_hides_nothing(tmp_path: Path, seconds: int) -> None:
    found = inside(
        tmp_path,
        ADAPTER
        + f"""
strange = quarantine.add("A/spam-000000000002.gz", 1, b"x")
os.utime(strange, ({seconds}, {seconds}))
one, = [target for target in targets() if target.path.endswith("2.gz")]
found["time"] = one.mtime, strange.stat().st_mtime
found["listed"] = len(targets())
found["read"] = [header.trouble for header in subject.headers(targets())]
found["figures"] = json.loads(msgspec.json.encode(stats(subject.read(), time.time())))["count"]
found["deleted"] = subject.carry_out(subject.plan("delete", [one])).done
found["undone"] = subject.undo().done
found["planned"] = quarantine.cleaned(RULES)[0].kinds[0].count
""",
    )
    nearest = (1 << 63) - 1 if seconds > 0 else -(1 << 63)
    assert found == {
        "time": [nearest, float(seconds)],
        "listed": 2,
        "read": ["", ""],
        "figures": 2,
        "deleted": 1,
        "undone": 1,
        "planned": 2,
    }


def test_sparse_files_of_more_than_can_be_counted(tmp_path: Path) -> None:
    """Each is as large as a file can be; no sum of them keeps from saying what was deleted."""
    found = inside(
        tmp_path,
        ADAPTER
        + """
from backends.quarantine import folder, work
from backends.quarantine.run import Cleanup
from backends.workers import Stop
names = [f"A/spam-{number:012}.gz" for number in range(9)]

def sparse():
    for name in names:
        path = quarantine.add(name, 400, b"")
        os.truncate(path, (1 << 63) - 1)
        quarantine.age(path, 400)

sparse()
found["listed"] = len(targets())
told = lambda value: len(msgspec.json.encode(value)) > 0
found["figures"] = stats(subject.read(), time.time()).size, told(stats(subject.read(), time.time()))
found["selected"] = told(subject.plan("delete", targets()).size)
found["deleted"] = subject.carry_out(subject.plan("delete", targets())).done
found["trash"] = [run.count for run in subject.trash()]
found["emptied"] = subject.empty_trash()
for rules in (RULES, policy(QuarantineSettings(max_size="1GiB"))):
    sparse()
    plan, done, _ = quarantine.cleaned(rules, undo=DAY)
    found.setdefault("cleaned", []).append(sum(done.counts))
    told(plan), told(done)
with folder.folder_at(quarantine.path) as opened:
    found["let go"] = Cleanup(opened, RULES, Naming(), now=time.time() + 2 * DAY).empty_trash(Stop()).count
sparse()
leftover = base / "amavis" / "amavis-20261122T112459-99999999-k3JxQ2ab"
(quarantine.path / "A").rename(leftover)
swept = work.sweep(os.open(leftover.parent, os.O_RDONLY), time.time() + DAY, Stop())
found["swept"] = swept.files, told(swept)
""",
    )
    assert found["listed"] == 9
    assert found["figures"] == [(1 << 63) - 1, True]
    assert found["selected"]
    assert found["deleted"] == 9
    assert found["trash"] == [9]
    assert found["emptied"] == 9
    assert found["cleaned"] == [9, 9]
    assert found["let go"] == 18
    assert found["swept"] == [9, True]


def test_another_file_system_in_place_of_the_trash_is_refused(tmp_path: Path) -> None:
    """Of the same owner, for that user alone, and the same device: only the mount tells."""
    found = inside(
        tmp_path,
        """
quarantine.add("A/spam-000000000001.gz", 400, b"x")
quarantine.cleaned(RULES, undo=DAY)
quarantine.add("A/spam-000000000002.gz", 400, b"x")
other = Quarantine(base / "other")
other.path.chmod(0o700)
run(["mount", "--bind", other.path, quarantine.path / ".mailtui-trash"], check=True)
told("undo", lambda: quarantine.cleaned(RULES, undo=DAY))
found.update(left=len(quarantine.names()), other=os.listdir(other.path))
""",
    )
    assert found["undo"][0] == "Refused"
    assert found["undo"][1].endswith("is not a folder of its owner alone")
    assert (found["left"], found["other"]) == (1, [])
