"""The console left open on the overview, all panes visited, beside htop: CPU of both in the same time, memory before and after.

On a lab machine brought to the reference, whose services are looked at for real; `--quick` takes the demo host.
"""

import fcntl
import os
import pty
import shutil
import signal
import struct
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from mailtui.settings import ALONE_AFTER
from tests.bench.measure import BIN, Bench, Row, Skip, program
from tests.bench.terminal import ENVIRONMENT, HEIGHT, WIDTH
from tests.lab.apply import TEST, machine_with, ok
from tests.lab.image import bare
from tests.lab.machine import why_not

PANES = "23456781"
RELEASE = "bookworm"
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


def idle(bench: Bench) -> Iterator[Row]:
    """Watched, as it is for some minutes after a key was touched, then left alone, as for the rest of an hour."""
    htop = program("htop", "Debian: htop")
    with _programs(htop, quick=bench.quick) as (console, peer), Left(console) as ours, Left(peer) as other:
        for key in PANES:
            ours.type(key)
            time.sleep(bench.size(3, 1))
        time.sleep(bench.size(15, 1))
        seconds = bench.size(60, 2)
        used, theirs = _used(ours, other, seconds)
        note = f"{used / seconds:.2%} of one CPU for {seconds} s"
        yield Row("overview watched, CPU", used, theirs, "s", "htop, its default delay", None, note)
        time.sleep(0 if bench.quick else ALONE_AFTER)
        before = ours.memory()
        seconds = bench.size(240, 2)
        used, theirs = _used(ours, other, seconds)
        note = f"{used / seconds:.2%} of one CPU for {seconds} s"
        yield Row(
            "overview left alone, CPU",
            used,
            theirs,
            "s",
            "htop, its default delay",
            2.0,
            note,
        )
        yield Row("overview left alone, memory", ours.memory() / MIB, before / MIB, "MiB", "before", 1.02)


@contextmanager
def _programs(htop: Path, *, quick: bool) -> Iterator[tuple[list[str], list[str]]]:
    """How console and htop are started.

    :raises Skip: there can be no lab.
    """
    if quick:
        yield [str(BIN / "mailtui"), "--demo"], [str(htop)]
        return
    if reason := why_not():
        raise Skip(reason)
    with machine_with(RELEASE, bare(RELEASE)) as machine:
        ok(machine, "--apply", *TEST)
        shutil.copy(htop, machine.path("/usr/bin/htop"))
        for library in Path("/usr/lib").glob("*-linux-gnu/libnl-*.so.200"):
            shutil.copy(library.resolve(), machine.path(str(library)))
        yield machine.argv(["mailtui"]), machine.argv(["htop"])


def _used(ours: "Left", other: "Left", seconds: int) -> tuple[float, float]:
    """Seconds of CPU that both use in the same time."""
    before = ours.cpu(), other.cpu()
    time.sleep(seconds)
    return max(ours.cpu() - before[0], 1 / TICKS), max(other.cpu() - before[1], 1 / TICKS)


class Left:
    """A program in a terminal of its own, whose output is read and thrown away."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = argv

    def __enter__(self) -> Self:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
            os.execvpe(self._argv[0], list(self._argv), os.environ | ENVIRONMENT)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in {self._process, self._pid}:
            os.kill(process, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._reader.join(5)
        os.close(self._terminal)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def cpu(self) -> float:
        """Seconds of CPU that it and those of its children that have ended have used."""
        fields = Path(f"/proc/{self._process}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS

    def memory(self) -> int:
        """Bytes that it takes, of what it shares its share."""
        lines = Path(f"/proc/{self._process}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))

    @property
    def _process(self) -> int:
        """The program itself, not nsenter(1), which waits for it."""
        if self._argv[0] != "nsenter":
            return self._pid
        return int(Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()[0])

    def _read(self) -> None:
        """Until the program has gone."""
        while True:
            try:
                if not os.read(self._terminal, 1 << 16):
                    return
            except OSError:
                return
