"""The mail queue as a host gives it."""

from collections.abc import Callable, Generator, Iterator
from threading import Event
from typing import TYPE_CHECKING, Protocol

from backends.outcome import Outcome
from backends.queue.content.view import MessageView
from backends.queue.message import Message
from backends.queue.plan import Plan, Rights, Target, Trashed

if TYPE_CHECKING:
    from backends.queue.listing.snapshot import QueueSnapshot


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

    def raw(self, queue_id: str) -> Iterator[bytes]:
        """One message as it would be delivered, in chunks.

        :raises NotPermitted: this user may not read it.
        """

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
