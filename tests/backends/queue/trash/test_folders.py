"""Where Postfix puts a message's file, and opening its folders without being led astray."""

from pathlib import Path

import pytest

from backends.queue.trash import folders as folders_module
from backends.queue.trash.folders import Folders, hash_steps

HASHED = frozenset({"deferred", "defer"})


@pytest.mark.parametrize(
    ("queue_id", "depth", "steps"),
    [
        ("A601E166135", 1, ("A",)),
        ("A601E166135", 2, ("A", "6")),
        ("A601E166135", 0, ()),
        ("zzzzzz", 1, ("z",)),
        ("4jY6Wb0G33zc2Y8", 2, ("0", "9")),
        ("4jY6Wb0RWTzc2Y5", 2, ("0", "F")),
        ("4jY6Wb1Zp4zc2Xg", 1, ("3",)),
    ],
)
def test_hash_folders(queue_id: str, depth: int, steps: tuple[str, ...]) -> None:
    """The long IDs are where Postfix 3.7 put them."""
    assert hash_steps(queue_id, depth) == steps


def test_finds_a_message_wherever_it_is(queue_directory: Path) -> None:
    (queue_directory / "deferred" / "A").mkdir()
    (queue_directory / "deferred" / "A" / "A601E166135").touch()
    (queue_directory / "active" / "B601E166135").touch()
    with Folders(queue_directory, HASHED, 1) as folders:
        assert [
            found and found[0] for found in map(folders.find, ("A601E166135", "B601E166135", "C601E166135"))
        ] == ["deferred", "active", None]


@pytest.mark.parametrize("planted", ["deferred", "deferred/A"])
def test_a_symbolic_link_is_not_followed(queue_directory: Path, tmp_path: Path, planted: str) -> None:
    outside = tmp_path / "outside"
    (outside / "A").mkdir(parents=True)
    (outside / "A" / "A601E166135").touch()
    (outside / "A601E166135").touch()
    path = queue_directory / planted
    if path.exists():
        path.rmdir()
    path.symlink_to(outside)
    with Folders(queue_directory, HASHED, 1) as folders, pytest.raises(OSError, match="Not a directory"):
        folders.of("deferred", "A601E166135")


def test_folders_stay_open_in_bounds_and_close_at_the_end(
    queue_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders_module, "OPEN_AT_ONCE", 4)
    for letter in "0123456789ABCDEF":
        (queue_directory / "deferred" / letter).mkdir()
    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir()))
    with Folders(queue_directory, HASHED, 1) as folders:
        for letter in "0123456789ABCDEF":
            folders.of("deferred", f"{letter}00000")
            assert len(list(handles.iterdir())) <= before + 7
    assert len(list(handles.iterdir())) == before
