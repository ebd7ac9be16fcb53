"""Acting without root, by the packaged sudoers file and the machine's own sudo."""

import shutil

import pytest

from backends.queue.acting.rights import SUDOERS
from backends.queue.plan import ACTIONS
from tests.support.postfix import PrivatePostfix
from tests.support.unprivileged import MEMBER, OUTSIDER, as_user

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("sudo") is None, reason="needs the package sudo"),
]

ACT = """
held, deferred = sys.argv[3:]
by_id = {message.queue_id: message for message in queue.messages()}

def act(action, queue_id):
    target = Target(queue_id, by_id[queue_id].sender, by_id[queue_id].arrival_time)
    plan = queue.plan(action, [target])
    outcome = queue.carry_out(plan)
    return {"asked": outcome.asked, "done": outcome.done, "printed": outcome.printed, "undo": outcome.undo,
            "irreversible": plan.irreversible, "command": str(plan.commands[0])}

told("actions", lambda: queue.rights().actions)
told("show right", lambda: queue.rights().show)
told("show", lambda: [value for name, value in queue.show(held).envelope if name == "recipient"])
told("raw", lambda: b"".join(queue.raw(held)).decode())
told("hold", lambda: act("hold", deferred))
told("release", lambda: act("release", deferred))
told("expire", lambda: act("expire", deferred))
told("delete", lambda: act("delete", held))
"""

BEYOND = """
from backends.runner import Command

def refused(*argv):
    return b"password is required" in queue._programs.runner.run(Command(("sudo", "-n", *argv))).stderr

postsuper, postcat = "/usr/sbin/postsuper", "/usr/sbin/postcat"
found["refused"] = [
    refused(postsuper, "-d", "-"), refused(postsuper, "-d", "ALL"), refused(postsuper, "-h", "ALL"),
    refused(postsuper, "-r", "ALL"), refused(postsuper, "-c", "/tmp", "-h", "-"), refused(postsuper, "-s"),
    refused(postsuper, "-h", "-", "-d", "ALL"), refused(postcat, "/etc/shadow"),
    refused(postcat, "-q", "../../etc/shadow"), refused(postcat, "-q", "ABCDEF", "/etc/shadow"),
    refused(postcat, "-c", "/tmp", "-q", "ABCDEF"), refused(postcat, "-vq", "ABCDEF"), refused("sh"),
    refused(postcat, "-bh", "-q", "../../etc/shadow"), refused(postcat, "-bh", "/etc/shadow"),
]
"""


def test_the_group_mailtui_acts_through_sudo(postfix: PrivatePostfix) -> None:
    (held,), (deferred,) = postfix.held(1), postfix.deferred(1)
    found = as_user(postfix, ACT, held, deferred, user=MEMBER, sudoers=SUDOERS.read_text())
    assert found["actions"] == {name: ["sudo", "-n"] for name in ACTIONS if name != "delete"}
    assert found["show right"] == ["sudo", "-n"]
    assert found["show"] == ["bob@held.example"]
    assert "Received: from " in found["raw"]
    assert "***" not in found["raw"]
    for action in ("hold", "release", "expire"):
        assert (found[action]["asked"], found[action]["done"]) == (1, 1), found
    assert "sudo -n /usr/sbin/postsuper -h -" in found["hold"]["command"]
    assert found["hold"]["printed"] == ["Placed on hold: 1 message"]
    assert found["expire"]["irreversible"]
    assert found["delete"][0] == "NotPermitted"
    assert postfix.ids("hold") == [held]


def test_it_can_do_nothing_beyond(postfix: PrivatePostfix) -> None:
    found = as_user(postfix, BEYOND, user=MEMBER, sudoers=SUDOERS.read_text())
    assert found["refused"] == [True] * 15


@pytest.mark.parametrize(
    "rules",
    ["", "outsider ALL=(ALL) ALL\n", "outsider ALL=(ALL) ALL\noutsider ALL=(ALL) NOPASSWD: /usr/bin/true\n"],
)
def test_who_would_need_a_password_has_no_rights(postfix: PrivatePostfix, rules: str) -> None:
    (held,), (deferred,) = postfix.held(1), postfix.deferred(1)
    found = as_user(postfix, ACT, held, deferred, user=OUTSIDER, sudoers=SUDOERS.read_text() + rules)
    assert (found["actions"], found["show right"]) == ({}, None)
    for name in ("show", "hold", "release", "expire", "delete"):
        assert found[name][0] == "NotPermitted"
    assert postfix.ids("hold") == [held]
    assert postfix.ids("deferred") == [deferred]


def test_deleting_is_possible_where_permitted_and_says_that_it_cannot_be_undone(
    postfix: PrivatePostfix,
) -> None:
    (held,), (deferred,) = postfix.held(1), postfix.deferred(1)
    permitted = SUDOERS.read_text().replace("# Cmnd_Alias", "Cmnd_Alias").replace("# %mailtui", "%mailtui")
    found = as_user(postfix, ACT, held, deferred, user=MEMBER, sudoers=permitted)
    assert "cannot be kept" in found["delete"]["irreversible"]
    assert (found["delete"]["done"], found["delete"]["undo"]) == (1, None)
    assert held not in postfix.ids()
