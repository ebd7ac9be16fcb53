"""What health remembers: written where root alone writes, or its user."""

import os
from pathlib import Path

import pytest

from backends.errors import Failed, NotPermitted
from backends.health.ring import Ring, load, save


def test_it_takes_no_way_that_another_user_laid(tmp_path: Path) -> None:
    target, ring = tmp_path / "target", tmp_path / "health.ring"
    target.write_text("precious")
    ring.symlink_to(target)
    save(Ring(), ring)
    assert target.read_text() == "precious"
    assert not ring.is_symlink()
    assert load(ring) == Ring()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, -1)
    with pytest.raises(Failed, match="not this user's own folder"):
        save(Ring(), tmp_path / "health.ring")
    assert not (tmp_path / "health.ring").exists()


def test_a_user_without_rights_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(NotPermitted, match="root's to write"):
        save(Ring(), tmp_path / "health.ring")
