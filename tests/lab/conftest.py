"""One machine per release for the whole run. Tests that leave it changed make a `Machine` of their own."""

from collections.abc import Iterator

import pytest

from tests.lab.image import RELEASES
from tests.lab.install import install
from tests.lab.machine import Machine, why_not

# A worker of pytest-xdist takes all tests of a release, so that it boots one machine for them.
EACH_RELEASE = [
    pytest.param(name, marks=[pytest.mark.lab, pytest.mark.xdist_group(f"lab-{name}")], id=name)
    for name in RELEASES
]


@pytest.fixture(scope="session", params=EACH_RELEASE)
def release(request: pytest.FixtureRequest) -> str:
    """The name of a Debian release; skips where there can be no lab."""
    if reason := why_not():
        pytest.skip(reason)
    return str(request.param)


@pytest.fixture(scope="session")
def machine(release: str) -> Iterator[Machine]:
    """A running machine of the release."""
    with Machine(release) as running:
        yield running


@pytest.fixture(scope="session")
def installed(machine: Machine) -> Machine:
    """The machine with mailtui installed in it."""
    install(machine)
    return machine
