"""A report as lines: causes with their evidence and what mends them, symptoms below, and how much is fine. Pure."""

from collections.abc import Iterator

from backends.health.causes import root
from backends.health.values import Check, Level, Report
from backends.text import visible
from mailtui.health_text import evidence_text, line_text, since_text

MARKS: dict[Level, str] = {"bad": "✖", "watch": "▲", "unknown": "○", "good": "●"}
SHOWN = 6


def lines(report: Report, *, everything: bool = False) -> Iterator[str]:
    """All lines; `everything`: with the checks that are fine, and the log's newest troubles."""
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
                for mend in other.mends:
                    if mend not in check.mends and mend.argv:
                        yield f"       mend  {visible(mend.text)}"
    count = len(fine)
    if not report.checks:
        yield "○ There is nothing of a mail server here"
    elif fine:
        others = "other " if wrong else ""
        yield f"● {count} {others}check{'s are' if count > 1 else ' is'} fine"
    if everything:
        for check in fine:
            yield f"  ● {check.name}: {visible(check.said)}"
        if report.lines:
            yield "The newest warnings and errors of the mail log"
        for line in report.lines:
            yield f"  {line_text(line, report.taken)}"


def _cause(check: Check, now: float) -> Iterator[str]:
    since = since_text(check, now)
    yield f"{MARKS[check.level]} {visible(check.said)}{f', {since}' if since else ''}"
    for one in check.evidence[:SHOWN]:
        yield f"    {evidence_text(one, now)}"
    if len(check.evidence) > SHOWN:
        yield f"    and {len(check.evidence) - SHOWN} more: --json shows them"
    for mend in check.mends:
        yield f"    mend  {visible(mend.text)}"
