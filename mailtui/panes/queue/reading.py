"""One reading of the queue for the screen: the messages, and when each is tried next."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backends.host import Queue
from mailtui.panes.feed import Feed

if TYPE_CHECKING:
    from backends.queue.listing.snapshot import QueueSnapshot
    from backends.queue.listing.store import Ints, Rows

SOME = 5_000  # messages from which on they are shown before their retry times are known
MANY = 200_000  # messages from which on we do not look at every queue file for its retry time


@dataclass(slots=True)
class Reading:
    """One snapshot with its retry times, and its sort permutations, kept while it is shown."""

    snapshot: "QueueSnapshot"
    retry: "Ints | None" = None
    known: "dict[str, Rows]" = field(default_factory=dict)

    def of(self, column: str) -> "Rows":
        from backends.queue.query.order import permutation  # noqa: PLC0415 - numpy, after the first frame

        if column not in self.known:
            self.known[column] = permutation(self.snapshot.store, column, self.retry)
        return self.known[column]


def read_queue(queue: Queue, feed: Feed[Reading]) -> Reading:
    """Read the queue; of many messages the retry times come later, of very many never.

    :raises BackendError: it cannot be read.
    """
    snapshot = queue.read(feed.progress, feed.stopped)
    if len(snapshot.store) > MANY:
        return Reading(snapshot)
    if len(snapshot.store) > SOME:
        feed.early(Reading(snapshot))
    return Reading(snapshot, align_retry(snapshot, queue.retry_times()))


def align_retry(snapshot: "QueueSnapshot", times: dict[str, float]) -> "Ints | None":
    """The retry time of each row (epoch seconds, 0 unknown) from those of queue IDs."""
    import numpy as np  # noqa: PLC0415

    if not times:
        return None
    hashes = np.fromiter(map(hash, times), np.int64, len(times))
    values = np.fromiter(times.values(), np.float64, len(times)).astype(np.int64)
    order = np.argsort(hashes)
    hashes, values = hashes[order], values[order]
    at = np.minimum(np.searchsorted(hashes, snapshot.store.id_hash), len(hashes) - 1)
    return np.where(hashes[at] == snapshot.store.id_hash, values[at], 0)
