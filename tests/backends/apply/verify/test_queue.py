"""Our own message in the queue, and nobody else's."""

import json

from backends.apply.verify.queue import MOST, Waiting, gone, waiting, withdraw
from backends.errors import Missing
from tests.support.fake_runner import Expected, FakeRunner

POSTMASTER = "postmaster@example.test"
OURS = "<mailtui-verify.1@example.test>"
LISTING = ("postqueue", "-j")
MISSING = Missing("postqueue is not there", hint="")


def line(queue_id: str, arrival: int = 1, reason: str = "", sender: str = POSTMASTER) -> bytes:
    recipient = {"address": POSTMASTER} | ({"delay_reason": reason} if reason else {})
    return json.dumps(
        {
            "queue_name": "deferred" if reason else "active",
            "queue_id": queue_id,
            "arrival_time": arrival,
            "message_size": 300,
            "sender": sender,
            "recipients": [recipient],
        }
    ).encode()


def head(queue_id: str, message_id: str) -> Expected:
    return Expected(("postcat", "-qh", queue_id), f"Message-ID: {message_id}\n".encode())


def test_ours_is_known_by_what_is_in_it_the_latest_first() -> None:
    listing = b"\n".join(
        (
            line("A1", 10),
            line("A2", 30, "connect to 127.0.0.1[127.0.0.1]:10024: Connection refused"),
            line("A3", 20),
            line("A4", 40, sender="bob@example.org"),
            b"garbage of " + POSTMASTER.encode(),
            line("../A5", 50),
            b"",
        )
    )
    with FakeRunner(Expected(LISTING, listing), head("A2", "<another>"), head("A3", OURS)) as runner:
        assert waiting(runner, POSTMASTER, OURS) == Waiting("A3", "active", "")


def test_not_there() -> None:
    many = b"".join(line(f"A{number}", number) + b"\n" for number in range(2 * MOST))
    heads = [head(f"A{number}", "<another>") for number in range(2 * MOST - 1, MOST - 1, -1)]
    with FakeRunner(Expected(LISTING, many), *heads) as runner:
        assert waiting(runner, POSTMASTER, OURS) is None
    with FakeRunner(Expected(LISTING, error=MISSING)) as runner:
        assert waiting(runner, POSTMASTER, OURS) is None


def test_only_ours_is_taken_out() -> None:
    with FakeRunner(head("A1", "<another>")) as runner:
        withdraw(runner, "A1", OURS)
    with FakeRunner(head("A1", OURS), Expected(("postsuper", "-d", "A1"))) as runner:
        withdraw(runner, "A1", OURS)
        assert runner.commands[-1].mutates


def test_whether_it_has_gone() -> None:
    argv = ("postcat", "-qe", "A1")
    with FakeRunner(Expected(argv), Expected(argv, code=1), Expected(argv, error=MISSING)) as runner:
        assert [gone(runner, "A1") for _ in range(3)] == [False, True, False]
