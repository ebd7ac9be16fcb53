"""What stands below the verdict, read each for itself: the queue's last hour, the greylist, today's scores."""

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Event
from typing import TYPE_CHECKING

import msgspec

from backends.errors import BackendError
from backends.health.values import Point
from mailtui.panes.feed import Feed
from mailtui.panes.overview.look import Look

if TYPE_CHECKING:
    from backends.greylist.stats_values import Part
    from backends.host import Host

HOUR, DAY = 3600, 86_400
COUNTED = ("active", "deferred", "hold", "incoming")
MOST_POINTS = 400
"""What this console has measured itself is kept so many times: more than an hour of it."""


class Grey(msgspec.Struct, frozen=True):
    """The greylist: triplets that wait, that passed first today, that never came back; the median wait in seconds."""

    waiting: int
    passed: int
    never: int
    median: float | None = None


class Today(msgspec.Struct, frozen=True):
    """Messages since midnight by their kind; how long amavis took in the last hour, and the day before that, in ms."""

    ham: int
    spam: int
    virus: int
    p95: int | None = None
    was: int | None = None


class Hour(msgspec.Struct, frozen=True):
    """What was recorded of the last hour before `now` (epoch seconds), the oldest first."""

    points: tuple[Point, ...]
    now: float


Value = Hour | Grey | Today


def read_hour(host: "Host", _feed: Feed["Value"]) -> Hour:
    """What the collector has recorded.

    :raises BackendError: it cannot be read.
    """
    return Hour(host.health.course(HOUR), host.now())


def measured(look: Look) -> Point | None:
    """What a look has counted; None: it could not."""
    check = look.check("queue")
    found = (
        {measure.name.rpartition("-")[2]: int(measure.value) for measure in check.measures} if check else {}
    )
    counts = {name: found[name] for name in COUNTED if name in found}
    return Point(look.taken, **counts) if counts else None


def with_measured(hour: Hour, own: Iterable[Point]) -> Hour:
    """With what this console has measured since the last that was recorded: the hour ends with the newest of it."""
    last = hour.points[-1].at if hour.points else 0.0
    points = [*hour.points, *(point for point in own if point.at > last)]
    now = max(hour.now, points[-1].at) if points else hour.now
    return Hour(tuple(point for point in points if point.at > now - HOUR), now)


def read_grey(host: "Host", feed: Feed["Value"]) -> Grey:
    """Count the greylist's table, and look in the log how long senders had to wait.

    :raises BackendError: it cannot be read.
    """
    told: dict[str, Part] = {}
    host.greylist.stats(
        lambda part: told.update({type(part).__name__: part}), ("totals", "course"), stop=feed.stopped
    )
    return _grey(host, told, feed.stopped)


def _grey(host: "Host", told: "dict[str, Part]", stop: Event) -> Grey:
    from backends.greylist.stats_values import Course, Totals  # noqa: PLC0415 - after the first frame

    totals, course = told.get("Totals"), told.get("Course")
    if not isinstance(totals, Totals) or not isinstance(course, Course):
        return Grey(0, 0, 0)
    today = int(host.now()) // DAY * DAY
    passed = sum(day.passed for day in course.days if day.day == today)
    try:
        logged = host.greylist.logged(stop)
        median = logged.delays[0] if logged.passed else None
    except BackendError:
        median = None  # the log is somebody else's; the table says the rest
    return Grey(totals.waiting, passed, totals.never, median)


def read_today(host: "Host", feed: Feed["Value"]) -> Today:
    """Count what amavis has scored.

    :raises BackendError: no log can be read.
    """
    from backends.scores.course import Counting  # noqa: PLC0415 - numpy, after the first frame

    store = host.scores.read(stop=feed.stopped).store
    now = host.now()
    midnight = time.mktime((*time.localtime(now)[:3], 0, 0, 0, 0, 0, -1))
    today, hour, before = (
        Counting(since, until, 1)
        for since, until in ((midnight, now + 1), (now - HOUR, now + 1), (now - HOUR - DAY, now - HOUR))
    )
    for block in store.blocks(int(now - HOUR - DAY)):
        for counting in (today, hour, before):
            counting.add(block.rows)
    whole = today.course().whole
    return Today(
        whole.count - whole.spam - whole.virus,
        whole.spam,
        whole.virus,
        hour.course().whole.p95,
        before.course().whole.p95,
    )


READ: "Mapping[str, Callable[[Host, Feed[Value]], Value]]" = {
    "hour": read_hour,
    "grey": read_grey,
    "today": read_today,
}
"""How each is read."""
