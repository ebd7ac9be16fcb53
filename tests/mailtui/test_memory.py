"""Memory that was used for a short time goes back to the system."""

import subprocess
import sys

import pytest

from mailtui import app
from mailtui.demo import DemoHost
from mailtui.settings import Settings

SCRIPT = """
import ctypes
import sys
from mailtui.memory import give_back

class Kept(ctypes.Structure):  # mallinfo2(3)
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usm fsm uord ford keep".split()]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Kept
if "back" in sys.argv:
    give_back()
large = bytes(20 << 20)
del large
medium = bytes(2 << 20)
print(libc.mallinfo2().hblkhd >= 2 << 20)
"""


def test_large_blocks_go_back_when_they_are_free() -> None:
    def apart(*words: str) -> str:
        argv = [sys.executable, "-c", SCRIPT, *words]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    assert (apart(), apart("back")) == ("False", "True")


def test_the_console_has_it_done_before_it_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(app, "give_back", lambda: done.append("give back"))
    monkeypatch.setattr(app.MailtuiApp, "run", lambda _: done.append("open"))
    assert app.run(DemoHost(), Settings()) == 0
    assert done == ["give back", "open"]
