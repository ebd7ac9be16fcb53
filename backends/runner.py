"""Running other programs: a `Command` is a value, a `Runner` carries it out. The only module that imports sh.

Nothing here goes through a shell. Output goes to files and pipes that we own; the locale is C, so that messages
can be read; every child is ended when its time is up and when the program leaves.
"""

import fcntl
import os
import shlex
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from backends.children import end, ended, memory, readable, written
from backends.errors import BackendError, Failed, Missing, NotAnswering, Refused
from backends.journal import Journal

SBIN = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OUTPUT_LIMIT = 64 << 20
STDERR_LIMIT = 8 << 20
PIPE_SIZE = 1 << 20
GLANCE = 0.05  # s between two looks at how much a program has printed
LONGEST_PAUSE = 0.02  # s; postqueue writes line by line, and waking up for each costs more than reading it
PAUSE = LONGEST_PAUSE / (1 << 20)  # s for each byte read so far: what is short comes at once


class Command(msgspec.Struct, frozen=True):
    """One program run.

    `timeout` is in seconds: of the whole run for `run`, of silence for `stream`. `mutates` tells that it changes
    the mail system; such a command never runs on a read-only console. Of a `secret` one the standard input is not told
    to anybody, of a `discreet` one what it complains of; `shown` is told in place of words that hold a secret.
    """

    argv: tuple[str, ...]
    stdin: bytes = b""
    timeout: float = 30.0
    mutates: bool = False
    secret: bool = False
    discreet: bool = False
    shown: tuple[str, ...] = ()

    def __str__(self) -> str:
        """What an administrator would type: few lines of standard input spelt out, many counted."""
        typed = shlex.join(self.shown or self.argv)
        if self.secret:
            return f"{typed}  # standard input: not shown, it holds a password"
        lines = self.stdin.decode("utf-8", "replace").split()
        if not lines:
            return typed
        if len(lines) <= 4:
            return f"printf '%s\\n' {shlex.join(lines)} | {typed}"
        return f"{typed}  # standard input: {len(lines):,} lines, {lines[0]} to {lines[-1]}"


class Result(msgspec.Struct, frozen=True):
    """How a command ended: exit code (-N: by signal N), what it printed, how long it took in seconds."""

    code: int
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def complaint(self) -> str:
        """The last line of standard error, or a word about the exit code."""
        lines = self.stderr.decode("utf-8", "replace").strip().splitlines()
        if lines:
            return lines[-1][:500]
        return f"ended by signal {-self.code}" if self.code < 0 else f"exit code {self.code}"


class Stream(Protocol):
    """The standard output of a running command."""

    def read(self, stop: threading.Event | None = None) -> bytes:
        """The next bytes as they come, at most 1 MiB; empty at the end.

        :raises NotAnswering: when the command stayed silent for its timeout.
        :raises Refused: `stop` was set while it was silent.
        """

    def result(self) -> Result:
        """After the last read: how the command ended (its `stdout` is empty here)."""


class Runner(Protocol):
    """Carries commands out and writes them into a journal."""

    @property
    def journal(self) -> Journal: ...

    def run(self, command: Command) -> Result:
        """Run to the end, collecting output (at most 64 MiB).

        :raises Missing: no such program.
        :raises NotAnswering: not done in `command.timeout` seconds; it was ended.
        """

    def stream(self, command: Command) -> AbstractContextManager[Stream]:
        """Run while its output is read; leaving the block ends the command if it still runs."""

    def close(self, *, acts: bool = True) -> None:
        """End every child that still runs, but those that change something when `acts` is false."""


class LocalRunner:
    """Runs commands on this machine."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = journal or Journal()
        self._children: dict[Any, bool] = {}  # and whether each changes something
        self._lock = threading.Lock()
        self._starting = threading.Lock()  # held while a child is not yet among those to end
        self._closed = False

    def run(self, command: Command) -> Result:
        started = time.monotonic()
        with self._entry(command) as done, memory() as out, self._child(command, out) as (child, err):
            code = _wait(child, command, out, err)
            result = Result(
                code, written(out, OUTPUT_LIMIT), written(err, STDERR_LIMIT), time.monotonic() - started
            )
            done.append(result)
            return result

    @contextmanager
    def stream(self, command: Command) -> Iterator[Stream]:
        source, sink = os.pipe()
        fcntl.fcntl(source, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        try:
            with self._entry(command) as done, self._child(command, sink) as (child, err):
                os.close(sink)
                sink = -1
                reading = _Reading(command, source, child, err)
                try:
                    yield reading
                finally:
                    end(child)
                    done.append(reading.result())
        finally:
            os.close(source)
            if sink >= 0:
                os.close(sink)

    def close(self, *, acts: bool = True) -> None:
        with self._starting:
            self._closed |= acts
        with self._lock:
            children = [child for child, mutates in self._children.items() if acts or not mutates]
        for child in children:
            end(child)

    @contextmanager
    def _entry(self, command: Command) -> Iterator[list[Result]]:
        """Write the command into the journal, with its result or its failure."""
        done: list[Result] = []
        entry = self.journal.begin(str(command), mutates=command.mutates)
        try:
            yield done
        except BackendError as error:
            self.journal.end(entry, None, str(error))
            raise
        except BaseException:
            self.journal.end(entry, None, "interrupted")
            raise
        self.journal.end(entry, done[-1].code, _said(command, done[-1]))

    @contextmanager
    def _child(self, command: Command, out: int) -> Iterator[tuple[Any, int]]:
        sh = _sh()
        program = shutil.which(command.argv[0], path=search_path())
        if program is None:
            raise Missing(
                f"The program {Path(command.argv[0]).name} is not there",
                hint="install the Debian package it comes with, or check PATH",
            )
        with (
            memory(command.stdin) as stdin,
            memory() as err,
            open(stdin, "rb", closefd=False) as stdin_file,
        ):
            with _signals_wait() as as_before, self._starting:
                if self._closed:
                    raise Refused(f"{Path(program).name} is not started: mailtui ends", hint="start it again")
                running = sh.Command(program)(
                    *command.argv[1:],
                    _in=stdin_file,
                    _out=out,
                    _err=err,
                    _tty_in=False,
                    _tty_out=False,
                    _bg=True,
                    _bg_exc=False,
                    _env=_environment(),
                    _return_cmd=True,
                    _new_group=True,
                    _preexec_fn=as_before,
                )
                child = running.process
                with self._lock:
                    self._children[child] = command.mutates
            try:
                yield child, err
            finally:
                end(child)
                with self._lock:
                    self._children.pop(child, None)


class _Reading:
    def __init__(self, command: Command, source: int, child: Any, err: int) -> None:
        self._command, self._source, self._child, self._err = command, source, child, err
        self._started = time.monotonic()
        self._size = 0
        self._result: Result | None = None

    def read(self, stop: threading.Event | None = None) -> bytes:
        deadline = time.monotonic() + self._command.timeout
        while not readable(self._source, min(GLANCE, self._command.timeout)):
            _bounded(self._command, self._err)
            if stop is not None and stop.is_set():
                raise Refused("Stopped before its end", hint="start it again when it suits")
            if time.monotonic() > deadline:
                raise _silent(self._command)
        _bounded(self._command, self._err)
        time.sleep(min(LONGEST_PAUSE, PAUSE * self._size))
        chunk = os.read(self._source, PIPE_SIZE)
        self._size += len(chunk)
        return chunk

    def result(self) -> Result:
        if self._result is None:
            code = _wait(self._child, self._command, self._err)
            self._result = Result(
                code, b"", written(self._err, STDERR_LIMIT), time.monotonic() - self._started
            )
        return self._result


def at_terminal(argv: tuple[str, ...]) -> int:
    """Run a program that has the terminal to itself, an editor, in the user's own locale; gives its exit code.

    :raises Missing: no such program.
    """
    sh = _sh()
    program = shutil.which(argv[0], path=search_path())
    if program is None:
        raise Missing(f"The program {argv[0]} is not there", hint="name another one in EDITOR")
    try:
        sh.Command(program)(*argv[1:], _fg=True)
    except sh.ErrorReturnCode as error:
        return int(error.exit_code)
    return 0


def search_path() -> str:
    """Where programs are taken from: the absolute folders of PATH, never the current one, then the system's."""
    own = [folder for folder in os.environ.get("PATH", "").split(":") if folder.startswith("/")]
    return ":".join((*own, SBIN))


@contextmanager
def _signals_wait() -> Iterator[Callable[[], None]]:
    """Keep a signal from parting a child from the list of those to end; gives what undoes it in the child."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})

    def as_before() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        yield as_before
    finally:
        as_before()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "PATH": search_path()}


def _wait(child: Any, command: Command, *outputs: int) -> int:
    """The exit code, once the child has ended.

    :raises NotAnswering: it took longer than its timeout.
    :raises Failed: it printed more than we keep.
    """
    deadline = time.monotonic() + command.timeout
    while not ended(child, GLANCE):
        _bounded(command, *outputs)
        if time.monotonic() > deadline:
            raise _silent(command)
    return int(child.exit_code)


def _bounded(command: Command, *outputs: int) -> None:
    if any(os.fstat(output).st_size > OUTPUT_LIMIT for output in outputs):
        raise Failed(f"{Path(command.argv[0]).name} printed more than 64 MiB", hint="ask for less at once")


def _silent(command: Command) -> NotAnswering:
    return NotAnswering(
        f"{Path(command.argv[0]).name} did not answer within {command.timeout:g} s",
        hint="check the load of the machine and the mail log; the program was ended",
    )


def _said(command: Command, result: Result) -> str:
    if result.code == 0 and not result.stderr:
        return ""
    return "what it complains of is not shown" if command.discreet else result.complaint


def _sh() -> Any:
    """The library, loaded by the first program that is run: 60 ms that nothing else should cost.

    `concurrent.futures.thread` comes with it: what it does after a fork must not be registered by another thread in the
    midst of one, which ends in "release unlocked lock" on standard error.
    """
    import concurrent.futures.thread  # noqa: F401, PLC0415

    import sh  # noqa: PLC0415

    return sh
