"""Whoever owns the quarantine swaps folders and files while it is cleaned: nothing outside may be touched."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from backends.quarantine.carry_out import Deletion
from backends.quarantine.names import KINDS, Naming
from backends.quarantine.retention import policy
from backends.quarantine.settings import QuarantineSettings
from backends.quarantine.trash import let_go
from backends.quarantine.tree import mount_of, remove
from backends.workers import Owner, Stop, become
from tests.backends.quarantine.making import DAY, NOBODY, Quarantine

RULES = policy(QuarantineSettings())
ROUNDS = 60
FILES = 40


@contextmanager
def hostile(act: Callable[[], None], *, as_owner: bool = False) -> Iterator[None]:
    """A process that does something over and over, from before the block until its end."""
    ready, begun = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            if as_owner:
                become(Owner(NOBODY, NOBODY))
            os.write(begun, b"x")
            while True:
                with suppress(OSError):  # what it plays with may just have been deleted
                    act()
        finally:
            os._exit(1)
    os.close(begun)
    try:
        assert os.read(ready, 1) == b"x"
        yield
    finally:
        os.close(ready)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def swapping(path: Path, target: Path) -> Callable[[], None]:
    """A folder that is a link to another one half of the time."""
    aside = path.with_name(f"{path.name}.aside")

    def act() -> None:
        path.rename(aside)
        path.symlink_to(target)
        path.unlink()
        aside.rename(path)

    return act


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder that other users can enter."""
    with TemporaryDirectory(prefix="mailtui-race-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def quarantine(base: Path) -> Quarantine:
    return Quarantine(base / "amavis" / "virusmails")


@pytest.fixture
def victim(base: Path) -> Quarantine:
    """A folder outside, with names that amavis could have given, and old."""
    victim = Quarantine(base / "victim" / "mail")
    for number in range(FILES):
        victim.add(f"spam-{number:012}.gz", 400)
        victim.add(f"A/spam-{number:012}.gz", 400)
    return victim


def rounds(enough: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """For half a second, and longer until there is enough of it."""
    start = time.monotonic()
    while (spent := time.monotonic() - start) < 0.5 or (not enough() and spent < 30):
        yield


def fill_aside(quarantine: Quarantine) -> None:
    """Old files into the folder that is being swapped, by whichever name it has."""
    for number in range(FILES):
        for name in ("A", "A.aside"):
            try:
                folder = os.open(quarantine.path / name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            except OSError:
                continue
            try:
                file = os.open(f"spam-{number:012}.gz", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=folder)
                os.utime(file, (1, 1))
                os.close(file)
            finally:
                os.close(folder)
            break


def deleted(quarantine: Quarantine, *, any_name: bool = False) -> int:
    """Delete as this user, without giving rights up: what protects then is how folders are opened."""
    handle = os.open(quarantine.path, os.O_RDONLY)
    try:
        before = [time.time() - DAY] * len(KINDS)
        return sum(Deletion(Naming(), before, any_name=any_name).run(handle, Stop()).counts)
    finally:
        os.close(handle)


def test_folders_swapped_for_links(quarantine: Quarantine, victim: Quarantine) -> None:
    before = victim.names()
    quarantine.add("A/spam-999999999999.gz", 400)
    counts: list[int] = []
    with hostile(swapping(quarantine.path / "A", victim.path)):
        for _ in rounds(lambda: any(counts)):
            fill_aside(quarantine)
            counts.append(deleted(quarantine))
    assert victim.names() == before
    assert any(counts)


def test_nested_folders_swapped_for_links(quarantine: Quarantine, victim: Quarantine) -> None:
    before = victim.names()
    for number in range(FILES):
        quarantine.add(f"B/A/spam-{number:012}.gz", 400)
    with hostile(swapping(quarantine.path / "B", victim.path)):
        for _ in rounds():
            deleted(quarantine)
    assert victim.names() == before


def test_files_swapped_for_links_and_hard_links(quarantine: Quarantine, victim: Quarantine) -> None:
    before = victim.names()
    path = quarantine.add("A/spam-000000000001.gz", 400)
    target = victim.path / "spam-000000000001.gz"
    content = target.read_bytes()

    def act() -> None:
        for make in (path.symlink_to, path.hardlink_to):
            try:
                make(target)
            except FileExistsError:
                path.unlink(missing_ok=True)
        os.utime(path, (1, 1), follow_symlinks=False) if path.is_symlink() else None

    with hostile(act):
        for _ in rounds():
            deleted(quarantine, any_name=True)
    assert victim.names() == before
    assert target.read_bytes() == content


def test_a_young_file_put_in_an_old_ones_place_stays(quarantine: Quarantine) -> None:
    """The file is looked at right before it goes, so the newer one is seen for what it is."""
    old, new = quarantine.add("A/spam-000000000001.gz", 400), quarantine.path / "new"
    for _ in range(ROUNDS):
        new.write_text("new")
        new.rename(old)
        assert deleted(quarantine) == 0
        assert old.read_text() == "new"


def test_folders_of_a_work_folder_swapped_for_links(quarantine: Quarantine, victim: Quarantine) -> None:
    before = victim.names()
    base = os.open(quarantine.path, os.O_RDONLY)
    try:
        for _ in range(ROUNDS):
            quarantine.add("work/parts/p001", 400)
            with hostile(swapping(quarantine.path / "work" / "parts", victim.path)):
                for _ in range(5):
                    try:
                        remove("work", base, mount_of(base), Stop())
                    except OSError:
                        continue
            (quarantine.path / "work" / "parts").unlink() if (
                quarantine.path / "work" / "parts"
            ).is_symlink() else None
    finally:
        os.close(base)
    assert victim.names() == before


@pytest.mark.usefixtures("root_only")
def test_the_owner_swaps_the_folder_itself_while_root_cleans(
    quarantine: Quarantine, victim: Quarantine
) -> None:
    """Another user's folder: neither the way to it, nor the rights, nor the walk lead there."""
    before = victim.names()
    for path in (victim.path, *victim.path.rglob("*")):
        os.chown(path, 65533, 65533, follow_symlinks=False)
    quarantine.add_real(400)
    outcomes: list[int | str] = []
    with hostile(swapping(quarantine.path, victim.path), as_owner=True):
        for _ in range(ROUNDS):
            try:
                outcomes.append(sum(quarantine.cleaned(RULES, undo=DAY)[1].counts))
            except Exception as error:  # noqa: BLE001 - any refusal will do
                outcomes.append(type(error).__name__)
    assert victim.names() == before
    assert set(outcomes) & {"Refused", "Missing"}


@pytest.mark.usefixtures("root_only")
def test_the_trash_swapped_for_a_link(quarantine: Quarantine, victim: Quarantine) -> None:
    before = victim.names()
    quarantine.add_real(400)
    quarantine.cleaned(RULES, undo=1.0)
    trash = quarantine.path / ".mailtui-trash"
    handle = os.open(quarantine.path, os.O_RDONLY)
    with hostile(swapping(trash / "000001", victim.path), as_owner=True):
        for _ in range(ROUNDS):
            try:
                let_go(handle, time.time() + 9 * DAY, Stop(), really=True)
            except Exception:  # noqa: BLE001 - any refusal will do
                continue
    os.close(handle)
    assert victim.names() == before


def test_two_cleanups_and_an_amavis_at_once(quarantine: Quarantine) -> None:
    """Files come and go while two processes delete: none fails, none that is young goes."""
    young = {quarantine.add(f"A/virus-{number:012}", 1).name for number in range(FILES)}

    def comes_and_goes() -> None:
        for number in range(FILES):
            path = quarantine.path / "A" / f"spam-{number:012}.gz"
            path.write_bytes(b"x")
            os.utime(path, (1, 1))

    with hostile(comes_and_goes, as_owner=os.geteuid() == 0):
        for _ in range(ROUNDS // 4):
            _, done, _ = quarantine.cleaned(RULES)
            assert done.left.count == 0
    assert {name.removeprefix("A/") for name in quarantine.names()} >= young


@pytest.mark.parametrize("how", ["open", "scandir", "unlink"])
def test_swapped_at_the_worst_moment(
    quarantine: Quarantine, victim: Quarantine, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder becomes a link right before it is opened, read, or deleted in."""
    before = victim.names()
    folder = quarantine.add("A/spam-000000000001.gz", 400).parent
    real = getattr(os, how)
    swaps = []

    def swapped(*given: Any, **named: Any) -> Any:
        if (how != "open" or given[0] == "A") and not folder.is_symlink():
            folder.rename(quarantine.path / "A.aside")
            folder.symlink_to(victim.path)
            swaps.append(how)
        return real(*given, **named)

    monkeypatch.setattr(os, how, swapped)
    count = deleted(quarantine)
    assert swaps == [how]
    assert victim.names() == before
    assert count == (1 if how == "unlink" else 0)


def test_a_file_becomes_a_link_right_before_it_goes(
    quarantine: Quarantine, victim: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = victim.names()
    path = quarantine.add("A/spam-000000000001.gz", 400)
    real = os.unlink

    def swapped(name: str, **named: Any) -> None:
        path.rename(quarantine.path / "aside")
        path.symlink_to(victim.path / "spam-000000000001.gz")
        real(name, **named)

    monkeypatch.setattr(os, "unlink", swapped)
    deleted(quarantine)
    assert victim.names() == before
    assert not path.is_symlink()


def test_python_unlinks_relative_to_handles() -> None:
    assert {os.unlink, os.rename, os.rmdir, os.mkdir} <= os.supports_dir_fd
    assert sys.platform == "linux"
