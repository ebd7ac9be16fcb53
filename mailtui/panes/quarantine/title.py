"""The line above the tables: how much there is, how full the disk is, how that is narrowed, how old the news is."""

from typing import TYPE_CHECKING

from backends.quarantine.stats import Stats
from backends.text import age_text, size_text, visible
from mailtui.panes.fed import read_ago, title_line
from mailtui.panes.quarantine.view import View, Wish
from mailtui.widgets.glyphs import Glyphs

if TYPE_CHECKING:
    from backends.quarantine.listing import Listing
    from mailtui.panes.feed import Feed

SOON = 14 * 86400.0
"""Seconds: a disk that is full within them is spoken of."""

LITTLE = 0.05
"""The share of a disk below which it counts as nearly full."""


def title(
    view: View | None, feed: "Feed[Listing]", wish: Wish, *, now: float, width: int, glyphs: Glyphs
) -> str:
    """The line, `width` cells wide; `now` in epoch seconds."""
    if view is None:
        return title_line("reading the quarantine", "", width, glyphs)
    right = read_ago(view.listing.taken, now)
    if view.partial:
        right = "reading"
    if feed.frozen:
        right += "  FROZEN (f)"
    narrowed = " ".join(part for part in (wish.filter, wish.kind) if part)
    left = totals(view.stats, glyphs.dot)
    if narrowed:
        left += f"   {glyphs.part} {visible(narrowed)}"
    for text in apart(view.stats):
        left += f" {glyphs.dot} {text}"
    return title_line(left, right, width, glyphs)


def totals(stats: Stats, dot: str) -> str:
    """For instance `684 quarantined, 53M · 210M free · full in 67d`."""
    if not stats.count:
        return f"the quarantine is empty {dot} {size_text(stats.room.free)} free"
    parts = [f"{stats.count:,} quarantined, {size_text(stats.size)}", f"{size_text(stats.room.free)} free"]
    if stats.full_in is not None:
        parts.append(f"full in {age_text(stats.full_in)}")
    return f" {dot} ".join(parts)


def apart(stats: Stats) -> list[str]:
    """What is there beside the messages, for instance `2 leftover work folders, 46M`."""
    parts = []
    if stats.leftovers:
        parts.append(f"{stats.leftovers:,} leftover work folders, {size_text(stats.leftover_size)}")
    if stats.foreign.count:
        parts.append(f"{stats.foreign.count:,} not amavis's")
    return parts


def trouble(view: View | None, *, stopped: bool, filter_error: str, refusal: str, glyphs: Glyphs) -> str:
    """What is wrong with what is shown, the worst of it; empty: nothing. `stopped`: amavis does not run."""
    if filter_error:
        return f"{glyphs.warn} {visible(filter_error)}"
    if stopped:
        return f"{glyphs.bad} amavis is stopped: nothing can be released. systemctl start amavis"
    warning = _warning(view) if view else ""
    warning = warning or visible(refusal)
    return f"{glyphs.warn} {warning}" if warning else ""


def _warning(view: View) -> str:
    stats, unreadable = view.stats, view.listing.unreadable
    if unreadable.count:
        return f"{unreadable.count:,} folders could not be read: {unreadable.first[0]}"
    if stats.room.size and stats.room.free < LITTLE * stats.room.size:
        return f"The disk is nearly full, {size_text(stats.room.free)} free: mailtui cleanup --max-size"
    if stats.full_in is not None and stats.full_in < SOON:
        return f"As it grows, the disk is full in {age_text(stats.full_in)}: mailtui cleanup --max-size"
    return ""
