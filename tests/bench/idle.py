"""The console left alone on the overview, all panes visited, beside htop left alone: CPU of both in the same time."""

import fcntl
import os
import pty
import signal
import struct
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.measure import BIN, Bench, Row, program
from tests.bench.terminal import ENVIRONMENT, HEIGHT, WIDTH

PANES = "2345678"
VISIT = 3.0  # s on each pane
CALM = 10.0  # s until what was begun on the way is done
TICKS = os.sysconf("SC_CLK_TCK")


def idle(bench: Bench) -> Iterator[Row]:
    """On the demo host: what the console itself takes, with the real programs of no host."""
    htop = program("htop", "Debian: htop")
    seconds = bench.size(60, 3)
    with Left([str(BIN / "mailtui"), "--demo"]) as ours, Left([str(htop)]) as peer:
        visit = bench.size(int(VISIT), 1)
        time.sleep(visit)
        for key in f"{PANES}1":
            ours.type(key)
            time.sleep(visit)
        time.sleep(bench.size(int(CALM), 1))
        before = ours.cpu(), peer.cpu(), ours.memory()
        time.sleep(seconds)
        after = ours.cpu(), peer.cpu(), ours.memory()
    used, theirs = after[0] - before[0], after[1] - before[1]
    share = used / seconds
    note = f"{share:.2%} of one CPU over {seconds} s"
    yield Row(
        "idle on the overview, CPU", used, max(theirs, 1 / TICKS), "s", "htop, its default delay", 2.0, note
    )
    mib = 1 << 20
    yield Row("idle on the overview, memory", after[2] / mib, before[2] / mib, "MiB", "before", 1.02)


class Left:
    """A program in a terminal of its own, whose output is read and thrown away."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = argv

    def __enter__(self) -> Self:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
            os.execvpe(self._argv[0], list(self._argv), os.environ | ENVIRONMENT)
        self.written = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._reader.join(5)
        os.close(self._terminal)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def cpu(self) -> float:
        """Seconds of CPU that it and its children that have ended have used."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS

    def memory(self) -> int:
        """Bytes that are its own."""
        for line in Path(f"/proc/{self._pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
        raise OSError(f"no memory of {self._argv[0]}")

    def _read(self) -> None:
        while True:
            try:
                part = os.read(self._terminal, 1 << 16)
            except OSError:
                return
            if not part:
                return
            self.written += len(part)
