"""Carries commands out on the simulated machine, behind the same interface as the real runner."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from threading import Event

from backends.errors import Missing
from backends.journal import Journal
from backends.runner import Command, Result
from mailtui.demo.programs import PROGRAMS, Answer
from mailtui.demo.simulation import Simulation


class DemoRunner:
    """Answers Postfix's commands; `simulation` gives the machine as it is now."""

    def __init__(self, simulation: Callable[[], Simulation], journal: Journal) -> None:
        self.journal = journal
        self._simulation = simulation

    def run(self, command: Command) -> Result:
        """Run to the end, collecting output.

        :raises Missing: the simulated machine has no such program.
        """
        started = time.monotonic()
        answer = self._answer(command)
        return _result(answer, b"".join(answer.stdout), started)

    @contextmanager
    def stream(self, command: Command) -> Iterator["DemoStream"]:
        """Run while its output is read."""
        yield DemoStream(self._answer(command))

    def close(self, *, acts: bool = True) -> None:
        """Nothing runs."""

    def _answer(self, command: Command) -> Answer:
        entry = self.journal.begin(str(command), mutates=command.mutates)
        name = PurePath(command.argv[0]).name
        program = PROGRAMS.get(name)
        if program is None:
            error = Missing(
                f"The program {name} is not there", hint="the demo host has only Postfix's queue commands"
            )
            self.journal.end(entry, None, str(error))
            raise error
        simulation = self._simulation()
        with simulation.lock:
            answer = program(simulation, list(command.argv[1:]), command.stdin)
        self.journal.end(entry, answer.code, answer.stderr[-1] if answer.stderr else "")
        return answer


class DemoStream:
    """The standard output of a simulated command."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._pieces = answer.pieces()
        self._started = time.monotonic()

    def read(self, stop: Event | None = None) -> bytes:
        """The next bytes; empty at the end."""
        return next(self._pieces, b"")

    def result(self) -> Result:
        """How the command ended."""
        return _result(self._answer, b"", self._started)


def _result(answer: Answer, stdout: bytes, started: float) -> Result:
    said = "".join(f"{line}\n" for line in answer.stderr).encode("utf-8", "surrogateescape")
    return Result(answer.code, stdout, said, time.monotonic() - started)
