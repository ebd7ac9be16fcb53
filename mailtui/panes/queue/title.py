"""What the title says of the queue, and what is wrong with what is shown."""

from typing import TYPE_CHECKING

from backends.text import visible

if TYPE_CHECKING:
    from backends.queue.listing.snapshot import QueueSnapshot

SILENCE = 10.0  # s after which a reading that brings nothing is spoken of
ORDER = ("deferred", "active", "hold", "incoming", "maildrop")


def totals(snapshot: "QueueSnapshot", dot: str) -> str:
    """For instance `412 deferred · 22 active · 3 hold`."""
    counts = {one.name: one.count for one in snapshot.store.counts}
    names = [*ORDER, *sorted(counts.keys() - set(ORDER))]
    return (
        f" {dot} ".join(f"{counts[n]:,} {visible(n)}" for n in names if n in counts) or "the queue is empty"
    )


def warning(snapshot: "QueueSnapshot | None", silence: float) -> str:
    """`silence`: seconds for which a reading has brought nothing."""
    if silence > SILENCE:
        return f"postqueue has been silent for {silence:.0f} s"
    if snapshot and snapshot.broken:
        return f"{len(snapshot.broken):,} lines of the listing could not be read"
    return ""
