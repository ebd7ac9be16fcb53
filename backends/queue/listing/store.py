"""A million queued messages: numbers in columns, text in two mapped temporary files, decoded when looked at.

`raw` is the listing as it came, `text` one line a message made for searching and sorting, in lower case:
ID, sender, recipients, reasons, with a unit separator between the fields and a record separator inside them.
Record separators may also stand before a line, where a message was that is listed again further down, and some
bytes follow the last line.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from mmap import mmap

import msgspec
import numpy as np
import numpy.typing as npt

from backends.queue.listing.lines import decode_line
from backends.queue.message import Message

Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]
FIELD, PART, END = "\x1f", "\x1e", "\n"
FIELDS = ("id", "sender", "recipient", "reason")
WINDOW = 1 << 19  # bytes of text worked on at a time
TURN, REST = (
    8,
    5e-5,
)  # windows, and seconds in which a waiting thread wakes up and gets the interpreter's lock


class QueueCount(msgspec.Struct, frozen=True):
    """Messages and bytes of one queue, and the arrival (epoch seconds) of the oldest and newest."""

    name: str
    count: int
    size: int
    oldest: int
    newest: int


@dataclass(frozen=True, eq=False)
class QueueStore:
    """Columns of equal length, one row a message; row numbers are the order of the listing."""

    raw: mmap | bytes
    text: mmap | bytes
    raw_at: Ints  # where a message's line begins in `raw`
    text_at: Ints  # the same in `text`
    field_end: Rows  # where its FIELDS end, counted from there: four columns
    queue: npt.NDArray[np.uint8]  # into `queues`
    arrival: Ints  # epoch seconds
    size: Ints  # bytes
    recipients: Rows  # how many
    reason: Rows  # into `reasons`
    sender_domain: Rows  # into `domains`
    recipient_domain: Rows  # into `domains`, all recipients of all messages in order
    id_hash: Ints
    queues: Sequence[str]
    reasons: Sequence[str]
    domains: Sequence[str]

    def __len__(self) -> int:
        return len(self.arrival)

    def message(self, row: int) -> Message:
        """The message of a row, decoded now."""
        return decode_line(_line(self.raw, int(self.raw_at[row])))

    def queue_id(self, row: int) -> str:
        return self.message(row).queue_id

    def row_of(self, queue_id: str) -> int | None:
        """The row of a queue ID, if it is in this listing."""
        order, sought = self.by_hash, hash(queue_id)
        at = int(np.searchsorted(self.id_hash, sought, sorter=order))
        while at < len(order) and self.id_hash[order[at]] == sought:
            row = int(order[at])
            if self.queue_id(row) == queue_id:
                return row
            at += 1
        return None

    @cached_property
    def by_hash(self) -> Rows:
        """Rows in the order of `id_hash`, of equal ones the earlier first."""
        return np.argsort(self.id_hash, kind="stable").astype(np.int32)

    @cached_property
    def recipients_at(self) -> Ints:
        """Where a message's recipients begin in `recipient_domain`; one longer than the store."""
        return np.concatenate(([0], np.cumsum(self.recipients, dtype=np.int64)))

    def windows(self) -> Iterator[tuple[slice, slice]]:
        """All of `text` in pieces of whole lines: which rows, and where their lines are but for the last line end."""
        row, count = 0, len(self)
        for turn in itertools.count(1):
            if row >= count:
                return
            if turn % TURN == 0:
                time.sleep(REST)
            start = int(self.text_at[row])
            after = max(int(np.searchsorted(self.text_at, start + WINDOW)), row + 1)
            end = int(self.text_at[after - 1] + self.field_end[after - 1, -1])
            yield slice(row, after), slice(start, end)
            row = after

    def texts(self, window: slice) -> list[str]:
        """The texts of a window, one after the other: as many as there are FIELDS for each message."""
        texts = self.text[window].decode().replace(END, FIELD).split(FIELD)
        texts[:: len(FIELDS)] = [queue_id.lstrip(PART) for queue_id in texts[:: len(FIELDS)]]
        return texts

    @cached_property
    def counts(self) -> list[QueueCount]:
        """What is in each queue that has anything."""
        found = []
        for code, name in enumerate(self.queues):
            there = self.queue == code
            if count := int(np.count_nonzero(there)):
                arrival = self.arrival[there]
                found.append(
                    QueueCount(
                        name, count, int(self.size[there].sum()), int(arrival.min()), int(arrival.max())
                    )
                )
        return found


def _line(content: mmap | bytes, start: int) -> bytes:
    end = content.find(b"\n", start)
    return content[start : end if end >= 0 else len(content)]
