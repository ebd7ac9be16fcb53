"""Mailboxes imported into Maildirs: what comes, what stays out, and what happens when something goes wrong."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import backends.mailbox.importing
from backends.errors import BackendError, Failed, Missing, NoSpace, NotOnDisk, Refused
from backends.mailbox import flushing, index, maildir, source
from backends.mailbox.importing import Done, Import, Plan, halves
from backends.mailbox.index import Index
from backends.mailbox.room import must_fit
from backends.mailbox.split import Dialect
from backends.mailbox.target import target_at
from backends.mailbox.tree import Found, mailboxes
from backends.mailbox.writing import Writer, Written
from backends.runner import LocalRunner, Result
from backends.workers import Stop
from tests.backends.mailbox.making import FROM, HEADER, files, joined, letter

LETTERS = [letter(b"%d\n" % number) for number in range(300)]
NOBODY = 65534


@contextmanager
def importing(path: Path, stop: Stop | None = None) -> Iterator[Import]:
    runner = LocalRunner()
    with target_at(path, "", really=True) as target:
        yield Import(target, runner, stop or Stop())
    runner.close()


def imported(mbox: Path, path: Path, steps: tuple[str, ...] = ()) -> tuple[Plan, Done]:
    """All of an import."""
    with importing(path) as run:
        plan = run.plan(Found(mbox, steps))
        done = run.carry_out(plan)
        run.finish([(plan, done)])
    return plan, done


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    path = tmp_path / "mbox"
    path.write_bytes(joined(LETTERS, Dialect.MBOXO))
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "Maildir"


def test_all_messages_come_once(mbox: Path, target: Path) -> None:
    plan, done = imported(mbox, target)
    assert (len(plan.index), len(plan.rows), len(done.keys), done.error) == (300, 300, 300, "")
    assert sorted(files(target).values()) == sorted(LETTERS)
    again, nothing = imported(mbox, target)
    assert (len(again.rows), len(nothing.keys)) == (0, 0)
    assert not list((target / "tmp").iterdir())


def test_the_same_message_twice_comes_twice(tmp_path: Path, target: Path) -> None:
    (tmp_path / "mbox").write_bytes(joined([letter(), letter(), letter(b"other\n"), letter()], Dialect.MBOXO))
    assert len(imported(tmp_path / "mbox", target)[1].keys) == 4
    assert not imported(tmp_path / "mbox", target)[0].rows


def test_the_name_of_a_message_is_the_same_in_each_version(tmp_path: Path, target: Path) -> None:
    (tmp_path / "mbox").write_bytes(FROM.replace(b"2026", b"2026 +0000") + letter() + b"\n")
    imported(tmp_path / "mbox", target)
    assert [path.name for path in (target / "new").iterdir()] == ["1795514400.dccfb3a1fbe48041.mbox,S=66"]


def test_what_was_deleted_moved_or_flagged_since_does_not_come_again(mbox: Path, target: Path) -> None:
    imported(mbox, target)
    one, other, *_ = sorted((target / "new").iterdir())
    one.unlink()
    other.rename(target / "cur" / f"{other.name}:2,FS")
    assert not imported(mbox, target)[0].rows


def test_only_what_is_new_of_one_that_has_grown_and_was_read(mbox: Path, target: Path) -> None:
    imported(mbox, target)
    read = [one.replace(b"\n\n", b"\nStatus: RO\nX-Keywords: work\n\n", 1) for one in LETTERS]
    mbox.write_bytes(joined([*read, letter(b"new\n")], Dialect.MBOXO))
    plan, done = imported(mbox, target)
    assert (len(plan.index), len(done.keys)) == (301, 1)


def test_flags_and_dates(tmp_path: Path, target: Path) -> None:
    states = {
        b"": "new/",
        b"Status: O\n": ":2,",
        b"Status: RO\n": ":2,S",
        b"Status: RO\nX-Status: AFD\n": ":2,FRST",
        b"X-Status: T\n": ":2,D",
        b"X-Mozilla-Status: 1003\n": ":2,PRS",
        b"X-Mozilla-Status: 0000\nX-Mozilla-Status2: 00000000\n": ":2,",
    }
    mboxes = [
        FROM.replace(b"2026", b"2026 +0100") + letter(b"text\n", HEADER + lines) + b"\n" for lines in states
    ]
    (tmp_path / "mbox").write_bytes(b"".join(mboxes))
    imported(tmp_path / "mbox", target)
    names = list(files(target))
    assert set(files(target).values()) == {letter()}
    for flags in states.values():
        assert sum(name.startswith(flags) or name.endswith(flags) for name in names) >= 1, (flags, names)
    assert all(path.stat().st_mtime == 1795510800 for path in (target / "new").iterdir())


def test_a_date_of_the_header_where_the_line_has_none(tmp_path: Path, target: Path) -> None:
    received = b"Received: from a by b\n\tid 4; Mon, 1 Jan 2007 10:00:00 +0000\n"
    dates = b"Date: Tue, 2 Jan 2007 10:00:00 +0000\n"
    for number, header in enumerate((received + dates, dates, b"Date: soon\n")):
        path = tmp_path / f"mbox{number}"
        path.write_bytes(b"From ann\n" + header + b"\ntext\n")
        os.utime(path, (1000, 1000))
        imported(path, target)
    assert sorted(path.stat().st_mtime for path in (target / "new").iterdir()) == [
        1000,
        1167645600,
        1167732000,
    ]


def test_a_file_that_was_cut_short_by_a_power_failure_comes_again(mbox: Path, target: Path) -> None:
    with importing(target) as run:
        run.carry_out(run.plan(Found(mbox, ())))  # and no more
    one, *_ = sorted((target / "new").iterdir())
    one.rename(damaged := target / "cur" / f"{one.name}:2,S")
    os.truncate(damaged, 0)
    plan, done = imported(mbox, target)
    assert (len(plan.rows), len(done.keys)) == (1, 1)
    assert sorted(files(target).values()) == sorted(LETTERS)


def test_what_a_killed_run_left_is_written_down_by_the_next(mbox: Path, target: Path) -> None:
    with importing(target) as run:
        run.carry_out(run.plan(Found(mbox, ("Sub",))))  # and no more
    (target / "maildirsize").write_bytes(b"1000000S\n")
    plan, done = imported(mbox, target, ("Sub",))
    assert (len(plan.rows), len(done.keys), plan.is_done) == (0, 0, False)
    assert (target / "maildirsize").read_bytes().endswith(b" 300\n")
    next((target / ".Sub" / "new").iterdir()).unlink()
    assert imported(mbox, target, ("Sub",))[0].is_done


def test_one_that_changes_while_it_is_written_leaves_nothing_wrong(mbox: Path, target: Path) -> None:
    with importing(target) as run:
        plan = run.plan(Found(mbox, ()))
        mbox.write_bytes(mbox.read_bytes() + b"more")
        with pytest.raises(Failed, match="changed after it was read"):
            run.carry_out(plan)
    assert not (target / "new").exists() or not files(target)


def test_growth_while_it_is_read_is_told(mbox: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = index.index_of

    def grows(*arguments: object) -> object:
        with mbox.open("ab") as file:
            file.write(FROM)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("backends.mailbox.importing.index_of", grows)
    with importing(target) as run, pytest.raises(Failed, match=f"has grown by {len(FROM)} bytes"):
        run.plan(Found(mbox, ()))


def test_one_that_is_locked_is_left(mbox: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PATIENCE", 0.2)
    code = "import fcntl, sys\nf = open(sys.argv[1], 'r+b')\nfcntl.lockf(f, fcntl.LOCK_EX)\nprint(1, flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", code, mbox], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with importing(target) as run, pytest.raises(Refused, match="locked"):
            run.plan(Found(mbox, ()))
        holder.kill()


def test_it_is_not_written_to(mbox: Path, target: Path) -> None:
    before = mbox.read_bytes(), mbox.stat().st_mtime_ns
    imported(mbox, target)
    assert (mbox.read_bytes(), mbox.stat().st_mtime_ns) == before


def test_a_part_for_each_process_makes_no_difference(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = joined(LETTERS[:40], Dialect.MBOXCL2)
    letters = [*LETTERS[:10], letter(whole), *LETTERS[:3]]  # the middle lies within a letter
    (tmp_path / "mbox").write_bytes(joined(letters, Dialect.MBOXCL2))
    monkeypatch.setattr(index, "WORTH_IT", 1)
    imported(tmp_path / "mbox", target)
    assert sorted(files(target).values()) == sorted(letters)


def test_folders_are_made_and_subscribed(mbox: Path, target: Path) -> None:
    imported(mbox, target, ("Entwürfe", "2005"))
    imported(mbox, target, ("A & b",))
    assert len(files(target / ".Entw&APw-rfe.2005")) == 300
    assert (target / ".A &- b" / "maildirfolder").exists()
    assert (target / "subscriptions").read_bytes() == b"V\t2\n\nEntw&APw-rfe\t2005\nA &- b\n"


def test_a_tree_as_mail_readers_keep_it(tmp_path: Path) -> None:
    for name in ("Inbox", "a.b", "Local.sbd/2005.mbox", "Local", "x.msf", ".hidden"):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_bytes(FROM)
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "tree" / "Local")
    found = {one.steps for one in mailboxes(tmp_path / "tree")}
    assert found == {(), ("a_b",), ("Local",), ("Local", "2005")}
    (tmp_path / "tree" / "a_b").write_bytes(FROM)
    with pytest.raises(Refused, match="the same folder a_b"):
        mailboxes(tmp_path / "tree")


def test_no_room(mbox: Path, target: Path) -> None:
    with target_at(target, "", really=True) as opened:
        plan = Import(opened, LocalRunner(), Stop()).plan(Found(mbox, ()))
        with pytest.raises(NoSpace, match="are free"):
            must_fit(
                [Plan(path=mbox, steps=(), seen=plan.seen, rows=plan.rows, size=1, room=1 << 60)], opened, []
            )
        with pytest.raises(Refused, match="The quota is 299 messages: 0 messages are used, 300 messages"):
            must_fit([plan], opened, [maildir.Limit("MESSAGE", 0, 299)])


def test_the_quota_of_the_maildir_is_read_and_charged(mbox: Path, target: Path) -> None:
    imported(mbox, target, ("Other",))
    (target / "maildirsize").write_bytes(b"1000000S,400C\n5000 7\n-20 -1\n")
    with importing(target) as run:
        assert run.limits() == [maildir.Limit("STORAGE", 4980, 1000000), maildir.Limit("MESSAGE", 6, 400)]
    _, done = imported(mbox, target)
    assert (target / "maildirsize").read_bytes().endswith(b"\n%d 300\n" % done.size)


@pytest.mark.parametrize("name", ["new", "tmp", "subscriptions", "mailtui-imported", ".Sub"])
def test_no_link_in_the_maildir_is_followed(mbox: Path, target: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    target.mkdir()
    (target / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackendError):
        imported(mbox, target, ("Sub",) if name in {".Sub", "subscriptions"} else ())
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.usefixtures("root_only")
def test_root_writes_as_the_owner_and_reads_what_the_owner_could(tmp_path: Path, mbox: Path) -> None:
    tmp_path.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    os.chown(mbox, NOBODY, NOBODY)
    imported(mbox, home / "Maildir")
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY}
    other = tmp_path / "other"
    other.mkdir()
    (other / "secret").write_bytes(FROM + letter())
    os.chown(other, 4321, 4321)
    (home / "link").symlink_to(other / "secret")
    for path in (home / "link", other / "secret"):
        with pytest.raises(Refused), importing(home / "Maildir") as run:
            run.plan(Found(path, ()))


@pytest.mark.parametrize("wrong", ["missing", "folder", "fifo"])
def test_what_is_no_file(tmp_path: Path, target: Path, wrong: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    with importing(target) as run, pytest.raises((Missing, Refused)):
        run.plan(Found(tmp_path / wrong, ()))


def test_a_letter_of_200_mb_takes_little_memory(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "mbox"
    with path.open("wb") as file:
        file.write(FROM + HEADER + b"\n>From here\n")
        for _ in range(200):
            file.write(b"x" * (1 << 20))
        file.write(b"\n>From there\n\n" + FROM + letter())
    code = (
        "import resource, sys; from mailtui.cli.main import main\n"
        "code = main(['mailbox', 'import', sys.argv[1], '--to', sys.argv[2], '--yes'])\n"
        "own = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(max(int(own.split()[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, path, target], capture_output=True, check=True)
    assert int(done.stdout.split()[-1]) < 100_000
    large = max((target / "new").iterdir(), key=lambda one: one.stat().st_size)
    assert large.stat().st_size == len(HEADER) + 1 + 10 + (200 << 20) + 1 + 11
    assert large.read_bytes().startswith(HEADER + b"\nFrom here\n")


def test_killed_at_some_moment_it_is_finished_by_the_next_run(tmp_path: Path, target: Path) -> None:
    letters = [letter(b"%d\n" % number + b"text\n" * 200) for number in range(3000)]
    (tmp_path / "mbox").write_bytes(joined(letters, Dialect.MBOXO))
    argv: list[str | Path] = [sys.executable, "-m", "mailtui", "mailbox", "import", tmp_path / "mbox"]
    argv += ["--to", target, "--yes"]
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            end, before = time.monotonic() + 20, len(files(target)) if (target / "new").exists() else 0
            while run.poll() is None and time.monotonic() < end:
                if (target / "new").exists() and len(list((target / "new").iterdir())) > before + 50:
                    run.send_signal(number)
                    break
                time.sleep(0.005)
            run.wait()
    time.sleep(0.2)  # a child whose parent was killed notices that
    done = subprocess.run([*argv, "--json"], capture_output=True, check=True)
    assert b'"messages":3000' in done.stdout
    assert sorted(files(target).values()) == sorted(letters)
    assert not list((target / "tmp").iterdir())


@pytest.mark.parametrize(
    ("sizes", "ends"),
    [([1, 1, 1, 1], [2, 4]), ([9, 1, 1], [1, 3]), ([1, 9], [1, 2]), ([5], [0, 1]), ([], [0, 0])],
)
def test_each_process_gets_a_share_of_the_bytes(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], ends: list[int]
) -> None:
    monkeypatch.setattr(backends.mailbox.importing, "WORTH_IT", 0)
    monkeypatch.setattr(backends.mailbox.importing, "count", lambda: 2)
    index = Index()
    index.sizes.extend(sizes)
    rows = array("L", range(len(sizes)))
    plan = Plan(
        path=Path("/m"), steps=(), seen=source.Seen(0, 0, 0, 0, 0), index=index, rows=rows, size=sum(sizes)
    )
    first, second = halves(plan)
    assert [*first, *second] == list(rows)
    assert [len(first), len(first) + len(second)] in (ends, [ends[0] - 1, ends[1]])


def test_what_the_disk_did_not_take_is_not_written_down(
    mbox: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(flusher: flushing.Flusher) -> None:
        flusher.error = errno.EIO

    monkeypatch.setattr(flushing, "SHARE", 1)
    with importing(target) as run, monkeypatch.context() as patch:
        patch.setattr(flushing.Flusher, "_flush", fails)
        with pytest.raises(Failed, match="may not be on disk: Input/output error"):
            run.carry_out(run.plan(Found(mbox, ())))
    assert not (target / maildir.IMPORTED).exists()
    assert files(target) == {}  # the kernel shows what it has not written, and says no more that it has not
    imported(mbox, target)
    assert sorted(files(target).values()) == sorted(LETTERS)
    assert imported(mbox, target)[0].is_done


def test_where_the_last_sync_fails_what_this_run_wrote_goes_again(
    mbox: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = tmp_path / "earlier"
    earlier.write_bytes(b"From a@b Thu Jan  1 00:00:00 1970\nSubject: earlier\n\nhello\n")
    imported(earlier, target)
    before = files(target)
    with importing(target) as run:
        done = run.carry_out(plan := run.plan(Found(mbox, ())))
        assert len(files(target)) > len(before)
        monkeypatch.setattr(run._runner, "run", lambda _: Result(1, b"", b"sync: Input/output error\n", 0.1))
        with pytest.raises(NotOnDisk, match="Input/output error"):
            run.finish([(plan, done)])
    assert files(target) == before
    monkeypatch.undo()
    assert not imported(mbox, target)[0].is_done
    assert len(files(target)) == len(before) + len(LETTERS)


def test_whose_child_is_told_to_stop_by_its_user_the_import_is_a_part(
    mbox: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def signalled(writer: Writer, *arguments: Any) -> Written:
        os.kill(os.getpid(), signal.SIGTERM)
        return written(writer, *arguments)

    written = Writer.write
    monkeypatch.setattr(Writer, "write", signalled)
    stop = Stop()
    with importing(target, stop=stop) as run:
        run.carry_out(run.plan(Found(mbox, ())))
    assert stop.number == signal.SIGTERM


def test_a_user_without_threads_has_all_flushed_at_the_end(
    mbox: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Threadless(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(flushing, "SHARE", 1)
    monkeypatch.setattr("backends.mailbox.flushing.Thread", Threadless)
    imported(mbox, target)
    assert sorted(files(target).values()) == sorted(LETTERS)


def test_a_disk_that_takes_a_part_at_a_time_gets_all(
    mbox: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "writev", lambda handle, parts: os.write(handle, parts[0][:7]))
    imported(mbox, target)
    assert sorted(files(target).values()) == sorted(LETTERS)
