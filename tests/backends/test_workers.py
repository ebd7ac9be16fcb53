import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import pytest

from backends import standing, workers
from backends.children import readable
from backends.errors import Failed, NotPermitted
from backends.workers import Job, Owner, Stop, each, outcomes
from tests.backends.quarantine.making import NOBODY

ME = Owner(os.getuid(), os.getgid())


def test_each_child_gives_its_answer_in_order() -> None:
    def job(number: int) -> Job:
        def answers(_: Stop) -> str:
            time.sleep(0.02 * (3 - number))
            return "x" * 200_000 + str(number)

        return Job(ME, answers)

    assert [text[-1] for text in each([job(n) for n in range(3)], str, Stop())] == ["0", "1", "2"]


@pytest.mark.usefixtures("root_only")
def test_a_child_is_its_owner_for_good() -> None:
    def who(_: Stop) -> list[int]:
        with pytest.raises(PermissionError):
            os.setresuid(0, 0, 0)
        return [*os.getresuid(), *os.getresgid(), *os.getgroups()]

    assert each([Job(Owner(NOBODY, NOBODY - 1), who)], list[int], Stop()) == [[NOBODY] * 3 + [NOBODY - 1] * 3]


def test_an_error_of_a_child_is_raised_here() -> None:
    def fails(_: Stop) -> None:
        raise NotPermitted("It is locked away", hint="ask for the key")

    with pytest.raises(NotPermitted, match="locked away") as caught:
        each([Job(ME, fails), Job(ME, lambda _: None)], type(None), Stop())
    assert caught.value.hint == "ask for the key"
    with pytest.raises(NotPermitted, match="locked away"):
        each([Job(ME, lambda _: os.kill(os.getpid(), signal.SIGKILL)), Job(ME, fails)], type(None), Stop())


def test_what_a_child_gives_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Mock(side_effect=workers.heard)
    monkeypatch.setattr(workers, "heard", heard)
    assert each([Job(ME, lambda _: 7), Job(ME, lambda _: 9)], int, Stop()) == [7, 9]
    assert heard.call_count == 2


def test_what_one_child_did_is_not_lost_with_another() -> None:
    def fails(_: Stop) -> None:
        raise NotPermitted("It is locked away", hint="ask for the key")

    def killed(_: Stop) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    jobs = [Job(ME, fails), Job(ME, lambda _: 7), Job(ME, killed), Job(ME, lambda _: 9)]
    first, second, third, fourth = outcomes(jobs, int, Stop())
    assert isinstance(first, NotPermitted)
    assert (str(first), first.hint) == ("It is locked away", "ask for the key")
    assert (second, fourth) == (7, 9)
    assert isinstance(third, Failed)
    assert "signal 9" in str(third)


def test_what_nobody_foresaw_is_not_swallowed() -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        each([Job(ME, lambda _: 1 // 0)], int, Stop())


def test_a_child_that_is_killed_is_said() -> None:
    with pytest.raises(Failed, match="signal 9"):
        each([Job(ME, lambda _: os.kill(os.getpid(), signal.SIGKILL))], type(None), Stop())


def test_a_child_is_told_to_stop_and_says_what_it_did() -> None:
    def counts(stop: Stop) -> int:
        done = 0
        while not stop.asked() and done < 2000:
            time.sleep(0.005)
            done += 1
        return done

    stop = Stop()
    threading.Timer(0.2, lambda: stop.ask(signal.SIGTERM)).start()
    counted = each([Job(ME, counts), Job(ME, counts)], int, stop)
    assert all(5 < done < 500 for done in counted)


def test_children_stop_when_their_parent_is_gone() -> None:
    source, sink = os.pipe()
    parent = os.fork()
    if parent == 0:

        def waits(stop: Stop) -> None:
            os.write(sink, b"%d\n" % os.getpid())
            while not stop.asked():
                time.sleep(0.01)
            os.write(sink, b"stopped\n")

        each([Job(ME, waits)], type(None), Stop())
        os._exit(0)
    os.close(sink)
    with os.fdopen(source, "rb") as told:
        assert int(told.readline()) > 0
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        assert told.read() == b"stopped\n"


def test_a_child_that_cannot_stop_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "GRACE", 1)
    os.mkfifo(tmp_path / "fifo")
    stop = Stop()
    threading.Timer(0.2, lambda: stop.ask(signal.SIGTERM)).start()
    started = time.monotonic()
    with pytest.raises(Failed, match="ended by signal"):
        each([Job(ME, lambda _: os.open(tmp_path / "fifo", os.O_WRONLY))], int, stop)
    assert 1 <= time.monotonic() - started < 5


def test_a_child_that_does_not_hear_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "GRACE", 1)

    def deaf(_: Stop) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGALRM])
        time.sleep(30)

    stop = Stop()
    threading.Timer(0.2, lambda: stop.ask(signal.SIGTERM)).start()
    with pytest.raises(Failed, match="signal 9"):
        each([Job(ME, deaf)], type(None), stop)


def test_a_child_that_cannot_stop_does_not_outlive_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "GRACE", 1)
    fifo, owner = tmp_path / "fifo", Owner(NOBODY, NOBODY) if os.getuid() == 0 else ME
    os.mkfifo(fifo)
    source, sink = os.pipe()
    parent = os.fork()
    if parent == 0:

        def opens(_: Stop) -> None:
            os.write(sink, b"%d\n" % os.getpid())
            os.open("fifo", os.O_WRONLY, dir_fd=folder)

        folder = os.open(tmp_path, os.O_RDONLY)
        fifo.chmod(0o666)
        tmp_path.chmod(0o755)
        each([Job(owner, opens)], type(None), Stop())
        os._exit(0)
    os.close(sink)
    child = int(os.read(source, 20))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    gone = readable(source, 5)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.close(source)
    assert gone


@pytest.mark.usefixtures("root_only")
def test_a_child_that_its_user_halts_is_ended_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "HALTED", 1.0)

    def halted(_: Stop) -> None:
        halts = f"kill -STOP {os.getpid()}; sleep 0.2; kill -CONT {os.getpid()}; kill -STOP {os.getpid()}"
        subprocess.run(["sh", "-c", halts], check=False)
        time.sleep(30)

    began = time.monotonic()
    with pytest.raises(Failed, match="was halted by a signal") as caught:
        each([Job(Owner(NOBODY, NOBODY), halted)], type(None), Stop())
    assert "ps -u" in caught.value.hint
    assert time.monotonic() - began < 10


def test_a_child_that_comes_no_further_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "STILL", 1.0)
    waits = Job(ME, lambda _: time.sleep(30))
    with pytest.raises(Failed, match="came no further"):
        each([waits], type(None), Stop(), lambda: 7)
    far = iter(range(1000))
    each([Job(ME, lambda _: time.sleep(2))], type(None), Stop(), lambda: next(far))
    each([Job(ME, lambda _: time.sleep(2))], type(None), Stop(), lambda: None)


def test_what_waits_for_a_disk_has_longer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program that waits for another one to begin is where one is that waits for a disk: in state D."""
    monkeypatch.setattr(standing, "STILL", 1.0)
    door = tmp_path / "door"
    os.mkfifo(door)
    opening = f"[(os.POSIX_SPAWN_OPEN, 0, {str(door)!r}, os.O_RDONLY, 0)]"
    code = f"import os; os.posix_spawn('/bin/true', ['true'], {{}}, file_actions={opening})"
    program = subprocess.Popen([sys.executable, "-c", code])

    def looked(seconds: float) -> str:
        until, one = time.monotonic() + seconds, standing.Standing()
        while not (found := one.found([program.pid], 7)) and time.monotonic() < until:
            time.sleep(0.1)
        return found.get(program.pid, "")

    try:
        time.sleep(1)
        assert looked(4) == ""
        monkeypatch.setattr(standing, "DISK", 1.0)
        assert "came no further" in looked(10)
    finally:
        os.close(os.open(door, os.O_RDWR))
        program.wait(10)
