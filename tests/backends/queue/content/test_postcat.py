"""Reading what postcat prints: golden files of Postfix 3.7, hostile text, and any bytes."""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import ParseFailed
from backends.mail import headers
from backends.queue.content import postcat
from backends.queue.content.postcat import bounded, parse
from backends.queue.content.view import MessageView

GOLDEN = Path(__file__).parents[3] / "golden" / "postcat"
HEAD = b"*** ENVELOPE RECORDS hold/ABCDEF ***\nsender: ann@example.org\nrecipient: bob@example.org\n"
CONTENTS = b"*** MESSAGE CONTENTS hold/ABCDEF ***\n"
TAIL = b"*** HEADER EXTRACTED hold/ABCDEF ***\n*** MESSAGE FILE END hold/ABCDEF ***\n"


def _view(message: bytes) -> MessageView:
    return parse("ABCDEF", HEAD + CONTENTS + message + TAIL)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    expected = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=MessageView)
    assert parse(expected.queue_id, path.read_bytes()) == expected


@pytest.mark.parametrize("junk", [b"", b"\n", b"postcat: fatal: x\n", b"*** ENVELOPE RECORDS", b"\0" * 100])
def test_what_is_not_a_message(junk: bytes) -> None:
    with pytest.raises(ParseFailed) as raised:
        parse("ABCDEF", junk)
    assert "postcat -q ABCDEF" in raised.value.hint


@given(st.binary())
def test_any_bytes_give_a_message_or_an_error_of_ours(content: bytes) -> None:
    with suppress(ParseFailed):
        parse("ABCDEF", content)


@given(st.binary(), st.booleans())
def test_any_message_can_be_shown_and_no_byte_is_lost(message: bytes, whole: bool) -> None:
    tail = TAIL if whole else b""
    view = parse("ABCDEF", HEAD + CONTENTS + b"\n" + message + tail, truncated=not whole)
    assert view.headers == ()
    for written, shown in zip(message.split(b"\n"), view.body.split("\n"), strict=True):
        assert shown.encode("utf-8") == written or shown.encode("latin-1") == written


@given(
    st.lists(
        st.sampled_from([HEAD, CONTENTS, TAIL, b"X: y\n", b" z\n", b"\n", b"\xff\xfe\n", b"\0", b": \n"])
    )
)
def test_its_own_lines_in_any_order(lines: list[bytes]) -> None:
    parse("ABCDEF", HEAD + b"".join(lines))


def test_headers_are_unfolded_and_end_at_the_first_line_that_is_none() -> None:
    view = _view(b"Subject: one\n two\n\tthree\nEmpty:\nX-Colon: a: b\n\nbody: not a header\n")
    assert view.headers == (("Subject", "one two three"), ("Empty", ""), ("X-Colon", "a: b"))
    assert view.body == "body: not a header\n"


def test_lines_of_postcat_in_the_message_are_the_message_s() -> None:
    body = CONTENTS.decode() + TAIL.decode() + "*** ENVELOPE RECORDS hold/ABCDEF ***\n"
    assert _view(b"Subject: x\n\n" + body.encode()).body == body


def test_records_taken_from_the_header_are_shown_with_the_envelope() -> None:
    output = (
        HEAD
        + CONTENTS
        + b"\n"
        + TAIL.replace(b"*** MESSAGE FILE", b"recipient: eve@example.net\n*** MESSAGE FILE")
    )
    assert parse("ABCDEF", output).envelope == (
        ("sender", "ann@example.org"),
        ("recipient", "bob@example.org"),
        ("recipient", "eve@example.net"),
    )


def test_a_header_line_of_a_megabyte() -> None:
    view = _view(b"Subject: " + b"x" * (1 << 20) + b"\n\nbody\n")
    assert len(view.headers[0][1]) == 1 << 20
    assert view.body == "body\n"


def test_a_hundred_thousand_headers_and_a_header_folded_as_often() -> None:
    started = time.monotonic()
    many = _view(b"X: y\n" * 100_000 + b"\nbody\n")
    assert len(many.headers) == headers.HEADERS
    assert many.body.endswith("body\n")
    assert len(_view(b"X: y\n" + b" z\n" * 100_000 + b"\nbody\n").headers) == 1
    assert time.monotonic() - started < 5


def test_bounded_stops_reading_at_the_limit() -> None:
    read = 0

    def endless() -> Iterable[bytes]:
        nonlocal read
        yield HEAD + CONTENTS
        while True:
            read += 1000
            yield b"x" * 1000

    output, more = bounded(endless(), 10_000)
    assert more
    assert read < 12_000
    assert len(output) <= len(HEAD) + 10_000
    assert parse("ABCDEF", output, truncated=more).truncated


@given(st.integers(1, 50))
def test_bounded_gives_all_of_a_small_message_however_it_comes(size: int) -> None:
    whole = HEAD + CONTENTS + b"Subject: x\n\nbody\n" + TAIL
    assert bounded((whole[at : at + size] for at in range(0, len(whole), size)), 1000) == (whole, False)


def test_the_message_is_shown_though_its_recipients_are_too_many() -> None:
    recipients = b"".join(b"recipient: user%06d@example.org\n" % number for number in range(200_000))
    whole = HEAD + recipients + CONTENTS + b"Subject: x\n\nbody\n" + TAIL
    output, more = bounded((whole[at : at + 65536] for at in range(0, len(whole), 65536)), 10_000)
    assert more
    assert len(output) < 2 * postcat.ENVELOPE_LIMIT
    view = parse("ABCDEF", output, truncated=more)
    assert view.headers == (("Subject", "x"),)
    assert view.body == "body\n"
    assert view.envelope[0] == ("sender", "ann@example.org")
    assert {name for name, _ in view.envelope} == {"sender", "recipient"}
