"""A program in a pseudo terminal: when it has painted what, found out afterwards from what it wrote."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Sequence

import pyte

WIDTH, HEIGHT = 120, 40
ENVIRONMENT = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}


def painted(
    argv: Sequence[str], *wanted: Callable[[str], bool], patience: float, keys: bytes = b""
) -> list[float | None]:
    """Seconds from the start until the screen was first as wanted, for each; None: not within `patience`.

    `keys` are typed as soon as anything is painted. The program is ended as soon as all is seen.
    """
    written = _run(argv, wanted[-1], patience, keys)
    screen, stream = _screen()
    found: list[float | None] = [None] * len(wanted)
    for at, part in written:
        stream.feed(part)
        text = "\n".join(screen.display)
        for i, has in enumerate(wanted):
            if found[i] is None and has(text):
                found[i] = at
    return found


def anything(screen: str) -> bool:
    """Whether anything is on the screen."""
    return not screen.isspace()


def _screen() -> tuple[pyte.Screen, pyte.ByteStream]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    return screen, pyte.ByteStream(screen)


def _run(
    argv: Sequence[str], last: Callable[[str], bool], patience: float, keys: bytes
) -> list[tuple[float, bytes]]:
    """What the program wrote, and when. Looking at it is put off while it is busy writing."""
    start = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        os.execvpe(argv[0], list(argv), kept | ENVIRONMENT)
    written: list[tuple[float, bytes]] = []
    screen, stream = _screen()
    looked = 0
    try:
        while (left := start + patience - time.perf_counter()) > 0:
            ready, _, _ = select.select([terminal], [], [], min(left, 0.1))
            if ready:
                try:
                    part = os.read(terminal, 1 << 16)
                except OSError:
                    break
                written.append((time.perf_counter() - start, part))
                continue
            for _, part in written[looked:]:
                stream.feed(part)
            looked = len(written)
            if keys and anything("\n".join(screen.display)):
                os.write(terminal, keys)
                keys = b""
            if last("\n".join(screen.display)):
                break
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    return written
