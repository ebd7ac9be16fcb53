"""Missing packages: which, by which answers, and what is said when apt does not know one."""

import pytest

from backends.apply.machine.facts import Facts
from backends.apply.machine.install import install
from backends.apply.machine.packages import Packages
from backends.apply.told import Event
from backends.errors import Missing, Refused
from backends.reference.manifest import load
from tests.support.fake_runner import Expected, FakeRunner

POSTFIX = [one for one in load("bookworm") if one.name == "postfix"]
POLICY = ("apt-cache", "policy", "--", "postfix", "ssl-cert")
KNOWN = b"postfix:\n  Candidate: 3.7.11\nssl-cert:\n  Candidate: 1.1\n"
TRIAL = (
    "apt-get",
    "--simulate",
    "-q",
    "-y",
    "--no-install-recommends",
    "install",
    "--",
    "postfix",
    "ssl-cert",
)


def facts(*packages: str) -> Facts:
    return Facts("bookworm", frozenset(packages), {})


def quiet(_event: Event) -> None:
    """Told to nobody."""


def test_nothing_is_run_where_nothing_is_missing() -> None:
    with FakeRunner() as runner:
        assert not install(Packages(runner), POSTFIX, facts("postfix", "ssl-cert"), "example.test", quiet)


def test_lists_are_read_anew_once_for_an_unknown_package() -> None:
    with (
        FakeRunner(
            Expected(POLICY, b"postfix:\n  Candidate: (none)\n"),
            Expected(("apt-get", "-q", "update")),
            Expected(POLICY, b"ssl-cert:\n  Candidate: 1.1\n"),
        ) as runner,
        pytest.raises(Missing, match="apt knows no package postfix") as raised,
    ):
        install(Packages(runner), POSTFIX, facts(), "example.test", quiet)
    assert "bookworm" in raised.value.hint


def test_what_would_have_to_go_is_refused() -> None:
    with (
        FakeRunner(
            Expected(POLICY, KNOWN), Expected(("dpkg", "--audit")), Expected(TRIAL, b"Remv exim4-base [4]\n")
        ) as runner,
        pytest.raises(Refused, match="exim4-base"),
    ):
        install(Packages(runner), POSTFIX, facts(), "example.test", quiet)
