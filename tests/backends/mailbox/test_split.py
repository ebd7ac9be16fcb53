"""Messages of an mbox told apart: each dialect by Hypothesis, and what is found in real mailboxes one by one."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.mailbox import window
from backends.mailbox.split import Dialect
from tests.backends.mailbox.making import FROM, HEADER, joined, letter, places, split

LINES = st.sampled_from(
    [
        b"text\n",
        b"\n",
        b"From here on\n",
        b">From here on\n",
        b">>From here on\n",
        b"> From here on\n",
        b"From: nobody\n",
        FROM,
        b">" + FROM,
        b"Subject: a header\n",
        b"\0 and \xff\r\n",
        b"Content-Length: 3\n",
    ]
)
BODIES = st.lists(LINES, max_size=12).map(b"".join)
HEADERS = st.sampled_from([HEADER, b"Subject: only this\n", HEADER + b"X-Long: " + b"word " * 300 + b"\n"])
LETTERS = st.lists(st.builds(letter, BODIES, HEADERS), min_size=1, max_size=6)


@given(LETTERS)
@settings(max_examples=200, deadline=None)
def test_mboxrd_gives_back_what_was_put_in(letters: list[bytes]) -> None:
    assert split(joined(letters, Dialect.MBOXRD), Dialect.MBOXRD) == letters


@given(LETTERS, st.sampled_from([Dialect.MBOXCL2, Dialect.AUTO]))
@settings(max_examples=200, deadline=None)
def test_mboxcl2_gives_back_what_was_put_in(letters: list[bytes], dialect: Dialect) -> None:
    if dialect == Dialect.AUTO:  # where all is quoted it cannot be told from mboxcl
        letters = [one.replace(b">From ", b"-From ") for one in letters]
    assert split(joined(letters, Dialect.MBOXCL2), dialect) == letters


@given(LETTERS, st.sampled_from(["mboxo", "mboxcl", "auto"]))
@settings(max_examples=200, deadline=None)
def test_mboxo_and_mboxcl_give_back_what_had_no_quotes(letters: list[bytes], dialect: str) -> None:
    letters = [one.replace(b">From ", b"-From ") for one in letters]
    written = Dialect.MBOXO if dialect == "auto" else Dialect(dialect)
    assert split(joined(letters, written), Dialect(dialect)) == letters


@given(LETTERS, st.sampled_from([Dialect.MBOXO, Dialect.MBOXRD]))
@settings(max_examples=100, deadline=None)
def test_lines_that_end_in_crlf_become_the_same_messages(letters: list[bytes], dialect: Dialect) -> None:
    letters = [one.replace(b"\r", b"") for one in letters]
    assert split(joined(letters, dialect, newline=b"\r\n"), dialect) == split(
        joined(letters, dialect), dialect
    )


@given(LETTERS, st.integers(16, 400), st.sampled_from(list(Dialect)))
@settings(max_examples=200, deadline=None)
def test_where_the_window_ends_makes_no_difference(letters: list[bytes], size: int, dialect: Dialect) -> None:
    content = joined(letters, dialect)
    whole = places(content, dialect), split(content, dialect)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "CHUNK", size)
        patch.setattr("backends.mailbox.content.CHUNK", size)
        assert places(content, dialect) == whole[0]
        assert split(content, dialect) == whole[1]


@given(st.binary(max_size=600), st.sampled_from(list(Dialect)))
@settings(max_examples=300, deadline=None)
def test_whatever_is_in_it_no_byte_is_twice_or_between(rest: bytes, dialect: Dialect) -> None:
    content = FROM + rest
    found = places(content, dialect)
    assert found[0].start == 0
    assert found[-1].next == len(content)
    for one, other in itertools.pairwise(found):
        assert one.start < one.head <= one.body <= one.end <= one.next == other.start
        assert not content[one.end : one.next].strip(b"\r\n")
    split(content, dialect)


def test_a_line_of_a_body_with_a_date_is_no_beginning_unless_a_header_follows() -> None:
    body = b"he wrote\n\nFrom ann@example.org Tue Nov 24 10:00:00 2026\nthat all is well\n"
    assert split(FROM + letter(body) + b"\n" + FROM + letter()) == [letter(body), letter()]


def test_a_line_of_a_body_without_a_date_is_no_beginning() -> None:
    body = b"\nFrom ann to bob\nSubject: hello\n"
    assert split(FROM + letter(body) + b"\n" + FROM + letter()) == [letter(body), letter()]


def test_a_message_behind_one_that_was_cut_off() -> None:
    assert split(FROM + letter(b"half a\n") + FROM + letter()) == [letter(b"half a\n"), letter()]


@pytest.mark.parametrize(
    "line",
    [
        b"From ann@example.org  Tue Nov  3 10:00:00 2026\n",
        b"From - Tue Nov 24 10:00:00 2026\n",
        b"From ann@example.org Tue Nov 24 10:00 2026\n",
        b"From ann@example.org Tue Nov 24 10:00:00 CET 2026\n",
        b"From ann@example.org Tue Nov 24 10:00:00 +0100 2026\n",
        b"From ann@example.org Tue Nov 24 10:00:00 2026 +0100\n",
        b'From "ann lee"@example.org Tue Nov 24 10:00:00 2026\n',
        b"From ann@example.org Tue, 24 Nov 2026 10:00:00 +0100\n",
        b"From  Tue Nov 24 10:00:00 2026\n",
        b"From MAILER-DAEMON Tue Nov 24 10:00:00 2026 remote from example\n",
    ],
)
def test_lines_that_begin_a_message(line: bytes) -> None:
    assert split(FROM + letter() + b"\n" + line + letter(b"other\n")) == [letter(), letter(b"other\n")]


@pytest.mark.parametrize("length", [b"3", b"99999999999", b"-1", b"x", b"", b"0"])
def test_a_length_that_leads_nowhere_does_not_count(length: bytes) -> None:
    header = HEADER + b"Content-Length: " + length + b"\n"
    content = FROM + letter(b"a letter\n", header) + b"\n" + FROM + letter()
    assert split(content) == [letter(b"a letter\n"), letter()]


def test_a_length_that_leads_behind_the_end_is_told() -> None:
    content = FROM + letter(b"half a\n", HEADER + b"Content-Length: 4000\n")
    (found,) = places(content)
    assert found.short
    assert not places(FROM + letter() + b"\n")[0].short


def test_a_length_of_a_body_that_holds_a_whole_mbox() -> None:
    body = joined([letter(), letter()], Dialect.MBOXCL2)
    content = joined([letter(body), letter()], Dialect.MBOXCL2)
    assert split(content) == [letter(body), letter()]


def test_quotes_of_a_body_with_plain_lines_stay_where_it_has_a_length() -> None:
    body = b"From here\n>From there\n"
    assert split(joined([letter(body)], Dialect.MBOXCL2)) == [letter(body)]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
def test_how_the_file_ends_makes_no_difference(end: bytes) -> None:
    assert split(FROM + letter() + b"\n" + FROM + HEADER + b"\nlast" + end) == [letter(), letter(b"last\n")]


@pytest.mark.parametrize("content", [b"", b"text\n", b"From", b"\n\n", b"\0" * 100, b"from ann\n"])
def test_what_is_no_mbox(content: bytes) -> None:
    assert split(content) == []


def test_messages_without_header_or_body() -> None:
    content = FROM + b"\n" + FROM + HEADER + b"\n" + FROM + b"\n" + FROM
    assert split(content) == [b"\n", HEADER + b"\n", b"\n", b""]


def test_blank_lines_in_front() -> None:
    assert split(b"\n\r\n" + FROM + letter()) == [letter()]


def test_a_line_of_many_spaces_or_dates_takes_no_time() -> None:
    date = b" Tue Nov 24 10:00:00 2026"
    lines = [
        b"From " + b" " * 1000 + b"x\n",
        b"From" + date * 40 + b" x\n",
        b"From " + b"\t Tue " * 140 + b"\n",
    ]
    assert len(split(FROM + letter(b"\n".join(lines * 300)))) == 1
