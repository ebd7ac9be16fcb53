import os
import time
from pathlib import Path

import msgspec
import pytest

from backends.errors import Failed, Refused
from backends.quarantine.folder import folder_at
from backends.quarantine.names import TRASH, Naming
from backends.quarantine.plan import Trashed
from backends.quarantine.restore import runs
from backends.quarantine.retention import policy
from backends.quarantine.run import Cleanup
from backends.quarantine.settings import QuarantineSettings
from backends.quarantine.trash import Emptied, Run
from backends.workers import Job, Stop, each
from tests.backends.quarantine.making import DAY, HOSTILE, Quarantine

RULES = policy(QuarantineSettings())


def emptied(quarantine: Quarantine, now: float, *, really: bool = True) -> Emptied:
    with folder_at(quarantine.path) as folder:
        return Cleanup(folder, RULES, Naming(), now=now).empty_trash(Stop(), really=really)


def test_what_is_deleted_is_in_the_trash_where_it_was(quarantine: Quarantine) -> None:
    before = {path.relative_to(quarantine.path): path.stat().st_ino for path in quarantine.add_real(400)}
    _, done, number = quarantine.cleaned(RULES, undo=DAY)
    assert number == 1
    assert sum(done.counts) == done.kept == 8
    assert quarantine.names() == set()
    files = quarantine.path / TRASH / "000001" / "files"
    assert {path: (files / path).stat().st_ino for path in before} == before
    run = msgspec.json.decode((files.parent / "run.json").read_bytes(), type=Run)
    assert run.until - run.deleted == DAY
    assert abs(run.deleted - time.time()) < 60
    for path in (files.parent.parent, files.parent, files, files / "0"):
        assert path.stat().st_mode & 0o777 == 0o700
        assert path.stat().st_uid == quarantine.path.stat().st_uid


def test_hostile_names_are_kept_as_they_are(quarantine: Quarantine) -> None:
    for name in HOSTILE:
        quarantine.add(name, 400)
    quarantine.cleaned(RULES, undo=DAY, any_name=True)
    files = os.fsencode(quarantine.path / TRASH / "000001" / "files")
    assert set(os.listdir(files)) == set(HOSTILE)  # noqa: PTH208 - bytes


def test_each_run_has_a_number_of_its_own_for_good(quarantine: Quarantine) -> None:
    numbers = []
    for _ in range(3):
        quarantine.add("A/spam-000000000001.gz", 400)
        numbers.append(quarantine.cleaned(RULES, undo=DAY)[2])
        emptied(quarantine, time.time() + 2 * DAY)
    assert numbers == [1, 2, 3]


def test_a_run_that_deletes_nothing_leaves_nothing(quarantine: Quarantine) -> None:
    quarantine.add("A/spam-000000000001.gz", 1)
    assert quarantine.cleaned(RULES, undo=DAY)[2] is None
    assert [path.name for path in (quarantine.path / TRASH).iterdir()] == ["last"]


def test_what_makes_room_is_deleted_for_good(quarantine: Quarantine) -> None:
    for number in range(4):
        quarantine.add(f"A/spam-{number:012}.gz", 10 + 3 * number)  # 10, 13, 16 and 19 days
    _, done, run = quarantine.cleaned(policy(QuarantineSettings(max_size="1000")), undo=DAY)
    assert (sum(done.counts), done.kept, run) == (3, 2, 1)
    files = quarantine.path / TRASH / "000001" / "files" / "A"
    assert {path.name for path in files.iterdir()} == {f"spam-{number:012}.gz" for number in (2, 3)}


def test_its_time_over_it_goes_for_good(quarantine: Quarantine) -> None:
    quarantine.add_real(400)
    quarantine.cleaned(RULES, undo=DAY)
    now = time.time()
    assert emptied(quarantine, now + DAY - 60) == Emptied()
    planned = emptied(quarantine, now + DAY + 60, really=False)
    assert (quarantine.path / TRASH / "000001").exists()
    assert planned == emptied(quarantine, now + DAY + 60)
    assert planned.count == 8
    assert planned.size > 8000
    assert not (quarantine.path / TRASH / "000001").exists()


def test_a_run_that_says_nothing_of_itself_goes_after_a_day(quarantine: Quarantine) -> None:
    quarantine.add_real(400)
    quarantine.cleaned(RULES, undo=9 * DAY)
    (quarantine.path / TRASH / "000001" / "run.json").write_text("{")
    assert emptied(quarantine, time.time() + DAY - 60).count == 0
    assert emptied(quarantine, time.time() + DAY + 60).count == 8


def test_links_in_the_trash_lead_nowhere(quarantine: Quarantine, tmp_path: Path) -> None:
    victim = Quarantine(tmp_path / "victim")
    victim.add_real(400)
    before = victim.names()
    quarantine.add_real(400)
    quarantine.cleaned(RULES, undo=DAY)
    trash = quarantine.path / TRASH
    (trash / "000001" / "files" / "link").symlink_to(victim.path)
    (trash / "000002").symlink_to(victim.path)
    (trash / "last").unlink()
    (trash / "last").symlink_to(victim.path / "new")
    (trash / "000001" / "run.json").unlink()
    (trash / "000001" / "run.json").symlink_to("/dev/zero")
    emptied(quarantine, time.time() + 99 * DAY)
    assert victim.names() == before
    assert not (trash / "000001").exists()
    quarantine.add_real(400)
    with pytest.raises(Exception, match="cannot be made"):
        quarantine.cleaned(RULES, undo=DAY)
    assert victim.names() == before


def test_a_trash_that_is_not_the_owners_alone_is_refused(quarantine: Quarantine, tmp_path: Path) -> None:
    quarantine.add_real(400)
    trash = quarantine.path / TRASH
    trash.mkdir(mode=0o755)
    quarantine.give(trash)
    with pytest.raises(Refused, match="its owner alone"):
        quarantine.cleaned(RULES, undo=DAY)
    trash.rmdir()
    victim = Quarantine(tmp_path / "victim")
    trash.symlink_to(victim.path)
    with pytest.raises(Refused, match="its owner alone"):
        quarantine.cleaned(RULES, undo=DAY)
    assert len(quarantine.names()) == 8
    assert victim.names() == set()


def test_the_trash_is_no_part_of_the_quarantine(quarantine: Quarantine) -> None:
    quarantine.add_real(400)
    quarantine.cleaned(RULES, undo=DAY)
    plan, done, _ = quarantine.cleaned(RULES, any_name=True)
    assert plan.kinds == ()
    assert sum(done.counts) == 0
    assert len(list((quarantine.path / TRASH / "000001" / "files").rglob("*-*"))) == 8


@pytest.mark.parametrize("read", [False, True])
def test_a_pipe_in_place_of_the_last_number_keeps_nobody_waiting(
    quarantine: Quarantine, *, read: bool
) -> None:
    quarantine.add_real(400)
    quarantine.cleaned(RULES, undo=DAY)
    quarantine.add_real(400)
    last = quarantine.path / TRASH / "last"
    last.unlink()
    os.mkfifo(last)
    quarantine.give(last)
    reader = os.open(last, os.O_RDONLY | os.O_NONBLOCK) if read else -1
    started = time.monotonic()
    with pytest.raises(Failed, match="last is no plain file"):
        quarantine.cleaned(RULES, undo=DAY)
    assert time.monotonic() - started < 5
    assert len(quarantine.names()) == 8
    if read:
        os.close(reader)


def test_pipes_in_place_of_what_runs_say_of_themselves(quarantine: Quarantine) -> None:
    quarantine.add_real(400)
    quarantine.cleaned(RULES, undo=DAY)
    about = quarantine.path / TRASH / "000001" / "run.json"
    about.unlink()
    os.mkfifo(about)
    quarantine.give(about)
    assert emptied(quarantine, time.time() + 60).count == 0
    assert emptied(quarantine, time.time() + 2 * DAY).count == 8


def test_another_name_of_the_last_number_is_not_written_through(quarantine: Quarantine) -> None:
    message = quarantine.add("A/spam-000000000001.gz", 1)
    quarantine.add("A/spam-000000000002.gz", 400)
    quarantine.cleaned(RULES, undo=DAY)
    last = quarantine.path / TRASH / "last"
    last.unlink()
    last.hardlink_to(message)
    with pytest.raises(Failed, match="last is no plain file of its own"):
        quarantine.cleaned(RULES, undo=DAY)
    assert message.read_bytes() == b"x" * 1000


def made(quarantine: Quarantine, name: str) -> Path:
    """A folder in the trash that amavis's user made."""
    path = quarantine.path / TRASH / name
    path.mkdir(mode=0o700, parents=True)
    for one in (path.parent, path):
        one.chmod(0o700)
        quarantine.give(one)
    return path


@pytest.mark.parametrize("name", ["999999999", "100000001", "9" * 200])
def test_numbers_that_are_none_of_ours_are_passed_over(quarantine: Quarantine, name: str) -> None:
    made(quarantine, name)
    last = quarantine.path / TRASH / "last"
    last.write_text("999999999")
    quarantine.give(last)
    quarantine.add_real(400)
    assert quarantine.cleaned(RULES, undo=DAY)[2] == 1
    assert emptied(quarantine, time.time() + 2 * DAY).count == 8
    assert (quarantine.path / TRASH / name).is_dir()


@pytest.mark.parametrize("where", ["100000000", "last"])
def test_numbers_that_have_run_out_are_said_before_anything_is_deleted(
    quarantine: Quarantine, where: str
) -> None:
    made(quarantine, "000001" if where == "last" else where)
    if where == "last":
        (quarantine.path / TRASH / where).write_text("100000000")
        quarantine.give(quarantine.path / TRASH / where)
    quarantine.add_real(400)
    with pytest.raises(Refused, match="have run out"):
        quarantine.cleaned(RULES, undo=DAY)
    assert len(quarantine.names()) == 8


def test_what_a_run_says_of_itself_commands_no_terminal(quarantine: Quarantine) -> None:
    quarantine.add_real(400)
    quarantine.cleaned(RULES, undo=DAY)
    about = quarantine.path / TRASH / "000001" / "run.json"
    about.write_bytes(msgspec.json.encode(Run("\x1b[31mroot" + "x" * 9999, 1.0, 2.0)))
    with folder_at(quarantine.path) as folder:
        job = Job(folder.owner, lambda stop: runs(folder.handle, stop))
        ((run,),) = each([job], list[Trashed], Stop())
    assert run.user.startswith("^[[31mroot")
    assert len(run.user) < 400
