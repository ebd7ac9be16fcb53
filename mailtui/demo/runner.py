"""Carries commands out on the simulated machine, behind the same interface as the real runner."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import PurePath
from threading import Event
from typing import Generic, Protocol, TypeVar

from backends.errors import Missing
from backends.journal import Journal
from backends.runner import Command, Result
from mailtui.demo.programs import Answer


class Simulated(Protocol):
    """What programs work on, one at a time."""

    @property
    def lock(self) -> AbstractContextManager[object]: ...


S = TypeVar("S", bound=Simulated)
Program = Callable[[S, list[str], bytes], Answer]
"""What a program does with its arguments and its standard input."""


class DemoRunner(Generic[S]):
    """Answers commands by simulated programs; `simulation` gives the machine as it is now."""

    def __init__(
        self, simulation: Callable[[], S], journal: Journal, programs: Mapping[str, Program[S]]
    ) -> None:
        self.journal = journal
        self._simulation, self._programs = simulation, programs

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
        program = self._programs.get(name)
        if program is None:
            error = Missing(
                f"The program {name} is not there", hint=f"the demo host has only {', '.join(self._programs)}"
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
