"""The adapter on a folder as amavis makes it, with its real child process; amavis itself is answered for."""

import gzip
import os
import time
from fcntl import LOCK_UN, flock
from pathlib import Path
from threading import Event, Timer

import msgspec
import pytest

from backends.errors import BadRequest, Failed, Missing, NotAnswering, NotPermitted, Refused
from backends.outcome import LeftOut
from backends.quarantine import adapter as adapter_module
from backends.quarantine import opening
from backends.quarantine.adapter import AmavisQuarantine
from backends.quarantine.config import Amavis
from backends.quarantine.folder import folder_at
from backends.quarantine.listing import Listing
from backends.quarantine.message import Target
from backends.quarantine.names import KEEP, KINDS, TRASH
from backends.quarantine.release import release
from backends.quarantine.retention import Room, policy
from backends.quarantine.select import Selector, matching
from backends.quarantine.settings import KeepSettings, QuarantineSettings
from backends.quarantine.stats import stats
from backends.runner import Command, LocalRunner, Result
from backends.text import visible
from tests.backends.quarantine.making import DAY, HOSTILE, NOBODY, Quarantine
from tests.backends.quarantine.test_message import SPAM, VIRUS

OK = b"250 2.0.0 Ok: queued as 4F2B1166135\n"


class Runner(LocalRunner):
    """Runs the child process; amavisd-release and sa-learn answer what the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[Command] = []
        self.answers: dict[str, Result] = {"amavisd-release": Result(0, b"", OK, 0.0)}

    def run(self, command: Command) -> Result:
        self.ran.append(command)
        for name, answer in self.answers.items():
            if name in command.argv:
                return answer
        return super().run(command)


@pytest.fixture
def runner() -> Runner:
    return Runner()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def subject(quarantine: Quarantine, runner: Runner, told: list[str]) -> AmavisQuarantine:
    quarantine.add("A/spam-ATXQBcuaoJ-2.gz", 1, gzip.compress(SPAM))
    quarantine.add("0/virus-0p4b2Z502_-V", 2, VIRUS)
    quarantine.add("H/banned-Hk_FTrbV-lYl", 3, VIRUS)
    return AmavisQuarantine(
        runner,
        Amavis(quarantine=str(quarantine.path)),
        record=lambda text, *, well, action: told.append(f"{action} {well} {text}"),
    )


def targets(subject: AmavisQuarantine, *kinds: str) -> list[Target]:
    listing = subject.read()
    found = [listing.target(row) for row in range(len(listing))]
    return [one for one in found if not kinds or one.kind in kinds]


def test_all_of_it_is_listed_and_nothing_else(quarantine: Quarantine, subject: AmavisQuarantine) -> None:
    for name in HOSTILE:
        quarantine.add(b"A/" + name, 1)
    (quarantine.path / "A/spam-ATXQBcuaoJ-9").symlink_to("/etc/passwd")
    listing = subject.read()
    found = {listing.path(row): listing.target(row) for row in range(len(listing))}
    assert sorted(found) == ["0/virus-0p4b2Z502_-V", "A/spam-ATXQBcuaoJ-2.gz", "H/banned-Hk_FTrbV-lYl"]
    status = (quarantine.path / "0/virus-0p4b2Z502_-V").stat()
    virus = found["0/virus-0p4b2Z502_-V"]
    assert virus == Target(virus.path, "virus", status.st_ino, status.st_mtime_ns, len(VIRUS))
    assert listing.foreign.count == len(HOSTILE) + 1
    assert [listing.row_of(path) for path in ("A/nothing", "", "0/virus", "spam-ATXQBcuaoJ-2.gz")] == [
        None
    ] * 4
    assert (listing.room.free > 0, listing.kept, listing.partial) == (True, (), False)


def test_of_many_the_first_come_at_once(subject: AmavisQuarantine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter_module, "FEW", 1)
    some: list[Listing] = []
    whole = subject.read(some.append)
    assert [(len(one), one.partial) for one in some] == [(2, True)]
    assert [some[0].row_of(some[0].path(row)) for row in range(2)] == [0, 1]
    assert (len(whole), whole.partial) == (3, False)
    assert [one.subject for one in subject.headers(targets(subject, "spam"))] == ["späm and more"]


def test_headers_of_files_of_which_the_path_alone_is_known(subject: AmavisQuarantine) -> None:
    known = targets(subject)
    paths = [Target(one.path, one.kind) for one in known]
    assert len(paths) > 1
    expected = subject.headers(known)
    assert subject.headers(paths) == expected
    assert [subject.headers([one])[0] for one in paths] == expected


@pytest.mark.parametrize(("processors", "in_child"), [(2, 1), (1, 0)])
def test_headers_are_read_once_and_where_they_are_many_some_of_them_in_a_child(
    quarantine: Quarantine,
    subject: AmavisQuarantine,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
    processors: int,
    in_child: int,
) -> None:
    all_of_them = targets(subject)
    monkeypatch.setattr(adapter_module, "FEW", 1)
    monkeypatch.setattr(adapter_module, "count", lambda: processors)
    before = len(runner.ran)
    found = subject.headers(all_of_them)
    with folder_at(quarantine.path) as folder:
        assert found == opening.heads(folder.handle, all_of_them)
    assert {one.virus for one in found} == {"", "Win.Test-1"}
    assert [one.stdin.count(b"\n") - 1 for one in runner.ran[before:]] == [1] * in_child
    assert subject.headers(all_of_them) == found
    assert len(runner.ran) == before + in_child
    stop = Event()
    stop.set()
    with pytest.raises(Refused, match="Superseded"):
        subject.headers([Target("A/spam-ATXQBcuaoJ-9", "spam", 1, 1)], stop)


def test_deleted_into_the_trash_and_brought_back(
    quarantine: Quarantine, subject: AmavisQuarantine, told: list[str]
) -> None:
    before = {path: (quarantine.path / path).stat().st_ino for path in quarantine.names()}
    plan = subject.plan("delete", targets(subject, "virus", "banned"))
    assert (plan.kept_for, plan.virus) == (DAY, "")
    assert str(plan.commands[0]).startswith("mailtui quarantine delete --yes ")
    outcome = subject.carry_out(plan)
    assert (outcome.done, outcome.asked, outcome.left_out, outcome.undo) == (2, 2, (), 1)
    assert quarantine.names() == {"A/spam-ATXQBcuaoJ-2.gz"}
    (run,) = subject.trash()
    assert (run.number, run.count, run.size) == (1, 2, 2 * len(VIRUS))
    assert run.until == pytest.approx(time.time() + DAY, abs=30)
    back = subject.undo()
    assert (back.done, back.left_out) == (2, ())
    assert {path: (quarantine.path / path).stat().st_ino for path in quarantine.names()} == before
    assert subject.trash() == []
    assert [line.split(":")[0] for line in told] == [
        "delete True done=2 asked=2 undo=1",
        "undo True done=2 asked=2",
    ]
    with pytest.raises(Missing, match="no deletion"):
        subject.undo()
    with pytest.raises(Missing, match="deletion 7"):
        subject.undo(7)


def test_an_undo_takes_nobodys_place(quarantine: Quarantine, subject: AmavisQuarantine) -> None:
    subject.carry_out(subject.plan("delete", targets(subject, "virus", "banned")))
    new = quarantine.add("0/virus-0p4b2Z502_-V", 0, b"a new one")
    outcome = subject.undo()
    assert (outcome.done, [one.what for one in outcome.left_out]) == (1, ["0/virus-0p4b2Z502_-V"])
    assert new.read_bytes() == b"a new one"
    new.unlink()
    assert subject.undo().done == 1
    assert subject.trash() == []


def test_an_undo_that_could_not_be_finished_is_not_in_the_way_of_the_one_before(
    quarantine: Quarantine, subject: AmavisQuarantine
) -> None:
    for kind in ("virus", "banned"):
        subject.carry_out(subject.plan("delete", targets(subject, kind)))
    new = quarantine.add("H/banned-Hk_FTrbV-lYl", 0, b"a new one")
    assert (subject.undo().done, new.read_bytes()) == (0, b"a new one")
    assert [(run.number, run.tried, run.count) for run in subject.trash()] == [(1, False, 1), (2, True, 1)]
    assert subject.undo().done == 1
    assert (quarantine.path / "0/virus-0p4b2Z502_-V").read_bytes() == VIRUS
    new.unlink()
    assert subject.undo().done == 1
    assert new.read_bytes() == VIRUS
    assert subject.trash() == []


def test_the_trash_is_emptied(quarantine: Quarantine, subject: AmavisQuarantine) -> None:
    subject.carry_out(subject.plan("delete", targets(subject, "virus")))
    assert subject.empty_trash() == 1
    assert subject.trash() == []
    assert not list((quarantine.path / TRASH).glob("0*"))


def test_a_deletion_lets_go_of_what_was_kept_for_its_time(quarantine: Quarantine, runner: Runner) -> None:
    quarantine.add("A/spam-ATXQBcuaoJ-2.gz", 1)
    quarantine.add("0/virus-0p4b2Z502_-V", 1)
    kept = [0.0, DAY]
    subject = AmavisQuarantine(
        runner,
        Amavis(quarantine=str(quarantine.path)),
        record=lambda *_, **__: None,
        kept_for=lambda: kept.pop(0),
    )
    first, second = (subject.carry_out(subject.plan("delete", [one])) for one in targets(subject))
    assert (first.undo, second.undo) == (1, 2)
    assert [run.number for run in subject.trash()] == [2]
    assert not (quarantine.path / TRASH / "000001").exists()


@pytest.mark.parametrize("action", ["delete", "keep"])
def test_what_is_not_the_planned_file_is_left_out(
    quarantine: Quarantine, subject: AmavisQuarantine, action: str, tmp_path: Path
) -> None:
    outside = tmp_path / "spam-ATXQBcuaoJ-9"
    outside.write_bytes(b"not amavis's")
    foreign = quarantine.add("A/notes.txt", 1)
    (quarantine.path / "B").symlink_to(tmp_path)
    spam, virus = targets(subject, "spam")[0], targets(subject, "virus")[0]
    (quarantine.path / virus.path).unlink()
    changed = quarantine.path / spam.path
    os.utime(changed, (1, 1))
    bad = ["A/notes.txt", "B/spam-ATXQBcuaoJ-9", "../spam-ATXQBcuaoJ-9", "/etc/passwd", "A/../A/x", KEEP]
    plan = subject.plan(action, [spam, virus, *(Target(path, "spam") for path in bad)])
    outcome = subject.carry_out(plan)
    assert (outcome.done, len(outcome.left_out)) == (0, 2 + len(bad))
    assert all(one.why for one in outcome.left_out)
    assert outside.exists()
    assert foreign.exists()
    assert changed.exists()
    assert outcome.undo is None


def test_a_cleanup_leaves_what_is_kept(quarantine: Quarantine, subject: AmavisQuarantine) -> None:
    for name in quarantine.names():
        quarantine.age(quarantine.path / name, 100)
    kept = targets(subject, "virus")
    assert subject.carry_out(subject.plan("keep", kept)).done == 1
    listing = subject.read()
    assert [listing.is_kept(listing.target(row)) for row in range(3)].count(True) == 1
    nothing = policy(QuarantineSettings(keep=KeepSettings(**dict.fromkeys(KINDS, "1d"))))
    plan, done, _ = quarantine.cleaned(nothing, any_name=True)
    assert (plan.going, plan.kept, sum(done.counts)) == (2, 1, 2)
    assert quarantine.names() == {kept[0].path, KEEP}
    room = policy(QuarantineSettings(max_size="1", order=KINDS))  # type: ignore[arg-type]
    assert sum(quarantine.cleaned(room)[1].counts) == 0
    assert subject.carry_out(subject.plan("let-go", kept)).done == 1
    assert quarantine.names() == {kept[0].path}
    assert sum(quarantine.cleaned(nothing)[1].counts) == 1


def test_another_file_of_a_kept_name_is_not_kept(quarantine: Quarantine, subject: AmavisQuarantine) -> None:
    subject.carry_out(subject.plan("keep", targets(subject, "virus")))
    old = quarantine.path / "0/virus-0p4b2Z502_-V"
    old.rename(old.with_name("virus-0p4b2Z502_-W"))
    quarantine.add("0/virus-0p4b2Z502_-V", 100)
    quarantine.age(old.with_name("virus-0p4b2Z502_-W"), 100)
    assert sum(quarantine.cleaned()[1].counts) == 2
    subject.carry_out(subject.plan("keep", targets(subject, "spam")))
    lines = (quarantine.path / KEEP).read_text().splitlines()
    assert [line.partition(" ")[2] for line in lines] == ["A/spam-ATXQBcuaoJ-2.gz"]


def test_the_list_of_what_is_kept_is_no_way_out(
    quarantine: Quarantine, subject: AmavisQuarantine, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    for place in (KEEP, f"{KEEP}.new"):
        (quarantine.path / place).symlink_to(victim)
        with pytest.raises(Failed, match="cannot be read") if place == KEEP else _nothing():
            subject.carry_out(subject.plan("keep", targets(subject, "spam")))
        assert victim.read_bytes() == b"mine"
        (quarantine.path / KEEP).unlink()
    (quarantine.path / KEEP).write_bytes(b"\xff\n0 \n1 ../../etc/passwd\n" + b"9" * 30 + b" x\n")
    quarantine.give(quarantine.path / KEEP)
    assert len(subject.read().kept) == 0
    if os.geteuid() == 0:
        os.chown(quarantine.path / KEEP, 0, 0)
        with pytest.raises(Failed, match="folder's owner"):
            quarantine.cleaned()


class _nothing:  # noqa: N801 - beside pytest.raises
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.mark.usefixtures("root_only")
def test_what_is_made_is_the_owners(quarantine: Quarantine, subject: AmavisQuarantine) -> None:
    subject.carry_out(subject.plan("keep", targets(subject, "spam")))
    subject.carry_out(subject.plan("delete", targets(subject, "virus")))
    made = [quarantine.path / KEEP, *(quarantine.path / TRASH).rglob("*")]
    assert len(made) > 4
    assert {path.lstat().st_uid for path in made} == {NOBODY}
    assert not [path for path in made if path.lstat().st_mode & 0o077 and path.is_dir()]


def test_shown_and_exported(quarantine: Quarantine, subject: AmavisQuarantine) -> None:
    (spam,) = targets(subject, "spam")
    view = subject.show(spam)
    assert (view.own.score, view.text, view.trouble) == (999.5, "body\n", "")
    assert subject.show(spam, 100).truncated
    assert subject.raw(spam) == SPAM
    cut = quarantine.add("B/spam-BTXQBcuaoJ-2.gz", 1, gzip.compress(SPAM)[:-20])
    with pytest.raises(Failed, match="cut off"):
        subject.raw(next(one for one in targets(subject) if one.path.startswith("B/")))
    cut.unlink()
    with pytest.raises(Missing):
        subject.show(Target("B/spam-BTXQBcuaoJ-2.gz", "spam"))


def test_a_bomb_is_not_exported(
    quarantine: Quarantine, subject: AmavisQuarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter_module, "EXPORT_LIMIT", 10 << 20)
    quarantine.add("B/spam-BTXQBcuaoJ-2.gz", 1, gzip.compress(b"A" * (50 << 20)))
    with pytest.raises(Refused, match="larger than"):
        subject.raw(next(one for one in targets(subject) if one.path.startswith("B/")))


def test_released_to_whom(subject: AmavisQuarantine, runner: Runner) -> None:
    spam = targets(subject, "spam")
    outcome = subject.carry_out(subject.plan("release", spam))
    assert (outcome.done, outcome.printed) == (1, ("250 2.0.0 Ok: queued as 4F2B1166135",))
    assert str(runner.ran[-1]) == "amavisd-release A/spam-ATXQBcuaoJ-2.gz"
    subject.carry_out(subject.plan("release", spam, ["bob@example.org"]))
    assert str(runner.ran[-1]) == "amavisd-release A/spam-ATXQBcuaoJ-2.gz '' bob@example.org"
    assert runner.ran[-1].mutates
    for bad in ("bob", "-x@example.org", "a b@example.org", "<a@b.example>", "a@b\n"):
        with pytest.raises(BadRequest, match="no address"):
            subject.plan("release", spam, [bad])
    with pytest.raises(BadRequest, match="recipients"):
        subject.plan("delete", spam, ["bob@example.org"])


def test_a_release_names_the_virus_and_lets_no_two_out_at_once(
    quarantine: Quarantine, subject: AmavisQuarantine
) -> None:
    assert subject.plan("release", targets(subject, "spam")).virus == ""
    assert subject.plan("release", targets(subject, "spam", "virus", "banned")).virus == "Win.Test-1"
    quarantine.add("B/virus-BTXQBcuaoJ-2", 1, b"Subject: no headers of amavis's\n\n")
    other = next(one for one in targets(subject) if one.path.startswith("B/"))
    assert subject.plan("release", [other]).virus == "virus"
    with pytest.raises(Refused, match="2 different viruses"):
        subject.plan("release", targets(subject, "virus"))


@pytest.mark.parametrize(
    ("said", "kind", "what"),
    [
        (b"450 4.5.0 Failed to release: x", Failed, "did not release it: 450 4.5.0"),
        (b"554 5.7.1 Error: \x1b[31mred", Failed, r"\^\[\[31mred"),
        (b"Can't connect to UNIX socket /x: No such file or directory at", NotAnswering, "does not run"),
        (b"Can't connect to UNIX socket /x: Connection refused at", NotAnswering, "does not run"),
        (b"Can't connect to UNIX socket /x: Permission denied at", NotPermitted, "socket cannot be used"),
        (b"Invalid response received at", Failed, "Invalid response"),
        (b"", Failed, "printed nothing"),
    ],
)
def test_what_amavis_says_is_told_though_the_program_ends_well(
    subject: AmavisQuarantine, runner: Runner, said: bytes, kind: type[Exception], what: str
) -> None:
    runner.answers["amavisd-release"] = Result(0, b"", said, 0.0)
    with pytest.raises(kind, match=what):
        subject.carry_out(subject.plan("release", targets(subject, "spam")))


def test_one_that_fails_does_not_keep_the_others(
    quarantine: Quarantine, subject: AmavisQuarantine, told: list[str]
) -> None:
    plan = subject.plan("release", targets(subject, "spam", "banned"))
    (quarantine.path / "H/banned-Hk_FTrbV-lYl").unlink()
    outcome = subject.carry_out(plan)
    assert (outcome.done, [one.what for one in outcome.left_out]) == (1, ["H/banned-Hk_FTrbV-lYl"])
    assert told == ["release False done=1 asked=2: A/spam-ATXQBcuaoJ-2.gz"]


def test_learnt_without_what_amavis_added(subject: AmavisQuarantine, runner: Runner) -> None:
    said = b"Learned tokens from 1 message(s) (1 message(s) examined)\n"
    runner.answers["sa-learn"] = Result(0, said, b"", 0.0)
    outcome = subject.carry_out(subject.plan("release-ham", targets(subject, "spam")))
    assert outcome.printed[-1].startswith("Learned tokens from 1")
    command = runner.ran[-1]
    assert command.stdin == SPAM[SPAM.index(b"Received: ") :]
    assert ("setpriv" in command.argv) == (os.geteuid() == 0)
    assert "--ham" in command.argv
    runner.answers["sa-learn"] = Result(1, b"", b"bayes: locked\n", 0.0)
    with pytest.raises(Failed, match=r"It was released, but sa-learn failed: bayes: locked"):
        subject.carry_out(subject.plan("release-ham", targets(subject, "spam")))


def test_released_by_amavis_itself() -> None:
    assert str(release("a/b", ())) == "amavisd-release a/b"


def test_filtered_and_counted(subject: AmavisQuarantine) -> None:
    listing, now = subject.read(), time.time()

    def found(line: str) -> list[str]:
        every = (listing.target(row) for row in range(len(listing)))
        return sorted(one.kind for one, _ in matching(every, Selector.typed(line), subject.headers, now))

    assert found("") == ["banned", "spam", "virus"]
    assert found("kind:virus") == ["virus"]
    assert found("win.test") == ["banned", "virus"]
    assert found("!alert:win.test") == ["spam"]
    assert found("score>10 to:carol rule:gtube from:bob@ subject:späm") == ["spam"]
    assert found("score<10") == []
    assert found("older:36h") == ["banned", "virus"]
    assert found("newer:36h") == ["spam"]
    assert found("id:re:^0/ larger:10") == ["virus"]
    for bad in ("score>x", "older:x", "re:(", "larger:x", "kind:spma"):
        with pytest.raises(BadRequest):
            found(bad)
    figures = stats(listing, now)
    assert {one.kind: one.counts.index(1) for one in figures.kinds} == {"spam": 3, "virus": 3, "banned": 4}
    assert figures.size == sum(listing.sizes)
    assert figures.growth == pytest.approx(figures.size / 3, rel=0.01)
    assert figures.full_in is None
    small = msgspec.structs.replace(listing, room=Room(size=10_000, free=3_000, inodes=0, free_inodes=0))
    assert stats(small, now).full_in == pytest.approx(3_000 / figures.growth * DAY, rel=0.01)
    later = stats(msgspec.structs.replace(small, taken=now + 30 * DAY), now + 30 * DAY)
    assert (later.growth, later.full_in) == (0.0, None)
    empty = Listing(folder="/x", taken=now, columns=type(listing.columns)(), room=listing.room)
    assert (stats(empty, now).kinds, stats(empty, now).full_in) == ((), None)


def test_where_there_is_none(runner: Runner, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="keeps no quarantine"):
        AmavisQuarantine(runner, Amavis(quarantine="")).read()
    with pytest.raises(Missing, match="There is no folder"):
        AmavisQuarantine(runner, Amavis(quarantine=str(tmp_path / "x"))).read()
    assert "There is no folder" in AmavisQuarantine(runner, Amavis(quarantine=str(tmp_path / "x"))).why_not()


def test_nothing_is_acted_on_in_what_is_no_quarantine(runner: Runner, tmp_path: Path) -> None:
    home = Quarantine(tmp_path / "home")
    home.add("precious", 1)
    subject = AmavisQuarantine(runner, Amavis(quarantine=str(home.path)))
    with pytest.raises(Refused, match="nothing in it has a name that amavis gives"):
        subject.carry_out(subject.plan("delete", [Target("spam-ATXQBcuaoJ-2", "spam")]))
    assert home.names() == {"precious"}


def test_an_act_waits_for_a_cleanup_and_says_who_is_in_the_way(
    quarantine: Quarantine, subject: AmavisQuarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = subject.plan("delete", targets(subject, "spam"))
    with folder_at(quarantine.path) as folder:
        folder.lock()
        with pytest.raises(Refused, match=rf"under way in .*: process {os.getpid()} since "):
            subject.carry_out(plan)
    with folder_at(quarantine.path) as folder:
        folder.lock()
        Timer(0.5, flock, (folder.handle, LOCK_UN)).start()
        assert subject.carry_out(plan).done == 1


def test_releases_are_counted_and_broken_off(subject: AmavisQuarantine, runner: Runner) -> None:
    plan, stop, over = subject.plan("release", targets(subject, "spam", "banned")), Event(), list[int]()

    def progress(count: int) -> None:
        over.append(count)
        if count == 1:
            stop.set()

    outcome = subject.carry_out(plan, progress, stop)
    assert over == [0, 1]
    assert (outcome.asked, outcome.done) == (2, 1)
    assert [one.why for one in outcome.left_out] == ["not begun: it was broken off"]
    assert sum("amavisd-release" in command.argv for command in runner.ran) == 1


def test_a_path_with_a_line_break_is_none_of_amavis(subject: AmavisQuarantine) -> None:
    evil = Target("A/x\n0:0:A/spam-ATXQBcuaoJ-2.gz", "spam")
    with pytest.raises(BadRequest, match="line break"):
        subject.carry_out(subject.plan("delete", [evil]))
    assert len(targets(subject, "spam")) == 1


def test_how_long_a_deletion_is_kept_is_the_sites(quarantine: Quarantine, runner: Runner) -> None:
    quarantine.add("A/spam-ATXQBcuaoJ-2.gz", 1)
    subject = AmavisQuarantine(
        runner,
        Amavis(quarantine=str(quarantine.path)),
        record=lambda *_, **__: None,
        kept_for=lambda: 3 * DAY,
    )
    subject.carry_out(subject.plan("delete", targets(subject)))
    (run,) = subject.trash()
    assert run.until - run.deleted == pytest.approx(3 * DAY, abs=5)


def test_what_lies_beside_the_messages_is_listed_and_stays(
    quarantine: Quarantine, runner: Runner, tmp_path: Path
) -> None:
    quarantine.add_real(1)
    quarantine.add("B/spam-BTXQBcuaoJ-9.gz", 2)
    os.chown(quarantine.path / "B/spam-BTXQBcuaoJ-9.gz", 1234, -1)
    quarantine.add("notes.txt", 40, b"x" * 212)
    quarantine.add(os.fsdecode(b"A/\x1b[31m\xff"), 3)
    (quarantine.path / "A" / "spam-ATXQBcuaoJ-8.gz").symlink_to("/etc/passwd")
    base = tmp_path / "amavis" / "tmp"
    left = base / "amavis-20261122T112459-9999998-k3JxQ2ab"
    for folder in (base, left):
        folder.mkdir()
        quarantine.give(folder)
    (left / "email.txt").write_bytes(b"x" * 500)
    for path in (left / "email.txt", left):
        quarantine.give(path)
        quarantine.age(path, 5)
    before = quarantine.names()
    subject = AmavisQuarantine(runner, Amavis(quarantine=str(quarantine.path), work=str(base)))
    found = subject.apart()
    assert found.count == len(found.found) == 5
    told = {one.path: (one.what, one.size, one.why) for one in found.found}
    assert told["notes.txt"] == ("foreign", 212, "amavis does not name so")
    assert told[visible(os.fsdecode(b"A/\x1b[31m\xff"))][0] == "foreign"
    assert told["B/spam-BTXQBcuaoJ-9.gz"][::2] == ("orphan", "of another user, 1234")
    assert told["A/spam-ATXQBcuaoJ-8.gz"][::2] == ("orphan", "no plain file")
    assert told[str(left)] == ("work", 500, "no amavis uses it")
    assert quarantine.names() == before
    assert left.is_dir()


def test_names_that_are_no_text_are_left_out_in_words(
    quarantine: Quarantine, subject: AmavisQuarantine
) -> None:
    evil = os.fsdecode(b"A/spam-\xff\x1b[31m")
    (left,) = subject.carry_out(subject.plan("delete", [Target(evil, "spam")])).left_out
    assert left == LeftOut(visible(evil), "No such file or directory")
    subject.carry_out(subject.plan("delete", targets(subject, "spam")))
    files = quarantine.path / TRASH / "000002/files/A"
    for name in (evil[2:], "spam-ATXQBcuaoJ-2.gz"):
        (files / name).touch()
        quarantine.add(f"A/{name}", 0)
    outcome = subject.undo()
    assert outcome.done == 0
    assert {one.what for one in outcome.left_out} == {visible(evil), "A/spam-ATXQBcuaoJ-2.gz"}


def test_a_message_in_pieces(quarantine: Quarantine, subject: AmavisQuarantine) -> None:
    large = b"Subject: x\n\n" + b"a line of many\n" * 100_000
    quarantine.add("C/spam-ATXQBcuaoJ-3.gz", 1, gzip.compress(large))
    quarantine.add("D/spam-ATXQBcuaoJ-4.gz", 1, gzip.compress(large)[:-1000])
    found = {one.path[0]: one for one in targets(subject)}
    assert b"".join(subject.chunks(found["A"])) == SPAM
    assert b"".join(subject.chunks(found["0"])) == VIRUS
    pieces = list(subject.chunks(found["C"]))
    assert b"".join(pieces) == large
    assert max(map(len, pieces)) <= 1 << 18
    with pytest.raises(Failed, match="cannot be read whole"):
        list(subject.chunks(found["D"]))
    (quarantine.path / found["A"].path).unlink()
    with pytest.raises(Missing):
        list(subject.chunks(found["A"]))
