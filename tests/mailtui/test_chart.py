"""Bars and charts in characters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.bars import round_step, spark, stacked, ticks
from mailtui.chart import Chart, Mark, draw

COUNTS = ((0, 0, 0), (40, 0, 0), (100, 1, 0), (10, 5, 0), (0, 25, 0), (0, 1, 0), (0, 0, 3))
CHART = Chart(4.0, 0.5, COUNTS, 7, 812, (Mark("tag2", 5.5, 5.5, active=True), Mark("kill", 6.31)), root=True)


def lines(chart: Chart, width: int = 40, height: int = 8, *, plain: bool = False) -> list[str]:
    return ["".join(text for text, _ in line) for line in draw(chart, width, height, plain=plain)]


def styles(chart: Chart) -> set[str]:
    return {style for line in draw(chart, 40, 8) for _, style in line}


def test_parts_have_shapes_and_marks_are_lines() -> None:
    assert lines(CHART) == [
        "        [tag2 5.50]│     │kill 6.31     ",
        "  101 ┤        ████│     │              ",
        "      ┤    ▁▁▁▁████│     │              ",
        "      ┤    ████████│   ░░░░             ",
        "   16 ┤    ████████▒▒▒▒▒▒▒▒             ",
        "      ┤    ████████████▒▒▒▒░░░░✖✖✖✖     ",
        "      ┼────────────┴─────┴──────────────",
        "◂ 7 below      5       6     812 above ▸",
    ]


def test_plain_is_ascii_and_as_wide() -> None:
    for line in lines(CHART, plain=True):
        assert line.isascii()
        assert len(line) == 40


def test_a_moved_mark_shows_where_it_stood_and_what_lies_between() -> None:
    moved = Chart(CHART.low, CHART.width, CHART.counts, marks=(Mark("tag2", 4.6, 6.9, active=True),))
    assert {"was", "moved", "active"} <= styles(moved)
    assert "━" in lines(moved)[-2]
    assert "was" not in styles(CHART)


@pytest.mark.parametrize(("at", "sign"), [(-3.0, "◂ tag2 -3.00"), (30.0, "tag2 30.00 ▸")])
def test_a_mark_beyond_the_axis_is_told_at_its_end(at: float, sign: str) -> None:
    assert sign in lines(Chart(0, 1, COUNTS, marks=(Mark("tag2", at),)))[0]


@pytest.mark.parametrize(
    ("marks", "labels"),
    [
        ((1.2, 1.2), "│tag2 1.20 kill 1.20"),
        ((1.2, 2.2), "│tag2 1.20 kill 2.20"),
        ((6.4, 6.4), "tag2 6.40│kill 6.40"),
        ((11.5, 11.5), "kill 11.50 tag2 11.50│"),
    ],
)
def test_labels_do_not_lie_on_one_another(marks: tuple[float, float], labels: str) -> None:
    chart = Chart(0, 1, COUNTS + COUNTS[:5], marks=(Mark("tag2", marks[0]), Mark("kill", marks[1])))
    assert lines(chart)[0].strip() == labels


def test_nothing_to_draw() -> None:
    assert all(len(line) == 40 for line in lines(Chart()))


@settings(deadline=None, max_examples=100)
@given(
    st.floats(-50, 50),
    st.sampled_from([0.1, 0.5, 1.0, 5.0]),
    st.lists(st.tuples(*[st.integers(0, 10**7)] * 3), max_size=90),
    st.lists(
        st.tuples(st.floats(-60, 60), st.one_of(st.none(), st.floats(-60, 60)), st.booleans()), max_size=3
    ),
    st.integers(1, 90),
    st.integers(1, 12),
    st.booleans(),
)
def test_every_line_is_as_wide_as_asked_for(
    low: float,
    width: float,
    counts: list[tuple[int, int, int]],
    marks: list[tuple[float, float | None, bool]],
    columns: int,
    height: int,
    plain: bool,
) -> None:
    chart = Chart(low, width, counts, 3, 4, tuple(Mark("m", *mark) for mark in marks), root=plain)
    drawn = lines(chart, columns, height, plain=plain)
    assert len(drawn) == max(height, 4)
    assert {len(line) for line in drawn} == {max(columns, 8)}


@given(st.tuples(*[st.integers(0, 1000)] * 3), st.integers(1, 3000), st.integers(1, 10), st.booleans())
def test_what_is_there_is_seen(counts: tuple[int, int, int], most: int, height: int, root: bool) -> None:
    bar = stacked(counts, most, height, root=root)
    filled = [piece for piece in bar if piece.part >= 0]
    assert bool(filled) == any(counts)
    assert all(counts[piece.part] for piece in filled)
    assert bar[: len(filled)] == filled


def test_sparks() -> None:
    assert spark([0, 1, 4, 8]) == " ▁▄█"
    assert spark([0, 1, 4, 8], plain=True) == " .=@"
    assert spark([]) == ""
    assert spark([1], most=8) == "▁"


@given(st.floats(0.001, 1e6))
def test_steps_are_round(least: float) -> None:
    step = round_step(least)
    assert least * (1 - 1e-6) <= step <= least * 2.51


def test_ticks() -> None:
    assert ticks(-6, 26, 72) == [-5, 0, 5, 10, 15, 20, 25]
    assert ticks(0, 0, 10) == []
