"""A configuration with tables, and no Postfix that runs."""

from collections.abc import Iterator

import pytest

from tests.support.maps import Tables, open_folder, why_not


@pytest.fixture
def tables() -> Iterator[Tables]:
    if reason := why_not():
        pytest.skip(reason)
    with open_folder() as folder:
        yield Tables(folder)
