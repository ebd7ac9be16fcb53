"""Files changed together: killed at any step, on a full or read-only disk, through links, and changed back."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from backends.apply.checkpoint import places
from backends.apply.checkpoint.change import New, recover, replace_all, roll_back
from backends.apply.checkpoint.places import There
from backends.apply.checkpoint.store import KEPT, Store
from backends.errors import BackendError, Failed, Missing, NoSpace, NotPermitted, Refused

Tree = dict[str, tuple[str, int, int, int]]
ME = os.getuid(), os.getgid()


class Machine:
    """An /etc and a state folder; the change makes a file in a new folder, changes two, and takes one away."""

    def __init__(self, root: Path) -> None:
        self.etc, self.store = root / "etc", Store(root / "state")
        self.etc.mkdir()
        for name, content, mode in (
            ("changed", "old\n", 0o640),
            ("secret", "pass\n", 0o600),
            ("gone", "g\n", 0o644),
        ):
            (self.etc / name).write_text(content)
            (self.etc / name).chmod(mode)

    def new(self) -> dict[Path, New]:
        return {
            self.etc / "changed": New(There(b"new\n", *ME, 0o644), b"base of changed"),
            self.etc / "secret": New(There(b"other\n", *ME, 0o600), b"base of secret"),
            self.etc / "gone": New(There()),
            self.etc / "folder" / "deep" / "made": New(There(b"made\n", *ME, 0o600), b"base of made"),
        }

    def change(self) -> int:
        with self.store.locked():
            return replace_all(self.store, self.new(), why="a test", now=1.0)

    def tree(self) -> Tree:
        """All files with what can be seen of them."""
        return {
            str(path.relative_to(self.etc)): (
                path.read_text() if path.is_file() else "/",
                (found := path.lstat()).st_uid,
                found.st_gid,
                stat.S_IMODE(found.st_mode),
            )
            for path in sorted(self.etc.rglob("*"))
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def contents(tree: Tree) -> dict[str, str]:
    return {name: found[0] for name, found in tree.items()}


NEW = {
    "changed": "new\n",
    "secret": "other\n",
    "folder": "/",
    "folder/deep": "/",
    "folder/deep/made": "made\n",
}


def test_all_are_changed_and_all_are_brought_back(machine: Machine) -> None:
    before = machine.tree()
    number = machine.change()
    assert contents(machine.tree()) == NEW
    assert machine.tree()["changed"][3] == 0o644
    assert {
        Path(path).name: machine.store.kept(digest) for path, digest in machine.store.bases().items()
    } == {
        "changed": b"base of changed",
        "secret": b"base of secret",
        "made": b"base of made",
    }
    with machine.store.locked():
        roll_back(machine.store, number, now=2.0)
    assert machine.tree() == before
    assert machine.store.bases() == {}
    assert [one.why for one in machine.store.history()] == ["rollback to 1", "a test"]
    with machine.store.locked():
        roll_back(machine.store, 2, now=3.0)
    assert contents(machine.tree()) == NEW


KILLED = """
import os, sys
from pathlib import Path
from backends.apply.checkpoint.change import replace_all, recover, roll_back
from tests.backends.apply.checkpoint.test_change import Machine
machine = Machine.__new__(Machine)
root, act, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
from backends.apply.checkpoint.store import Store
machine.etc, machine.store = root / "etc", Store(root / "state")
steps = []
def step(name):
    steps.append(name)
    if len(steps) == last:
        os._exit(9)
with machine.store.locked():
    if act == "change":
        replace_all(machine.store, machine.new(), why="a test", now=1.0, step=step)
    elif act == "recover":
        recover(machine.store, step)
    else:
        roll_back(machine.store, 1, now=2.0, step=step)
print(len(steps))
"""


def killed(root: Path, act: str, last: int) -> bool:
    """Do it in a process that is killed behind step `last`; whether it was."""
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, root, act, str(last)], check=False, capture_output=True
    )
    assert ran.returncode in {0, 9}, ran.stderr.decode()
    return ran.returncode == 9


def test_killed_at_any_step_it_is_all_old_or_all_new(tmp_path: Path) -> None:
    for last in range(1, 40):
        root = tmp_path / str(last)
        root.mkdir()
        machine = Machine(root)
        before = machine.tree()
        if not killed(root, "change", last):
            assert last > 9
            break
        with machine.store.locked():
            said = recover(machine.store)
            assert recover(machine.store) == ""
        after = machine.tree()
        assert after == before or contents(after) == NEW
        assert ("finished" in said) <= (contents(after) == NEW)
        with machine.store.locked():
            if contents(after) == NEW:
                roll_back(machine.store, 1, now=2.0)
        assert machine.tree() == before
    else:
        pytest.fail("it never came to its end")


def test_killed_while_recovering_or_rolling_back(tmp_path: Path) -> None:
    for last in range(1, 12):
        root = tmp_path / str(last)
        root.mkdir()
        machine = Machine(root)
        before = machine.tree()
        assert killed(root, "change", 8)
        killed(root, "recover", last)
        with machine.store.locked():
            recover(machine.store)
        assert contents(machine.tree()) == NEW
        killed(root, "back", last)
        with machine.store.locked():
            recover(machine.store)
            if contents(machine.tree()) == NEW:
                roll_back(machine.store, 1, now=3.0)
        kept = {name: found for name, found in machine.tree().items() if not name.startswith("folder")}
        assert kept == before


def test_a_link_is_refused_and_nothing_changes(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("not ours\n")
    (machine.etc / "secret").unlink()
    (machine.etc / "secret").symlink_to(tmp_path / "elsewhere")
    before = machine.tree()
    with pytest.raises(Refused, match="symbolic link"):
        machine.change()
    assert machine.tree() == before
    assert (tmp_path / "elsewhere").read_text() == "not ours\n"


def test_a_folder_in_the_place_of_a_file_is_refused(machine: Machine) -> None:
    (machine.etc / "gone").unlink()
    (machine.etc / "gone").mkdir()
    with pytest.raises(Refused, match="not a regular file"):
        machine.change()


def test_a_disk_that_fills_leaves_all_as_it_was(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = machine.tree()
    written: list[str] = []
    real = places.stage

    def full(path: Path, name: str, new: There) -> None:
        if len(written) == 2:
            raise NoSpace("No room", hint="free some")
        written.append(name)
        real(path, name, new)

    monkeypatch.setattr(places, "stage", full)
    with pytest.raises(NoSpace):
        machine.change()
    assert machine.tree() == before
    assert machine.store.history() == []
    monkeypatch.undo()
    machine.change()
    assert contents(machine.tree()) == NEW


@pytest.mark.skipif(os.getuid() != 0, reason="mounting is root's")
@pytest.mark.parametrize(("options", "kind"), [("size=4k", NoSpace), ("ro", NotPermitted)])
def test_a_full_and_a_read_only_file_system(tmp_path: Path, options: str, kind: type[BackendError]) -> None:
    machine = Machine(tmp_path)
    place = machine.etc / "mounted"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], check=True)
    try:
        new = machine.new() | {place / "file": New(There(b"x" * 100_000, *ME, 0o644))}
        before = machine.tree()
        with machine.store.locked(), pytest.raises(kind) as raised:
            replace_all(machine.store, new, why="a test", now=1.0)
        assert machine.tree() == before
        assert raised.value.hint
    finally:
        subprocess.run(["umount", place], check=True)


def test_one_at_a_time(machine: Machine) -> None:
    with machine.store.locked(), pytest.raises(Refused) as raised, machine.store.locked():
        pytest.fail("two have it")
    assert raised.value.exit_code == 5


def test_only_root_sees_what_is_kept(machine: Machine, tmp_path: Path) -> None:
    machine.change()
    state = tmp_path / "state"
    for path in (state, *state.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, path


def test_fifty_are_kept_and_no_content_of_the_others(machine: Machine, tmp_path: Path) -> None:
    path = machine.etc / "changed"
    for count in range(KEPT + 5):
        with machine.store.locked():
            replace_all(
                machine.store, {path: New(There(f"{count}\n".encode(), *ME, 0o644))}, why="", now=float(count)
            )
    history = machine.store.history()
    assert [one.number for one in history] == list(range(KEPT + 5, 5, -1))
    assert len(list((tmp_path / "state" / "objects").iterdir())) == KEPT
    with machine.store.locked(), pytest.raises(Missing, match="no checkpoint 3"):
        roll_back(machine.store, 3, now=0.0)


def test_damage_is_told(machine: Machine, tmp_path: Path) -> None:
    machine.change()
    for path in (tmp_path / "state" / "objects").iterdir():
        path.write_bytes(b"other")
    before = machine.tree()
    with machine.store.locked(), pytest.raises(Failed, match="damaged"):
        roll_back(machine.store, 1, now=2.0)
    assert machine.tree() == before
    (tmp_path / "state" / "checkpoints" / "1.json").write_text(json.dumps({"number": "x"}))
    with pytest.raises(Failed, match="damaged"):
        machine.store.history()
