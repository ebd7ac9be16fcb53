"""The store itself: rows by queue ID, counts, and what it does with IDs that look alike."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given

from backends.queue.listing.store import END, FIELD, PART, QueueCount
from backends.queue.message import Message
from backends.terms import SPACED
from tests.backends.queue.making import NOW, message, some_messages, store_of


def test_counts_are_of_the_queues_that_have_something() -> None:
    store = store_of(
        [
            message("AAAAAA", queue_name="hold", message_size=5, arrival_time=NOW - 50),
            message("BBBBBB", queue_name="active", message_size=1),
            message("CCCCCC", queue_name="hold", message_size=7, arrival_time=NOW - 70),
        ]
    )
    assert store.counts == [
        QueueCount("active", 1, 1, NOW - 600, NOW - 600),
        QueueCount("hold", 2, 12, NOW - 70, NOW - 50),
    ]


def test_ids_differ_in_case() -> None:
    store = store_of([message("abcdef"), message("ABCDEF"), message("AbCdEf")])
    assert [store.row_of(queue_id) for queue_id in ("abcdef", "ABCDEF", "AbCdEf", "aBcDeF")] == [
        0,
        1,
        2,
        None,
    ]


def test_ids_with_the_same_hash_are_told_apart() -> None:
    store = store_of([message("AAAAAA"), message("BBBBBB"), message("CCCCCC")])
    same = dataclasses.replace(store, id_hash=np.full(3, hash("BBBBBB"), np.int64))
    assert same.row_of("BBBBBB") == 1


def test_the_store_outlives_its_builder_and_cannot_be_changed() -> None:
    store = store_of([message("AAAAAA")])
    with pytest.raises(TypeError):
        store.text[0] = 0  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        store.queues = ()  # type: ignore[misc]
    assert store.queue_id(0) == "AAAAAA"


@given(some_messages)
def test_the_text_has_four_fields_a_message(messages: list[Message]) -> None:
    store = store_of(messages)
    lines = [line for _, at in store.windows() for line in store.text[at].decode().split(END)]
    assert [line.split(FIELD)[:3] for line in lines] == [
        [
            one.queue_id.lower(),
            one.sender.lower().translate(SPACED),
            PART.join(r.address.lower().translate(SPACED) for r in one.recipients),
        ]
        for one in messages
    ]
    assert all(line.count(FIELD) == 3 for line in lines)


def test_separators_are_blanks_for_those_who_search() -> None:
    assert (FIELD + PART + END).translate(SPACED) == "   "
