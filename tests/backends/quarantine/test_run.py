"""A whole cleanup of a folder: what it takes, what it leaves."""

import os
import signal
import stat
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from backends import workers
from backends.errors import Failed, Refused
from backends.quarantine import run
from backends.quarantine.acting import Acted, Acting
from backends.quarantine.carry_out import Deletion, Done, nothing
from backends.quarantine.folder import folder_at
from backends.quarantine.names import KEEP, KINDS, NEW, Naming
from backends.quarantine.retention import Policy, policy
from backends.quarantine.run import Cleanup
from backends.quarantine.settings import KeepSettings, QuarantineSettings
from backends.workers import Job, Stop
from tests.backends.quarantine.making import DAY, HOSTILE, Quarantine

RULES = policy(QuarantineSettings())


def test_each_kind_goes_at_its_age(quarantine: Quarantine) -> None:
    quarantine.add_real(20)
    plan, done, _ = quarantine.cleaned(RULES)
    assert {name.split("/")[1].partition("-")[0] for name in quarantine.names()} == {"virus", "banned"}
    assert [(one.kind, one.count, one.going) for one in plan.kinds] == [
        ("virus", 2, 0),
        ("banned", 2, 0),
        ("spam", 2, 2),
        ("badh", 2, 2),
    ]
    assert sum(done.counts) == plan.going == 4
    assert sum(done.sizes) == plan.going_size == 4000
    assert done.left.count == 0


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("levels", [0, 1, 2, 3])
def test_any_number_of_levels(
    quarantine: Quarantine, levels: int, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "count", lambda: 1 if alone else 2)
    for number in range(200):
        name = f"spam-{number:012}.gz"
        steps = [str(number)[-level:][0] for level in range(1, levels + 1)]
        quarantine.add("/".join((*steps, name)), 20 if number % 2 else 1)
    plan, done, _ = quarantine.cleaned(RULES)
    assert sum(done.counts) == plan.going == 100
    assert plan.kinds[0].count == 200
    assert len(quarantine.names()) == 100
    assert all(int(name[-4]) % 2 == 0 for name in quarantine.names())


class HalfFails(Deletion):
    """Of two processes the second fails once it has done its share."""

    def run(self, root: int, stop: Stop) -> Done:
        done = super().run(root, stop)
        if self._share.number:
            raise Failed("It is locked away", hint="ask for the key")
        return done


class Killed(Deletion):
    """Of two processes the second is killed once it has done its share, and the first finds nothing to do."""

    def run(self, root: int, stop: Stop) -> Done:
        if self._share.number or self._share.of == 1:
            super().run(root, stop)
            os.kill(os.getpid(), signal.SIGKILL)
        return nothing()


def test_what_one_process_deleted_is_told_though_another_failed(
    quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "count", lambda: 2)
    monkeypatch.setattr(run, "Deletion", HalfFails)
    for number in range(100):
        quarantine.add(f"{number % 10}/spam-{number:012}.gz", 20)
    _, done, _ = quarantine.cleaned(RULES)
    assert (done.broken, done.hint, done.lost) == ("It is locked away", "ask for the key", True)
    assert 0 < sum(done.counts) < 100 - len(quarantine.names()) == 100
    monkeypatch.setattr(run, "count", lambda: 1)
    monkeypatch.setattr(HalfFails, "run", lambda *_: raises(Failed("It is locked away", hint="the key")))
    with pytest.raises(Failed, match="locked away") as caught:
        quarantine.cleaned(RULES)
    assert caught.value.hint == "the key"


@pytest.mark.parametrize("processes", [1, 2])
def test_what_a_killed_process_moved_into_the_trash_can_be_undone(
    quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    monkeypatch.setattr(run, "count", lambda: processes)
    monkeypatch.setattr(run, "Deletion", Killed)
    for number in range(100):
        quarantine.add(f"{number % 10}/spam-{number:012}.gz", 20)
    before = quarantine.names()
    _, done, undo = quarantine.cleaned(RULES, undo=DAY)
    assert len(quarantine.names()) < 100
    assert (sum(done.counts), done.kept, done.lost) == (0, 0, True)
    assert "signal 9" in done.broken
    assert "lack of memory" in done.hint
    assert undo == 1
    with folder_at(quarantine.path) as folder:
        back = Job(folder.owner, lambda stop: Acting(folder.handle, Naming()).undo(undo, stop))
        workers.each([back], Acted, Stop())
    assert quarantine.names() == before
    monkeypatch.setattr(run, "count", lambda: 1)
    with pytest.raises(Failed, match="signal 9"):
        quarantine.cleaned(RULES)


def raises(error: Exception) -> Done:
    raise error


def test_folders_of_the_site_own_templates(quarantine: Quarantine) -> None:
    naming = Naming([("spam", "local:W%P/spam/%m.gz")])
    quarantine.add("W40/spam/A/ATXQBcuaoJ-2.gz", 20)
    quarantine.add("W40/other/A/ATXQBcuaoJ-2.gz", 20)
    quarantine.cleaned(RULES, naming=naming)
    assert quarantine.names() == {"W40/other/A/ATXQBcuaoJ-2.gz"}


def test_foreign_names_are_told_and_stay(quarantine: Quarantine) -> None:
    for name in HOSTILE:
        quarantine.add(name, 400)
        quarantine.add(b"A/" + name, 400)
    before = quarantine.names()
    plan, done, _ = quarantine.cleaned(RULES)
    assert quarantine.names() == before
    assert plan.foreign.count == 2 * len(HOSTILE)
    assert sum(done.counts) == 0
    assert all(text.isprintable() for text in plan.foreign.first)


def test_any_name_goes_where_that_is_asked_for(quarantine: Quarantine) -> None:
    for name in HOSTILE:
        quarantine.add(name, 400)
    quarantine.add("young", 1)
    plan, done, _ = quarantine.cleaned(RULES, any_name=True)
    assert quarantine.names() == {"young"}
    assert sum(done.counts) == plan.going == len(HOSTILE)


def test_only_plain_files_go(quarantine: Quarantine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    quarantine.give(outside)
    names = [f"A/spam-00000000000{number}.gz" for number in range(6)]
    quarantine.add("A/x", 400).unlink()
    link, loop, pipe, folder, hard, roots = (quarantine.path / name for name in names)
    link.symlink_to(outside)
    loop.symlink_to(loop.name)
    os.mkfifo(pipe)
    folder.mkdir()
    os.link(outside, hard)
    roots.write_text("another user's")
    for path in (link, loop, pipe, folder, hard, roots):
        quarantine.age(path, 400)
    _, done, _ = quarantine.cleaned(RULES)
    assert outside.read_text() == "precious"
    assert not hard.exists()
    assert outside.stat().st_nlink == 1
    assert sum(done.counts) == 1
    assert link.is_symlink()
    assert roots.exists()
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_links_to_folders_are_not_followed(quarantine: Quarantine, tmp_path: Path) -> None:
    victim = Quarantine(tmp_path / "victim")
    victim.add_real(400)
    (quarantine.path / "A").symlink_to(victim.path)
    before = victim.names()
    quarantine.cleaned(RULES)
    quarantine.cleaned(RULES, any_name=True)
    assert victim.names() == before


def test_too_large_the_oldest_spam_goes_first(quarantine: Quarantine) -> None:
    for number in range(10):
        quarantine.add(f"A/spam-{number:012}.gz", 1 + number)
        quarantine.add(f"A/virus-{number:012}", 1 + number)
    plan, done, _ = quarantine.cleaned(policy(QuarantineSettings(max_size="16500")))
    assert sum(done.counts) == plan.going == 4
    left = {name for name in quarantine.names() if "spam" in name}
    assert left == {f"A/spam-{number:012}.gz" for number in range(6)}


def test_free_space_makes_room(quarantine: Quarantine) -> None:
    for number in range(10):
        quarantine.add(f"A/spam-{number:012}.gz", 1 + number)
    with folder_at(quarantine.path) as folder:
        free = folder.room().free
    rules = policy(QuarantineSettings(min_free=str(free + (1 << 40))))
    quarantine.cleaned(rules)
    assert quarantine.names() == set()


def test_over_the_cap_nothing_goes(quarantine: Quarantine) -> None:
    quarantine.add_real(400)
    before = quarantine.names()
    with pytest.raises(Refused, match="more than 7"):
        quarantine.cleaned(replace(RULES, max_delete=7))
    assert quarantine.names() == before
    quarantine.cleaned(replace(RULES, max_delete=8))
    assert quarantine.names() == set()


@pytest.mark.parametrize("clock", [0.0, 5 * DAY])
def test_a_clock_set_back_deletes_nothing(quarantine: Quarantine, clock: float) -> None:
    quarantine.add_real(400)
    with folder_at(quarantine.path) as folder:
        cleanup = Cleanup(folder, RULES, Naming(), now=clock)
        plan = cleanup.plan(Stop(), counted=True)
        done, _ = cleanup.carry_out(plan, Stop())
    assert plan.ahead == 8
    assert sum(done.counts) == 0
    assert len(quarantine.names()) == 8


def test_a_file_that_grows_or_is_replaced_after_the_plan_stays(quarantine: Quarantine) -> None:
    growing, replaced, _ = (quarantine.add(f"A/spam-{number:012}.gz", 400) for number in range(3))
    with folder_at(quarantine.path) as folder:
        cleanup = Cleanup(folder, RULES, Naming())
        plan = cleanup.plan(Stop(), counted=True)
        with growing.open("ab") as file:
            file.write(b"more")
        replaced.unlink()
        quarantine.add("A/spam-000000000001.gz", 0)
        quarantine.add("A/spam-000000000003.gz", 0)
        done, _ = cleanup.carry_out(plan, Stop())
    assert plan.going == 3
    assert sum(done.counts) == 1
    assert quarantine.names() == {f"A/spam-{number:012}.gz" for number in (0, 1, 3)}


def test_a_stop_leaves_the_rest(quarantine: Quarantine) -> None:
    quarantine.add_real(400)
    stop = Stop()
    stop.number = 15
    _, done, _ = quarantine.cleaned(RULES, stop=stop)
    assert sum(done.counts) == 0
    assert len(quarantine.names()) == 8


@pytest.mark.usefixtures("root_only")
def test_a_folder_that_the_owner_cannot_read_is_told(quarantine: Quarantine) -> None:
    quarantine.add("A/spam-000000000001.gz", 400)
    (quarantine.path / "A").chmod(0)
    plan, done, _ = quarantine.cleaned(RULES)
    assert plan.unreadable.first == ["A: Permission denied"]
    assert done.left.first == ["A: Permission denied"]


def test_what_mkfs_left_there_is_no_part_of_it(quarantine: Quarantine) -> None:
    quarantine.add("lost+found/spam-000000000001.gz", 400)
    (quarantine.path / "lost+found").chmod(0)
    plan, done, _ = quarantine.cleaned(RULES, any_name=True)
    assert (plan.unreadable.count, plan.foreign.count, sum(done.counts)) == (0, 0, 0)
    (quarantine.path / "lost+found").chmod(0o700)


@pytest.mark.usefixtures("root_only")
def test_a_folder_that_the_owner_cannot_write_is_told(quarantine: Quarantine) -> None:
    for number in range(50):
        quarantine.add(f"A/spam-{number:012}.gz", 400)
    (quarantine.path / "A").chmod(0o500)
    _, done, _ = quarantine.cleaned(RULES)
    assert done.left.count == 50
    assert len(done.left.first) == 20
    assert done.left.first[0].endswith("Permission denied")
    assert len(quarantine.names()) == 50


def test_very_deep_folders_end(quarantine: Quarantine) -> None:
    quarantine.add(f"{'A/' * 40}spam-000000000001.gz", 400)
    plan, _, _ = quarantine.cleaned(RULES)
    assert plan.unreadable.count == 1
    assert plan.unreadable.first[0].endswith("too deep")
    assert len(quarantine.names()) == 1


def test_nothing_is_opened_to_be_read(quarantine: Quarantine) -> None:
    paths = quarantine.add_real(1)
    for path in paths:
        os.utime(path, (1, path.stat().st_mtime))
    quarantine.cleaned(RULES)
    assert {path.stat().st_atime for path in paths} == {1.0}


def test_kept_for_ever(quarantine: Quarantine) -> None:
    quarantine.add("A/archive-000000000001.gz", 9999)
    quarantine.add("A/spam-000000000001.gz", 9999)
    settings = QuarantineSettings(keep=KeepSettings(spam="forever"), max_size="1", order=("badh",))
    plan, _, _ = quarantine.cleaned(policy(settings))
    assert plan.going == 0
    assert len(quarantine.names()) == 2


def test_the_moments_are_those_of_the_policy(quarantine: Quarantine) -> None:
    now = time.time()
    with folder_at(quarantine.path) as folder:
        plan = Cleanup(folder, Policy(keep=(DAY,) * len(KINDS)), Naming(), now=now).plan(
            Stop(), counted=False
        )
    assert plan.before == (now - DAY,) * len(KINDS)
    assert plan.kinds == ()


def test_holes_in_a_file_take_no_room(quarantine: Quarantine) -> None:
    """Files that look large, and take nothing, make no others go."""
    for number in range(4):
        os.truncate(quarantine.add(f"A/spam-{number:012}.gz", 5, b""), 1 << 40)
        quarantine.age(quarantine.path / f"A/spam-{number:012}.gz", 5)
    quarantine.add("A/virus-000000000001", 5, b"x" * 5000)
    plan, done, _ = quarantine.cleaned(policy(QuarantineSettings(max_size="1MiB")))
    assert (sum(done.counts), plan.going) == (0, 0)
    assert [(one.kind, one.size) for one in plan.kinds] == [("virus", 5000), ("spam", 0)]
    plan, done, _ = quarantine.cleaned(policy(QuarantineSettings(max_size="4000")))
    assert sum(done.sizes) == plan.going_size == 5000


@pytest.mark.parametrize("name", sorted({KEEP, NEW}))
def test_our_own_files_are_no_part_of_it_whatever_the_name(quarantine: Quarantine, name: str) -> None:
    ours = quarantine.add(name, 400, b"")
    quarantine.add("anything", 400)
    plan, done, _ = quarantine.cleaned(RULES, any_name=True)
    assert (sum(done.counts), plan.going) == (1, 1)
    assert quarantine.names() == {name}
    assert ours.exists()
