"""A quarantine folder as amavis makes it, of whoever owns it: nobody when the tests run as root."""

import time
from pathlib import Path

import pytest

from tests.backends.quarantine.making import Quarantine


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path / "amavis" / "virusmails")


@pytest.fixture
def now() -> float:
    return time.time()
