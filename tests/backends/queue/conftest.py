"""A made-up queue directory, and a private Postfix that all tests of a worker share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.queue.adapter import PostfixQueue
from backends.runner import LocalRunner
from tests.support.postfix import PrivatePostfix, why_not


@pytest.fixture
def queue_directory(tmp_path: Path) -> Path:
    """The folders of a queue directory, owned by this user."""
    for name in ("hold", "incoming", "active", "deferred", "maildrop", "bounce", "defer", "trace"):
        (tmp_path / name).mkdir(mode=0o700)
    return tmp_path


@pytest.fixture(scope="session")
def running_postfix() -> Iterator[PrivatePostfix]:
    if reason := why_not():
        pytest.skip(reason)
    with PrivatePostfix(sink=True) as postfix:
        yield postfix


@pytest.fixture
def postfix(running_postfix: PrivatePostfix) -> PrivatePostfix:
    """A running Postfix with an empty queue and no trash."""
    running_postfix.empty()
    return running_postfix


@pytest.fixture
def queue(postfix: PrivatePostfix) -> Iterator[PostfixQueue]:
    """The adapter on that Postfix."""
    runner = LocalRunner()
    yield PostfixQueue(runner, config_dir=postfix.config_dir)
    runner.close()
