"""The line above a list: what there is, how it is narrowed, and how old that news is."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from backends.text import visible
from mailtui.panes.fed import read_ago, title_line
from mailtui.panes.feed import Feed
from mailtui.panes.listed.view import Wish
from mailtui.widgets.glyphs import Glyphs

LONGEST = 40  # characters of a group's name


class Headline(NamedTuple):
    """What there is, in a few words, when it was read (epoch seconds), and what else there is.

    `partial`: the rest is being read.
    """

    totals: str
    taken: float
    more: Sequence[str] = ()
    partial: bool = False


def title(
    what: str,
    headline: Headline | None,
    feed: Feed[Any],
    wish: Wish,
    *,
    now: float,
    width: int,
    signs: Glyphs,
    failed: bool = False,
    wrong: bool = False,
) -> str:
    """The line, `width` cells wide; `now` in epoch seconds. Without a headline nothing was read yet, or it `failed`.

    `wrong`: the filter is not understood, so that what is listed is still that of the one before.
    """
    if headline is None:
        left, right = f"reading the {what}", ""
        if failed:
            left = f"the {what} cannot be read"
        elif feed.count:
            left += f" {signs.dot} {feed.count:,}"
    else:
        left, right = headline.totals, read_ago(headline.taken, now)
        if headline.partial:
            right = "reading"
        elif feed.reading and feed.count:
            right += f", reading {feed.count:,}"
    if feed.frozen:
        right += "  FROZEN (f)"
    narrowed = " ".join(part for part in (wish.filter, *(group[:LONGEST] for group in wish.groups)) if part)
    if narrowed:
        left += f"   {signs.part} {visible(narrowed)}"
    if wrong:
        left += ": not understood"
    for text in headline.more if headline and not wrong else ():
        left += f" {signs.dot} {text}"
    return title_line(left, right, width, signs)
