"""The trash: what was kept comes back, whatever breaks off."""

import multiprocessing
import os
from pathlib import Path

import pytest

from backends.errors import Failed, Missing, NotPermitted, Refused
from backends.greylist.trash import Trash

ROWS = [
    (f"192.0.2.{n}", "it's\0\x1b\n\N{SNOWMAN}@example.org", "bob@example.test", n, n, 1) for n in range(50)
]


@pytest.fixture
def trash(tmp_path: Path) -> Trash:
    return Trash(tmp_path / "trash")


def test_rows_come_back_in_their_order(trash: Trash) -> None:
    with trash.batch("delete", 5.0, "ann") as batch:
        batch.add(ROWS[:20])
        batch.add(ROWS[20:])
    about = trash.about(None)
    assert (about.number, about.action, about.when, about.user, about.count) == (1, "delete", 5.0, "ann", 50)
    with trash.rows(1, 7) as chunks:
        found = [*chunks]
    assert [len(chunk) for chunk in found] == [7] * 7 + [1]
    assert [row for chunk in found for row in chunk] == ROWS


def test_an_act_that_touched_nothing_leaves_nothing_and_its_number_is_not_given_twice(trash: Trash) -> None:
    with trash.batch("delete", 5.0, "ann"):
        pass
    assert trash.batches() == []
    with trash.batch("delete", 5.0, "ann") as batch:
        batch.add(ROWS)
    assert [one.number for one in trash.batches()] == [2]
    trash.remove(2)
    with trash.batch("delete", 5.0, "ann") as batch:
        batch.add(ROWS)
    assert [one.number for one in trash.batches()] == [3]


def _broken_off(folder: Path) -> None:
    with Trash(folder).batch("purge", 5.0, "ann") as batch:
        batch.add(ROWS)
        os._exit(9)


def test_what_was_kept_before_a_crash_can_be_undone(trash: Trash, tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=_broken_off, args=(tmp_path / "trash",))
    process.start()
    process.join()
    (about,) = trash.batches()
    assert (about.action, about.count) == ("purge", 50)
    with trash.rows(about.number, 100) as chunks:
        assert [*chunks] == [ROWS]


def test_an_act_under_way_is_not_undone(trash: Trash) -> None:
    with trash.batch("purge", 5.0, "ann") as batch:
        batch.add(ROWS)
        with pytest.raises(Refused), trash.rows(1, 10):
            pass
        assert trash.batches() == []


def test_what_is_old_goes(trash: Trash) -> None:
    for when in (100.0, 200.0):
        with trash.batch("delete", when, "ann") as batch:
            batch.add(ROWS)
    trash.empty(trash.kept_for + 150.0)
    assert [one.when for one in trash.batches()] == [200.0]


def test_a_folder_of_others_and_damaged_files(trash: Trash, tmp_path: Path) -> None:
    folder = tmp_path / "trash"
    assert trash.batches() == []
    assert trash.trouble() == ""
    assert folder.stat().st_mode & 0o777 == 0o700
    with trash.batch("delete", 5.0, "ann") as batch:
        batch.add(ROWS)
    assert (folder / "000001.rows").stat().st_mode & 0o777 == 0o600
    (folder / "000001.rows").write_bytes(b"no rows")
    with pytest.raises(Failed), trash.rows(1, 10) as chunks:
        list(chunks)
    (folder / "000001.json").write_text("[]")
    with pytest.raises(Missing):
        trash.about(1)
    folder.rename(tmp_path / "other")
    folder.symlink_to(tmp_path / "other")
    assert "this user alone" in trash.trouble()
    with pytest.raises(NotPermitted), trash.batch("delete", 5.0, "ann"):
        pass


def test_an_undo_that_breaks_off_leaves_all_and_one_that_ends_what_is_left(trash: Trash) -> None:
    with trash.batch("delete", 5.0, "ann") as batch:
        batch.add(ROWS)

    def kept() -> list[object]:
        with trash.rows(1, 100) as chunks:
            return [row for chunk in chunks for row in chunk]

    def break_off() -> None:
        with trash.left(trash.about(1)) as left:
            left.add(ROWS[:1])
            raise Refused("stopped", hint="again")

    with pytest.raises(Refused):
        break_off()
    assert (kept(), trash.about(1).count) == (ROWS, 50)
    with trash.left(trash.about(1)) as left:
        left.add([])
        left.add(ROWS[7:9])
    assert (kept(), trash.about(1).count) == (ROWS[7:9], 2)
    with trash.left(trash.about(1)):
        pass
    assert trash.batches() == []
