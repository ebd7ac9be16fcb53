"""One machine's adapters behind one interface. `LocalHost` is this machine; the demo host simulates another.

All that crosses it is a plain value, so that a host at the other end of a pipe can stand behind it as well.
"""

from collections.abc import Callable, Generator
from threading import Event
from typing import TYPE_CHECKING, Protocol

import msgspec

from backends.journal import Journal
from backends.queue.content.view import MessageView
from backends.queue.message import Message
from backends.queue.plan import Outcome, Plan, Rights, Target, Trashed

if TYPE_CHECKING:
    from backends.queue.listing.snapshot import QueueSnapshot


class ServiceState(msgspec.Struct, frozen=True):
    """One service of the stack: `running`, `stopped`, `absent` (not installed), or `unknown` (hidden from this user)."""

    name: str
    state: str


class Queue(Protocol):
    """The mail queue. Every method may block, and may raise a BackendError."""

    def rights(self) -> Rights:
        """What this user may do here; asks sudo once and remembers."""

    def read(
        self, progress: Callable[[int], None] | None = None, stop: Event | None = None
    ) -> "QueueSnapshot":
        """The whole queue; `progress` is told the number of messages read so far; `stop` ends it early.

        :raises Refused: it was stopped.
        """

    def messages(self) -> Generator[Message, None, None]:
        """The queue as a stream, for the command line; nothing is kept.

        :raises ParseFailed: at the end, when lines could not be read.
        """

    def next_retry(self, queue_id: str, queue_name: str) -> float | None:
        """When Postfix tries a deferred message again (epoch seconds); None where that cannot be known."""

    def retry_times(self) -> dict[str, float]:
        """The next retry of every deferred message (epoch seconds); empty where that cannot be known."""

    def show(self, queue_id: str, limit: int = 1 << 20) -> MessageView:
        """One message, at most `limit` bytes of it."""

    def plan(self, action: str, targets: list[Target]) -> Plan:
        """What the action would do. Changes nothing.

        :raises NotPermitted: this user may not.
        :raises BadRequest: a target is not a queue ID.
        """

    def carry_out(self, plan: Plan) -> Outcome:
        """Do what was planned. Messages that are not the planned ones any more are left out and reported."""

    def flush(self, queue_id: str = "", *, site: str = "") -> Outcome:
        """Try delivery now: of one message, of one site, or of all; of a site (a domain in `fast_flush_domains`)."""

    def trash(self) -> list[Trashed]:
        """Deletions that can be undone, latest first."""

    def undo(self, number: int | None = None) -> Outcome:
        """Bring a deletion back, on hold; the latest, or the one of that number."""

    def empty_trash(self, older_than: float) -> int:
        """Let go of deletions older than so many seconds; gives the number of messages."""


class Host(Protocol):
    """One machine."""

    name: str
    demo: bool
    journal: Journal

    @property
    def queue(self) -> Queue: ...

    def services(self) -> list[ServiceState]:
        """The services of a mail stack in their order: postfix, gld, amavis, clamd, dovecot, mariadb."""

    def now(self) -> float:
        """Epoch seconds on that machine."""

    def close(self, *, acts: bool = True) -> None:
        """End all that still runs for it, but acts under way when `acts` is false."""
