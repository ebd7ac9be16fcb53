"""When the queue is read, and in which steps a reading is delivered; without a screen."""

import json
from collections.abc import Callable
from threading import Event

import pytest

from backends.errors import BackendError, NotAnswering
from backends.queue.listing.ingest import read_listing
from backends.queue.listing.snapshot import QueueSnapshot
from mailtui.panes import feed
from mailtui.panes.feed import Feed
from mailtui.panes.queue.reading import SOME, Reading, read_queue
from mailtui.panes.queue.view import View, Wish, compute
from tests.mailtui.cli.fake import FakeQueue


class SomeMessages(FakeQueue):
    """A queue of so many deferred messages."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.fails = False

    def read(self, progress: Callable[[int], None] | None = None, stop: Event | None = None) -> QueueSnapshot:
        if self.fails:
            raise NotAnswering("postqueue is silent", hint="wait")
        line = {"queue_name": "deferred", "arrival_time": 1, "message_size": 1, "sender": "a@example.org"}
        lines = [json.dumps({**line, "queue_id": f"A{i:09}"}).encode() + b"\n" for i in range(self.count)]
        return read_listing([b"".join(lines)], taken=0.0)

    def retry_times(self) -> dict[str, float]:
        return {f"A{i:09}": 60.0 for i in range(self.count)}


Delivered = list[tuple[Reading | BackendError, bool]]


def made(queue: SomeMessages, delivered: Delivered) -> Feed[Reading]:
    return Feed(
        lambda feed: read_queue(queue, feed),
        5.0,
        lambda work: work(),
        lambda result, last: delivered.append((result, last)),
    )


@pytest.mark.parametrize(("count", "steps"), [(3, [False]), (SOME + 1, [True, False])])
def test_a_long_list_comes_before_its_retry_times(count: int, steps: list[bool]) -> None:
    delivered: Delivered = []
    made(SomeMessages(count), delivered).read()
    assert [isinstance(one, Reading) and one.retry is None for one, _ in delivered] == steps
    assert [last for _, last in delivered] == [False] * (len(steps) - 1) + [True]


def test_it_waits_after_a_reading_and_longer_after_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(feed, "monotonic", lambda: now[0])
    queue, delivered = SomeMessages(1), Delivered()
    reader = made(queue, delivered)

    def readings_within(seconds: int) -> int:
        before = len(delivered)
        for _ in range(seconds):
            now[0] += 1
            reader.tick()
            if reader.reading:
                reader.done(failed=isinstance(delivered[-1][0], BackendError))
        return len(delivered) - before

    assert readings_within(60) in {10, 11, 12}
    queue.fails = True
    assert readings_within(120) <= 5
    queue.fails = False
    readings_within(61)
    assert reader.failures == 0


def test_a_reading_asked_for_meanwhile_follows() -> None:
    queue, delivered = SomeMessages(1), Delivered()
    waiting: list[Callable[[], None]] = []
    reader: Feed[Reading] = Feed(
        lambda feed: read_queue(queue, feed),
        5.0,
        waiting.append,
        lambda result, last: delivered.append((result, last)),
    )
    reader.read()
    reader.read()
    assert len(waiting) == 1
    waiting[0]()
    reader.done(failed=isinstance(delivered[-1][0], BackendError))
    assert len(waiting) == 2


def test_rows_come_before_groups_and_map() -> None:
    reading = Reading(SomeMessages(4).read())
    seen: list[int] = []
    view = compute(reading, Wish(filter="example.org"), 2.0, Event(), lambda rows: seen.append(len(rows)))
    assert isinstance(view, View)
    assert seen == [4]
    assert view.groups[0].count == 4
