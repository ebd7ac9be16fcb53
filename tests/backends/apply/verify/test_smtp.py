"""SMTP with servers that answer oddly, late, or not at all."""

import time

import pytest

from backends.apply.verify.smtp import Route, Silent, check_unknown, check_vrfy, send
from tests.backends.apply.verify.servers import CLOSE, smtp

CONTENT = b"Subject: hello\r\n\r\n.a line with a dot\r\n"


def sent(port: int, patience: float = 5.0) -> str:
    """The step and the answer with which sending ended."""
    route = Route(port, "mail.example.test", "postmaster@example.test")
    reply = send(route, CONTENT, "a-mark", patience)
    return f"{reply.step} {reply}"


def test_a_message_arrives_as_it_was_sent() -> None:
    arrived: list[bytes] = []
    with smtp(arrives=arrived.append) as port:
        reply = send(Route(port, "mail.example.test", "postmaster@example.test"), CONTENT, "a-mark", 5.0)
    assert (reply.code, reply.queue_id) == (250, "4ABCDEF")
    assert arrived == [CONTENT]


@pytest.mark.parametrize(
    ("step", "reply", "said"),
    [
        ("greeting", b"421 4.7.0 too many connections\r\n", "connecting 421 4.7.0 too many connections"),
        ("EHLO", b"502 no\r\n", "EHLO 502 no"),
        ("MAIL", b"452 4.3.1 Insufficient system storage\r\n", "MAIL 452 4.3.1 Insufficient system storage"),
        ("RCPT", b"451-4.3.0 one\r\n451 4.3.0 two\r\n", "RCPT 451 4.3.0 one 4.3.0 two"),
        ("DATA", b"554 5.5.1 no valid recipients\r\n", "DATA 554 5.5.1 no valid recipients"),
        ("message", b"554 5.7.0 Reject, id=1 - INFECTED\r\n", "DATA 554 5.7.0 Reject, id=1 - INFECTED"),
        ("message", b"250 \xff\xfe\r\n", "DATA 250 \ufffd\ufffd"),
        ("RCPT", b"nonsense\r\n", "RCPT -1 ense"),
    ],
)
def test_the_answer_that_ends_it_is_kept(step: str, reply: bytes, said: str) -> None:
    with smtp({step: reply}) as port:
        assert sent(port) == said


@pytest.mark.parametrize(
    ("step", "after"),
    [("greeting", "connecting"), ("EHLO", "EHLO"), ("RCPT", "RCPT"), ("DATA", "DATA"), ("message", "DATA")],
)
def test_silence_ends_in_time(step: str, after: str) -> None:
    with smtp({step: None}) as port:
        started = time.monotonic()
        with pytest.raises(Silent) as silent:
            sent(port, 0.3)
    assert str(silent.value) == f"no answer within 0.3 s after {after}"
    assert time.monotonic() - started < 2


def test_a_server_that_hangs_up() -> None:
    with smtp({"RCPT": CLOSE}) as port, pytest.raises(Silent, match="unexpectedly closed after RCPT"):
        sent(port)
    with pytest.raises(Silent, match="Connection refused after connecting"):
        sent(port)


def test_an_answer_without_an_end() -> None:
    with smtp({"MAIL": b"250 " + b"x" * 100_000}) as port:
        assert sent(port) == "MAIL 500 Line too long."


def test_vrfy_and_an_unknown_user() -> None:
    with smtp({"RCPT": b"550 5.1.1 User unknown\r\n"}) as port:
        assert check_vrfy(port, "me") == (
            True,
            "502 5.5.1 VRFY command is disabled",
            "postconf disable_vrfy_command must say yes",
        )
        assert check_unknown(port, "me", "example.test")[:2] == (True, "550 5.1.1 User unknown")
    with smtp({"VRFY": b"252 2.0.0 postmaster\r\n", "MAIL": b"550 no\r\n"}) as port:
        assert not check_vrfy(port, "me").good
        assert check_unknown(port, "me", "example.test")[:2] == (False, "550 no")
    with smtp() as port:
        assert check_unknown(port, "me", "example.test")[:2] == (False, "250 2.1.5 Ok")
