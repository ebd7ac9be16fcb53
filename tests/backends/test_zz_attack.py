"""Attacks below the console: listings that lie, programs that flood, a trash with two people at it, mail that must not be lost."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from backends.errors import BackendError
from backends.queue import ingest, listing
from backends.queue.plan import Target
from backends.queue.trash import PostfixSpool
from backends.runner import Command, LocalRunner
from backends.text import clip
from tests.support.postfix import PrivatePostfix, wait_until, why_not

GOOD = (
    b'{"queue_name":"deferred","queue_id":"ABCDEF1","arrival_time":1,"message_size":1,'
    b'"sender":"a@b.c","recipients":[{"address":"x@%s","delay_reason":"r"}]}\n'
)


def script(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


# A listing that lies


@pytest.mark.parametrize(
    "inner", [b"[" * 100_000 + b"]" * 100_000, b'{"x":' * 100_000 + b"1" + b"}" * 100_000]
)
def test_a_deep_line_is_one_broken_line(inner: bytes) -> None:
    content = GOOD % b"y.z" + b'{"x":' + inner + b"}\n"
    broken: list[listing.BrokenLine] = []
    assert len(list(listing.messages([content], broken))) == 1
    assert len(broken) == 1
    assert len(ingest.read_listing([content], taken=0).store) == 1


def test_broken_lines_are_counted_not_kept() -> None:
    broken: list[listing.BrokenLine] = []
    list(listing.messages((b'{"x":%d}\n' % i for i in range(200_000)), broken))
    assert len(broken) <= 10_000


def test_parents_of_many_labels_do_not_eat_memory() -> None:
    """3 MB of listing, 10,000 domains of 120 labels as any sender can make them, took 700 MB and 10 s."""
    code = (
        "import resource; from backends.queue.ingest import read_listing; from backends.queue.shape import shape\n"
        'line=b\'{"queue_name":"deferred","queue_id":"ABC%07d","arrival_time":1,"message_size":1,"sender":"a@b.c",'
        '"recipients":[{"address":"x@z.%s%d","delay_reason":"r"}]}\\n\'\n'
        "s=read_listing([b''.join(line%(i,b'a.'*120,i) for i in range(5000)), b''.join(line%(i,b'a.%d.'%i*60,i) for i in range(5000,10000))],taken=0).store\n"
        "a=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "shape(s,now=1e9,parents=True)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss-a)//1024)"
    )
    grown = int(
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    )
    assert grown < 100, f"{grown} MB"


def test_a_thousand_accents_are_cut() -> None:
    assert len(clip("x" + "\u0301" * 100_000, 20)) < 1000


# Programs that flood or leave others behind


def test_standard_error_is_bounded(tmp_path: Path) -> None:
    flood = script(tmp_path, "flood", "head -c 1500000000 /dev/zero >&2")
    peak, stop, start = [0], threading.Event(), _shmem()

    def watch() -> None:
        while not stop.wait(0.05):
            peak[0] = max(peak[0], _shmem() - start)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        LocalRunner().run(Command((flood,), timeout=30))
    except BackendError:
        pass
    finally:
        stop.set()
        watcher.join()
    assert peak[0] < 400, f"{peak[0]} MB"


def test_what_a_command_started_ends_with_it(tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    family = script(tmp_path, "family", f"sleep 300 & echo $! > {pids}; sleep 300")
    with pytest.raises(BackendError):
        LocalRunner().run(Command((family,), timeout=1))
    child = int(pids.read_text())
    time.sleep(0.3)
    alive = Path(f"/proc/{child}/stat").exists() and ") Z " not in Path(f"/proc/{child}/stat").read_text()
    if alive:
        os.kill(child, 9)
    assert not alive


@pytest.mark.parametrize("path", [None, "", ":/usr/bin"])
def test_programs_are_not_taken_from_the_current_folder(tmp_path: Path, path: str | None) -> None:
    script(tmp_path, "postqueue", f"touch {tmp_path}/owned")
    (tmp_path / "main.cf").touch()
    env = {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONSAFEPATH": "1"}
    if path is not None:
        env["PATH"] = path
    subprocess.run(
        [sys.executable, "-m", "mailtui", "--config-dir", str(tmp_path), "queue", "list"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert not (tmp_path / "owned").exists()


def test_a_signal_while_a_program_starts_leaves_nothing(tmp_path: Path) -> None:
    """About one in 20 SIGTERMs between fork and registering left the child; one hung for its 60 s."""
    import signal

    binary = tmp_path / "bin"
    binary.mkdir()
    script(binary, "postqueue", f"echo $$ >> {tmp_path}/pids; exec sleep 8764")
    (tmp_path / "main.cf").touch()
    env = os.environ | {
        "PATH": f"{binary}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    hung, left = 0, []
    for step in range(80):
        child = subprocess.Popen(
            [sys.executable, "-m", "mailtui", "--config-dir", str(tmp_path), "queue", "list"],
            env=env,
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(0.12 + 0.0025 * step)
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(8)
        except subprocess.TimeoutExpired:
            hung += 1
            child.kill()
            child.wait()
    for pid in map(int, (tmp_path / "pids").read_text().split()) if (tmp_path / "pids").exists() else ():
        if b"8764" in (Path(f"/proc/{pid}/cmdline").read_bytes() if Path(f"/proc/{pid}").exists() else b""):
            left.append(pid)
            os.kill(pid, 9)
    assert (hung, left) == (0, [])


# The trash


def _spool(folder: Path) -> PostfixSpool:
    for name in ("hold", "incoming", "active", "deferred", "maildrop", "bounce", "defer", "trace"):
        (folder / name).mkdir(exist_ok=True)
    return PostfixSpool(folder, frozenset(), 0)


def _delete(folder: Path, queue_id: str) -> int:
    spool = _spool(folder)
    (folder / "deferred" / queue_id).write_text("mail")
    number, _ = spool.keep([Target(queue_id, "a@b.c", 1)], "me")
    (folder / "deferred" / queue_id).unlink()
    spool.drop(number, [])
    return number


def test_who_looks_into_the_trash_hides_nothing_from_others(tmp_path: Path) -> None:
    """Otherwise `undo` without a number brings another deletion back than the latest."""
    for number in range(3):
        _delete(tmp_path, f"AAAAAA{number}")
    spool = _spool(tmp_path)
    with spool._batch(3):  # another mailtui lists, just now
        assert [batch.number for batch in _spool(tmp_path).batches()] == [3, 2, 1]


def test_a_number_is_not_given_twice(tmp_path: Path) -> None:
    """An old `undo 1` in a terminal or a console must not bring back somebody else's deletion."""
    first = _delete(tmp_path, "AAAAAA1")
    assert _spool(tmp_path).restore(first) == (["AAAAAA1"], [])
    assert _delete(tmp_path, "BBBBBB1") != first


def test_nobody_can_take_away_undo_by_a_file_in_hold(tmp_path: Path) -> None:
    spool = _spool(tmp_path)
    (tmp_path / "hold" / f".trial-{threading.get_native_id()}").touch()
    assert spool.trouble() == ""


@pytest.mark.real
@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
@pytest.mark.parametrize(
    "postsuper",
    [
        '/usr/sbin/postsuper "$@" 2>"$0.said"; head -n 1 "$0.said" >&2; kill -9 $$',
        'yes "postsuper: warning: bogus file name: deferred/xxxxxxxxxxxxx" | head -c 9000000 >&2; exec /usr/sbin/postsuper "$@"',
    ],
    ids=["killed before it said all", "more warnings than are read"],
)
def test_what_postsuper_deleted_without_saying_so_can_be_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postsuper: str
) -> None:
    from backends.queue.adapter import PostfixQueue

    with PrivatePostfix() as postfix:
        postfix.fill("x@refused.example", 3)
        wait_until("three", lambda: [m["queue_name"] for m in postfix.listing()] == ["deferred"] * 3)
        queue = PostfixQueue(LocalRunner(), config_dir=postfix.config_dir)
        targets = [Target(m.queue_id, m.sender, m.arrival_time) for m in queue.messages()]
        script(tmp_path, "postsuper", postsuper)
        with monkeypatch.context() as patched:
            patched.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
            queue.carry_out(queue.plan("delete", targets))
        kept = {t.queue_id for batch in queue.trash() for t in batch.messages}
        queued = {m["queue_id"] for m in postfix.listing()}
        assert kept | queued == {t.queue_id for t in targets}


def _shmem() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Shmem:")) // 1024
