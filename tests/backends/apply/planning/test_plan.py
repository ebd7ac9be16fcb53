"""What an apply would change: of a machine with nothing, of one in sync, of one changed here."""

import os
from hashlib import md5
from pathlib import Path

import pytest

from backends.apply.drift import file_drift
from backends.apply.machine.facts import Facts
from backends.apply.planning.plan import Plan, planned
from backends.apply.told import Take
from backends.errors import Refused
from backends.reference.manifest import load
from backends.reference.values import Values
from tests.backends.reference.test_reference import values

OWN = pytest.mark.skipif(os.getuid() != 0, reason="owners of /etc are root's to set")
PACKAGES = frozenset(
    package
    for one in load("bookworm")
    if one.name in {"spamassassin", "maildrop", "dovecot"}
    for package in one.packages
)
PACKAGED = b"# as maildrop brings it\n"


class Machine:
    """A machine with SpamAssassin, maildrop and Dovecot, and nothing applied yet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bases: dict[str, bytes] = {}
        for folder in ("spamassassin", "dovecot"):
            (root / "etc" / folder).mkdir(parents=True)
        (root / "etc" / "maildroprc").write_bytes(PACKAGED)
        digest = md5(PACKAGED, usedforsecurity=False).hexdigest()
        self.facts = Facts("bookworm", PACKAGES, {"/etc/maildroprc": digest})

    def plan(self, of: Values | None = None, take: Take = Take.NEITHER) -> Plan:
        return planned(of or values(), self.facts, self.bases.get, take=take, root=self.root)

    def apply(self, plan: Plan) -> None:
        """What the engine would do, without its care."""
        for one in plan.files:
            path = self.root / one.file.path.lstrip("/")
            path.write_bytes(one.new.content or b"")
            path.chmod(one.new.mode)
            os.chown(path, one.new.uid, one.new.gid)
            assert one.base is not None
            self.bases[one.file.path] = one.base


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def paths(plan: Plan) -> set[str]:
    return {one.file.path for one in plan.files if one.changed}


def test_a_bare_machine_gets_packages_first(tmp_path: Path) -> None:
    plan = planned(values(), Facts("bookworm", frozenset(), {}), lambda _path: None, root=tmp_path)
    assert plan.files == ()
    assert plan.waiting == tuple(one.name for one in load("bookworm"))
    assert {"postfix", "postfix-gld", "mariadb-server", "clamav-unofficial-sigs"} <= set(plan.packages)
    assert not plan.in_sync


def test_an_external_database_needs_no_server(tmp_path: Path) -> None:
    of = values(database="remote", greylist_host="db.example.test")
    assert (
        "mariadb-server"
        not in planned(of, Facts("bookworm", frozenset(), {}), lambda _path: None, root=tmp_path).packages
    )


@OWN
def test_applied_it_is_in_sync(machine: Machine) -> None:
    plan = machine.plan()
    assert paths(plan) == {"/etc/spamassassin/mailtui.cf", "/etc/maildroprc", "/etc/dovecot/local.conf"}
    assert plan.conflicts == []
    assert plan.services == {"amavis": "restart", "dovecot": "reload"}
    machine.apply(plan)
    assert paths(machine.plan()) == set()
    assert machine.plan().services == {}


@OWN
def test_a_file_changed_before_anything_was_applied_is_a_conflict(machine: Machine) -> None:
    (machine.root / "etc" / "maildroprc").write_bytes(PACKAGED + b"# mine\n")
    (conflict,) = machine.plan().conflicts
    assert conflict.file.path == "/etc/maildroprc"
    assert not conflict.changed
    assert machine.plan(take=Take.MINE).conflicts == []
    taken = machine.plan(take=Take.REFERENCE)
    assert "/etc/maildroprc" in paths(taken)


@OWN
def test_what_was_changed_here_stays_when_the_reference_changes_elsewhere(machine: Machine) -> None:
    machine.apply(machine.plan())
    path = machine.root / "etc" / "dovecot" / "local.conf"
    path.write_bytes(path.read_bytes().replace(b"protocols = imap pop3", b"protocols = imap"))
    assert paths(machine.plan()) == set()
    (kept,) = [one for one in machine.plan().files if one.kept]
    assert kept.file.path == "/etc/dovecot/local.conf"
    changed = machine.plan(values(certificate="/etc/ssl/other.pem"))
    (local,) = [one for one in changed.files if one.changed]
    assert b"protocols = imap\n" in (local.new.content or b"")
    assert b"/etc/ssl/other.pem" in (local.new.content or b"")


@OWN
def test_another_mode_is_a_change(machine: Machine) -> None:
    machine.apply(machine.plan())
    (machine.root / "etc" / "maildroprc").chmod(0o666)
    assert paths(machine.plan()) == {"/etc/maildroprc"}


def test_a_link_in_the_place_of_a_file_is_refused(machine: Machine) -> None:
    (machine.root / "etc" / "maildroprc").unlink()
    (machine.root / "etc" / "maildroprc").symlink_to("/etc/passwd")
    with pytest.raises(Refused, match="symbolic link"):
        machine.plan()


@OWN
def test_who_has_changed_a_file_is_told_apart(machine: Machine) -> None:
    machine.apply(machine.plan())
    path = machine.root / "etc" / "maildroprc"

    def state() -> tuple[str, str]:
        found = next(one for one in machine.plan().files if one.file.path == "/etc/maildroprc")
        told = file_drift(found)
        return told.state, "; ".join(told.diff)

    assert state()[0] == "in sync"
    path.chmod(0o600)
    assert state() == ("rights changed here", "mode 0600 becomes 0644")
    path.chmod(0o644)
    os.chown(path, 7, 0)
    assert state() == ("rights changed here", "owner becomes root:root")
    os.chown(path, 0, 0)
    machine.bases["/etc/maildroprc"] = b"# another\n"
    path.write_bytes(b"# another\n")
    assert state()[0] == "changed in the reference"
