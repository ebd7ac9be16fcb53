"""A real terminal for tests: tmux on a socket of its own, driven by keys and read as text."""

import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest


def why_no_terminal() -> str | None:
    """Why there is none, or None."""
    return None if shutil.which("tmux") else "tmux is not installed"


class Terminal:
    """Runs a program while the `with` block does; afterwards a shell goes on in it, so that its state can be seen."""

    def __init__(
        self, argv: Sequence[str], size: tuple[int, int] = (80, 24), env: dict[str, str] | None = None
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mailtui-tmux-")
        self._socket = str(Path(self._folder.name, "socket"))
        self._argv, self._size = argv, size
        self._env = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PS1": "READY$ ", **(env or {})}

    def __enter__(self) -> Self:
        width, height = map(str, self._size)
        words = " ".join(f"{name}={shlex.quote(value)}" for name, value in self._env.items())
        line = f"env {words} {shlex.join(self._argv)}; echo LEFT-WITH $?; exec env PS1='READY$ ' sh"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", width, "-y", height, line)
        self._tmux("set", "-g", "status", "off")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tmux("kill-server", check=False)
        self._folder.cleanup()

    def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        for key in keys:
            self._tmux("send-keys", key)
            time.sleep(0.05)

    def text(self, words: str) -> None:
        """Type this text."""
        self._tmux("send-keys", "-l", words)

    def screen(self) -> str:
        """What the terminal shows."""
        return self._tmux("capture-pane", "-p")

    def raw_screen(self) -> str:
        """The same with its colours."""
        return self._tmux("capture-pane", "-p", "-e")

    def title(self) -> str:
        """The title that programs in it have set."""
        return self._tmux("display-message", "-p", "#{pane_title}")

    def resize(self, width: int, height: int) -> None:
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def wait_for(self, pattern: str, timeout: float = 20) -> str:
        """The screen, once it has what the regular expression describes."""
        deadline = time.monotonic() + timeout
        while not re.search(pattern, shown := self.screen()):
            if time.monotonic() > deadline:
                pytest.fail(f"{pattern!r} did not appear in {timeout} s:\n{shown}")
            time.sleep(0.05)
        return shown

    def children(self) -> list[tuple[int, str]]:
        """Process ID and name of all that runs below the terminal's shell."""
        shell = int(self._tmux("display-message", "-p", "#{pane_pid}"))
        found: list[tuple[int, str]] = []
        parents = {shell}
        for entry in sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()):
            try:
                words = Path("/proc", str(entry), "stat").read_text().rpartition(")")
            except OSError:
                continue
            if int(words[2].split()[1]) in parents:
                parents.add(entry)
                found.append((entry, words[0].partition("(")[2]))
        return found

    def _tmux(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *words], check=check, capture_output=True, text=True, timeout=20
        )
        return done.stdout
