"""What stands below the verdict, in lines. No widget."""

from collections.abc import Sequence
from typing import NamedTuple

from backends.errors import BackendError
from backends.health.values import Line, Point
from backends.text import age_text, clip, visible
from mailtui.bars import across, spark
from mailtui.health_text import when
from mailtui.panes.overview.parts import COUNTED, HOUR, Grey, Hour, Today, Value
from mailtui.widgets.cells import abbreviate
from mailtui.widgets.glyphs import Glyphs
from mailtui.widgets.span_view import Row, folded

LABEL, LONG_LABEL, NUMBER = 9, 12, 6
TAG = 24  # cells
LOG_TITLE = "Mail log, newest warnings and errors of 20 minutes"
BARS = {"ham": "good", "spam": "bar", "virus": "bad"}
LEAST_SCALE = 20
"""So many messages fill a bar at least: three on hold are no mountain."""
SLOWER, LEAST_SLOWER = 2.0, 500
"""Scanning is told as slower when it takes twice as long as it did, and half a second (ms) longer."""


class Shown(NamedTuple):
    """The latest value of a part, when it was read (epoch seconds), and why not since."""

    value: Value | None = None
    taken: float = 0.0
    error: BackendError | None = None


class How(NamedTuple):
    """How it is drawn: the signs, and the clock (epoch seconds)."""

    signs: Glyphs
    plain: bool
    now: float


def lines(title: str, shown: Shown, width: int, how: How) -> list[Row]:
    """A part below its title; one that fails keeps what it was, and tells how old that is."""
    if shown.value is None:
        told = visible(str(shown.error)) if shown.error else "looking"
        pieces = folded(told, width - 1)[:4]
        return [_title(title, "", width), *([(piece, "warn" if shown.error else "dim")] for piece in pieces)]
    old = f"{how.signs.warn} {age_text(max(0.0, how.now - shown.taken))} old" if shown.error else ""
    rows = [_title(title, old, width)]
    if isinstance(shown.value, Hour):
        return rows + _hour(shown.value, width, how)
    if isinstance(shown.value, Grey):
        return rows + _grey(shown.value)
    return rows + _today(shown.value, width, how)


def log_lines(found: Sequence[Line], width: int, how: How) -> list[Row]:
    """Lines of the mail log below what they are, each cut to one, with how many like it there were."""
    rows = [_title(LOG_TITLE, "", width)]
    for one in found:
        head, tag = f"{when(one.at, how.now, seconds=True)} ", clip(visible(one.tag), TAG, how.signs.more)
        times = f" {one.times:,} times" if one.times > 1 else ""
        room = max(1, width - len(head) - len(tag) - 1 - len(times))
        text = clip(" ".join(visible(one.said).split()), room, how.signs.more)
        rows.append([(head, "dim"), (f"{tag} ", "name"), (text, "text"), (times, "dim")])
    return rows


def _title(title: str, right: str, width: int) -> Row:
    room = max(1, width - 1 - len(right))
    return [(f"{clip(title, room):<{room}}", "name"), (right, "warn")]


def _hour(hour: Hour, width: int, how: How) -> list[Row]:
    cells = max(1, width - LABEL - NUMBER - 2)
    courses = {name: slots(hour, name, cells) for name in COUNTED}
    most = max([LEAST_SCALE, *(value for course in courses.values() for value in course)])
    rows: list[Row] = []
    for name, course in courses.items():
        now = next((value for point in hour.points[::-1] if (value := _count(point, name)) is not None), None)
        bar = spark(course, most=most, plain=how.plain)
        rows.append([*_figure(name, "-" if now is None else _number(now)), (f" {bar}", "bar")])
    return rows


def slots(hour: Hour, name: str, cells: int) -> list[int]:
    """The highest count in each of so many equal parts of the hour; 0 where nothing was measured."""
    found = [0] * cells
    for point in hour.points:
        place = int((point.at - hour.now + HOUR) / HOUR * cells)
        count = _count(point, name)
        if count is not None and 0 <= place <= cells:
            place = min(place, cells - 1)
            found[place] = max(found[place], count)
    return found


def _count(point: Point, name: str) -> int | None:
    counts = {
        "active": point.active,
        "deferred": point.deferred,
        "hold": point.hold,
        "incoming": point.incoming,
    }
    return counts[name]


def _grey(grey: Grey) -> list[Row]:
    figures = {
        "waiting": _number(grey.waiting),
        "passed": _number(grey.passed),
        "never back": _number(grey.never),
        "median wait": "-" if grey.median is None else age_text(grey.median),
    }
    return [_figure(label, number, LONG_LABEL) for label, number in figures.items()]


def _today(today: Today, width: int, how: How) -> list[Row]:
    counts = {"ham": today.ham, "spam": today.spam, "virus": today.virus}
    cells = max(1, width - LABEL - NUMBER - 2)
    rows: list[Row] = [
        [
            *_figure(name, _number(count)),
            (f" {across(count, max(counts.values()), cells, plain=how.plain)}", BARS[name]),
        ]
        for name, count in counts.items()
    ]
    took: list[tuple[str, str]] = [*_figure("scan p95", _seconds(today.p95))]
    if today.p95 is not None and today.was is not None:
        slower = today.p95 >= SLOWER * today.was and today.p95 >= today.was + LEAST_SLOWER
        sign = f" {how.signs.warn}" if slower else ""
        took.append((f"{sign} was {_seconds(today.was)}", "warn" if slower else "dim"))
    return [*rows, took]


def _figure(label: str, number: str, width: int = LABEL) -> Sequence[tuple[str, str]]:
    return [(f"{label:<{width}}", "dim"), (f"{number:>{NUMBER}}", "text")]


def _seconds(milliseconds: int | None) -> str:
    return "-" if milliseconds is None else f"{milliseconds / 1000:.1f}s"


def _number(count: int) -> str:
    return f"{count:,}" if count < 100_000 else abbreviate(count)
