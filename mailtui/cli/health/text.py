"""A report as lines: causes with their evidence and what mends them, symptoms below, and how much is fine. Pure."""

import time
from collections.abc import Iterator

from backends.health.causes import root
from backends.health.values import Check, Evidence, Level, Report
from backends.text import time_text, visible

MARKS: dict[Level, str] = {"bad": "✖", "watch": "▲", "unknown": "○", "good": "●"}
SHOWN = 6


def lines(report: Report, *, everything: bool = False) -> Iterator[str]:
    """All lines; `everything`: with the checks that are fine."""
    wrong = [check for check in report.checks if check.level != "good"]
    fine = [check for check in report.checks if check.level == "good"]
    causes = {check.name: check.cause for check in wrong if check.cause}
    for check in wrong:
        if check.cause:
            continue
        yield from _cause(check, report.taken)
        for other in wrong:
            if other.cause and root(other.name, causes) == check.name:
                yield f"   └ {MARKS[other.level]} {visible(other.said)}"
    count = len(fine)
    if not report.checks:
        yield "○ There is nothing of a mail server here"
    elif fine:
        others = "other " if wrong else ""
        yield f"● {count} {others}check{'s are' if count > 1 else ' is'} fine"
    if everything:
        for check in fine:
            yield f"  ● {check.name}: {visible(check.said)}"


def _cause(check: Check, now: float) -> Iterator[str]:
    since = f", since {_when(check.since, now)}" if check.since is not None else ""
    yield f"{MARKS[check.level]} {visible(check.said)}{since}"
    for one in check.evidence[:SHOWN]:
        yield f"    {evidence_text(one, now)}"
    if len(check.evidence) > SHOWN:
        yield f"    and {len(check.evidence) - SHOWN} more: --json shows them"
    for mend in check.mends:
        yield f"    mend  {visible(mend.text)}"


def evidence_text(one: Evidence, now: float) -> str:
    """What was seen, how often, and when last."""
    often = f" {one.times:,} times" if one.times > 1 else ""
    last = f"{', last' if one.times > 1 else ','} {_when(one.at, now)}" if one.at is not None else ""
    return f"{visible(one.said)}{often}{last}"


def _when(epoch: float, now: float) -> str:
    """A time of today without its date."""
    told = time_text(epoch)
    return told[11:] if time.localtime(epoch)[:3] == time.localtime(now)[:3] else told
