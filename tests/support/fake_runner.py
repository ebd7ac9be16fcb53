"""A runner that runs nothing: it knows which commands will come, in their order, and what they answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from types import TracebackType
from typing import Self

from backends.errors import BackendError
from backends.journal import Journal
from backends.runner import Command, Result


@dataclass
class Expected:
    """A command that will be run, and what comes of it; `error` is raised instead, `then` is called before."""

    argv: tuple[str, ...]
    stdout: bytes = b""
    stderr: bytes = b""
    code: int = 0
    stdin: bytes | None = None
    """What must come over standard input; None: whatever."""
    error: BackendError | None = None
    then: Callable[[], object] = field(default=lambda: None)


class FakeRunner:
    """Answers the expected commands; any other, and at the end of the `with` block one that never came, fails."""

    def __init__(self, *expected: Expected) -> None:
        self.journal = Journal()
        self.commands: list[Command] = []
        self.closed = 0
        self._expected = list(expected)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            never = [one.argv for one in self._expected]
            assert not never, f"these commands never came: {never}"

    def run(self, command: Command) -> Result:
        return _result(self._answer(command), stdout=True)

    @contextmanager
    def stream(self, command: Command) -> Iterator["FakeStream"]:
        yield FakeStream(self._answer(command))

    def close(self, *, acts: bool = True) -> None:
        self.closed += 1

    def _answer(self, command: Command) -> Expected:
        self.commands.append(command)
        assert self._expected, f"unexpected command: {command.argv}"
        expected = self._expected.pop(0)
        assert command.argv == expected.argv
        assert expected.stdin in {None, command.stdin}
        expected.then()
        if expected.error is not None:
            raise expected.error
        return expected


class FakeStream:
    """The standard output of an expected command, some bytes at a time."""

    def __init__(self, answer: Expected, size: int = 1000) -> None:
        self._answer, self._size, self._at = answer, size, 0

    def read(self, stop: Event | None = None) -> bytes:
        start, self._at = self._at, self._at + self._size
        return self._answer.stdout[start : self._at]

    def result(self) -> Result:
        return _result(self._answer, stdout=False)


def _result(answer: Expected, *, stdout: bool) -> Result:
    return Result(answer.code, answer.stdout if stdout else b"", answer.stderr, 0.0)
