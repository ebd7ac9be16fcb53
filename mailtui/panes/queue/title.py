"""The line above the tables: what is in the queue, how it is narrowed, and how old that news is."""

from typing import TYPE_CHECKING

from backends.errors import BackendError
from backends.text import visible
from mailtui.panes.fed import error_line, read_ago, title_line
from mailtui.widgets.glyphs import Glyphs

if TYPE_CHECKING:
    from backends.queue.listing.snapshot import QueueSnapshot
    from mailtui.panes.feed import Feed
    from mailtui.panes.queue.reading import Reading
    from mailtui.panes.queue.view import Wish

SILENCE = 10.0  # s after which a reading that brings nothing is spoken of
ORDER = ("deferred", "active", "hold", "incoming", "maildrop")


def title(
    snapshot: "QueueSnapshot | None",
    feed: "Feed[Reading]",
    wish: "Wish",
    *,
    now: float,
    width: int,
    glyphs: Glyphs,
) -> str:
    """The line, `width` cells wide; `now` in epoch seconds."""
    if snapshot is None:
        left, right = f"reading the queue {glyphs.dot} {feed.count:,}", ""
    else:
        left, right = totals(snapshot, glyphs.dot), read_ago(snapshot.taken, now)
        if feed.reading and feed.count:
            right += f", reading {feed.count:,}"
    if feed.frozen:
        right += "  FROZEN (f)"
    narrowed = " ".join(part for part in (wish.filter, wish.reason[1:41], wish.domain) if part)
    if narrowed:
        left += f"   {glyphs.part} {visible(narrowed)}"
    return title_line(left, right, width, glyphs)


def trouble(
    snapshot: "QueueSnapshot | None",
    feed: "Feed[Reading]",
    error: BackendError | None,
    *,
    stopped: bool,
    filter_error: str,
    glyphs: Glyphs,
) -> str:
    """What is wrong with what is shown, the worst of it; empty: nothing. `stopped`: Postfix does not run."""
    if error:
        return error_line(error, glyphs)
    if feed.silence > SILENCE:
        return f"{glyphs.warn} postqueue has been silent for {feed.silence:.0f} s"
    if stopped:
        return f"{glyphs.bad} Postfix is stopped: nothing is delivered. systemctl start postfix"
    if filter_error:
        return f"{glyphs.warn} {visible(filter_error)}"
    if snapshot and snapshot.broken:
        return f"{glyphs.warn} {len(snapshot.broken):,} lines of the listing could not be read"
    return ""


def totals(snapshot: "QueueSnapshot", dot: str) -> str:
    """For instance `412 deferred · 22 active · 3 hold`."""
    counts = {one.name: one.count for one in snapshot.store.counts}
    names = [*ORDER, *sorted(counts.keys() - set(ORDER))]
    return (
        f" {dot} ".join(f"{counts[n]:,} {visible(n)}" for n in names if n in counts) or "the queue is empty"
    )
