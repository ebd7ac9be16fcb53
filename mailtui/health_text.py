"""What is told of a host's health in words, for screens and commands."""

import time

from backends.health.values import Check, Evidence, Line
from backends.text import visible


def when(epoch: float, now: float, *, seconds: bool = False) -> str:
    """A time of today as `10:21`, else with its date; `-` for what no calendar has."""
    try:
        then, today = time.localtime(epoch), time.localtime(now)
    except (OverflowError, ValueError, OSError):
        return "-"
    clock = time.strftime("%H:%M:%S" if seconds else "%H:%M", then)
    if then[:3] == today[:3]:
        return clock
    return f"{then.tm_mday} {time.strftime('%b', then)}{'' if then[0] == today[0] else f' {then[0]}'} {clock}"


def since_text(check: Check, now: float) -> str:
    """Since when it is so, or has been seen; nothing where that is not known."""
    if not check.since:
        return ""
    return f"{'seen since' if check.seen else 'since'} {when(check.since, now)}"


def evidence_text(evidence: Evidence, now: float) -> str:
    """What was seen, how often, and when last."""
    often = f" {evidence.times:,} times" if evidence.times > 1 else ""
    if not evidence.at:
        return f"{visible(evidence.said)}{often}"
    last = ", last " if evidence.times > 1 else ", "
    return f"{visible(evidence.said)}{often}{last}{when(evidence.at, now, seconds=True)}"


def line_text(line: Line, now: float) -> str:
    """A line of the mail log, without its machine, and how many like it there were."""
    often = f" {line.times:,} times" if line.times > 1 else ""
    return f"{when(line.at, now, seconds=True)} {visible(line.tag)} {visible(line.said)}{often}"
