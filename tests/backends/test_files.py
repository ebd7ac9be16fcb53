"""Files: bounded reading, replacing in one step, locks, and a temporary file that outgrows its disk."""

import errno
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import backends
from backends.errors import Failed, NoSpace, Refused
from backends.files import STATE, Spill, lock, read_bounded, replace

root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_spill_gives_back_what_was_appended(tmp_path: Path) -> None:
    spill = Spill(str(tmp_path))
    assert spill.map() == b""
    spill.append(b"one ")
    spill.append(bytearray(b"two"))
    mapped = spill.map()
    spill.overwrite(4, b"TWO")
    spill.close()
    spill.close()
    assert bytes(mapped) == b"one TWO"
    assert names(tmp_path) == []


def test_a_spill_whose_folder_is_missing_is_in_memory(tmp_path: Path) -> None:
    spill = Spill(str(tmp_path / "missing"))
    spill.append(b"content")
    assert bytes(spill.map()) == b"content"
    spill.close()


@root
def test_a_spill_goes_on_in_memory_when_the_disk_is_full(small_disk: Path) -> None:
    spill = Spill(str(small_disk))
    parts = [bytes([number]) * 300_000 for number in range(10)]
    for part in parts:
        spill.append(part)
    assert spill.size == 3_000_000
    assert bytes(spill.map()) == b"".join(parts)
    assert os.statvfs(small_disk).f_bfree > 200
    spill.close()


def test_a_spill_without_room_anywhere_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = len(names(Path("/proc/self/fd")))
    for folder in (tmp_path, tmp_path / "missing"):
        spill = Spill(str(folder))
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            with pytest.raises(NoSpace) as error:
                spill.append(b"x")
        assert error.value.hint
        spill.close()
    assert len(names(Path("/proc/self/fd"))) == before


def test_a_spill_beyond_the_size_a_process_may_write(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from backends.errors import NoSpace; from backends.files import Spill\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); spill = Spill(sys.argv[1])\n"
        "try: spill.append(b'x' * 9999)\n"
        "except NoSpace: print('said')"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, check=True)
    assert done.stdout == b"said\n"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 4096


def test_another_trouble_than_room_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(handle: int, content: bytes) -> int:
        raise OSError(errno.EIO, "Input/output error")

    spill = Spill(str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", broken)
        with pytest.raises(OSError, match="Input/output"):
            spill.append(b"x")
    spill.close()


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"
    with pytest.raises(Failed, match="larger than 4 bytes"):
        read_bounded(path, 4)


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"secret")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Failed, match="is a symbolic link"):
        read_bounded(tmp_path / "link", 100)
    with pytest.raises(Failed, match="not a regular file"):
        read_bounded(tmp_path / "pipe", 100)
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "missing", 100)


def test_a_new_file_is_private(tmp_path: Path) -> None:
    replace(tmp_path / "file", b"new")
    found = (tmp_path / "file").stat()
    assert ((tmp_path / "file").read_bytes(), stat.S_IMODE(found.st_mode)) == (b"new", 0o600)
    replace(tmp_path / "other", b"new", mode=0o644)
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o644
    assert names(tmp_path) == ["file", "other"]


def test_owner_and_mode_stay(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 23456)
    before = path.stat()
    replace(path, b"new", mode=0o600)
    after = path.stat()
    assert path.read_bytes() == b"new"
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino


@root
def test_a_full_disk_leaves_the_old_file_and_nothing_else(small_disk: Path) -> None:
    path = small_disk / "file"
    path.write_bytes(b"old")
    with pytest.raises(NoSpace):
        replace(path, b"x" * 2_000_000)
    assert path.read_bytes() == b"old"
    assert names(small_disk) == ["file"]


def test_a_crash_before_the_rename_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output"):
        replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_what_was_written_is_on_disk_before_the_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def noted(handle: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def renamed(self: Path, target: Path) -> Path:
        order.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Path, "rename", renamed)
    replace(tmp_path / "file", b"new")
    assert order == ["file", "rename", "folder"]


def test_one_holds_a_lock_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    for _ in range(2):
        with lock(path):
            with pytest.raises(Refused) as error, lock(path):
                pass
            assert error.value.hint
    other = f"from pathlib import Path; from backends.files import lock\nwith lock(Path({str(path)!r})): print('held')"
    with lock(path):
        failed = subprocess.run([sys.executable, "-c", other], check=False, capture_output=True)
        assert (failed.stdout, failed.returncode) == (b"", 1)
    held = subprocess.run([sys.executable, "-c", other], check=True, capture_output=True)
    assert held.stdout == b"held\n"


def test_a_lock_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("elsewhere")
    with pytest.raises(OSError, match="symbolic links"), lock(tmp_path / "link"):
        pass
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("place", ["/var/lib/mailtui", "/var/log/mail.log"])
def test_a_place_has_one_definition(place: str) -> None:
    """Examples of the help apart, which name it to be typed."""
    root = Path(backends.__file__).parent
    said = [path for path in root.rglob("*.py") if place in path.read_text()]
    assert [str(path.relative_to(root)) for path in said] == [
        "files.py" if place == str(STATE) else "maillog/files.py"
    ]
