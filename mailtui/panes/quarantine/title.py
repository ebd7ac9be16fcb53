"""What the title says of the quarantine: how much there is, how full the disk is; and what is wrong with that."""

from typing import TYPE_CHECKING

from backends.quarantine.stats import Stats
from backends.text import age_text, size_text

if TYPE_CHECKING:
    from backends.quarantine.listing import Listing

SOON = 14 * 86400.0
"""Seconds: a disk that is full within them is spoken of."""

LITTLE = 0.05
"""The share of a disk below which it counts as nearly full."""


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


def warning(stats: Stats, listing: "Listing") -> str:
    """What will not go well for long, or is not seen."""
    unreadable = listing.unreadable
    if unreadable.count:
        return f"{unreadable.count:,} folders could not be read: {unreadable.first[0]}"
    if stats.room.size and stats.room.free < LITTLE * stats.room.size:
        return f"The disk is nearly full, {size_text(stats.room.free)} free: mailtui cleanup --max-size"
    if stats.full_in is not None and stats.full_in < SOON:
        return f"As it grows, the disk is full in {age_text(stats.full_in)}: mailtui cleanup --max-size"
    return ""
