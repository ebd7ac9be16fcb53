"""gld's answers, and what it does without its database."""

import socket
import time

import pytest

from backends.apply.verify.advice import Advice
from backends.apply.verify.policy import check_policy
from backends.errors import NotAnswering
from tests.backends.apply.verify.servers import listening, reset

ADVICE = Advice(systemd=True, filter="pre-queue", user="alice")


@pytest.mark.parametrize(
    ("answer", "good", "said"),
    [
        (b"action=defer_if_permit later\n\n", True, "action=defer_if_permit later"),
        (b"action=dunno\n\n", True, "action=dunno"),
        (b"action=reject \x1b[31m\n\n", False, "action=reject ^[[31m"),
        (b"220 mail ESMTP\r\n", False, "220 mail ESMTP"),
        (b"", False, "closed without an answer: gld cannot use its database"),
    ],
)
def test_an_answer(answer: bytes, good: bool, said: str) -> None:
    asked: list[bytes] = []

    def gld(connection: socket.socket) -> None:
        asked.append(connection.recv(4096))
        connection.sendall(answer)

    with listening(gld) as port:
        found = check_policy(port, "example.test", ADVICE)
    assert (found.good, found.evidence) == (good, said)
    assert b"client_address=192.0.2.25\n" in asked[0]
    assert b"sender=mailtui-verify@example.test\nrecipient=postmaster@example.test\n\n" in asked[0]


@pytest.mark.parametrize("answer", [b"", b"action=dunno\n\n"])
def test_without_its_database_it_does_not_read_the_request(answer: bytes) -> None:
    def gld(connection: socket.socket) -> None:
        connection.sendall(answer)
        time.sleep(0.2)
        reset(connection)

    with listening(gld) as port:
        found = check_policy(port, "example.test", ADVICE)
    assert not found.good
    assert "gld does not reach its database" in found.evidence
    assert "systemctl restart mariadb" in found.hint


def test_silence_and_nobody() -> None:
    with listening(lambda connection: time.sleep(1)) as port:
        with pytest.raises(NotAnswering, match=r"nothing within 0\.2 s") as silent:
            check_policy(port, "example.test", ADVICE, timeout=0.2)
        assert "mariadb" in silent.value.hint
    with pytest.raises(NotAnswering, match="Connection refused") as nobody:
        check_policy(port, "example.test", ADVICE)
    assert "systemctl restart gld" in nobody.value.hint
