"""Text for people: nothing in it obeyed, sizes and ages written and read in one way."""

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BadRequest
from backends.text import (
    age_text,
    bytes_text,
    cells,
    clip,
    parse_age,
    parse_size,
    size_text,
    time_text,
    visible,
)

ANY = st.text(st.characters(codec=None, categories=None))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain é 日本 \U0001f600", "plain é 日本 \U0001f600"),
        ("\x1b[31m", "^[[31m"),
        ("\0\a\t\r\n", "^@^G^I^M^J"),
        ("\x7f", "^?"),
        ("\x9b2J", "<U+009B>2J"),
        ("\u202etxt.exe", "<U+202E>txt.exe"),
        ("\u2066\u2069\u200e\u200f", "<U+2066><U+2069><U+200E><U+200F>"),
        ("\u2028\u2029\x85", "<U+2028><U+2029><U+0085>"),
        ("\udc80\ue000\U000e0041\u0378", "<U+DC80><U+E000><U+E0041><U+0378>"),
        ("a\u00a0b\u3000c", "a b c"),
        ("", ""),
    ],
)
def test_what_could_command_a_terminal_is_spelt_out(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@given(ANY)
def test_visible_text_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert not any(unicodedata.category(char)[0] == "C" for char in shown)
    assert visible(shown) == shown
    shown.encode("utf-8")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_plain_text_is_not_touched(text: str) -> None:
    assert visible(text) is text


@given(ANY.map(visible), st.integers(-1, 40))
def test_clipped_text_fits(text: str, width: int) -> None:
    clipped = clip(text, width)
    assert cells(clipped) <= max(width, 0)
    assert clipped == text or clipped == "" or (clipped[-1] == "…" and text.startswith(clipped[:-1]))


def test_wide_and_combining_characters_are_measured() -> None:
    assert cells("日本") == 4
    assert cells("e\u0301") == 1
    assert clip("日本語", 5) == "日本…"
    assert clip("日本語", 4) == "日…"
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"),
        (512, "512"),
        (1023, "1023"),
        (1024, "1.0k"),
        (1433, "1.4k"),
        (10188, "9.9k"),
        (10189, "10k"),
        (1_048_063, "1023k"),
        (1_048_064, "1.0M"),
        (1 << 40, "1.0T"),
        (1 << 60, "1.0E"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


def test_bytes_in_words() -> None:
    told = [bytes_text(size) for size in (0, 1, 1023, 1434, 40 << 20, 3 << 40)]
    assert told == ["0 bytes", "1 byte", "1023 bytes", "1.4 KiB", "40 MiB", "3.0 TiB"]


@given(st.integers(0, 1 << 63))
def test_a_size_fits_its_column_and_reads_back(size: int) -> None:
    text = size_text(size)
    assert len(text) <= 5
    if size < 1 << 50:
        assert parse_size(text) == pytest.approx(size, rel=0.06)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0, "0s"),
        (119.9, "119s"),
        (120, "2m"),
        (1260, "21m"),
        (7199, "119m"),
        (7200, "2h"),
        (172_799, "47h"),
        (172_800, "2d"),
        (1e12, "9999d"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    assert age_text(seconds) == text


@given(st.integers(0, 9999 * 86400))
def test_an_age_fits_its_column_and_reads_back(seconds: int) -> None:
    text = age_text(seconds)
    assert len(text) <= 5
    assert 0 <= seconds - parse_age(text) < max(60, seconds / 2)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("2h30m", 9000),
        ("3d", 259_200),
        ("1.5h", 5400),
        ("1w", 604_800),
        ("2H 30M", 9000),
        ("0", 0),
    ],
)
def test_ages_are_read(text: str, seconds: float) -> None:
    assert parse_age(text) == seconds


def test_a_number_alone_is_no_age() -> None:
    with pytest.raises(BadRequest, match="30 may be seconds or days") as caught:
        parse_age("30")
    assert "30d or 30s" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "size"),
    [("1500", 1500), ("10k", 10_240), ("1MiB", 1 << 20), ("1.5M", 1_572_864), ("2 GB", 2 << 30), ("7b", 7)],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "h", "2x", "1e9", "nan", "inf", "2h-3m", "٣d", "1.", "9" * 400]
)
def test_what_is_neither_is_refused_with_an_example(text: str) -> None:
    for parse in (parse_age, parse_size):
        with pytest.raises(BadRequest) as caught:
            parse(text)
        assert str(caught.value).isprintable()
        assert "for example" in caught.value.hint


@given(ANY)
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_age, parse_size):
        with contextlib.suppress(BadRequest):
            assert parse(text) >= 0


def test_times() -> None:
    assert len(time_text(1_700_000_000)) == len("2023-11-14 22:13:20")
    assert time_text(1e300) == "-"


def test_a_cell_full_of_accents_is_cut() -> None:
    assert len(clip("x" + "\u0301" * 100_000, 20)) <= 20 * 8 + 1


@pytest.mark.parametrize("blank", "\u115f\u1160\u2800\u3164\uffa0")
def test_a_letter_that_shows_nothing_is_spelt_out(blank: str) -> None:
    assert visible(f"a{blank}b") == f"a<U+{ord(blank):04X}>b"
