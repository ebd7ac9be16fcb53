"""Children that stand still: looked at now and then, and by the time in which we ourselves were at work."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from backends import standing
from backends.standing import Standing


@pytest.fixture
def halted() -> Iterator[int]:
    """A process that is halted."""
    child = subprocess.Popen(["sleep", "60"])
    os.kill(child.pid, signal.SIGSTOP)
    os.waitpid(child.pid, os.WUNTRACED)
    yield child.pid
    child.kill()
    child.wait()


def test_time_counts_from_look_to_look_and_none_in_which_we_were_halted(
    halted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, looks = [100.0], list[int]()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    real = standing._is_halted

    def is_halted(pid: int) -> bool:
        looks.append(pid)
        return real(pid)

    monkeypatch.setattr(standing, "_is_halted", is_halted)
    watch = Standing()

    def after(seconds: float) -> bool:
        now[0] += seconds
        return bool(watch.found([halted], None))

    assert not after(0.49)
    assert not looks
    assert not after(0.01)
    assert len(looks) == 1  # 0.5 s
    for _ in range(9):
        assert not after(3600.0)  # in which we were halted as well: a second each
    assert not after(0.5)  # 10.0 s
    assert after(0.5)


def test_a_child_that_goes_on_is_not_halted(halted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "HALTED", 0.0)
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watch = Standing()
    now[0] += 1
    assert watch.found([halted, os.getpid()], None) == {halted: "was halted by a signal"}
