"""What the overview says, in lines: within the width, in ASCII where asked for, whatever evidence holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backends.errors import NotAnswering
from backends.health.values import Check, Evidence, Level, Line, Mend, Point, Report
from mailtui.cli.health.text import lines as told
from mailtui.health_text import evidence_text, line_text, since_text, when
from mailtui.panes.overview import blocks
from mailtui.panes.overview.acts import meant
from mailtui.panes.overview.blocks import How, Shown, slots
from mailtui.panes.overview.look import Look
from mailtui.panes.overview.parts import Grey, Hour, Today, measured, with_measured
from mailtui.panes.overview.verdict import Way, lines, verdict
from mailtui.screens.check import check_lines
from mailtui.widgets.glyphs import DRAWN, PLAIN
from tests.mailtui.console.fake_health import CLAMD, DISK, FINE, NOON, QUEUE, course

TEXT = st.text(max_size=200)
LEVELS: tuple[Level, ...] = ("bad", "watch", "unknown", "good")
CHECKS = st.builds(
    Check,
    st.sampled_from("abcdef"),
    st.sampled_from(LEVELS),
    TEXT,
    st.lists(
        st.builds(Evidence, TEXT, st.none() | st.floats(allow_nan=False), st.integers(1, 10**9)), max_size=5
    ).map(tuple),
    st.none() | st.floats(allow_nan=False),
    st.lists(
        st.builds(
            Mend, TEXT, st.just(()) | st.just(("true",)), st.sampled_from(["", "quarantine", "unknown"])
        ),
        max_size=4,
    ).map(tuple),
    cause=st.sampled_from(["", *"abcdefx"]),
)


def width_of(spans: object) -> int:
    assert isinstance(spans, list)
    return sum(cell_len(text) for text, _ in spans)


@given(st.lists(CHECKS, max_size=6, unique_by=lambda check: check.name), st.integers(30, 200), st.booleans())
def test_no_line_is_wider_than_there_is_room_and_no_check_is_lost(
    checks: list[Check], width: int, everything: bool
) -> None:
    look = Look(tuple(checks), NOON)
    found = lines(look, width, Way(NOON, DRAWN, everything, keys={"quarantine": "5"}))
    assert all(width_of(line.spans) <= width for line in found)
    assert all(text.isprintable() for line in found for text, _ in line.spans)
    stops = [line.stop for line in found if line.stop]
    assert len(stops) == len(set(stops))
    shown = {check.name for check in checks if everything or check.level != "good"}
    assert shown <= set(stops)


def test_plain_is_ascii() -> None:
    look = Look((CLAMD, DISK, QUEUE, *FINE), NOON)
    text = "".join(
        text for line in lines(look, 60, Way(NOON, PLAIN, everything=True)) for text, _ in line.spans
    )
    assert text.isascii()
    how = How(PLAIN, plain=True, now=NOON)
    for value in (Hour(course(), NOON), Grey(1, 2, 3, 70.0), Today(5, 4, 1, 3500, 800)):
        rows = blocks.lines("What", Shown(value, NOON), 26, how)
        assert len(rows) == 5
        assert "".join(text for row in rows for text, _ in row).isascii()


@pytest.mark.parametrize("width", [12, 26, 45])
def test_blocks_keep_to_their_width(width: int) -> None:
    how = How(DRAWN, plain=False, now=NOON)
    error = NotAnswering("MariaDB does not answer on /run/mysqld/mysqld.sock", hint="look")
    for shown in (Shown(Hour(course(), NOON), NOON), Shown(error=error), Shown()):
        assert all(width_of(list(row)) <= max(width, 17) for row in blocks.lines("Queue", shown, width, how))


@pytest.mark.parametrize("width", [60, 80])
def test_lines_of_the_log_have_a_title_and_their_number(width: int) -> None:
    how = How(DRAWN, plain=False, now=NOON)
    found = [Line(NOON - 1, "amavis", "(!)clamd FAILED " * 9, 1234), Line(NOON, "gld", "MySQL error")]
    title, *rows = ["".join(text for text, _ in row) for row in blocks.log_lines(found, width, how)]
    assert title.startswith("Mail log, newest warnings and errors of 20 minutes")
    assert [row.endswith(" 1,234 times") for row in rows] == [True, False]
    assert all(len(row) <= width for row in (title, *rows))
    assert line_text(found[0], NOON).endswith(" 1,234 times")
    assert line_text(found[1], NOON).endswith("MySQL error")


def test_the_hour_is_parted_and_what_is_older_is_left_out() -> None:
    points = (Point(NOON - 4000, deferred=99), Point(NOON - 3500, deferred=5), Point(NOON - 10, deferred=7))
    found = with_measured(Hour(points, NOON), [Point(NOON - 20, deferred=50), Point(NOON, deferred=8)])
    assert [point.deferred for point in found.points] == [5, 7, 8]
    assert slots(found, "deferred", 4) == [5, 0, 0, 8]
    assert slots(found, "hold", 4) == [0, 0, 0, 0]


def test_what_a_look_counted_is_a_point() -> None:
    assert measured(Look((QUEUE,), NOON)) == Point(NOON, active=22, deferred=412, hold=3, incoming=0)
    assert measured(Look(FINE, NOON)) is None


def test_slower_scanning_is_told_only_where_it_matters() -> None:
    how = How(DRAWN, plain=False, now=NOON)

    def told(now: int | None, was: int | None) -> str:
        row = blocks.lines("Scores", Shown(Today(1, 0, 0, now, was), NOON), 40, how)[-1]
        return "".join(text for text, _ in row)

    assert "▲ was 0.8s" in told(3500, 800)
    assert "▲" not in told(300, 100)
    assert "▲" not in told(1500, 1000)
    assert "was" not in told(None, 100)


def test_the_verdict_counts_causes_only() -> None:
    assert verdict(None) == (None, "looking what is wrong")
    assert verdict(Look((CLAMD, QUEUE), NOON, whole=False)) == (None, "looking, 2 checks so far")
    assert verdict(Look((CLAMD, QUEUE, DISK), NOON)) == ("bad", "1 thing is wrong, 1 to watch")
    assert verdict(Look((QUEUE, DISK), NOON)) == ("bad", "1 thing is wrong, 1 to watch")
    assert verdict(Look((DISK,), NOON)) == ("watch", "1 thing to watch")
    assert verdict(Look((Check("a", "unknown", "?"),), NOON)) == ("unknown", "1 not to be found out")
    assert verdict(Look(FINE, NOON)) == ("good", "all is well")
    assert verdict(Look((), NOON))[1] == "nothing of a mail server is here"


def test_a_beginning_that_is_not_known_is_told_as_that() -> None:
    check = Check("clamd", "bad", "clamd does not run", since=NOON - 60)
    seen = Check("clamd", "bad", "clamd does not run", since=NOON - 60, seen=True)
    assert since_text(check, NOON) == "since 11:59"
    assert since_text(seen, NOON) == "seen since 11:59"
    assert since_text(Check("clamd", "bad", "x"), NOON) == ""
    row = "".join(text for text, _ in lines(Look((seen,), NOON), 80, Way(NOON, DRAWN))[0].spans)
    assert row.endswith("  seen since 11:59")
    assert next(iter(told(Report(NOON, 0.1, (seen,))))).endswith("does not run, seen since 11:59")
    assert [text for text, _ in check_lines(seen, NOON)][1].startswith("wrong, seen since ")
    assert [text for text, _ in check_lines(check, NOON)][1].startswith("wrong since ")


def test_which_mend_is_meant() -> None:
    look = Look((CLAMD, QUEUE, DISK, *FINE), NOON)
    assert meant(look, "clamd") == (CLAMD, CLAMD.mends[0])
    assert meant(look, "queue") == (CLAMD, CLAMD.mends[0])
    assert meant(look, "disk-quarantine\n0") == (DISK, DISK.mends[0])
    assert meant(look, "clock") is None
    assert meant(look, "\nfine") is None


def test_times_of_another_day_have_their_date() -> None:
    assert (
        evidence_text(Evidence("x", NOON - 5, 3), NOON)
        == f"x 3 times, last {when(NOON - 5, NOON, seconds=True)}"
    )
    assert " " in when(NOON - 2 * 86400, NOON)
    assert when(1e18, NOON) == "-"
