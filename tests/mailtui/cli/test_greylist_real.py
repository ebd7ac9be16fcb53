"""`mailtui greylist purge` on a real MariaDB, interrupted by real signals."""

import os
import signal
from typing import Any

import pytest

from backends.greylist import acting
from backends.greylist.values import Filter
from mailtui.cli.main import main
from tests.backends.greylist.conftest import ROWS, Make, make, outcomes, server
from tests.mailtui.cli.fake import FakeHost

__all__ = ["make", "outcomes", "server"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_purge_stops_between_statements_and_is_undone(
    make: Make, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    adapter, host, delete = make(*ROWS), FakeHost(), acting._deleted
    monkeypatch.setattr(host, "greylist", adapter)
    before = adapter.page(Filter()).rows

    def interrupted(*words: Any, **named: Any) -> Any:
        gone = delete(*words, **named)
        os.kill(os.getpid(), number)
        return gone

    monkeypatch.setattr(acting, "DELETED", range(1, 3))
    monkeypatch.setattr(acting, "_deleted", interrupted)
    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    assert main(("greylist", "purge", "--older-than", "90d", "--yes"), lambda _: host) == 130
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == handlers
    said = capsys.readouterr()
    assert "purge: 2 of 5 triplets" in said.out
    assert "stopped; the rest is as it was" in said.err
    assert len(adapter.page(Filter()).rows) == 3
    assert main(("greylist", "undo"), lambda _: host) == 0
    assert adapter.page(Filter()).rows == before
