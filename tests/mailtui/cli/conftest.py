"""The command line in this process, on a fake host."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mailtui.cli.main import main
from tests.mailtui.cli.fake import FakeHost


@dataclass
class Ran:
    """How a command line ended and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def host() -> FakeHost:
    return FakeHost()


@pytest.fixture
def run(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line on the fake host."""

    def call(*words: str) -> Ran:
        code = main(words, lambda _: host)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call
