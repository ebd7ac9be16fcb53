"""A reading of the queue that has holes is told as one, after what could be read."""

from typing import TYPE_CHECKING

from backends.errors import ParseFailed

if TYPE_CHECKING:
    from backends.queue.listing.snapshot import QueueSnapshot


def whole(snapshot: "QueueSnapshot") -> int:
    """0, when every line of the listing could be read.

    :raises ParseFailed: otherwise.
    """
    if not snapshot.broken:
        return 0
    first, count = snapshot.broken[0], len(snapshot.broken)
    raise ParseFailed(
        f"{count:,} {'line' if count == 1 else 'lines'} of the listing could not be read, first line {first.number}: {first.why}",
        hint="the rest is above; see the lines themselves with: postqueue -j",
    )
