"""The database password: made once, for root's eyes, and never guessed from a damaged file."""

import stat
from pathlib import Path

import pytest

from backends.apply.machine.password import make_password, read_password
from backends.errors import BadRequest, Failed


def test_made_once_for_roots_eyes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "greylist.password"
    assert read_password(path) is None
    password = make_password(path)
    assert len(password) >= 32
    assert read_password(path) == password
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert make_password(path) != password


@pytest.mark.parametrize("content", [b"", b"\n", b" x\n", b"two\nlines\n", b"\xff\n", b"a\x1b\n"])
def test_what_is_no_password(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(BadRequest, match="holds no password"):
        read_password(path)


def test_what_others_may_read_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("word\n")
    path.chmod(0o640)
    with pytest.raises(BadRequest, match="Others than root") as raised:
        read_password(path)
    assert "chmod 600" in raised.value.hint
    path.chmod(0o600)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(Failed, match="symbolic link"):
        read_password(tmp_path / "link")
