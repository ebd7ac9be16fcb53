"""Times as they are typed, and groups of messages."""

import time

import pytest

from backends.errors import BadRequest
from backends.scores.by import Group, grouped
from backends.scores.period import Period, moment, name, period
from backends.scores.told import Scored

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


@pytest.fixture(autouse=True)
def _somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("now", NOW),
        ("1h", NOW - 3600),
        ("2023-11-14", 1_699_916_400.0),
        ("2023-11-14 23:13:20", NOW),
        ("2023-11-14T23:13", NOW - 20),
        ("2023-11-14T22:13:20+00:00", NOW),
    ],
)
def test_moments(text: str, found: float) -> None:
    assert moment(text, NOW) == found


@pytest.mark.parametrize(
    "text", ["", "x", "2023-13-01", "2023-11-14 99:00", "yesterday", "1h..2h", "99999-01-01", "-1h"]
)
def test_no_moment(text: str) -> None:
    with pytest.raises(BadRequest):
        moment(text, NOW)


def test_periods() -> None:
    assert period("all", NOW) == Period()
    assert period("7d", NOW) == Period(NOW - 7 * 86400)
    assert period("2023-11-14", NOW) == Period(1_699_916_400.0, 1_699_916_400.0 + 86400)
    assert period("2h..1h", NOW) == Period(NOW - 7200, NOW - 3600)
    assert period("..1h", NOW) == Period(None, NOW - 3600)
    assert period("2023-11-14..now", NOW) == Period(1_699_916_400.0, NOW)
    with pytest.raises(BadRequest, match="ends before it begins"):
        period("1h..2h", NOW)


def test_names() -> None:
    assert [name(text) for text in ("7d", "all", "3h")] == ["7 days", "all time", "3h"]


MESSAGES = (
    Scored(
        time=1, category="SPAM", sender="a@B.example", recipients=("x@c.example", "X@c.example"), score=8.0
    ),
    Scored(
        time=2, category="CLEAN", sender="b@b.example", recipients=("x@c.example", "y@c.example"), score=-1.0
    ),
    Scored(time=3, category="INFECTED", sender="", recipients=()),
)


def test_groups() -> None:
    assert grouped(MESSAGES, "domain") == [
        Group("b.example", 2, 1, 0, 3.5, 8.0),
        Group("<>", 1, 0, 1, None, None),
    ]
    assert [(one.name, one.count) for one in grouped(MESSAGES, "recipient")] == [
        ("x@c.example", 2),
        ("(none)", 1),
        ("y@c.example", 1),
    ]
    assert [one.count for one in grouped(MESSAGES, "domain", 2, 3)] == [1]


def test_names_without_end_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.scores.by.MOST", 2)
    many = (Scored(time=1, sender=f"a@{number}.example") for number in range(10))
    assert next((one.name, one.count) for one in grouped(many, "domain")) == ("(others)", 8)
