"""What the greylist's lines say: how much waits, what is wrong, where one is."""

from backends.greylist.stats_values import Totals
from backends.greylist.values import Finding
from backends.text import visible
from mailtui.panes.greylist.told import Reading, Told, pools_of
from mailtui.panes.greylist.window import Window


def verdict(reading: Reading, dot: str, *, short: bool) -> str:
    """For instance `3 wait · 41% of 6,480 passed · 58% never came back`; `short`: how many wait, and of how many."""
    totals = reading.totals
    if totals is None:
        return f"about {reading.total:,} triplets"
    if not totals.total:
        return "the greylist is empty"
    about = "" if totals.exact else "~"
    if short:
        return f"{about}{totals.waiting:,} of {about}{totals.total:,} wait"
    return (
        f"{about}{totals.waiting:,} wait {dot} {_share(totals.passed, totals)} of {about}{totals.total:,} passed"
        f" {dot} {_share(totals.never, totals)} never came back"
    )


def _share(count: int, totals: Totals) -> str:
    return f"{count / max(totals.total, 1):.0%}"


def warning(doctor: Told, pools: Told) -> str:
    """What is wrong, the worst of it; empty: nothing."""
    bad = [finding for finding in doctor.findings if finding.state == "bad"]
    if bad:
        return f"{_finding(bad[0])}{_more(len(bad) - 1)}"
    found = pools_of(pools)
    if found is not None and found.pools:
        pool = found.pools[0]
        said = f"{visible(pool.sender)} tries from {pool.count:,} addresses: see Pools (v)"
        return f"{said}{_more(len(found.pools) - 1)}"
    return ""


def _finding(finding: Finding) -> str:
    said = f"{visible(finding.name)}: {visible(finding.said)}"
    return f"{said}. {visible(finding.hint)}" if finding.hint else said


def _more(count: int) -> str:
    return f" (and {count:,} more)" if count > 0 else ""


def place(window: Window, row: int, total: int | None) -> str:
    """Which row the cursor is on, for instance `row 201 of 6,480`."""
    of = f" of {total:,}" if total is not None else ""
    return f"row {window.start + row + 1:,}{of}" if window.start is not None else f"near the end{of}"
