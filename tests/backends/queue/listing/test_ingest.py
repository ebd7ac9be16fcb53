"""From a listing to a store: every message as it was, whatever else is between them."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.errors import BackendError, NoSpace, Refused
from backends.queue.listing.ingest import Builder, read_listing
from backends.queue.listing.store import FIELDS, QueueStore
from backends.queue.message import Message, Recipient
from backends.queue.query.search import find
from backends.queue.select import Selector
from tests.backends.queue.making import NOW, line, message, some_messages, store_of


def found(store: QueueStore, words: str) -> list[str]:
    return [store.queue_id(row) for row in find(store, Selector.typed(words), NOW).tolist()]


def test_columns_say_what_the_listing_says() -> None:
    first = message("AAAAAA", "bob@Example.NET", "eve@other.example", arrival_time=NOW - 5, message_size=7)
    second = message("BBBBBB", queue_name="hold", sender="MAILER-DAEMON", reason="", forced_expire=True)
    store = store_of([first, second])
    assert [store.message(row) for row in range(len(store))] == [first, second]
    assert store.arrival.tolist() == [NOW - 5, NOW - 600]
    assert store.size.tolist() == [7, 1000]
    assert store.recipients.tolist() == [2, 1]
    assert [store.queues[code] for code in store.queue] == ["deferred", "hold"]
    assert [store.reasons[code] for code in store.reason] == ["Connection refused", ""]
    assert [store.domains[code] for code in store.sender_domain] == ["example.org", "MAILER-DAEMON"]
    assert [store.domains[c] for c in store.recipient_domain] == [
        "example.net",
        "other.example",
        "example.net",
    ]
    assert store.recipients_at.tolist() == [0, 2, 3]
    assert [(one.name, one.count, one.size) for one in store.counts] == [
        ("deferred", 1, 7),
        ("hold", 1, 1000),
    ]


@given(some_messages)
def test_every_message_comes_back_as_it_was(messages: list[Message]) -> None:
    store = store_of(messages)
    assert [store.message(row) for row in range(len(store))] == messages
    assert [store.row_of(one.queue_id) for one in messages] == list(range(len(messages)))
    assert store.row_of("0000000000") is None
    assert store.field_end.shape == (len(messages), len(FIELDS))


@given(some_messages, st.integers(1, 400))
def test_how_the_listing_is_cut_does_not_matter(messages: list[Message], size: int) -> None:
    listing = b"".join(map(line, messages))
    cut = [listing[at : at + size] for at in range(0, len(listing), size)]
    store = read_listing(cut, taken=NOW).store
    assert [store.message(row) for row in range(len(store))] == messages


def test_many_blocks_are_one_store() -> None:
    listing = b"".join(
        line(message(f"{number:06X}", f"user{number}@example.net")) for number in range(20_000)
    )
    told: list[int] = []
    store = read_listing([listing], taken=NOW, progress=told.append).store
    assert len(store) == told[-1] == 20_000
    builder = Builder()
    for part in np.array_split(np.arange(20_000), 7):
        builder.feed(b"".join(line(message(f"{number:06X}", f"user{number}@example.net")) for number in part))
    again = builder.store()
    builder.close()
    assert bytes(again.text) == bytes(store.text)
    assert np.array_equal(again.text_at, store.text_at)
    assert found(store, "user19999@") == [f"{19_999:06X}"]


def test_broken_lines_are_reported_and_passed_over() -> None:
    good = message("AAAAAA"), message("BBBBBB"), message("CCCCCC")
    lines = [
        line(good[0]),
        b'{"queue_name": "def\n',
        b"\n",
        b"  \n",
        line(good[1]),
        b'{"queue_id": "-d"}\n',
        line(good[2]),
    ]
    snapshot = read_listing([b"".join(lines)], taken=NOW)
    assert [snapshot.store.message(row) for row in range(3)] == list(good)
    assert [one.number for one in snapshot.broken] == [2, 6]
    assert snapshot.broken[0].sample == b'{"queue_name": "def'
    assert all(one.why for one in snapshot.broken)
    assert found(snapshot.store, "bob") == ["AAAAAA", "BBBBBB", "CCCCCC"]


def test_line_numbers_count_on_from_block_to_block() -> None:
    builder = Builder()
    builder.feed(line(message("AAAAAA")) + b"\n\n" + line(message("BBBBBB")))
    builder.feed(b"nonsense\n")
    builder.close()
    assert [one.number for one in builder.broken] == [5]


def test_an_id_that_is_none_is_a_broken_line() -> None:
    lines = [line(message("AAAAAA")).replace(b"AAAAAA", b"-d ALL"), line(message("BBBBBB"))]
    snapshot = read_listing(lines, taken=NOW)
    assert [one.why for one in snapshot.broken] == ["its queue_id is not a queue ID"]


@pytest.mark.parametrize("last", [b"", b"\n", b"\n\n \n"])
def test_the_last_line_may_lack_its_end(last: bytes) -> None:
    snapshot = read_listing([line(message("AAAAAA")) + line(message("BBBBBB")).rstrip() + last], taken=NOW)
    assert [snapshot.store.queue_id(row) for row in range(len(snapshot.store))] == ["AAAAAA", "BBBBBB"]
    assert snapshot.broken == ()


def test_nothing_is_an_empty_store() -> None:
    for listing in ([], [b""], [b"\n"]):
        store = read_listing(listing, taken=NOW).store
        assert (len(store), store.counts, store.row_of("AAAAAA")) == (0, [], None)


def test_of_a_message_listed_twice_the_later_counts() -> None:
    moved = message(
        "AAAAAA", "bob@example.net", "late@example.net", queue_name="active", sender="later@example.org"
    )
    store = store_of(
        [
            message("BBBBBB"),
            message("AAAAAA", "gone@dropped.example", sender="gone@example.org", reason="gone for now"),
            message("AAAAAA", "gone@dropped.example", sender="gone@example.org"),
            moved,
            message("CCCCCC", "eve@example.com"),
        ]
    )
    assert [store.queue_id(row) for row in range(len(store))] == ["BBBBBB", "AAAAAA", "CCCCCC"]
    assert store.message(1) == moved
    assert store.row_of("AAAAAA") == 1
    assert found(store, "gone") == found(store, "re:gone") == found(store, "from:gone") == []
    assert found(store, "later@") == found(store, "from:later@") == found(store, "re:^late@") == ["AAAAAA"]
    assert found(store, "id:re:^aaaaaa$") == found(store, "id:aaaaaa") == ["AAAAAA"]
    assert found(store, "to:re:^$") == found(store, "id:re:^$") == []
    assert found(store, "domain:dropped") == []
    assert found(store, "to:eve@") == found(store, "domain:example.com") == ["CCCCCC"]


def test_our_own_separators_in_a_text_are_blanks() -> None:
    hostile = "a\x1fb\x1ec\nd"
    one = message(
        "AAAAAA", f"x{hostile}@example.net", "two@example.net", sender=hostile, reason=f"{hostile} said"
    )
    store = store_of([message("BBBBBB"), one, message("CCCCCC")])
    assert store.message(1) == one
    for words in (
        '"a b c d"',
        'from:"a b c d"',
        'to:"xa b c d@"',
        'reason:"c d said"',
        "to:two@",
        "to:re:^two",
    ):
        assert found(store, words) == ["AAAAAA"], words
    assert found(store, "from:ann") == ["BBBBBB", "CCCCCC"]


def test_a_single_record_separator_is_no_separator() -> None:
    odd, field = "p\x1eq", '"p q"'
    assert found(store_of([message("AAAAAA", f"{odd}@x.example", sender=odd)]), f"to:{field} from:{field}")
    assert found(store_of([message("AAAAAA", reason=odd)]), f"reason:{field}")


def test_the_first_reason_there_is_counts() -> None:
    recipients = Recipient("a@x.example"), Recipient("b@x.example", "Connection refused")
    assert store_of([message("AAAAAA", recipients=recipients)]).reasons[1] == "Connection refused"


def test_no_recipients() -> None:
    store = store_of([message("AAAAAA", recipients=()), message("BBBBBB")])
    assert store.recipients.tolist() == [0, 1]
    assert store.reasons[store.reason[0]] == ""
    assert found(store, "to:re:.*") == found(store, "reason:re:.*") == ["BBBBBB"]


def test_two_hundred_thousand_recipients() -> None:
    many = [f"user{number}@d{number % 300}.example" for number in range(200_000)]
    store = store_of([message("AAAAAA"), message("BBBBBB", *many), message("CCCCCC")])
    assert store.recipients.tolist() == [1, 200_000, 1]
    assert store.message(1).recipients[-1].address == many[-1]
    assert found(store, "to:user199999@") == found(store, "domain:d299.example") == ["BBBBBB"]


def test_eight_bit_text_that_is_no_utf8_stays_readable() -> None:
    raw = line(message("AAAAAA")).replace(b"ann@", b"j\xf6rg@")
    snapshot = read_listing([raw, line(message("BBBBBB"))], taken=NOW)
    assert snapshot.store.message(0).sender == "j\ufffdrg@example.org"
    assert snapshot.store.message(1) == message("BBBBBB")
    assert found(snapshot.store, "from:rg@") == ["AAAAAA"]
    assert snapshot.broken == ()


def test_members_of_later_releases_are_ignored() -> None:
    raw = msgspec.json.decode(line(message("AAAAAA")))
    raw |= {"later": {"a": [1]}, "recipients": [raw["recipients"][0] | {"orig": None}]}
    store = read_listing([msgspec.json.encode(raw)], taken=NOW).store
    assert store.message(0) == message("AAAAAA")


def test_more_queues_than_there_are_numbers_for() -> None:
    store = store_of([message(f"{number:06X}", queue_name=f"q{number}") for number in range(400)])
    assert len(store.queues) == 255
    assert sum(one.count for one in store.counts) == 400
    assert store.counts[-1].name == "other"
    assert found(store, "queue:q7") == ["000007", *(f"{number:06X}" for number in range(70, 80))]


def test_a_million_causes_end_as_other_reasons() -> None:
    letters = "abcdefghijklmnopqrst"
    words = (f"x{a}{b}{c}y" for a in letters for b in letters for c in letters)
    store = store_of(message(f"{i:06X}", reason=f"because of {word}") for i, word in enumerate(words))
    assert len(store.reasons) == 4096
    assert store.reasons[-1] == "other reasons"
    assert int((store.reason == 4095).sum()) == 8000 - 4094


def test_reading_stops_when_told() -> None:
    stop = Event()

    def endless() -> Iterator[bytes]:
        number = 0
        while True:
            number += 1
            yield b"".join(line(message(f"{number:06X}{i:04X}")) for i in range(5000))

    with pytest.raises(Refused):
        read_listing(
            endless(), taken=NOW, stop=stop, progress=lambda count: stop.set() if count > 9000 else None
        )


def test_a_full_disk_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [message(f"{number:06X}", f"user{number}@example.net") for number in range(12_000)]
    write, room = os.write, 1_500_000

    def full(handle: int, content: bytes) -> int:
        nonlocal room
        if "memfd" in str(Path(f"/proc/self/fd/{handle}").readlink()):
            return write(handle, content)
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = write(handle, content[:room])
        room -= done
        return done

    monkeypatch.setattr(os, "write", full)
    store = store_of(messages)
    assert room == 0
    assert [store.message(row) for row in range(len(store))] == messages
    assert found(store, "user11999@") == [messages[-1].queue_id]


def test_no_room_anywhere_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NoSpace):
        store_of([message()])
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=80), st.just(line(message())), st.just(b"\n")), max_size=8))
def test_any_bytes_give_a_snapshot(chunks: list[bytes]) -> None:
    try:
        snapshot = read_listing(chunks, taken=NOW)
    except BackendError:
        return
    assert all(snapshot.store.message(row).queue_id for row in range(len(snapshot.store)))


@settings(max_examples=150, deadline=None)
@given(some_messages, st.data())
def test_any_damage_to_a_listing_gives_a_snapshot(messages: list[Message], data: st.DataObject) -> None:
    listing = bytearray(b"".join(map(line, messages)))
    for _ in range(3):
        if listing:
            listing[data.draw(st.integers(0, len(listing) - 1))] = data.draw(st.integers(0, 255))
    snapshot = read_listing([bytes(listing)], taken=NOW)
    assert len(snapshot.store) + len(snapshot.broken) <= len(messages) + 3
    for row in range(len(snapshot.store)):
        assert snapshot.store.row_of(snapshot.store.queue_id(row)) == row
