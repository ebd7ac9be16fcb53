"""The commands of an action, and what postsuper's output tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BadRequest
from backends.outcome import LeftOut
from backends.queue.acting.postsuper import BATCH, action_of, changed, checked, commands, parse
from backends.queue.message import Message
from backends.queue.plan import ACTIONS, Target

PRINTED = {
    "hold": (b"placed on hold", b"Placed on hold"),
    "release": (b"released from hold", b"Released from hold"),
    "requeue": (b"requeued", b"Requeued"),
    "expire": (b"expired", b"Force-expired"),
    "delete": (b"removed", b"Deleted"),
}
"""What Postfix 3.7 prints of one message and of all."""


def _message(queue_id: str, sender: str = "a@example.org", arrival_time: int = 1) -> Message:
    return Message(
        queue_name="hold", queue_id=queue_id, arrival_time=arrival_time, message_size=1, sender=sender
    )


@pytest.mark.parametrize("name", PRINTED)
def test_what_postsuper_prints(name: str) -> None:
    one, all_of_them = PRINTED[name]
    printed = b"postsuper: A601E166135: %s\npostsuper: B601E166135: %s\npostsuper: %s: 2 messages\n"
    report = parse(ACTIONS[name], printed % (one, one, all_of_them))
    assert report.done == {"A601E166135", "B601E166135"}
    assert report.closing == (f"{all_of_them.decode()}: 2 messages",)


def test_force_expire_closes_with_two_lines() -> None:
    printed = (
        b"postsuper: AAAAAA: expired\npostsuper: AAAAAA: released from hold\n"
        b"postsuper: BBBBBB: released from hold\npostsuper: CCCCCC: expired\n"
        b"postsuper: Force-expired: 2 messages\npostsuper: Released from hold: 2 messages\n"
    )
    report = parse(ACTIONS["force-expire"], printed)
    assert report.done == {"AAAAAA", "BBBBBB", "CCCCCC"}
    assert report.closing == ("Force-expired: 2 messages", "Released from hold: 2 messages")


def test_other_lines_count_for_nothing() -> None:
    printed = (
        b"postsuper: warning: invalid mail queue id: x\npostsuper: fatal: usage\n"
        b"postsuper: AAAAAA: requeued\npostsuper: BBBBBB: skipped\nremoved\n"
    )
    assert parse(ACTIONS["delete"], printed).done == frozenset()


@given(st.binary())
def test_any_output(printed: bytes) -> None:
    parse(ACTIONS["delete"], printed)


def test_ids_go_over_standard_input_in_batches() -> None:
    ids = [f"{number:011X}" for number in range(BATCH * 2 + 1)]
    found = commands(ACTIONS["hold"], ids, (), ("-c", "/etc/postfix-out"))
    assert [command.argv for command in found] == [("postsuper", "-c", "/etc/postfix-out", "-h", "-")] * 3
    assert [command.stdin.count(b"\n") for command in found] == [BATCH, BATCH, 1]
    assert b"".join(command.stdin for command in found).decode().split() == ids
    assert all(command.mutates for command in found)


def test_with_sudo_the_program_is_named_in_full() -> None:
    (command,) = commands(ACTIONS["hold"], ["AAAAAA"], ("sudo", "-n"), ())
    assert command.argv == ("sudo", "-n", "/usr/sbin/postsuper", "-h", "-")


def test_unknown_actions_are_refused() -> None:
    assert action_of("hold") is ACTIONS["hold"]
    with pytest.raises(BadRequest):
        action_of("-d")


@pytest.mark.parametrize("queue_id", ["-", "ALL", "--help", "A B", "AAAAAA\nBBBBBB", "x;rm -rf /"])
def test_hostile_ids_are_refused(queue_id: str) -> None:
    with pytest.raises(BadRequest):
        checked(ACTIONS["hold"], [Target(queue_id, "a@example.org", 1)])


def test_each_id_counts_once() -> None:
    assert len(checked(ACTIONS["hold"], [Target("AAAAAA", "", 0)] * 3)) == 1


@pytest.mark.parametrize("name", ACTIONS)
def test_a_bare_id_is_enough_for_what_destroys_nothing(name: str) -> None:
    bare = [Target("AAAAAA", "", 0)]
    if ACTIONS[name].destructive:
        with pytest.raises(BadRequest, match="no sender and no arrival time"):
            checked(ACTIONS[name], bare)
    else:
        assert checked(ACTIONS[name], bare) == tuple(bare)


def test_what_changed_between_list_and_act() -> None:
    targets = [
        Target("AAAAAA", "a@example.org", 1),
        Target("BBBBBB", "a@example.org", 1),
        Target("CCCCCC", "a@example.org", 1),
        Target("DDDDDD", "a@example.org", 1),
    ]
    now = [_message("AAAAAA"), _message("BBBBBB", sender="b@example.org"), _message("CCCCCC", arrival_time=2)]
    other = "its queue ID belongs to another message now"
    assert changed(targets, now) == [
        LeftOut("BBBBBB", other),
        LeftOut("CCCCCC", other),
        LeftOut("DDDDDD", "it is not in the queue any more"),
    ]
