"""Sorting by any column as sorted() would."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.queue.listing.store import PART
from backends.queue.message import Message
from backends.queue.query.order import SIGNIFICANT, permutation
from backends.terms import SPACED
from tests.backends.queue.making import any_message, message, some_messages, store_of


def _bytes(text: str) -> bytes:
    return text.lower().encode()[:SIGNIFICANT]


KEYS: dict[str, Callable[[Message], Any]] = {
    "id": lambda one: _bytes(one.queue_id),
    "sender": lambda one: _bytes(one.sender.translate(SPACED)),
    "recipient": lambda one: _bytes(PART.join(r.address.translate(SPACED) for r in one.recipients)),
    "age": lambda one: -one.arrival_time,
    "size": lambda one: one.message_size,
}


@settings(max_examples=150, deadline=None)
@given(some_messages | st.lists(any_message, min_size=30, max_size=60, unique_by=lambda one: one.queue_id))
def test_every_column_sorts_as_sorted_does(messages: list[Message]) -> None:
    store = store_of(messages)
    for column, key in KEYS.items():
        wanted = sorted(range(len(messages)), key=lambda row, key=key: key(messages[row]))  # type: ignore[misc]
        assert permutation(store, column).tolist() == wanted, column


@given(st.lists(st.text("ab\0\x01é\U0010ffff", max_size=30), max_size=40))
def test_texts_with_the_same_beginning(texts: list[str]) -> None:
    senders = ["newsletter+bounce-" * (len(text) % 3) + text for text in texts]
    store = store_of([message(f"{row:06X}", sender=sender) for row, sender in enumerate(senders)])
    assert permutation(store, "sender").tolist() == sorted(
        range(len(senders)), key=lambda row: senders[row].encode()
    )


def test_long_texts_count_up_to_a_limit() -> None:
    ends = ["zz", "a", "b", "a"]
    for length, wanted in ((SIGNIFICANT - 1, [1, 3, 2, 0]), (SIGNIFICANT, [0, 1, 2, 3])):
        store = store_of([message(f"{row:06X}", sender="x" * length + end) for row, end in enumerate(ends)])
        assert permutation(store, "sender").tolist() == wanted


def test_many_rows_of_few_senders() -> None:
    random = np.random.default_rng(7)
    senders = [
        f"{'bounces+' * int(n % 3)}{n % 40}@{'d' * int(n % 5)}.example"
        for n in random.integers(0, 1000, 5000)
    ]
    store = store_of([message(f"{row:06X}", sender=sender) for row, sender in enumerate(senders)])
    assert permutation(store, "sender").tolist() == sorted(range(5000), key=senders.__getitem__)


def test_queues_stand_in_the_order_mail_goes_through_them() -> None:
    names = ["hold", "deferred", "active", "deferred", "incoming", "maildrop", "corrupt"]
    store = store_of([message(f"{row:06X}", queue_name=name) for row, name in enumerate(names)])
    assert permutation(store, "queue").tolist() == [5, 4, 2, 1, 3, 0, 6]


def test_reasons_sort_by_their_labels() -> None:
    reasons = [
        "user unknown",
        "",
        "connect to x[1.2.3.4]:25: Connection refused",
        "User unknown",
        "user unknown",
    ]
    store = store_of([message(f"{row:06X}", reason=reason) for row, reason in enumerate(reasons)])
    assert permutation(store, "reason").tolist() == [1, 3, 2, 0, 4]


def test_retry_times_are_given() -> None:
    store = store_of([message(f"{row:06X}") for row in range(4)])
    assert permutation(store, "retry", np.array([9, 0, 7, 9])).tolist() == [1, 2, 0, 3]
    assert permutation(store, "retry").tolist() == [0, 1, 2, 3]


def test_an_unknown_column_is_an_error() -> None:
    with pytest.raises(KeyError):
        permutation(store_of([message()]), "colour")
