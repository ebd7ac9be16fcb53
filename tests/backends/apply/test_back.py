"""Back to a checkpoint: files, what is owed to services, and what is said of those that do not come up."""

import os
from pathlib import Path

import pytest

from backends.apply.back import bring_back, difference_to
from backends.apply.checkpoint.change import New, replace_all
from backends.apply.checkpoint.places import There
from backends.apply.checkpoint.store import Store
from backends.apply.machine.services import Services
from backends.apply.settle import Settling
from backends.errors import Missing, Refused
from backends.reference.manifest import Component, ManagedFile, Service
from tests.support.fake_runner import Expected, FakeRunner

SERVICE = Service(name="maildropd", init="maildropd", process="maildropd")
ACTIVE = Expected(("systemctl", "is-active", "--quiet", "maildropd"))
COMPONENT = Component(
    title="x",
    packages=("x",),
    services=(SERVICE,),
    files=(ManagedFile(path="/etc/maildroprc", template="x", changes={"maildropd": "restart"}),),
)


def changed(store: Store, path: Path) -> int:
    """The file gets another content; gives the checkpoint before it."""
    there = There(b"new\n", os.getuid(), os.getgid(), 0o644)
    return replace_all(store, {path: New(there, b"new\n")}, why="a test", now=1.0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


def settling(runner: FakeRunner) -> Settling:
    return Settling(
        runner, Services(runner, systemd=True), [COMPONENT], "mail.example.test", lambda _event: None
    )


def test_files_come_back_and_what_is_owed_is_paid(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old\n")
    with store.locked(), FakeRunner(ACTIVE) as runner:
        number = changed(store, path)
        assert difference_to(store, number, frozenset())[-2:] == ["-new", "+old"]
        assert difference_to(store, number, frozenset({str(path)})) == [
            f"{path}: differs (not shown: it holds a password)"
        ]
        applied = bring_back(store, settling(runner), number, now=2.0)
        assert path.read_bytes() == b"old\n"
        assert (applied.number, applied.trouble) == (2, ())
        assert store.owed() == {}


def test_a_rollback_that_fails_leaves_no_debt(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old\n")
    with store.locked(), FakeRunner(ACTIVE) as runner:
        number = changed(store, path)
        path.unlink()
        path.symlink_to("/etc/passwd")
        with pytest.raises(Refused, match="symbolic link"):
            bring_back(store, settling(runner), number, now=2.0)
        assert store.owed() == {}
        with pytest.raises(Missing, match="no checkpoint 9"):
            bring_back(store, settling(runner), 9, now=2.0)
