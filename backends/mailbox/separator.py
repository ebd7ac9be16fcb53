"""The line that begins a message of an mbox: `From ann@example.org Tue Nov 24 10:00:00 2026`, and its date.

mbox(5) calls it the From_ line. A line of a body can begin so as well: one counts that has a date, and behind which a
header begins. Pure.
"""

import calendar
import re
import time

START = b"From "
LONGEST = 1024
"""Bytes of a From_ line that are looked at."""
AHEAD = 2 * LONGEST
"""Bytes that have to be at hand to tell whether a line is one."""

_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH = rb"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_WEEKDAY = rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ \t]{1,4})"
_CLOCK = rb"(\d{1,2}:\d\d(?::\d\d)?)(?:\.\d{1,9})?"
_ZONE = rb"(?:[ \t]{1,4}([+-]\d{4}|[A-Z]{1,5}))?"
_GAP = rb"[ \t]{1,4}"
_ASCTIME = _WEEKDAY + _MONTH + _GAP + rb"(\d{1,2})" + _GAP + _CLOCK + _ZONE + _GAP + rb"(\d{4})" + _ZONE
_MAIL_DATE = _WEEKDAY + rb"?(\d{1,2})" + _GAP + _MONTH + _GAP + rb"(\d{4})" + _GAP + _CLOCK + _ZONE
_REST = rb"(?:[ \t]+(?:remote from [^\n]*|\([^\n]*\)))?[ \t\r]*\Z"
_DATE = re.compile(rb"(?<=[ \t])(?:" + _ASCTIME + rb"|" + _MAIL_DATE + rb")" + _REST)
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|>?From ")


def is_separator(data: bytes, at: int, *, blank_before: bool) -> bool:
    """Whether the line at `at`, which begins with `From `, begins a message.

    `data` goes on for at least AHEAD bytes behind it, or ends where the file ends. `blank_before`: the line before it
    is blank, or there is none.
    """
    end = data.find(b"\n", at, at + LONGEST)
    if end < 0:
        end = len(data)
    if end - at > LONGEST or _DATE.search(data, at + len(START) - 1, end) is None:
        return False
    behind = end + 1
    if _HEADER.match(data, behind, behind + LONGEST):
        return True
    return blank_before and (behind >= len(data) or data.startswith((b"\n", b"\r\n"), behind))


def arrived(line: bytes) -> int | None:
    """The date of a From_ line in epoch seconds, local time where it names no zone; None: it has none."""
    found = _DATE.search(line.rstrip(b"\r\n")[:LONGEST], len(START) - 1)
    if found is None:
        return None
    month, day, clock, zone, year, after, *other = found.groups()
    if month is None:
        day, month, year, clock, zone = other
    return epoch(year, month, day, clock, zone or after)


def epoch(year: bytes, month: bytes, day: bytes, clock: bytes, zone: bytes | None) -> int | None:
    """Epoch seconds of a date's parts; local time without a numeric zone, GMT or UTC; None: no such date."""
    hour, minute, second, *_ = map(int, (clock + b":0").split(b":"))
    date = (int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, 0, 0, -1)
    if not (1 <= date[2] <= 31 and hour < 24 and minute < 60 and second < 62):
        return None
    try:
        if zone is None or (zone[:1].isalpha() and zone not in {b"GMT", b"UTC", b"UT", b"Z"}):
            return max(0, int(time.mktime(date)))
        return max(0, calendar.timegm(date) - _offset(zone))
    except (OverflowError, ValueError):
        return None


def _offset(zone: bytes) -> int:
    if zone[:1].isalpha():
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[3:5]) * 60
    return -seconds if zone.startswith(b"-") else seconds
