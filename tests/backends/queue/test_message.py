"""Queue IDs, domains, and messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BadRequest
from backends.queue.message import Message, Recipient, checked_ids, domain_of


@pytest.mark.parametrize("queue_id", ["A601E166135", "4Zz4Q83T7Gz3lqk", "ABCDEF", "0" * 40])
def test_queue_ids(queue_id: str) -> None:
    assert checked_ids([queue_id, queue_id]) == [queue_id]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "ALL",
        "ABCDE",
        "A" * 41,
        "-dABCDEF",
        "--help",
        "A601E166135 B601E166135",
        "A601E166135\n",
        "A601E166135;rm",
        "../A601E166135",
        "A601E166135*",
        "А601Е166135",
        "١٢٣٤٥٦",
        "\x1b[31mABCDEF",
    ],
)
def test_what_is_not_a_queue_id(text: str) -> None:
    with pytest.raises(BadRequest) as raised:
        checked_ids(["A601E166135", text])
    assert raised.value.hint
    assert raised.value.exit_code == 2


@given(st.text())
def test_any_text_is_a_queue_id_or_refused(text: str) -> None:
    try:
        checked_ids([text])
    except BadRequest as error:
        said = str(error)
    else:
        said = ""
        assert text.isascii()
        assert text.isalnum()
    assert said.isprintable()


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("ann@Example.ORG", "example.org"),
        ("ann@b@example.org", "example.org"),
        ("ann@.example..org.", "example.org"),
        ("ann", "ann"),
        ("", "MAILER-DAEMON"),
        ("MAILER-DAEMON", "MAILER-DAEMON"),
        ("ann@", "MAILER-DAEMON"),
    ],
)
def test_domains(address: str, domain: str) -> None:
    assert domain_of(address) == domain


def test_the_reason_is_the_first_there_is() -> None:
    recipients = (
        Recipient("a@example.org"),
        Recipient("b@example.org", "full"),
        Recipient("c@example.org", "x"),
    )
    message = Message(
        queue_name="deferred",
        queue_id="ABCDEF",
        arrival_time=1,
        message_size=2,
        sender="",
        recipients=recipients,
    )
    assert message.reason == "full"


def test_a_domain_is_cut_where_no_domain_reaches() -> None:
    assert domain_of("x@" + "a" * 100_000) == "a" * 255
