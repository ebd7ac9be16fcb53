"""Messages, and listings of them, for tests of what is made of a listing."""

from collections.abc import Iterable

import msgspec
from hypothesis import strategies as st

from backends.queue.listing.ingest import read_listing
from backends.queue.listing.store import QueueStore
from backends.queue.message import QUEUES, Message, Recipient

NOW = 1_700_000_000


def message(queue_id: str = "4F1A2B3C4D", *addresses: str, **other: object) -> Message:
    """A deferred message to these addresses."""
    reason = other.pop("reason", "Connection refused")
    values = {
        "queue_name": "deferred",
        "queue_id": queue_id,
        "arrival_time": NOW - 600,
        "message_size": 1000,
        "sender": "ann@example.org",
        "recipients": tuple(Recipient(address, str(reason)) for address in addresses or ("bob@example.net",)),
    }
    return Message(**(values | other))  # type: ignore[arg-type]


def line(of: Message) -> bytes:
    return msgspec.json.encode(of) + b"\n"


def store_of(messages: Iterable[Message]) -> QueueStore:
    """The store of a listing of these messages."""
    return read_listing([line(one) for one in messages], taken=NOW).store


_text = st.one_of(
    st.sampled_from(
        ["", "ann", "Ann@Example.ORG", "bob@mail.example.net", "ΑΣ@ΑΣ.example", "a\x1fb@x.y\nz\x1e"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text("aAbB@.\x1e\x1f\n\0", max_size=12),
)
_reason = st.one_of(
    st.just(""),
    _text,
    st.from_regex(r"connect to [ab]\.c\[1\.2\.3\.[0-9]\]:25: (refused|timed out)", fullmatch=True),
)
any_message = st.builds(
    Message,
    queue_name=st.sampled_from([*QUEUES, "corrupt"]),
    queue_id=st.text("0123456789ABCDEFabcdef", min_size=6, max_size=8),
    arrival_time=st.integers(0, NOW),
    message_size=st.integers(0, 5000),
    sender=_text,
    recipients=st.lists(st.builds(Recipient, _text, _reason), max_size=3).map(tuple),
)
some_messages = st.lists(any_message, max_size=12, unique_by=lambda one: one.queue_id)
"""Listings as random as they can be, with what separates texts in the store now and then."""
any_text = _text
