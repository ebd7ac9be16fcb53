import time
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from mailtui.widgets.cells import NO_ROWS, Align, Column, Painter, abbreviate, clean, fit, fit_columns
from tests.mailtui.widgets.rows import Texts

HOSTILE = {
    "escape": ("\x1b[31mred\x1b[0m", "·[31mred·[0m"),
    "osc 52": ("\x1b]52;c;cm0=\x07", "·]52;c;cm0=·"),
    "c1 csi": ("\x9b31m", "·31m"),
    "nul and line ends": ("a\x00b\r\n\tc\x7f", "a·b···c·"),
    "right-to-left override": ("\u202egpj.exe\u202c", "·gpj.exe·"),
    "isolates and zero width": ("\u2066a\u200b\u200d\ufeff", "·a···"),
    "lone surrogate": ("a\udc80", "a·"),
    "private use": ("\ue0b0", "·"),
    "line separators": ("a\u2028b\u2029c", "a·b·c"),
    "foreign spaces": ("a\u00a0b\u3000c", "a b c"),
}


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_nothing_that_commands_a_terminal_passes(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize("text", ["[bold]x[/]", "[@click=app.quit]x[/]", "日本 é ü ñ"])
def test_harmless_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


@given(st.text(), st.integers(0, 30), st.sampled_from(["left", "right"]), st.sampled_from(["end", "start"]))
def test_fit_is_exact_and_clean_whatever_comes(
    text: str, width: int, align: Align, elide: Literal["end", "start"]
) -> None:
    fitted = fit(text, width, align, elide)
    assert cell_len(fitted) == width
    assert fitted.isprintable()


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 5, "abcd…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日 …"),
        ("e\u0301a", 3, "e\u0301a "),
        ("abc", 0, ""),
    ],
)
def test_fit_pads_and_cuts_by_terminal_cells(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected


@pytest.mark.parametrize("elide", ["end", "start"])
def test_fit_does_not_read_a_megabyte(elide: Literal["end", "start"]) -> None:
    started = time.process_time()
    for text in ("a" * 1_000_000, "e" + "\u0301" * 1_000_000, "日" * 1_000_000, "\x1b" * 1_000_000):
        assert cell_len(fit(text, 20, elide=elide)) == 20
    assert time.process_time() - started < 0.2


def test_fit_right_and_from_the_start() -> None:
    assert fit("12", 4, "right") == "  12"
    assert fit("mail.example.org", 12, elide="start") == "…example.org"
    assert fit("日本.example", 11, elide="start") == "…本.example"
    assert fit("日本.example", 10, elide="start") == "… .example"
    assert fit("abcdef", 4, ellipsis="~") == "abc~"


def test_columns_at_full_width_share_the_rest() -> None:
    columns = [Column("a", 5), Column("b"), Column("c", 4), Column("d")]
    assert fit_columns(columns, 40) == [(0, 5), (1, 14), (2, 4), (3, 14)]
    assert sum(width for _, width in fit_columns(columns, 41)) + 3 == 41


def test_narrow_columns_shrink_before_they_are_dropped() -> None:
    columns = [
        Column("a", 10, min_width=4, priority=1),
        Column("b", 10, min_width=4, priority=2),
        Column("c", 3),
    ]
    assert fit_columns(columns, 20) == [(0, 5), (1, 10), (2, 3)]
    assert fit_columns(columns, 13) == [(0, 4), (1, 4), (2, 3)]
    assert fit_columns(columns, 12) == [(0, 4), (1, 7)]
    assert fit_columns(columns, 8) == [(1, 8)]
    assert fit_columns(columns, 2) == [(1, 2)]
    assert fit_columns(columns, 0) == []


@given(
    st.lists(
        st.builds(
            Column, st.just("x"), st.integers(0, 20), min_width=st.integers(0, 8), priority=st.integers(0, 3)
        ),
        max_size=8,
    ),
    st.integers(0, 120),
)
def test_a_line_has_the_width_asked_for(columns: list[Column], width: int) -> None:
    painter = Painter(columns, Texts(["日本 text"] * len(columns)), width, lambda _name: Style())
    for strip in (painter.header, painter.row(0), painter.cursor(0), painter.blank):
        assert cell_len(strip.text) == strip.cell_length == width


def test_a_plain_row_is_one_segment() -> None:
    painter = Painter(
        [Column("a", 3)] * 4,
        Texts(["x", "y", ("z", "warn"), "w"]),
        16,
        lambda name: Style(bold=name == "warn"),
    )
    assert [segment.text for segment in painter.row(0)] == [" x   y  ", " z  ", " w  "]


def test_there_are_no_rows() -> None:
    assert NO_ROWS.row_count == 0
    assert NO_ROWS.index_of("k1") is None
    with pytest.raises(IndexError):
        NO_ROWS.cells(0)
    with pytest.raises(IndexError):
        NO_ROWS.key(0)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.0k"),
        (9999, "9.9k"),
        (12_345, "12k"),
        (999_999, "999k"),
        (1_250_000, "1.2M"),
        (3_000_000_000, "3.0G"),
        (5_000_000_000_000, "5000G"),
    ],
)
def test_abbreviate(count: int, text: str) -> None:
    assert abbreviate(count) == text
