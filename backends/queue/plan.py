"""What can be done to queued messages, as values: an action, a plan of it, and what came of it."""

from typing import Self

import msgspec

from backends.queue.message import Message
from backends.runner import Command


class Action(msgspec.Struct, frozen=True):
    """One verb of postsuper(1); `done` is how Postfix reports one message, as in `postsuper: ID: removed`."""

    name: str
    option: str
    done: str
    destructive: bool = False


ACTIONS = {
    action.name: action
    for action in (
        Action("hold", "-h", "placed on hold"),
        Action("release", "-H", "released from hold"),
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


ASKED_ABOVE = 20
"""Messages: an act on more of them wants their number typed."""


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


class LeftOut(msgspec.Struct, frozen=True):
    """A message that was asked for and not acted on, and why."""

    queue_id: str
    why: str

    @property
    def what(self) -> str:
        return self.queue_id


class Outcome(msgspec.Struct, frozen=True):
    """What came of it: `done` as Postfix counted it, `printed` its closing lines, `undo` the trash batch to undo."""

    action: str
    asked: int
    done: int
    left_out: tuple[LeftOut, ...] = ()
    printed: tuple[str, ...] = ()
    undo: int | None = None


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
