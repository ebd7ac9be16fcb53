"""One reading of the queue: what was in it, when, and what of it could not be read."""

from dataclasses import dataclass

from backends.queue.listing.lines import BrokenLine
from backends.queue.listing.store import QueueStore


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """Immutable and dated. `taken`: epoch seconds when reading began; `seconds`: how long it took."""

    store: QueueStore
    taken: float
    seconds: float = 0.0
    broken: tuple[BrokenLine, ...] = ()
    complete: bool = True
