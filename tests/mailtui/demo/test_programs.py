"""What the simulated programs print and do, against what Postfix 3.7 was seen to print and do."""

import json

import pytest

from backends.errors import Missing
from backends.queue.message import NULL_SENDER
from backends.runner import Command
from tests.mailtui.demo.machine import Machine


def test_the_listing_reads_like_postqueues() -> None:
    for line in Machine().listing().decode().splitlines():
        value = json.loads(line)
        assert list(value) == [
            "queue_name",
            "queue_id",
            "arrival_time",
            "message_size",
            "forced_expire",
            "sender",
            "recipients",
        ]
        assert all(set(recipient) <= {"address", "delay_reason"} for recipient in value["recipients"])


def test_the_stream_gives_the_same_bytes() -> None:
    machine = Machine(size=9000)
    with machine.runner.stream(Command(("postqueue", "-j"))) as stream:
        pieces = list(iter(stream.read, b""))
        assert stream.result().code == 0
    assert len(pieces) > 1
    assert b"".join(pieces) == machine.listing()


def test_hold_and_release() -> None:
    machine = Machine()
    one, two = machine.ids("deferred")[:2]
    assert machine.act("-h", one, two) == [
        f"{one}: placed on hold",
        f"{two}: placed on hold",
        "Placed on hold: 2 messages",
    ]
    assert {one, two} <= set(machine.ids("hold"))
    assert machine.act("-h", one) == ["Placed on hold: 0 messages"]
    machine.now += 10_000
    assert one in machine.ids("hold")
    assert machine.act("-H", one) == [f"{one}: released from hold", "Released from hold: 1 message"]
    assert one in machine.ids("deferred")
    assert machine.act("-H", one) == ["Released from hold: 0 messages"]
    machine.now += 1
    assert one not in machine.ids("deferred")


def test_requeue_gives_another_queue_id() -> None:
    machine = Machine()
    one = machine.ids("deferred")[5]
    old = machine.messages()[one]
    assert machine.act("-r", one) == [f"{one}: requeued", "Requeued: 1 message"]
    assert machine.messages()[one].queue_name == "maildrop"
    machine.now += 1
    [new] = [
        message
        for message in machine.messages().values()
        if (message.sender, message.arrival_time) == (old.sender, old.arrival_time)
    ]
    assert new.queue_id != one
    assert new.queue_name == "incoming"
    assert new.message_size > old.message_size
    assert new.reason == ""


def test_expire_returns_mail_with_its_next_attempt() -> None:
    machine = Machine()
    one = next(
        queue_id
        for queue_id, message in machine.messages().items()
        if "Connection timed out" in message.reason and message.sender.endswith("@example.org")
    )
    assert machine.act("-e", one) == [f"{one}: expired", "Force-expired: 1 message"]
    assert machine.messages()[one].forced_expire
    assert machine.act("-e", one) == ["Force-expired: 0 messages"]
    sender = machine.messages()[one].sender
    machine.run("postqueue", "-i", one)
    returned = False
    for _ in range(130):
        machine.now += 1
        found = machine.messages().values()
        returned = returned or any(
            m.sender == NULL_SENDER and m.recipients[0].address == sender for m in found
        )
    assert returned
    assert one not in machine.messages()


def test_forced_expiry_releases_too() -> None:
    machine = Machine()
    held, deferred = machine.ids("hold")[0], machine.ids("deferred")[0]
    assert machine.act("-f", held, deferred) == [
        f"{held}: expired",
        f"{held}: released from hold",
        f"{deferred}: expired",
        "Force-expired: 2 messages",
        "Released from hold: 1 message",
    ]


def test_delete() -> None:
    machine = Machine()
    ids = [machine.ids("deferred")[0], machine.ids("active")[0], machine.ids("hold")[0]]
    assert machine.act("-d", *ids, "NOSUCH1") == [
        *(f"{queue_id}: removed" for queue_id in ids),
        "Deleted: 3 messages",
    ]
    assert not set(ids).intersection(machine.messages())


def test_what_is_no_queue_id_is_warned_of() -> None:
    assert Machine().act("-d", "b@d id") == [
        "warning: invalid mail queue id: b@d id",
        "Deleted: 0 messages",
    ]


def test_nothing_on_standard_input() -> None:
    assert Machine().act("-h") == ["Placed on hold: 0 messages"]


def test_flush_tries_all_within_seconds() -> None:
    machine = Machine()
    before = machine.spool.retry_times()
    assert machine.run("postqueue", "-f").code == 0
    machine.now += 3
    after = machine.spool.retry_times()
    assert len(after) < len(before) / 2
    assert all(after[queue_id] > machine.now + 290 for queue_id in after)


def test_flush_of_one_and_of_a_site() -> None:
    machine = Machine()
    before = machine.spool.retry_times()
    late = max(before, key=lambda queue_id: before[queue_id])
    listed = machine.messages()
    there = {i for i in before if listed[i].recipients[0].address.endswith("@gmail.example")}
    machine.run("postqueue", "-i", late)
    machine.run("postqueue", "-s", "gmail.example")
    machine.now += 2
    after = machine.spool.retry_times()
    tried = {queue_id for queue_id in before if after.get(queue_id) != before[queue_id]}
    assert len(there) > 50
    assert there | {late} <= tried
    assert len(tried) < len(there) + 20
    assert machine.run("postqueue", "-i", "NOSUCH1").code == 0


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("postqueue", "-i", "/x"), 69, 'Cannot flush queue ID - invalid name: "/x"'),
        (("postqueue", "-s", "a.example"), 69, 'Flush service is not configured for destination "a.example"'),
        (("postqueue", "-x"), 69, "usage: postqueue"),
        (("postsuper", "-x", "ALL"), 1, "usage: postsuper"),
        (("postcat", "-q", "NOSUCH1"), 1, "open queue file NOSUCH1: No such file or directory"),
        (("postcat", "-q", "../x"), 1, "bad mail queue ID: ../x"),
    ],
)
def test_failures(argv: tuple[str, ...], code: int, said: str) -> None:
    result = Machine().run(*argv)
    assert result.code == code
    assert f"fatal: {said}" in result.stderr.decode()


def test_postconf() -> None:
    machine = Machine()
    result = machine.run("postconf", "-h", "queue_directory", "nosuch")
    assert result.stdout == b"/var/spool/postfix\n"
    assert result.stderr == b"postconf: warning: nosuch: unknown parameter\n"
    assert machine.run("postconf", "mail_version").stdout == b"mail_version = 3.7.11\n"


def test_messages_are_as_large_as_listed() -> None:
    machine = Machine(size=200)
    for queue_id, listed in machine.messages().items():
        text = machine.run("postcat", "-q", queue_id).stdout
        content = text.partition(b"*** MESSAGE CONTENTS ")[2].partition(b" ***\n")[2]
        content = content.rpartition(b"*** HEADER EXTRACTED ")[0]
        assert len(content) >= listed.message_size
        assert len(content) == listed.message_size or len(listed.recipients) > 1 or listed.message_size < 2500


def test_some_messages_have_attachments() -> None:
    machine = Machine(size=200)
    texts = [machine.run("postcat", "-q", queue_id).stdout for queue_id in machine.messages()]
    assert sum(b"Content-Disposition: attachment" in text for text in texts) > 5


def test_every_command_is_in_the_journal() -> None:
    machine = Machine()
    machine.act("-h", machine.ids("deferred")[0])
    with pytest.raises(Missing):
        machine.run("rm", "-rf", "/")
    entries = machine.journal.entries()
    assert [entry.command.rpartition("| ")[2] for entry in entries] == [
        "postqueue -j",
        "postsuper -h -",
        "rm -rf /",
    ]
    assert [entry.code for entry in entries] == [0, 0, None]
