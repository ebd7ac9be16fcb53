"""What can be done to quarantined messages, as values: a plan, and what came of it."""

import msgspec

from backends.quarantine.message import Target
from backends.quarantine.tree import total
from backends.runner import Command

RELEASING = frozenset({"release", "release-ham"})
ACTIONS = ("release", "release-ham", "delete", "keep", "let-go")
"""`release-ham`: released, and learnt as no spam; `let-go`: kept no longer."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an action would do, before it is done: whom it hits, and the exact commands.

    `recipients`: to whom they are released, if not to the original ones. `virus`: the name of the virus that is let
    out, which must be typed. `kept_for`: seconds for which a deletion can be undone; 0: it cannot.
    """

    action: str
    targets: tuple[Target, ...]
    commands: tuple[Command, ...] = ()
    recipients: tuple[str, ...] = ()
    virus: str = ""
    kept_for: float = 0.0

    @property
    def count(self) -> int:
        return len(self.targets)

    @property
    def oldest(self) -> Target | None:
        return min(self.targets, key=lambda target: target.mtime, default=None)

    @property
    def newest(self) -> Target | None:
        return max(reversed(self.targets), key=lambda target: target.mtime, default=None)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return total(*(target.size for target in self.targets))


class Trashed(msgspec.Struct, frozen=True):
    """A run in the trash: its number, by whom, when and until when it is kept (epoch seconds), how many bytes.

    `tried`: these are what an undo could not bring back.
    """

    number: int
    user: str
    deleted: float
    until: float
    count: int
    size: int
    tried: bool = False
