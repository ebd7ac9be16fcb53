import os
import pwd
import signal
import time
from pathlib import Path

import pytest

from backends.errors import BadRequest, Missing, NotPermitted, Refused
from backends.quarantine.folder import folder_at, must_be_quarantine, must_be_writable
from backends.quarantine.names import Naming
from tests.backends.quarantine.making import NOBODY, Quarantine


def checked(path: Path) -> None:
    with folder_at(path) as folder:
        must_be_quarantine(folder, Naming())


def test_a_quarantine_is_taken_and_its_owner_known(quarantine: Quarantine) -> None:
    quarantine.add_real(3)
    with folder_at(quarantine.path) as folder:
        must_be_quarantine(folder, Naming())
        must_be_writable(folder)
        assert folder.owner.uid == (NOBODY if os.geteuid() == 0 else os.geteuid())
        assert folder.room().size > folder.room().free >= 0


def test_an_empty_one_is_taken(quarantine: Quarantine) -> None:
    checked(quarantine.path)


def test_an_empty_file_system_of_its_own_is_taken(quarantine: Quarantine) -> None:
    (quarantine.path / "lost+found").mkdir()
    checked(quarantine.path)


@pytest.mark.parametrize("path", ["/", "/usr", "/var", "/tmp"])
def test_the_root_and_what_is_in_it_are_refused(path: str) -> None:
    with pytest.raises(Refused, match="directly in it"):
        checked(Path(path))


def test_a_home_is_refused(quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch) -> None:
    quarantine.add_real(3)
    home = pwd.struct_passwd(("amavis", "*", 1, 1, "", str(quarantine.path), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwall", lambda: [home])
    with pytest.raises(Refused, match="home of a user"):
        checked(quarantine.path)


def test_a_folder_of_other_things_is_refused(quarantine: Quarantine) -> None:
    for name in ("report.odt", "photos/one.jpg", "README", "ab/virus-x"):
        quarantine.add(name, 400)
    with pytest.raises(Refused, match="nothing in it has a name"):
        checked(quarantine.path)


@pytest.mark.parametrize("name", ["virus-0p4b2Z502_-V", "A/x", "archive.mbox", ".mailtui-trash/x"])
def test_one_thing_of_amavis_is_enough(quarantine: Quarantine, name: str) -> None:
    quarantine.add("README", 400)
    quarantine.add(name, 400)
    checked(quarantine.path)


@pytest.mark.usefixtures("root_only")
def test_a_folder_of_root_is_refused(quarantine: Quarantine) -> None:
    os.chown(quarantine.path.parent, 0, 0)
    os.chown(quarantine.path, 0, 0)
    with pytest.raises(Refused, match="belongs to root"):
        checked(quarantine.path)


def test_what_is_not_there_is_missing(quarantine: Quarantine) -> None:
    (quarantine.path / "file").write_text("")
    for path in (quarantine.path / "none", quarantine.path / "file"):
        with pytest.raises(Missing, match="There is no folder"):
            checked(path)


@pytest.mark.parametrize("path", ["virusmails", "/var/lib/../lib/amavis"])
def test_only_a_plain_absolute_path_is_taken(path: str) -> None:
    with pytest.raises(BadRequest, match="not an absolute path"):
        checked(Path(path))


def test_links_of_ones_own_are_followed(quarantine: Quarantine, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("amavis/virusmails")
    (tmp_path / "far").symlink_to(tmp_path / "link")
    quarantine.add_real(3)
    with folder_at(tmp_path / "far") as folder:
        assert os.fstat(folder.handle).st_ino == quarantine.path.stat().st_ino


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    with pytest.raises(Refused, match="not safe"):
        checked(tmp_path / "one")


@pytest.mark.usefixtures("root_only")
def test_links_of_another_user_are_refused(quarantine: Quarantine, tmp_path: Path) -> None:
    victim = Quarantine(tmp_path / "victim" / "virusmails")
    quarantine.path.rmdir()
    quarantine.path.symlink_to(victim.path)
    with pytest.raises(Refused, match="symbolic link in another user's folder"):
        checked(quarantine.path)


@pytest.mark.usefixtures("root_only")
def test_links_where_others_may_make_them_are_refused(quarantine: Quarantine, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o1777)
    (tmp_path / "open" / "link").symlink_to(quarantine.path)
    with pytest.raises(Refused, match="not safe"):
        checked(tmp_path / "open" / "link")


@pytest.mark.usefixtures("root_only")
def test_a_third_users_folder_in_a_users_folder_is_refused(quarantine: Quarantine) -> None:
    os.chown(quarantine.path, 65533, 65533)
    with pytest.raises(Refused, match="not of the same user"):
        checked(quarantine.path)


def test_a_second_run_is_refused(quarantine: Quarantine) -> None:
    with folder_at(quarantine.path) as one, folder_at(quarantine.path) as other:
        one.lock()
        with pytest.raises(Refused, match="is under way"):
            other.lock()
    with folder_at(quarantine.path) as again:
        again.lock()


def test_the_refusal_names_who_holds_the_lock(quarantine: Quarantine) -> None:
    """Also where who took it has ended, and a child is left with it."""
    with folder_at(quarantine.path) as one, folder_at(quarantine.path) as other:
        one.lock()
        with pytest.raises(Refused, match=f": process {os.getpid()} since"):
            other.lock()
    source, sink = os.pipe()
    parent = os.fork()
    if parent == 0:
        with folder_at(quarantine.path) as folder:
            folder.lock()
            if child := os.fork():
                os.write(sink, b"%d" % child)
                os._exit(0)
            time.sleep(30)
            os._exit(0)
    child = int(os.read(source, 20))
    os.waitpid(parent, 0)
    try:
        with (
            folder_at(quarantine.path) as again,
            pytest.raises(Refused, match=f": process {child} since"),
        ):
            again.lock()
    finally:
        os.kill(child, signal.SIGKILL)


def test_another_users_folder_can_be_looked_at_only(
    quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folder_at(quarantine.path) as folder:
        monkeypatch.setattr(os, "geteuid", lambda: 64999)
        with pytest.raises(NotPermitted, match="belongs to"):
            must_be_writable(folder)
