"""Who did what, on each release: told the real rsyslog and kept, by the person behind sudo; rotated by the real logrotate."""

import json
from collections.abc import Iterator

import pytest

from tests.lab.apply import TEST, machine_with, ok
from tests.lab.image import bare
from tests.lab.machine import Machine
from tests.lab.process import wait_until

LOG = "/var/log/mailtui/actions.log"
FROM = "SSH_CONNECTION=203.0.113.9 50022 198.51.100.2 22"


@pytest.fixture(scope="module")
def applied(release: str) -> Iterator[Machine]:
    """A machine that an apply has brought to the reference, on which alice may become root."""
    with machine_with(release, bare(release)) as machine:
        ok(machine, "--apply", *TEST)
        rule = machine.path("/etc/sudoers.d/alice")
        rule.write_text("alice ALL = (root) NOPASSWD: ALL\n")
        rule.chmod(0o440)
        yield machine


def _kept(machine: Machine) -> list[list[str]]:
    lines = ok(machine, "journal", "--json", "--limit", "0").splitlines()
    return [[one["user"], one["address"], one["action"]] for one in map(json.loads, lines)]


def _mail_log(machine: Machine) -> str:
    return machine.path("/var/log/mail.log").read_text()


def test_the_person_behind_sudo_and_where_they_came_from(applied: Machine) -> None:
    assert _kept(applied) == [["root", "", "apply"]]
    applied.run(["env", FROM, "sudo", "mailtui", "queue", "flush"], user="alice")
    assert _kept(applied)[-1] == ["alice", "203.0.113.9", "flush"]
    told = "user=alice address=203.0.113.9 action=flush done=1 asked=1: all"
    wait_until("the line in the mail log", lambda: told in _mail_log(applied))


def test_what_fails_and_what_another_user_does_is_told(applied: Machine) -> None:
    applied.run(["systemctl", "stop", "postfix"])
    failed = applied.run(["sudo", "mailtui", "queue", "flush"], user="alice", check=False)
    applied.run(["systemctl", "start", "postfix"])
    assert failed.returncode != 0
    latest = json.loads(ok(applied, "journal", "--json", "--limit", "1"))
    assert (latest["user"], latest["action"], latest["well"]) == ("alice", "flush", False)
    assert "done=0 asked=1: " in latest["text"]
    kept = _kept(applied)
    applied.run(["env", "SUDO_USER=root", "mailtui", "queue", "flush"], user="alice")
    wait_until("the line in the mail log", lambda: "user=alice action=flush" in _mail_log(applied))
    assert _kept(applied) == kept


def test_logrotate_puts_it_aside_and_all_of_it_is_read(applied: Machine) -> None:
    before = _kept(applied)
    folder = applied.run(["stat", "-c", "%a %U:%G", "/var/log/mailtui"]).stdout.strip()
    assert folder == "750 root:adm"
    for _ in range(3):
        done = applied.run(["logrotate", "--verbose", "--force", "/etc/logrotate.d/mailtui"])
        assert "error" not in done.stderr
        applied.run(["mailtui", "queue", "flush"])
    names = applied.run(["sh", "-c", "cd /var/log/mailtui && stat -c '%n %a %U:%G' *"]).stdout.splitlines()
    assert names == [
        "actions.log 640 root:adm",
        "actions.log.1 640 root:adm",
        "actions.log.2.gz 640 root:adm",
        "actions.log.3.gz 640 root:adm",
    ]
    assert _kept(applied) == [*before, *[["root", "", "flush"]] * 3]


def test_the_second_apply_changes_nothing_and_says_so_nowhere(applied: Machine) -> None:
    before = _kept(applied)
    assert "In sync" in ok(applied, "--apply", *TEST)
    assert _kept(applied) == before
