"""One clamd for the tests of a worker that leave it as it was."""

from collections.abc import Iterator

import pytest

from tests.support.clamav import PrivateClamd, why_not


@pytest.fixture
def real() -> None:
    """Skips where there is no ClamAV."""
    if reason := why_not():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def clamd() -> Iterator[PrivateClamd]:
    """A clamd with limits that tests can reach."""
    if reason := why_not():
        pytest.skip(reason)
    with PrivateClamd("StreamMaxLength 2M", "MaxFileSize 1M") as running:
        yield running
