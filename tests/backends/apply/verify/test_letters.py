"""Our messages, and how they are known again."""

import pytest

from backends.apply.verify.folder import File
from backends.apply.verify.letters import EICAR, GTUBE, header, letter, tagged


def test_a_letter_is_known_by_its_message_id_only() -> None:
    one, other = (letter("postmaster@example.test", "spam", GTUBE, now=0.0) for _ in range(2))
    assert one.message_id != other.message_id
    assert one.is_it(b"From postmaster Wed Nov 25\nReceived: x\n" + one.content)
    assert not one.is_it(other.content)
    assert not one.is_it(b"Subject: answer\n\n" + one.content)
    assert not one.is_it(b"X-Message-ID: " + one.message_id.encode() + b"\n\n")
    assert b"\r\nDate: Thu, 01 Jan 1970 00:00:00 -0000\r\n" in one.content
    assert one.content.endswith(b"\r\n\r\n" + "".join(GTUBE).encode() + b"\r\n")


def test_a_notice_is_amaviss_and_of_this_letter() -> None:
    ours = letter("postmaster@example.test", "a virus", EICAR)
    notice = b"Message-ID: <VA5hcURUgzjRsg@mail.example.test>\n\nA virus was found\nMessage-ID: "
    assert ours.is_told_of(notice + ours.message_id.encode())
    assert not ours.is_told_of(notice + b"<other@example.test>")
    transcript = f"Subject: Postfix SMTP server: errors from localhost\n\nIn:  NOOP {ours.mark}\n"
    assert ours.is_told_of(transcript.encode())
    assert not ours.is_told_of(transcript.replace(ours.mark, "mailtui-verify.0").encode())
    assert not ours.is_told_of(b"Message-ID: <answer@x>\n\n> " + ours.message_id.encode())


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"Subject: a\r\n b\r\n\tc\r\nTo: x\r\n\r\n", "a b c"),
        (b"subject:\n =?utf-8?q?x?=\n\n", "=?utf-8?q?x?="),
        (b"Subject: one\nSubject: two\n\n", "one"),
        (b"To: x\n\nSubject: in the body\n", ""),
        (b"Subject: \xff\n", "\ufffd"),
        (b"", ""),
    ],
)
def test_a_header_field(content: bytes, value: str) -> None:
    assert header(content, "Subject") == value


def test_tagged_is_both_subject_and_flag() -> None:
    assert tagged(File((), "1", 1, b"Subject: SPAM: x\nX-Spam-Flag: YES\n\n"), "SPAM: ")
    assert not tagged(File((), "1", 1, b"Subject: SPAM: x\nX-Spam-Flag: NO\n\n"), "SPAM: ")
    assert not tagged(File((), "1", 1, b"Subject: x\nX-Spam-Flag: YES\n\n"), "SPAM: ")
