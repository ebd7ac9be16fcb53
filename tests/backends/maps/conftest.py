"""A configuration with tables, and no Postfix that runs."""

from pathlib import Path

import pytest

from tests.support.maps import Tables, why_not


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    if reason := why_not():
        pytest.skip(reason)
    return Tables(tmp_path)
