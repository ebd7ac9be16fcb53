"""Folders and files that change during each act on single messages: nothing outside is touched, nothing is lost."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import Failed
from backends.quarantine import trash
from backends.quarantine.acting import Acting
from backends.quarantine.message import Target
from backends.quarantine.names import KEEP, Naming
from backends.quarantine.opening import Opener, expanded, heads
from backends.workers import Stop
from tests.backends.quarantine.making import DAY, Quarantine
from tests.backends.quarantine.test_races import base, hostile, rounds, swapping

__all__ = ["base"]
NAMES = [f"A/spam-{number:012}.gz" for number in range(10)]
SECRET = b"X-Envelope-From: <secret@example.org>\n\nsecret\n"


@pytest.fixture
def quarantine(base: Path) -> Quarantine:
    """Messages in one folder; of this user, as what protects here is how things are opened, not who does it."""
    quarantine = Quarantine(base / "amavis" / "virusmails")
    for name in NAMES:
        quarantine.add(name, 2, b"X-Envelope-From: <bob@example.org>\n\nx\n")
    return quarantine


@pytest.fixture
def victim(base: Path) -> Quarantine:
    victim = Quarantine(base / "victim" / "mail")
    for name in NAMES:
        victim.add(name.removeprefix("A/"), 2, SECRET)
    return victim


@pytest.fixture
def root(quarantine: Quarantine) -> int:
    """The folder's handle; the folder and all in it belong to this user."""
    for path in (quarantine.path, *quarantine.path.rglob("*")):
        os.chown(path, os.geteuid(), os.getegid())
    return os.open(quarantine.path, os.O_RDONLY | os.O_DIRECTORY)


def everything(path: Path) -> dict[str, bytes]:
    return {str(one.relative_to(path)): one.read_bytes() for one in path.rglob("*") if one.is_file()}


def targets() -> list[Target]:
    return [Target(name, "spam") for name in NAMES]


def names_of(quarantine: Quarantine) -> set[str]:
    """All messages, wherever in the folder they are now."""
    return {one.name for one in quarantine.path.rglob("spam-*")}


def run() -> trash.Run:
    return trash.Run("test", time.time(), time.time() + DAY)


def delete(root: int) -> int:
    return Acting(root, Naming()).delete(targets(), run(), Stop()).count


def keep(root: int) -> int:
    return Acting(root, Naming()).keep(targets(), on=True).count


def undo(root: int) -> int:
    """Bring back all that is in the trash, as far as that goes."""
    count = 0
    with trash.trash_at(root) as handle:
        numbers = trash.numbers(handle)
    for number in numbers:
        count += Acting(root, Naming()).undo(number, Stop()).count
    return count


def show(root: int) -> int:
    """Open and read each; what is read is never the victim's."""
    count = 0
    with Opener(root) as opener:
        for target in targets():
            try:
                handle = opener.open(target)
            except OSError:
                continue
            content, _, _ = expanded(handle, 1000)
            os.close(handle)
            assert b"secret" not in content
            count += 1
    assert all("secret" not in one.sender for one in heads(root, targets()))
    return count


@pytest.mark.parametrize("act", [delete, keep, undo, show])
def test_the_folder_is_swapped_for_a_link_during_each_act(
    quarantine: Quarantine, victim: Quarantine, root: int, act: Callable[[int], int]
) -> None:
    before, names = everything(victim.path), names_of(quarantine)
    done: list[int] = []
    with hostile(swapping(quarantine.path / "A", victim.path)):
        for _ in rounds(lambda: sum(done) > len(NAMES)):
            if act is undo:
                delete(root)
            done.append(act(root))
            if act is delete:
                undo(root)
    assert everything(victim.path) == before
    assert names_of(quarantine) == names, "none is lost"
    assert sum(done)


def test_the_folder_is_swapped_for_another_folder_of_the_same_names(
    quarantine: Quarantine, victim: Quarantine, root: int
) -> None:
    """What was chosen goes by inode and time: others of its name stay."""
    chosen = [
        Target(name, "spam", found.st_ino, found.st_mtime_ns, found.st_size)
        for name in NAMES
        for found in [(quarantine.path / name).lstat()]
    ]
    (quarantine.path / "A").rename(quarantine.path / "Z")
    victim.path.rename(quarantine.path / "A")
    for path in (quarantine.path / "A").rglob("*"):
        os.chown(path, os.geteuid(), os.getegid())
    before = everything(quarantine.path / "A")
    acted = Acting(root, Naming()).delete(chosen, run(), Stop())
    assert acted.count == 0
    assert {one.why for one in acted.left} == {"It is another file now"}
    assert everything(quarantine.path / "A") == before
    assert all("another file" in one.trouble for one in heads(root, chosen))


def test_a_file_that_grows_while_it_is_read_is_read_to_the_limit(quarantine: Quarantine, root: int) -> None:
    path = quarantine.path / NAMES[0]

    def grow() -> None:
        if path.stat().st_size < 64 << 20:
            with path.open("ab") as file:
                file.write(b"x" * (1 << 16))

    with hostile(grow):
        started = time.monotonic()
        for _ in rounds():
            with Opener(root) as opener:
                handle = opener.open(targets()[0])
                content, more, trouble = expanded(handle, 1 << 20)
                os.close(handle)
            assert len(content) <= 1 << 20
            assert trouble == ""
            assert more or len(content) < 1 << 20
        assert time.monotonic() - started < 30


def test_a_clock_set_back_empties_no_trash_and_undoes(quarantine: Quarantine, root: int) -> None:
    """Deleted while the clock was a year ahead: it stays until then, and comes back when asked for."""
    ahead = time.time() + 365 * DAY
    Acting(root, Naming()).delete(targets(), trash.Run("test", ahead, ahead + DAY), Stop())
    assert trash.let_go(root, time.time(), Stop()).count == 0
    assert undo(root) == len(NAMES)
    assert quarantine.names() == set(NAMES)


def test_the_list_of_what_is_kept_swapped_for_a_link(
    quarantine: Quarantine, victim: Quarantine, root: int
) -> None:
    before, keep_list = everything(victim.path), quarantine.path / KEEP
    keep(root)
    refused: list[str] = []

    def act() -> None:
        keep_list.unlink(missing_ok=True)
        keep_list.symlink_to(victim.path / NAMES[0].removeprefix("A/"))

    with hostile(act):
        for _ in rounds(lambda: len(refused) > 3):
            try:
                keep(root)
            except Failed as error:
                refused.append(str(error))
    assert all("what is kept cannot be" in one for one in refused)
    assert everything(victim.path) == before
