"""What is attached to a message, and that no hostile structure takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.mail import mime
from backends.mail.attachment import Attachment
from backends.mail.mime import attachments

MIXED = (("Content-Type", 'multipart/mixed; boundary="b"'),)


def _names(headers: bytes) -> list[str]:
    return [part.name for part in attachments(MIXED, b"--b\n" + headers + b"\n\ndata\n--b--\n")]


def test_parts_with_a_name_or_that_are_not_text() -> None:
    body = (
        b"preamble\n--b\nContent-Type: text/plain\n\nhello\n"
        b"--b\nContent-Type: image/png\n\n123456789\n"
        b"--b\nContent-Type: text/csv; name=table.csv\n\na;b\n"
        b"--b\nContent-Disposition: attachment\n\nx\n"
        b"--b--\nepilogue\n--b\nContent-Type: image/gif\n\nnot a part\n"
    )
    assert attachments(MIXED, body) == (
        Attachment("", "image/png", 9),
        Attachment("table.csv", "text/csv", 3),
        Attachment("", "text/plain", 1),
    )


def test_parts_within_parts() -> None:
    body = (
        b"--b\nContent-Type: multipart/related; boundary=inner\n\n"
        b"--inner\nContent-Type: text/html\n\n<p>\n--inner\nContent-Type: image/png; name=a.png\n\n12\n--inner--\n"
        b"--b\nContent-Type: application/pdf; name=b.pdf\n\n123\n--b--\n"
    )
    assert [(part.name, part.size) for part in attachments(MIXED, body)] == [("a.png", 2), ("b.pdf", 3)]


def test_an_attached_message_is_not_looked_into() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: image/png; name=in.png\n\n1\n--x--\n"
    body = b"--b\nContent-Type: message/rfc822\n\n" + inner + b"--b--\n"
    assert [part.content_type for part in attachments(MIXED, body)] == ["message/rfc822"]


def test_a_message_that_is_a_file() -> None:
    headers = (("Content-Type", "application/pdf; name=x.pdf"),)
    assert attachments(headers, b"12345") == (Attachment("x.pdf", "application/pdf", 5),)
    assert attachments((("Content-Type", "text/plain"),), b"12345") == ()
    assert attachments((), b"12345") == ()


def test_a_part_that_was_cut_off() -> None:
    assert attachments(MIXED, b"--b\nContent-Type: image/png; name=x.png\n\n123") == (
        Attachment("x.png", "image/png", 3),
    )


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b'Content-Disposition: attachment; filename="a b.txt"', "a b.txt"),
        (b'content-disposition:attachment;filename="a;b\\"c.txt"', 'a;b"c.txt'),
        (b"Content-Disposition: attachment;\n\tfilename=plain.txt", "plain.txt"),
        (b"Content-Disposition: attachment; filename*=utf-8''M%C3%A4rz.pdf", "März.pdf"),
        (b'Content-Disposition: attachment; filename*0="long"; filename*1="er.pdf"', "longer.pdf"),
        (b"Content-Disposition: attachment; filename*0*=utf-8''M%C3; filename*1*=%A4rz", "März"),
        (b'Content-Type: image/png; name="=?utf-8?q?M=C3=A4rz.png?="', "März.png"),
        (b'Content-Type: image/png; name="=?no-such-charset?b?xx?="', "=?no-such-charset?b?xx?="),
        (b"Content-Disposition: attachment; filename*=no-such''%41", "no-such''%41"),
        (b"Content-Disposition: attachment; filename=../../etc/passwd", "../../etc/passwd"),
        (b'Content-Disposition: attachment; filename="\x1b[31m[bold]x[/]"', "\x1b[31m[bold]x[/]"),
    ],
)
def test_names(header: bytes, name: str) -> None:
    assert _names(header) == [name]


def test_many_parts_are_bounded() -> None:
    started = time.monotonic()
    body = b"--b\nContent-Type: image/png\n\nx\n" * 100_000
    assert len(attachments(MIXED, body)) <= mime.PARTS
    assert time.monotonic() - started < 3


def test_deep_nesting_is_bounded() -> None:
    started = time.monotonic()
    body = b"--b\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth) for depth in range(20_000)
    )
    attachments(MIXED, body)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "body",
    [
        b"--\n" * 300_000,
        b"--" + b"-" * (1 << 20),
        b"--b\nContent-Type: " + b"image/png;" * 100_000 + b"\n\nx\n",
        b"--b\nContent-Type: image/png; name=" + b'"\\' * 500_000 + b"\n\nx\n",
        b"--b\nContent-Type: image/png;" + b" " * (1 << 20) + b"name=x\n\nx\n",
        b"--b\n" + b"X: y\n" * 200_000,
        b"--b\n" * 200_000,
        b'--b\nContent-Type: image/png; name="' + b"=?utf-8?q?" * 100_000 + b'"\n\nx\n',
    ],
    ids=range(8),
)
def test_hostile_structures_take_no_time(body: bytes) -> None:
    started = time.monotonic()
    attachments(MIXED, body)
    assert time.monotonic() - started < 3


@given(st.lists(st.tuples(st.text(), st.text())), st.binary())
def test_any_message(headers: list[tuple[str, str]], body: bytes) -> None:
    attachments(tuple(headers), body)


_PIECES = st.sampled_from(
    [
        b"--b\n", b"--b--\n", b"--c\n", b"--c--\n", b"\n", b"\r\n", b"x",
        b"Content-Type: multipart/mixed; boundary=c\n", b"Content-Type: image/png; name*=''%\n",
        b'Content-Disposition: attachment; filename="=?x?b?=?="\n', b"Content-Type: multipart/x; boundary=b\n",
        b"Content-Type:;;=;=\n", b"Content-Type: message/rfc822\n", b"\xff\xfe",
    ]
)  # fmt: skip


@given(st.lists(_PIECES))
def test_any_structure(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    assert all(0 <= part.size <= len(body) for part in attachments(MIXED, body))


@given(st.text(), st.text())
def test_any_name(key: str, value: str) -> None:
    attachments((("Content-Type", f"image/png; name{key}={value}"),), b"")
