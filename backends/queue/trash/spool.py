"""The queue's files, as far as mailtui touches them itself: retry times, and the trash that undo lives on."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from backends.outcome import LeftOut
from backends.queue.plan import Target, Trashed


class Spool(Protocol):
    """What acting on queued messages needs of the queue directory. The real one is `backends.queue.trash.trash`."""

    def trouble(self) -> str:
        """Why deleted messages cannot be kept in the trash here, in one sentence; empty: they can."""

    def retry_time(self, queue_id: str, queue_name: str) -> float | None:
        """The modification time of one queue file (epoch seconds), which for a deferred one is its next retry."""

    def retry_times(self) -> dict[str, float]:
        """The same for every deferred message; empty where the files cannot be read."""

    def keep(self, targets: Sequence[Target], user: str) -> tuple[int, list[LeftOut]]:
        """Link each message into a new trash batch; gives its number and the messages that could not be linked."""

    def drop(self, number: int, queue_ids: Iterable[str]) -> int:
        """Take those of the messages out of a batch that are in the queue still; gives how many are in it then.

        An empty batch goes too.
        """

    def batches(self) -> list[Trashed]:
        """All batches, latest first."""

    def latest(self) -> int | None:
        """The number of the latest batch; None: there is none.

        :raises Refused: it is under way, here or in another mailtui.
        """

    def restore(self, number: int) -> tuple[list[str], list[LeftOut]]:
        """Link a batch back into hold/ under the messages' own IDs; gives those restored and those that were not."""

    def empty(self, older_than: float) -> int:
        """Remove batches older than so many seconds; gives the number of messages in them."""
