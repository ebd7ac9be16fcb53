"""A message as it is shown: decoded in memory, bounded, hostile encodings harmless."""

import hashlib
import time
from base64 import b64encode

import pytest

from backends.mail.headers import LONGEST
from backends.quarantine.content import TEXT_LIMIT, view

PROGRAM = b"MZ\x90\0 not really"
MIXED = (
    b'Subject: hello\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n'
    b"Content-Type: text/plain; charset=iso-8859-15\nContent-Transfer-Encoding: quoted-printable\n\n10 =A4=\n!\n--b\n"
    b'Content-Type: application/x-dosexec; name="a.exe"\nContent-Transfer-Encoding: base64\n\n'
    + b64encode(PROGRAM)
    + b"\n--b--\n"
)


def test_the_text_is_decoded_and_attachments_are_named_with_their_digest() -> None:
    found = view("A/banned-x", MIXED, truncated=False)
    assert found.text == "10 €!"
    assert "=A4=" in found.raw
    (one,) = found.attachments
    assert (one.name, one.content_type) == ("a.exe", "application/x-dosexec")
    assert one.sha256 == hashlib.sha256(PROGRAM).hexdigest()
    assert dict(found.headers)["Subject"] == "hello"


def test_of_what_is_cut_off_no_digest_is_told() -> None:
    cut = MIXED[: MIXED.index(b"\n--b--")]
    assert view("x", cut, truncated=True).attachments[0].sha256 == ""
    assert view("x", cut, truncated=False).attachments[0].sha256


def test_html_is_shown_as_it_is_written() -> None:
    found = view("x", b"Content-Type: text/html\n\n<script>alert(1)</script>\n", truncated=False)
    assert found.text == "<script>alert(1)</script>\n"


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "unicode_escape", "zlib", "hex", "undefined", "utf-7", ""]
)
def test_no_codec_but_that_of_a_character_set_is_used(charset: str) -> None:
    started = time.monotonic()
    head = f"Content-Type: text/plain; charset={charset}\n\n".encode()
    found = view("x", head + b"a\\x41-" * 100_000, truncated=False)
    assert found.text.startswith("a\\x41-a")
    assert len(found.text) <= TEXT_LIMIT
    assert time.monotonic() - started < 1


def test_broken_base64_is_shown_as_it_is() -> None:
    head = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
    assert view("x", head + b"a\n", truncated=False).text == "a\n"
    assert view("x", head + b64encode("Grüße".encode()), truncated=False).text == "Grüße"


def test_a_million_boundaries_take_no_time() -> None:
    started = time.monotonic()
    found = view(
        "x", b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\n" * 1_000_000, truncated=True
    )
    assert len(found.attachments) == 0
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("line", [b"\n x", b"x", b"\n x\n ", b"\n\tx" + b" " * 5000])
def test_a_header_of_many_megabytes_takes_no_time_and_hides_no_body(line: bytes, newline: bytes) -> None:
    header = b"Subject: hello\nX-Long: y" + line * ((15 << 20) // len(line))
    content = (header + b"\n\nThe body\n").replace(b"\n", newline)
    started = time.process_time()
    found = view("x", content, truncated=False)
    taken = time.process_time() - started
    assert found.text.strip() == found.raw.strip() == "The body"
    assert found.headers[0] == ("Subject", "hello")
    assert sum(len(name) + len(value) for name, value in found.headers) <= 2 * LONGEST
    assert taken < 1


@pytest.mark.parametrize("left", [0, 1, 2, 3, 9])
def test_a_header_that_ends_where_no_more_is_read(left: int) -> None:
    head = b"Subject: hello\nX-Long: "
    header = head + b"y" * (LONGEST - len(head) - left)
    assert view("x", header + b"\n\nThe body\n\nof two\n", truncated=False).raw == "The body\n\nof two\n"
    assert (
        view("x", header + b"\nX: y\n\nThe body\n\nof two\n", truncated=False).raw == "The body\n\nof two\n"
    )
    assert view("x", header + b"\n", truncated=False).raw == ""
