"""What can be done to queued messages, as values: an action, a plan of it, and what came of it."""

from typing import Self

import msgspec

from backends.queue.message import Message
from backends.runner import Command


class Action(msgspec.Struct, frozen=True):
    """One verb of postsuper(1); `done` is how Postfix reports one message, as in `postsuper: ID: removed`.

    `held`: it acts on messages on hold alone, or (False) on others alone; None: on both.
    """

    name: str
    option: str
    done: str
    destructive: bool = False
    held: bool | None = None

    def changes(self, queue: str) -> bool:
        """Whether it does anything to a message in that queue."""
        return self.held is None or self.held == (queue == "hold")


ACTIONS = {
    action.name: action
    for action in (
        Action("hold", "-h", "placed on hold", held=False),
        Action("release", "-H", "released from hold", held=True),
        Action("requeue", "-r", "requeued"),
        Action("expire", "-e", "expired", destructive=True),
        Action("force-expire", "-f", "expired", destructive=True),
        Action("delete", "-d", "removed", destructive=True),
    )
}


class Target(msgspec.Struct, frozen=True, gc=False):
    """One message to act on. Sender and arrival time tell it from another that got its queue ID later."""

    queue_id: str
    sender: str
    arrival_time: int
    message_size: int = 0

    @classmethod
    def of(cls, message: Message) -> Self:
        """The target that a listed message is."""
        return cls(message.queue_id, message.sender, message.arrival_time, message.message_size)


class Plan(msgspec.Struct, frozen=True):
    """What an action would do, before it is done: whom it hits, the exact commands, and whether it can be undone."""

    action: Action
    targets: tuple[Target, ...]
    commands: tuple[Command, ...]
    irreversible: str = ""  # why it can't be undone; empty: it can, or needs no undo
    kept_for: float = 0.0  # seconds for which a deletion can be undone

    @property
    def count(self) -> int:
        return len(self.targets)

    @property
    def oldest(self) -> Target | None:
        return min(self.targets, key=lambda target: target.arrival_time, default=None)

    @property
    def newest(self) -> Target | None:
        return max(reversed(self.targets), key=lambda target: target.arrival_time, default=None)

    @property
    def size(self) -> int:
        """Bytes of all messages together."""
        return sum(target.message_size for target in self.targets)


class Trashed(msgspec.Struct, frozen=True):
    """One undoable deletion: batch number (1 is the first), when (epoch seconds), by whom, and what."""

    number: int
    deleted: float
    user: str
    messages: tuple[Target, ...]


class Rights(msgspec.Struct, frozen=True):
    """What this user may do: for each permitted action the words to put before postsuper (none, or `sudo -n`).

    `why_not` says in one sentence why an action that is missing from `actions` is missing.
    """

    actions: dict[str, tuple[str, ...]]
    show: tuple[str, ...] | None  # before postcat; None: messages cannot be shown
    queue_files: bool  # the spool is readable: retry times and undo are to be had
    why_not: str = ""
