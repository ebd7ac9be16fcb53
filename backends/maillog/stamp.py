"""Time stamps of syslog, `2026-11-22T11:10:22.270065+00:00` (RFC 3339) and `Nov 22 11:10:22` (local, no year). Pure."""

import re
import time
from datetime import datetime

RFC3339 = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
TRADITIONAL = rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
STAMP = rb"(?:" + RFC3339 + rb"|" + TRADITIONAL + rb")"
MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
DAY = 86400
LEAP = 8
"""The most years between two 29th of February."""
_FRACTION = re.compile(rb"[.,]\d+")


def epoch(stamp: bytes, latest: float) -> float | None:
    """Epoch seconds of a time stamp; None: no calendar has it.

    `latest`: about when the log was last written. Of a stamp without a year the last such time is meant that is at
    most a day later.
    """
    if stamp[:1].isdigit():
        return _rfc3339(stamp)
    try:
        month = MONTHS.index(stamp[:3]) + 1
        day, hour, minute, second = int(stamp[4:6]), int(stamp[7:9]), int(stamp[10:12]), int(stamp[13:15])
    except ValueError:
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    for year in range(time.localtime(latest + DAY).tm_year, time.localtime(latest).tm_year - LEAP, -1):
        when = time.mktime((year, month, day, hour, minute, second, 0, 0, -1))
        if when <= latest + DAY and time.localtime(when)[1:3] == (month, day):
            return when
    return None


def _rfc3339(stamp: bytes) -> float | None:
    fraction = _FRACTION.search(stamp)
    whole = stamp if fraction is None else stamp[: fraction.start()] + stamp[fraction.end() :]
    try:
        when = datetime.fromisoformat(whole.decode("ascii")).timestamp()
    except (ValueError, OverflowError):
        return None
    return when + (float(b"0." + fraction[0][1:]) if fraction else 0.0)
