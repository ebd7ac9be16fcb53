"""Groups: counted as a Counter would."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.queue.listing.reason import normalise
from backends.queue.message import Message, domain_of
from backends.queue.query.groups import BY, Group, group
from backends.terms import SPACED
from tests.backends.queue.making import NOW, message, some_messages, store_of

WAITING = {"deferred": "no reason recorded", "active": "being delivered now", "hold": "on hold"}


def label(one: Message, by: str) -> str:
    """What a message counts under."""
    if by == "queue":
        return one.queue_name
    if by == "sender":
        return one.sender.translate(SPACED).lower()
    if by == "domain":
        return domain_of(one.recipients[0].address.translate(SPACED)) if one.recipients else "(no recipient)"
    return (
        normalise(one.reason)
        if one.reason
        else WAITING.get(one.queue_name, f"not tried yet ({one.queue_name})")
    )


@given(some_messages, st.sampled_from(["queue", "sender", "domain"]), st.data())
def test_groups_are_counted_as_a_counter_would(messages: list[Message], by: str, data: st.DataObject) -> None:
    store = store_of(messages)
    rows = data.draw(
        st.none() | st.lists(st.sampled_from(range(len(messages) or 1)), unique=True).map(sorted)
    )
    rows = [row for row in rows if row < len(messages)] if rows is not None else None
    chosen = [messages[row] for row in rows] if rows is not None else messages
    found = group(store, by, None if rows is None else np.array(rows, np.int32))
    wanted = Counter(label(one, by) for one in chosen)
    assert {one.label: one.count for one in found} == wanted
    assert [(-one.count, one.label) for one in found] == sorted((-n, name) for name, n in wanted.items())
    for one in found:
        members = [member for member in chosen if label(member, by) == one.label]
        assert one.size == sum(member.message_size for member in members)
        assert one.oldest == min(member.arrival_time for member in members)
        assert one.newest == max(member.arrival_time for member in members)


def test_one_cause_is_one_row() -> None:
    store = store_of(
        [
            message(
                f"{i:06X}", reason=f"connect to mx{i}.example.net[203.0.113.{i}]:25: Connection timed out"
            )
            for i in range(99)
        ]
        + [message("AAAAAA", reason=""), message("BBBBBB", queue_name="hold", reason="")]
        + [
            message("CCCCCC", queue_name="active", reason=""),
            message("DDDDDD", queue_name="incoming", recipients=()),
        ]
    )
    assert [(one.label, one.count) for one in group(store, "reason")] == [
        ("connect to *: Connection timed out", 99),
        ("being delivered now", 1),
        ("no reason recorded", 1),
        ("not tried yet (incoming)", 1),
        ("on hold", 1),
    ]


def test_the_soonest_known_retry_counts() -> None:
    store = store_of([message(f"{row:06X}", f"a@d{row % 2}.example") for row in range(5)])
    found = group(store, "domain", retry=np.array([0, 0, NOW + 9, 0, NOW + 7]))
    assert [(one.label, one.next_retry) for one in found] == [("d0.example", NOW + 7), ("d1.example", 0)]


def test_a_group_is_a_plain_value() -> None:
    store = store_of([message("AAAAAA", message_size=9)])
    assert group(store, "queue") == [Group("deferred", 3, 1, 9, NOW - 600, NOW - 600)]


@pytest.mark.parametrize("by", BY)
def test_an_empty_queue_has_no_groups(by: str) -> None:
    assert group(store_of([]), by) == []
    assert group(store_of([message()]), by, np.array([], np.int32)) == []
