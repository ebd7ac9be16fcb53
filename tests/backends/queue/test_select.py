"""What was typed or given as options, read as conditions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BadRequest
from backends.queue.message import Recipient
from backends.queue.select import Selector
from backends.terms import Term
from tests.backends.queue.making import NOW, message

ONE = message(
    "4F1A2B3C4D",
    queue_name="hold",
    sender="Ann@Example.org",
    recipients=(Recipient("bob@Mail.example.net", "Connection refused"), Recipient("eve@gmail.example")),
    message_size=2048,
    arrival_time=NOW - 7200,
)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ann@example",
        "refused",
        "FROM:ann",
        "4f1a",
        "queue:hold",
        "id:3c4d",
        "from:ann sender:example.org",
        "to:bob rcpt:EVE recipient:mail.",
        "domain:gmail.example domain:mail.example.net",
        "reason:refused",
        'reason:"connection refused"',
        '"connection refused"',
        "re:^bob@",
        "to:re:^(bob|eve)@.*example",
        "!nobody !from:bob !re:^refused",
        "older:1h larger:1k",
        "larger:2047",
        "re:^$",
    ],
)
def test_it_matches(line: str) -> None:
    assert Selector.typed(line).matches(ONE, NOW)


@pytest.mark.parametrize(
    "line",
    [
        "nobody",
        "hold",
        "queue:deferred",
        "from:bob",
        "to:ann",
        "domain:bob",
        "reason:ann",
        "re:^refused",
        "from:re:^nn",
        "!ann",
        "ann !from:ann",
        "older:3h",
        "larger:2048",
        "unknown:ann",
        "bob@mail.example.net eve@gmail.example nobody",
    ],
)
def test_it_does_not(line: str) -> None:
    assert not Selector.typed(line).matches(ONE, NOW)


def test_exactly_that_old_counts() -> None:
    assert Selector.typed("older:7200s").matches(ONE, NOW)
    assert not Selector.typed("older:7201s").matches(ONE, NOW)


def test_an_unknown_field_is_plain_text() -> None:
    assert Selector.typed("Subject:hi !http://x").terms == (
        Term("", "subject:hi"),
        Term("", "http://x", excluded=True),
    )


def test_options_are_the_same_conditions() -> None:
    given_ = Selector.of(
        queue="hold",
        sender="Ann@",
        recipient="re:^bob",
        domain="gmail",
        reason="refused",
        text="4F1A",
        older_than=60.0,
        larger_than=1024,
    )
    assert [term.field for term in given_.terms] == ["queue", "sender", "recipient", "domain", "reason", ""]
    assert given_.matches(ONE, NOW)
    assert not Selector.of(sender="bob").matches(ONE, NOW)
    assert Selector.of(sender="", text=None).is_empty
    assert not given_.is_empty


@pytest.mark.parametrize("line", ["re:(", "from:re:*", "older:never", "larger:much", "re:a{1,99999999999}"])
def test_what_cannot_be_read_is_said(line: str) -> None:
    with pytest.raises(BadRequest) as error:
        Selector.typed(line)
    assert error.value.hint


@given(st.text())
def test_anything_typed_is_a_selector_or_said_to_be_none(line: str) -> None:
    try:
        selector = Selector.typed(line)
    except BadRequest:
        return
    selector.matches(ONE, NOW)
