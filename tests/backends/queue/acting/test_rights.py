"""Who may do what: root, sudo with the packaged sudoers file, and nobody."""

import os
import re
import shutil
import subprocess

import pytest

from backends.errors import Missing
from backends.queue.acting.rights import SUDOERS, rights
from backends.queue.plan import ACTIONS
from tests.support.fake_runner import Expected, FakeRunner

NO_PASSWORD = b"sudo: a password is required\n"


def _sudo(*words: str) -> tuple[str, ...]:
    return ("sudo", "-n", *words)


def _asked(option: str, *, permitted: bool) -> list[Expected]:
    command = ("/usr/sbin/postsuper", option, "-")
    if not permitted:
        return [Expected(_sudo("-l", *command), code=1)]
    return [Expected(_sudo("-l", *command)), Expected(_sudo(*command), stdin=b"")]


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_root_may_do_all_and_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with FakeRunner() as runner:
        found = rights(runner, queue_files=True)
    assert found.actions == dict.fromkeys(ACTIONS, ())
    assert (found.show, found.queue_files, found.why_not) == ((), True, "")


@pytest.mark.usefixtures("user")
def test_what_sudo_permits() -> None:
    options = {action.option: action.name != "delete" for action in ACTIONS.values()}
    asked = [one for option, permitted in options.items() for one in _asked(option, permitted=permitted)]
    show = ("/usr/sbin/postcat", "-q", "0123456789A")
    sample = Expected(
        _sudo(*show), code=1, stderr=b"postcat: fatal: open queue file 0123456789A: No such file\n"
    )
    with FakeRunner(*asked, Expected(_sudo("-l", *show)), sample) as runner:
        found = rights(runner, queue_files=False)
    assert found.actions == {name: ("sudo", "-n") for name in ACTIONS if name != "delete"}
    assert found.show == ("sudo", "-n")
    assert not found.queue_files
    assert "sudoers" in found.why_not
    assert "group mailtui" in found.why_not


@pytest.mark.usefixtures("user")
def test_permitted_but_with_a_password_is_not_permitted() -> None:
    """A member of the group sudo: `sudo -l` says yes where running would ask for a password."""
    expected = []
    for action in ACTIONS.values():
        command = ("/usr/sbin/postsuper", action.option, "-")
        expected += [Expected(_sudo("-l", *command)), Expected(_sudo(*command), code=1, stderr=NO_PASSWORD)]
    with FakeRunner(
        *expected, Expected(_sudo("-l", "/usr/sbin/postcat", "-q", "0123456789A"), code=1)
    ) as runner:
        found = rights(runner, queue_files=False)
    assert found.actions == {}
    assert found.show is None


@pytest.mark.usefixtures("user")
def test_who_has_no_rights_at_all_is_asked_about_once() -> None:
    refused = Expected(_sudo("-l", "/usr/sbin/postsuper", "-h", "-"), code=1, stderr=NO_PASSWORD)
    with FakeRunner(refused) as runner:
        found = rights(runner, queue_files=False)
    assert found.actions == {}
    assert found.show is None
    assert "sudoers" in found.why_not


@pytest.mark.usefixtures("user")
def test_without_sudo() -> None:
    missing = Missing("The program sudo is not there", hint="")
    with FakeRunner(Expected(_sudo("-l", "/usr/sbin/postsuper", "-h", "-"), error=missing)) as runner:
        found = rights(runner, queue_files=False)
    assert found.actions == {}
    assert "as root" in found.why_not


@pytest.mark.usefixtures("user")
def test_another_instance_is_asked_about_with_its_folder() -> None:
    argv = _sudo("-l", "/usr/sbin/postsuper", "-c", "/etc/postfix-out", "-h", "-")
    with FakeRunner(Expected(argv, code=1, stderr=NO_PASSWORD)) as runner:
        rights(runner, ("-c", "/etc/postfix-out"), queue_files=False)


@pytest.mark.skipif(
    shutil.which("visudo", path="/usr/sbin:/usr/bin") is None, reason="needs the package sudo"
)
def test_the_sudoers_file_is_valid() -> None:
    done = subprocess.run(["/usr/sbin/visudo", "-cf", SUDOERS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "parsed OK" in done.stdout


def test_the_sudoers_file_permits_exact_commands_and_no_deletion() -> None:
    live = "\n".join(line for line in SUDOERS.read_text().splitlines() if not line.startswith("#"))
    assert re.findall(r"/usr/sbin/postsuper [^,\n]+", live) == [
        "/usr/sbin/postsuper -h -",
        "/usr/sbin/postsuper -H -",
        "/usr/sbin/postsuper -r -",
        "/usr/sbin/postsuper -e -",
        "/usr/sbin/postsuper -f -",
    ]
    assert re.findall(r"/usr/sbin/postcat [^\n]+", live) == [
        "/usr/sbin/postcat ^(-bh )?-q [0-9A-Za-z]{6,40}$"
    ]
    assert live.count("/") == 3 * 6  # no other program
    assert "# Cmnd_Alias MAILTUI_DELETE = /usr/sbin/postsuper -d -" in SUDOERS.read_text()
