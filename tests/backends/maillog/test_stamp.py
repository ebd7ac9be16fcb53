"""Time stamps of both kinds, and the year that one of them lacks."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from backends.maillog.stamp import epoch


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/St_Johns"], autouse=True)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def local(year: int, month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0) -> float:
    return time.mktime((year, month, day, hour, minute, second, 0, 0, -1))


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (b"2026-11-22T11:10:22.562822+00:00", 1795345822.562822),
        (b"2026-11-22T11:10:22.5+00:00", 1795345822.5),
        (b"2026-11-22T11:10:22Z", 1795345822.0),
        (b"2026-11-22T13:10:22+02:00", 1795345822.0),
        (b"2026-11-22T05:40:22-0530", 1795345822.0),
    ],
)
def test_rfc3339(stamp: bytes, expected: float) -> None:
    assert epoch(stamp, 0) == expected


@pytest.mark.parametrize(
    ("stamp", "latest", "expected"),
    [
        (b"Nov 22 11:10:22", (2026, 11, 23), (2026, 11, 22, 11, 10, 22)),
        (b"Nov  2 11:10:22", (2026, 11, 23), (2026, 11, 2, 11, 10, 22)),
        (b"Dec 31 23:59:59", (2027, 1, 2), (2026, 12, 31, 23, 59, 59)),
        (b"Jan  1 00:00:01", (2027, 1, 2), (2027, 1, 1, 0, 0, 1)),
        (b"Jan  1 00:00:01", (2026, 12, 31, 23, 59), (2027, 1, 1, 0, 0, 1)),
        (b"Nov 25 12:00:00", (2026, 11, 23), (2025, 11, 25)),
        (b"Feb 29 12:00:00", (2026, 11, 23), (2024, 2, 29)),
    ],
)
def test_the_year_is_that_of_the_last_such_day(
    stamp: bytes, latest: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert epoch(stamp, local(*latest)) == local(*expected)


@pytest.mark.parametrize(
    "stamp",
    [
        b"2026-13-22T11:10:22Z",
        b"2026-11-22T25:10:22Z",
        b"0000-01-01T00:00:00Z",
        b"Feb 30 12:00:00",
        b"Xxx 10 12:00:00",
        b"Nov 22 24:00:00",
        b"Nov 22 12:60:00",
        b"Nov xx 12:00:00",
        b"",
        b"9",
    ],
)
def test_what_no_calendar_has(stamp: bytes) -> None:
    assert epoch(stamp, datetime(2026, 11, 23, tzinfo=UTC).timestamp()) is None
