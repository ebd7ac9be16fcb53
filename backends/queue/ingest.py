"""From the bytes of `postqueue -j` to a `QueueStore`: a megabyte at a time, in columns."""

import time
from array import array
from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import Event

import msgspec
import numpy as np

from backends.errors import Refused
from backends.files import Spill
from backends.queue.listing import BrokenLine, decode_block, decode_lines, whole_lines
from backends.queue.message import QUEUES, Message, Recipient, domain_of
from backends.queue.reason import Reasons
from backends.queue.snapshot import QueueSnapshot
from backends.queue.store import END, FIELD, PART, Ints, QueueStore

BROKEN_LIMIT = 1000
_NOBODY = Recipient("")
_CLEAN = str.maketrans(dict.fromkeys((FIELD, PART, END), " "))


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
            _extend(self._raw_at, starts + base)
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
        many = [message.recipients for message in messages]
        senders = [message.sender for message in messages]
        self.count += len(messages)
        code = self._domains.__getitem__
        _extend(self._queue, [self._queues[message.queue_name] for message in messages])
        _extend(self._arrival, [message.arrival_time for message in messages])
        _extend(self._size, [message.message_size for message in messages])
        _extend(self._hash, [hash(message.queue_id) for message in messages])
        _extend(self._recipients, list(map(len, many)))
        _extend(self._sender_domain, [code(sender.rpartition("@")[2]) for sender in senders])
        _extend(
            self._recipient_domain,
            [code(r.address.rpartition("@")[2]) for recipients in many for r in recipients],
        )
        content, reasons = _text(messages)
        if not _well_formed(content, len(messages)):
            content, reasons = _text([_cleaned(message) for message in messages])
        _extend(self._reason, self._reasons.numbers(reasons))
        _extend(self._text_at, _starts(content) + self._text.size)
        self._text.append(content)

    def store(self) -> QueueStore:
        """All messages so far, each once: of two lines for one queue ID the later counts. Ends the builder."""
        store = QueueStore(
            raw=self._raw.map(),
            text=self._text.map(),
            raw_at=np.frombuffer(self._raw_at, np.int64),
            text_at=np.frombuffer(self._text_at, np.int64),
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
            start = int(store.text_at[row])
            end = store.text.find(b"\n", start)
            self._text.overwrite(start, FIELD.encode() * (end - start))
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
                self.names.append(name)
        self[spelt] = number
        return number


def _text(messages: list[Message]) -> tuple[bytes, list[str]]:
    """One line a message for searching, and the reason that each counts under."""
    many = [message.recipients or (_NOBODY,) for message in messages]
    firsts = [recipients[0] for recipients in many]
    addresses = [first.address for first in firsts]
    said = [first.delay_reason for first in firsts]
    reasons = said.copy()
    for i, recipients in enumerate(many):
        if len(recipients) > 1:
            addresses[i] = PART.join([r.address for r in recipients])
            said[i] = PART.join({r.delay_reason for r in recipients})
            reasons[i] = reasons[i] or messages[i].reason
    lines = zip([m.queue_id for m in messages], [m.sender for m in messages], addresses, said, strict=True)
    return END.join([*map(FIELD.join, lines), ""]).lower().encode("utf-8", "replace"), reasons


def _well_formed(content: bytes, lines: int) -> bool:
    """Whether the separators are all ours."""
    seen = np.frombuffer(content, np.uint8)
    ends, fields = np.count_nonzero(seen == ord(END)), np.count_nonzero(seen == ord(FIELD))
    return bool(ends == lines and fields == 3 * lines)


def _starts(content: bytes) -> Ints:
    """Where each line of `content` begins; the last one ends with a line end as well."""
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord(END))
    return np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)) if len(ends) else ends


def _extend(column: "array[int]", values: list[int] | Ints) -> None:
    column.frombytes(np.asarray(values, column.typecode).tobytes())


def _cleaned(message: Message) -> Message:
    """The message without our own separators in its texts."""
    return msgspec.structs.replace(
        message,
        sender=message.sender.translate(_CLEAN),
        recipients=tuple(
            Recipient(r.address.translate(_CLEAN), r.delay_reason.translate(_CLEAN))
            for r in message.recipients
        ),
    )


def _without(store: QueueStore, dropped: list[int]) -> QueueStore:
    keep = np.ones(len(store), np.bool_)
    keep[dropped] = False
    by_message = {
        name: getattr(store, name)[keep]
        for name in (
            "raw_at",
            "text_at",
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
    order = np.argsort(store.id_hash, kind="stable")
    ordered = store.id_hash[order]
    twins = np.flatnonzero(ordered[1:] == ordered[:-1])
    return [
        int(order[i]) for i in twins if store.queue_id(int(order[i])) == store.queue_id(int(order[i + 1]))
    ]
