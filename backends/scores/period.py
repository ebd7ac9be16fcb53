"""Spans of time as they are typed: `1h`, `7d`, `all`, a day, or one moment to another."""

import re
from datetime import datetime
from typing import NamedTuple

from backends.errors import BadRequest
from backends.text import parse_age, visible

DAY = 86400.0
PERIODS = ("1h", "1d", "7d", "30d", "all")
_NAMES = {
    "1h": "1 hour",
    "1d": "1 day",
    "7d": "7 days",
    "30d": "30 days",
    "all": "all time",
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Period(NamedTuple):
    """From one moment to before another, epoch seconds; None: from the earliest, to the latest."""

    since: float | None = None
    until: float | None = None


def period(text: str, now: float) -> Period:
    """What was typed: an age, `all`, a day, or two moments with `..` between, each of which may be left out.

    :raises BadRequest: it is none of these, or ends before it begins.
    """
    typed = text.strip()
    if typed == "all":
        return Period()
    first, dots, last = typed.partition("..")
    if not dots:
        since = moment(typed, now)
        return Period(since, since + DAY) if _DATE.fullmatch(typed) else Period(since)
    found = Period(moment(first, now) if first.strip() else None, moment(last, now) if last.strip() else None)
    if found.since is not None and found.until is not None and found.until <= found.since:
        raise BadRequest(f"{visible(text[:60])} ends before it begins", hint="put the earlier one first")
    return found


def moment(text: str, now: float) -> float:
    """Epoch seconds of `now`, of an age (so long ago), or of a date with or without time, in local time.

    :raises BadRequest: it is none of these.
    """
    typed = text.strip()
    if typed == "now":
        return now
    if _DATE.match(typed):
        try:
            return datetime.fromisoformat(typed).astimezone().timestamp()
        except (ValueError, OverflowError, OSError):
            pass
    else:
        try:
            return now - parse_age(typed)
        except BadRequest:
            pass
    raise BadRequest(
        f"{visible(text[:40])!r} is no time", hint="for example 2h, 7d, 2026-11-20 or '2026-11-20 14:30'"
    )


def name(text: str) -> str:
    """A period in few words."""
    return _NAMES.get(text, text)
