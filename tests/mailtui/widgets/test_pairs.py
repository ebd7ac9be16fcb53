"""Two texts beside each other, and how that is drawn at any width."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from mailtui.widgets.pairs import Pair, pairs, spot
from mailtui.widgets.side_by_side import DRAWN, PLAIN, Above, Beside
from mailtui.widgets.span_view import chopped_spans, folded, padded, shown
from mailtui.widgets.text_view import wrap

LINES = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=30)
NAMES = ("here", "reference")


def text(row: object) -> str:
    return "".join(part for part, _ in row)  # type: ignore[attr-defined]


def test_what_is_the_same_has_no_pairs() -> None:
    assert pairs(["a", "b"], ["a", "b"]) == []
    assert pairs([], []) == []


def test_a_changed_line_with_its_surroundings() -> None:
    left = [str(i) for i in range(20)]
    right = [*left[:10], "ten", *left[11:]]
    found = pairs(left, right, context=2)
    assert [pair.kind for pair in found] == ["skipped", "same", "same", "changed", "same", "same", "skipped"]
    assert found[3] == Pair("changed", "10", "ten", 11, 11)
    assert (found[0].skipped, found[-1].skipped) == (8, 7)


def test_lines_on_one_side_only() -> None:
    assert pairs([], ["a"]) == [Pair("right", right="a", right_number=1)]
    assert pairs(["a"], []) == [Pair("left", left="a", left_number=1)]
    assert [pair.kind for pair in pairs(["x", "y"], ["z"])] == ["changed", "left"]


@given(LINES, LINES)
def test_no_line_is_lost(left: list[str], right: list[str]) -> None:
    found = pairs(left, right, context=100)
    if left == right:
        assert not found
    else:
        assert [pair.left for pair in found if pair.left_number] == left
        assert [pair.right for pair in found if pair.right_number] == right


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_spot_divides_both_lines(left: str, right: str) -> None:
    where = spot(left, right)
    before, at, behind = where.of(left)
    other_before, other_at, other_behind = where.of(right)
    assert before + at + behind == left
    assert other_before + other_at + other_behind == right
    assert (before, behind) == (other_before, other_behind)


def test_a_spot_is_what_differs() -> None:
    assert (
        spot("smtpd_helo_required = no", "smtpd_helo_required = yes").of("smtpd_helo_required = no")[1]
        == "no"
    )


@pytest.mark.parametrize("signs", [DRAWN, PLAIN])
@given(left=st.text(max_size=60), right=st.text(max_size=60), width=st.integers(24, 140))
def test_no_row_is_wider_than_the_screen(signs: object, left: str, right: str, width: int) -> None:
    for pair in pairs([left, "same"], [right, "same"]):
        for layout in (Beside(NAMES, signs, width), Above(NAMES, signs, width)):  # type: ignore[arg-type]
            for row in layout.rows(pair, 2):
                assert cell_len(text(row)) <= width
                assert text(row).isprintable()


def test_side_by_side_marks_what_differs_in_the_middle() -> None:
    layout = Beside(NAMES, DRAWN, 100)
    [row] = layout.rows(Pair("changed", "a = 1", "a = 2", 3, 3), 1)
    assert text(row).index("a = 1") < text(row).index("±") < text(row).index("a = 2")
    assert ("1", "left") in row
    assert ("2", "right") in row
    [only] = layout.rows(Pair("right", right="new", right_number=4), 1)
    assert text(only).strip().startswith("›")


def test_one_above_the_other_names_both_sides() -> None:
    first, second = Above(NAMES, PLAIN, 60).rows(Pair("changed", "a = 1", "a = 2", 3, 3), 1)
    assert text(first).startswith("< 3 a = 1")
    assert text(second).startswith("> 3 a = 2")


def test_long_lines_break_behind_blanks() -> None:
    rows = chopped_spans([("permit_mynetworks, ", "text"), ("reject", "left")], 20)
    assert [text(row) for row in rows] == ["permit_mynetworks, ", "reject"]
    assert rows[1] == [("reject", "left")]


@example("\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}", 2)
@given(st.text(max_size=80), st.integers(2, 40))
def test_spans_broken_lose_nothing(line: str, width: int) -> None:
    clean = shown(line)
    rows = chopped_spans([(clean[:7], "text"), (clean[7:], "left")], width)
    assert "".join(text(row) for row in rows) == clean
    assert all(cell_len(text(row)) <= width for row in rows)


def test_no_word_is_broken_that_could_be_left_whole() -> None:
    said = "   Naïve words of a rule stay whole, and what has no blanks is cut: " + "x" * 50
    pieces = [piece for piece, _ in wrap((said, "text"), 30)]
    assert pieces[0] == "   Naïve words of a rule stay "
    assert pieces[1] == "whole, and what has no blanks "
    assert "".join(pieces) == said


@example("e\N{COMBINING ACUTE ACCENT}" * 40, 7)
@example("\N{COMBINING ACUTE ACCENT}" * 40, 2)
@given(st.text(max_size=80), st.integers(2, 40))
def test_lines_of_text_lose_nothing(line: str, width: int) -> None:
    pieces = [piece for piece, _ in wrap((line, "text"), width)]
    assert "".join(pieces) == shown(line)
    assert all(cell_len(piece) <= width for piece in pieces)


@given(st.text(max_size=80), st.integers(2, 40))
def test_prose_folded_and_padded_fits(line: str, width: int) -> None:
    for piece in folded(line, width):
        assert piece.isprintable()
        assert cell_len(padded(piece, width)) == width
