"""A staged Postfix looked at by its own programs: the reference is fine, and what is broken is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.apply.check.postfix import check_postfix
from backends.apply.edit.main_cf import parameters, with_parameters
from backends.apply.edit.master_cf import services, with_services
from backends.reference.manifest import load
from backends.reference.render import render
from backends.runner import LocalRunner
from tests.backends.apply.edit.test_postconf import PACKAGED, needs_postfix
from tests.backends.reference.test_reference import values

pytestmark = needs_postfix
(POSTFIX,) = [one for one in load("bookworm") if one.name == "postfix"]


@pytest.fixture
def runner() -> Iterator[LocalRunner]:
    runner = LocalRunner()
    yield runner
    runner.close()


@pytest.fixture
def files() -> dict[str, bytes]:
    """The reference's files, as they would be staged on a machine with the packaged ones."""
    files = render(POSTFIX, values())
    main, master = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
    files[main] = with_parameters((PACKAGED / "main.cf.debian").read_bytes(), parameters(files[main]))
    files[master] = with_services((PACKAGED / "master.cf.dist").read_bytes(), services(files[master]))
    return files


def complaints(runner: LocalRunner, files: dict[str, bytes], folder: Path) -> list[str]:
    folder.mkdir()
    return check_postfix(runner, files, POSTFIX.maps, folder, domain="example.test", live=folder / "none")


def test_the_reference_is_fine(runner: LocalRunner, files: dict[str, bytes], tmp_path: Path) -> None:
    files["/etc/postfix/main.cf"] = files["/etc/postfix/main.cf"].replace(b"/etc/mailname", b"example.test")
    assert complaints(runner, files, tmp_path / "staged") == []
    assert (tmp_path / "staged" / "sender_access.db").exists()
    assert not (tmp_path / "staged" / "helo_regexp.db").exists()


@pytest.mark.parametrize(
    ("path", "old", "new", "named"),
    [
        (
            "main.cf",
            b"smtpd_helo_required",
            b"smtpd_hello_required",
            "unused parameter: smtpd_hello_required",
        ),
        ("main.cf", b"relayhost =\n", b"relayhost =\nrelayhost = x\n", "overriding earlier entry: relayhost"),
        ("main.cf", b"home_mailbox =", b"home_mailbox", "missing '=' after attribute name"),
        (
            "master.cf",
            b"smtpd_proxy_timeout",
            b"smtpd_client_connection_limit",
            "smtpd_client_connection_limit",
        ),
        ("sender_access", b" 554 forgery detected", b"", "sender_access"),
        (
            "sender_access",
            b"554 forgery detected",
            b"554 something",
            "gives '554 something', not '554 forgery",
        ),
        ("sender_access", b"example.test", b"example.org", "example.test is not in it"),
        ("helo_regexp", b"(.+", b"((.+", "helo_regexp"),
    ],
)
def test_what_is_broken_is_named(
    runner: LocalRunner,
    files: dict[str, bytes],
    tmp_path: Path,
    path: str,
    old: bytes,
    new: bytes,
    named: str,
) -> None:
    files["/etc/postfix/main.cf"] = files["/etc/postfix/main.cf"].replace(b"/etc/mailname", b"example.test")
    whole = f"/etc/postfix/{path}"
    assert old in files[whole]
    files[whole] = files[whole].replace(old, new, 1)
    found = complaints(runner, files, tmp_path / "staged")
    assert any(named in one for one in found), found
    assert not any(str(tmp_path) in one for one in found)
