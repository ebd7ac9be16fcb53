"""The lines above and below the tables: how much waits, how that is narrowed, what is wrong, where one is."""

from typing import TYPE_CHECKING

from backends.greylist.stats_values import Totals
from backends.greylist.values import Finding
from backends.text import visible
from mailtui.panes.fed import read_ago, title_line
from mailtui.panes.greylist.told import Reading, Told, pools_of
from mailtui.panes.greylist.window import Window
from mailtui.panes.greylist.wish import Wish
from mailtui.widgets.glyphs import Glyphs

if TYPE_CHECKING:
    from mailtui.panes.feed import Feed


def title(
    reading: Reading | None,
    feed: "Feed[Reading]",
    wish: Wish,
    found: str,
    *,
    now: float,
    width: int,
    glyphs: Glyphs,
) -> str:
    """The line, `width` cells wide; `found` says how many fit the wish; `now` in epoch seconds."""
    if reading is None:
        return title_line("reading the greylist", "", width, glyphs)
    right = read_ago(reading.taken, now) if reading.totals and reading.totals.exact else "counting"
    if feed.frozen:
        right += "  FROZEN (f)"
    left = verdict(reading, glyphs.dot)
    if not wish.is_empty:
        words = " ".join(part for part in (visible(wish.typed), wish.label) if part)
        left = f"{glyphs.part} {words}{f': {found}' if found else ''}   {left}"
    return title_line(left, right, width, glyphs)


def verdict(reading: Reading, dot: str) -> str:
    """For instance `3 wait, 12 may come in · 41% of 6,480 passed · 58% never came back`."""
    totals = reading.totals
    if totals is None:
        return f"about {reading.total:,} triplets"
    if not totals.total:
        return "the greylist is empty"
    about = "" if totals.exact else "~"
    return (
        f"{about}{totals.waiting:,} wait {dot} {_share(totals.passed, totals)} of {about}{totals.total:,} passed"
        f" {dot} {_share(totals.never, totals)} never came back"
    )


def _share(count: int, totals: Totals) -> str:
    return f"{count / max(totals.total, 1):.0%}"


def trouble(
    *, filter_error: str, stopped: str, accepts: bool | None, doctor: Told, pools: Told, glyphs: Glyphs
) -> str:
    """What is wrong, the worst of it; empty: nothing. `stopped` is a service, `accepts` gld's ERRACCEPT."""
    if filter_error:
        return f"{glyphs.warn} {visible(filter_error)}"
    if stopped == "gld":
        return f"{glyphs.bad} gld is stopped: strangers' mail is deferred (451). systemctl start gld"
    if stopped:
        what = {True: "let in without greylisting", False: "deferred (451)", None: "at ERRACCEPT's mercy"}[
            accepts
        ]
        return f"{glyphs.bad} {stopped} is stopped: mail is {what}. systemctl start {stopped}"
    bad = [finding for finding in doctor.findings if finding.state == "bad"]
    if bad:
        return f"{glyphs.bad} {_finding(bad[0])}{_more(len(bad) - 1)}"
    found = pools_of(pools)
    if found is not None and found.pools:
        pool = found.pools[0]
        return (
            f"{glyphs.warn} {visible(pool.sender)} tries from {pool.count:,} addresses: see Pools (v)"
            f"{_more(len(found.pools) - 1)}"
        )
    return ""


def _finding(finding: Finding) -> str:
    said = f"{visible(finding.name)}: {visible(finding.said)}"
    return f"{said}. {visible(finding.hint)}" if finding.hint else said


def _more(count: int) -> str:
    return f" (and {count:,} more)" if count > 0 else ""


def place(window: Window | None, row: int | None, total: int | None) -> str:
    """Which row the cursor is on, for instance `row 201 of 6,480`."""
    if window is None or row is None:
        return ""
    of = f" of {total:,}" if total is not None else ""
    return f"row {window.start + row + 1:,}{of}" if window.start is not None else f"near the end{of}"
