"""From the bytes of `postqueue -j` to a `QueueStore`: a megabyte at a time, in columns."""

import time
from array import array
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain
from threading import Event
from typing import NamedTuple

import numpy as np
from msgspec import structs

from backends.errors import Refused
from backends.files import Spill
from backends.queue.listing.lines import BrokenLine, decode_block, decode_lines, whole_lines
from backends.queue.listing.reason import Reasons
from backends.queue.listing.snapshot import QueueSnapshot
from backends.queue.listing.store import END, FIELD, FIELDS, PART, Ints, QueueStore
from backends.queue.message import QUEUES, Message, Recipient, domain_of
from backends.terms import SPACED

BROKEN_LIMIT = 1000
_NOBODY = Recipient("")


def read_listing(
    chunks: Iterable[bytes],
    *,
    taken: float,
    progress: Callable[[int], None] | None = None,
    stop: Event | None = None,
) -> QueueSnapshot:
    """Read a whole listing; `progress` is told the messages so far after each megabyte.

    :raises Refused: `stop` was set.
    :raises NoSpace: there is room for the listing neither on disk nor in memory.
    """
    started = time.monotonic()
    builder = Builder()
    try:
        for block in whole_lines(_large(chunks)):
            builder.feed(block)
            if progress is not None:
                progress(builder.count)
            if stop is not None and stop.is_set():
                raise Refused("Reading the queue was stopped", hint="press r to read it again")
        store = builder.store()
    finally:
        builder.close()
    return QueueSnapshot(store, taken, time.monotonic() - started, tuple(builder.broken))


def _large(chunks: Iterable[bytes], size: int = 1 << 20) -> Iterable[bytes]:
    """The same bytes in chunks worth the work that each costs."""
    pending: list[bytes] = []
    waiting = 0
    for chunk in chunks:
        pending.append(chunk)
        waiting += len(chunk)
        if waiting >= size:
            yield b"".join(pending)
            pending, waiting = [], 0
    if pending:
        yield b"".join(pending)


class Builder:
    """Takes blocks of whole lines, gives a store of all messages so far."""

    def __init__(self) -> None:
        self.broken: list[BrokenLine] = []
        self.count = 0
        self._lines = 0
        self._raw, self._text = Spill(), Spill()
        self._reasons = Reasons()
        self._queues = _Codes(str, QUEUES, limit=255)
        self._domains = _Codes(domain_of)
        self._raw_at, self._text_at = array("q"), array("q")
        self._field_end = array("i")
        self._queue = array("B")
        self._arrival, self._size, self._hash = array("q"), array("q"), array("q")
        self._recipients, self._reason = array("i"), array("i")
        self._sender_domain, self._recipient_domain = array("i"), array("i")

    def feed(self, block: bytes) -> None:
        if not block.endswith(b"\n"):
            block += b"\n"
        base = self._raw.size
        self._raw.append(block)
        starts = _starts(block)
        lines = len(starts)
        messages = decode_block(block)
        if messages is None or len(messages) != lines:
            messages, starts = self._one_by_one(block)
        self._lines += lines
        if messages:
            self._raw_at.frombytes((starts + base).tobytes())
            self._add(messages)

    def _one_by_one(self, block: bytes) -> tuple[list[Message], Ints]:
        messages: list[Message] = []
        starts: list[int] = []
        at = 0
        for line, value in decode_lines(block, self._lines + 1):
            at = block.index(line, at)
            if isinstance(value, Message):
                messages.append(value)
                starts.append(at)
            elif len(self.broken) < BROKEN_LIMIT:
                self.broken.append(value)
            at += len(line)
        return messages, np.array(starts, np.int64)

    def _add(self, messages: list[Message]) -> None:
        texts = _texts(messages)
        content, ends = _lines(texts.fields)
        separators = len(ends), _count(content, PART), _count(content, END)
        if separators != (len(FIELDS) * len(messages), texts.parts, 0):
            texts = _texts([_spaced(message) for message in messages])
            content, ends = _lines(texts.fields)
        self.count += len(messages)
        queues, domains = self._queues, self._domains
        self._queue.fromlist([queues[message.queue_name] for message in messages])
        self._arrival.fromlist([message.arrival_time for message in messages])
        self._size.fromlist([message.message_size for message in messages])
        self._hash.fromlist(list(map(hash, texts.fields[0])))
        self._recipients.fromlist(texts.counts)
        self._reason.fromlist(self._reasons.numbers(texts.reasons))
        self._sender_domain.fromlist([domains[sender.rpartition("@")[2]] for sender in texts.fields[1]])
        self._recipient_domain.fromlist([domains[address.rpartition("@")[2]] for address in texts.addresses])
        self._append_text(content, ends.reshape(-1, len(FIELDS)))

    def _append_text(self, content: bytes, ends: Ints) -> None:
        lines = bytearray(content)
        last = ends[:, -1]
        np.frombuffer(lines, np.uint8)[last] = ord(END)
        starts = np.concatenate((np.zeros(1, np.int64), last[:-1] + 1))
        self._field_end.frombytes((ends - starts[:, None]).astype(np.int32).tobytes())
        self._text_at.frombytes((starts + self._text.size).tobytes())
        self._text.append(lines)

    def store(self) -> QueueStore:
        """All messages so far, each once: of two lines for one queue ID the later counts. Ends the builder."""
        self._text.append(END.encode() * 8)  # so that eight bytes can be read wherever a text begins
        store = QueueStore(
            raw=self._raw.map(),
            text=self._text.map(),
            raw_at=np.frombuffer(self._raw_at, np.int64),
            text_at=np.frombuffer(self._text_at, np.int64),
            field_end=np.frombuffer(self._field_end, np.int32).reshape(-1, len(FIELDS)),
            queue=np.frombuffer(self._queue, np.uint8),
            arrival=np.frombuffer(self._arrival, np.int64),
            size=np.frombuffer(self._size, np.int64),
            recipients=np.frombuffer(self._recipients, np.int32),
            reason=np.frombuffer(self._reason, np.int32),
            sender_domain=np.frombuffer(self._sender_domain, np.int32),
            recipient_domain=np.frombuffer(self._recipient_domain, np.int32),
            id_hash=np.frombuffer(self._hash, np.int64),
            queues=tuple(self._queues.names),
            reasons=tuple(self._reasons.labels),
            domains=tuple(self._domains.names),
        )
        dropped = _listed_again(store)
        for row in dropped:
            self._text.overwrite(int(store.text_at[row]), PART.encode() * int(store.field_end[row, -1] + 1))
        return _without(store, dropped) if dropped else store

    def close(self) -> None:
        self._raw.close()
        self._text.close()


class _Codes(dict[str, int]):
    """Small numbers for names, given on first sight; different spellings can share one."""

    def __init__(
        self, canonical: Callable[[str], str], names: Iterable[str] = (), limit: int = 1 << 31
    ) -> None:
        super().__init__()
        self.names: list[str] = []
        self._canonical, self._limit = canonical, limit
        self._numbers: dict[str, int] = {}
        for name in names:
            _ = self[name]

    def __missing__(self, spelt: str) -> int:
        name = self._canonical(spelt)
        number = self._numbers.get(name)
        if number is None:
            number = min(len(self.names), self._limit - 1)
            self._numbers[name] = number
            if number == len(self.names):
                self.names.append(name if number < self._limit - 1 else "other")
        self[spelt] = number
        return number


class _Texts(NamedTuple):
    fields: list[list[str]]  # one list for each of FIELDS, of a text for each message
    parts: int  # how many PART are in them
    reasons: list[str]  # the one that each message counts under
    counts: list[int]  # how many recipients each has
    addresses: list[str]  # of all recipients


def _texts(messages: list[Message]) -> _Texts:
    """What can be searched in of each message."""
    many = [message.recipients for message in messages]
    counts = list(map(len, many))
    addresses = [recipient.address for recipient in chain.from_iterable(many)]
    firsts = [recipients[0] if recipients else _NOBODY for recipients in many]
    to = [first.address for first in firsts]
    said = [first.delay_reason for first in firsts]
    reasons, parts = said.copy(), 0
    for i in np.flatnonzero(np.array(counts) > 1).tolist():
        recipients = many[i]
        different = dict.fromkeys([recipient.delay_reason for recipient in recipients])
        to[i] = PART.join([recipient.address for recipient in recipients])
        said[i] = PART.join(different)
        reasons[i] = reasons[i] or messages[i].reason
        parts += len(recipients) + len(different) - 2
    ids = [message.queue_id for message in messages]
    senders = [message.sender for message in messages]
    return _Texts([ids, senders, to, said], parts, reasons, counts, addresses)


def _spaced(message: Message) -> Message:
    """The message without our own separators in its texts."""
    recipients = [
        Recipient(r.address.translate(SPACED), r.delay_reason.translate(SPACED)) for r in message.recipients
    ]
    return structs.replace(message, sender=message.sender.translate(SPACED), recipients=tuple(recipients))


def _lines(fields: list[list[str]]) -> tuple[bytes, Ints]:
    """The texts message by message, a separator after each, and where the separators are."""
    count = len(fields)
    mixed = [""] * (count * len(fields[0]) + 1)
    for i, texts in enumerate(fields):
        mixed[i:-1:count] = texts
    content = FIELD.join(mixed).lower().encode("utf-8", "replace")
    return content, np.flatnonzero(np.frombuffer(content, np.uint8) == ord(FIELD))


def _count(content: bytes, byte: str) -> int:
    return int(np.count_nonzero(np.frombuffer(content, np.uint8) == ord(byte)))


def _starts(content: bytes) -> Ints:
    """Where each line of `content` begins; the last one ends with a line end as well."""
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord(END))
    return np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)) if len(ends) else ends


def _without(store: QueueStore, dropped: list[int]) -> QueueStore:
    keep = np.ones(len(store), np.bool_)
    keep[dropped] = False
    by_message = {
        name: getattr(store, name)[keep]
        for name in (
            "raw_at",
            "text_at",
            "field_end",
            "queue",
            "arrival",
            "size",
            "recipients",
            "reason",
            "sender_domain",
            "id_hash",
        )
    }
    return replace(
        store, recipient_domain=store.recipient_domain[np.repeat(keep, store.recipients)], **by_message
    )


def _listed_again(store: QueueStore) -> list[int]:
    """Rows whose queue ID comes again further down."""
    order = store.by_hash
    ordered = store.id_hash[order]
    twins = np.flatnonzero(ordered[1:] == ordered[:-1])
    return [
        int(order[i]) for i in twins if store.queue_id(int(order[i])) == store.queue_id(int(order[i + 1]))
    ]
