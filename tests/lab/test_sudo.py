"""The packaged sudoers file on each release, installed as it says: what its group may do, and no more."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from backends.queue.plan import ACTIONS
from tests.lab.machine import Machine
from tests.lab.mail import queue, send
from tests.lab.network import DEFERRING
from tests.lab.process import wait_until

PYTHON = "/opt/mailtui/bin/python"

LOOK = """
import json, sys
from backends.errors import BackendError
from backends.local import LocalHost
queue = LocalHost().queue
may = queue.rights()
found = {"actions": may.actions, "show": may.show, "why": may.why_not}
message = next(queue.messages())
from backends.queue.plan import Target
target = Target(message.queue_id, message.sender, message.arrival_time)
for action in sys.argv[1:]:
    try:
        found[action] = queue.carry_out(queue.plan(action, [target])).done
    except BackendError as error:
        found[action] = type(error).__name__
print(json.dumps(found))
"""


@pytest.fixture
def with_sudoers(installed: Machine) -> Iterator[Machine]:
    """The machine with the file installed and two users, of whom `operator1` is in its group."""
    where = installed.run(
        [PYTHON, "-c", "from backends.queue.acting.rights import SUDOERS; print(SUDOERS)"]
    ).stdout.strip()
    installed.run(["postsuper", "-d", "ALL"])
    installed.run(["groupadd", "--system", "mailtui"])
    installed.run(["useradd", "--groups", "mailtui", "operator1"])
    installed.run(["useradd", "stranger1"])
    installed.run(["install", "-m", "0440", where, "/etc/sudoers.d/mailtui"])
    yield installed
    installed.run(["rm", "/etc/sudoers.d/mailtui"])
    installed.run(["postsuper", "-d", "ALL"])
    for argv in (["userdel", "operator1"], ["userdel", "stranger1"], ["groupdel", "mailtui"]):
        installed.run(argv)


def _act(machine: Machine, user: str, *actions: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(machine.run([PYTHON, "-c", LOOK, *actions], user=user).stdout)
    return found


def test_the_sudoers_file_is_valid_and_permits_what_it_should(with_sudoers: Machine) -> None:
    machine = with_sudoers
    machine.run(["visudo", "-c"])
    send(machine, "alice@example.test", f"user@{DEFERRING[0]}")
    wait_until("a deferred message", lambda: bool(queue(machine, "deferred")))

    stranger = _act(machine, "stranger1", "hold", "delete")
    assert (stranger["actions"], stranger["show"]) == ({}, None)
    assert (stranger["hold"], stranger["delete"]) == ("NotPermitted", "NotPermitted")
    assert "mailtui.sudoers" in stranger["why"]

    operator = _act(machine, "operator1", "hold", "release", "delete")
    assert operator["actions"] == {name: ["sudo", "-n"] for name in ACTIONS if name != "delete"}
    assert operator["show"] == ["sudo", "-n"]
    assert (operator["hold"], operator["release"], operator["delete"]) == (1, 1, "NotPermitted")
    assert len(queue(machine, "deferred")) == 1
