"""Our own messages where they wait in Postfix's queue: found by what is in them, and taken out again."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import msgspec

from backends.errors import BackendError
from backends.runner import Command, Runner

LISTING = 10.0  # s of silence
MOST = 20  # messages of our sender that are looked into, the latest first
_ID = re.compile(r"[0-9A-Za-z]{1,32}")


class _Recipient(msgspec.Struct):
    delay_reason: str = ""


class _Line(msgspec.Struct):
    """What is read of a line of postqueue -j."""

    queue_name: str
    queue_id: str
    arrival_time: int
    sender: str
    recipients: list[_Recipient]


class Waiting(NamedTuple):
    """One message in the queue: where, and why it waits, as far as that is known."""

    queue_id: str
    queue: str
    reason: str


_line = msgspec.json.Decoder(_Line)


def waiting(runner: Runner, sender: str, message_id: str) -> Waiting | None:
    """Our message, if it is in the queue. An answer that cannot be had is none."""
    try:
        lines = sorted(_of(runner, sender), key=lambda line: line.arrival_time, reverse=True)
    except BackendError:
        return None
    for line in lines[:MOST]:
        if _holds(runner, line.queue_id, message_id):
            reason = next((one.delay_reason for one in line.recipients if one.delay_reason), "")
            return Waiting(line.queue_id, line.queue_name, reason)
    return None


def gone(runner: Runner, queue_id: str) -> bool:
    """Whether a message has left the queue."""
    try:
        return runner.run(Command(("postcat", "-qe", queue_id), timeout=LISTING)).code != 0
    except BackendError:
        return False


def again(runner: Runner, queue_id: str) -> None:
    """Have a deferred message tried at once."""
    with suppress(BackendError):
        runner.run(Command(("postqueue", "-i", queue_id), timeout=LISTING, mutates=True))


def withdraw(runner: Runner, queue_id: str, message_id: str) -> None:
    """Take our message out of the queue; nothing if another has its queue ID by now."""
    if _holds(runner, queue_id, message_id):
        with suppress(BackendError):
            runner.run(Command(("postsuper", "-d", queue_id), timeout=LISTING, mutates=True))


def _of(runner: Runner, sender: str) -> Iterator[_Line]:
    with runner.stream(Command(("postqueue", "-j"), timeout=LISTING)) as stream:
        rest = b""
        while chunk := stream.read():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if sender.encode() in line and (found := _decoded(line)) and found.sender == sender:
                    yield found


def _decoded(line: bytes) -> _Line | None:
    try:
        found = _line.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found if _ID.fullmatch(found.queue_id) else None


def _holds(runner: Runner, queue_id: str, message_id: str) -> bool:
    try:
        result = runner.run(Command(("postcat", "-qh", queue_id), timeout=LISTING))
    except BackendError:
        return False
    return message_id.encode() in result.stdout
