"""Acting on queued messages with postsuper(1): the commands of an action, and what their output tells. Pure."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from backends.errors import BadRequest
from backends.outcome import LeftOut
from backends.queue.acting.rights import POSTSUPER
from backends.queue.message import Message, checked_ids
from backends.queue.plan import ACTIONS, Action, Target
from backends.runner import Command

BATCH = 10_000
RETURNED = "Postfix returns expired messages to their senders; that cannot be undone."

_REPORTED = re.compile(r"^postsuper: ([0-9A-Za-z]+): (.+)$", re.MULTILINE)
_CLOSING = re.compile(r"^postsuper: ([A-Z][A-Za-z -]*: \d+ messages?)$", re.MULTILINE)


class Report(msgspec.Struct, frozen=True):
    """What postsuper printed: the messages it acted on, and its closing lines."""

    done: frozenset[str]
    closing: tuple[str, ...]


def action_of(name: str) -> Action:
    """The action of that name.

    :raises BadRequest: there is none.
    """
    if name not in ACTIONS:
        raise BadRequest(f"There is no action {name[:40]!r}", hint=f"there are: {', '.join(ACTIONS)}")
    return ACTIONS[name]


def checked(action: Action, targets: Iterable[Target]) -> tuple[Target, ...]:
    """The targets, each queue ID once.

    :raises BadRequest: one is not a queue ID, or is to be destroyed and nothing but the ID is known of it.
    """
    by_id = {target.queue_id: target for target in targets}
    checked_ids(by_id)
    for target in by_id.values():
        if action.destructive and not (target.sender or target.arrival_time):
            raise BadRequest(
                f"{target.queue_id} has no sender and no arrival time to know it by",
                hint="Postfix reuses queue IDs: look the message up in a listing first",
            )
    return tuple(by_id.values())


def commands(
    action: Action, queue_ids: Sequence[str], prefix: tuple[str, ...], instance: tuple[str, ...]
) -> tuple[Command, ...]:
    """The commands that act on these messages: 10,000 queue IDs each over standard input."""
    program = POSTSUPER if prefix else "postsuper"
    return tuple(
        Command(
            (*prefix, program, *instance, action.option, "-"),
            stdin="".join(f"{queue_id}\n" for queue_id in batch).encode(),
            timeout=60 + len(batch) / 20,
            mutates=True,
        )
        for batch in (queue_ids[start : start + BATCH] for start in range(0, len(queue_ids), BATCH))
    )


def parse(action: Action, printed: bytes) -> Report:
    """What postsuper wrote to standard error, as Postfix 3.7 and 3.10 print it.

    A line for each message it acted on, `postsuper: 4F1A2B3C4D: removed`, and at the end `postsuper: Deleted: 2
    messages`. It says nothing of a message that is not there or is already as it should be. `-f` says "expired",
    "released from hold", or both of one message, and closes with a line for each.
    """
    words = {action.done, "released from hold"} if action.option == "-f" else {action.done}
    text = printed.decode("utf-8", "replace")
    done = frozenset(queue_id for queue_id, word in _REPORTED.findall(text) if word in words)
    return Report(done, tuple(_CLOSING.findall(text)))


def changed(targets: Iterable[Target], listing: Iterable[Message]) -> list[LeftOut]:
    """Those of the targets that are not what they were: gone, or their queue ID is another message's now."""
    missing = {target.queue_id: target for target in targets}
    other = []
    for message in listing:
        target = missing.pop(message.queue_id, None)
        if target and (message.sender, message.arrival_time) != (target.sender, target.arrival_time):
            other.append(LeftOut(target.queue_id, "its queue ID belongs to another message now"))
    return other + [LeftOut(queue_id, "it is not in the queue any more") for queue_id in missing]
