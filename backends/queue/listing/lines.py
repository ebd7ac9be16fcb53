"""Reading `postqueue -j`: bytes as they come in, messages and broken lines out. Pure; runs nothing."""

from collections.abc import Iterable, Iterator

import msgspec

from backends.queue.message import QUEUE_ID, Message

LINE_LIMIT = 64 << 20
SAMPLE = 200
BROKEN_LIMIT = 1000

_line = msgspec.json.Decoder(Message)


class BrokenLine(msgspec.Struct, frozen=True):
    """A line that is not a message: its number from 1, its beginning, and what is wrong with it."""

    number: int
    sample: bytes
    why: str


def whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a stream of bytes into blocks that end at a line's end (the last one perhaps not).

    A line longer than 64 MiB is let go in pieces, which then are broken lines.
    """
    pending: list[bytes] = []
    size = 0
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if not end and size < LINE_LIMIT:
            pending.append(chunk)
            size += len(chunk)
            continue
        yield b"".join((*pending, memoryview(chunk)[:end]))
        pending, size = [chunk[end:]], len(chunk) - end
    if rest := b"".join(pending):
        yield rest


def decode_block(block: bytes) -> list[Message] | None:
    """All messages of a block of lines at once, or None when any line is broken."""
    try:
        messages = _line.decode_lines(block)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    ids = "".join([message.queue_id for message in messages])
    if ids and not (ids.isascii() and ids.isalnum()):
        return None
    return messages


def decode_line(line: bytes) -> Message:
    """One message.

    8-bit text that is not UTF-8 is kept readable, its odd bytes replaced.

    :raises ValueError: the line is not a message; the text says why.
    """
    try:
        message = _line.decode(line)
    except UnicodeDecodeError:
        message = _line.decode(line.decode("utf-8", "replace"))
    if not QUEUE_ID.fullmatch(message.queue_id):
        raise ValueError("its queue_id is not a queue ID")
    return message


def decode_lines(block: bytes, first: int = 1) -> Iterator[tuple[bytes, Message | BrokenLine]]:
    """Each line of a block with its message, or with what is wrong with it; empty lines are passed over."""
    for number, line in enumerate(block.split(b"\n"), first):
        if not line.strip():
            continue
        try:
            yield line, decode_line(line)
        except (ValueError, RecursionError) as error:
            yield line, BrokenLine(number, line[:SAMPLE], str(error)[:SAMPLE])


def messages(chunks: Iterable[bytes], broken: list[BrokenLine]) -> Iterator[Message]:
    """Every message of a listing once, as it comes; the first 1,000 broken lines are put into `broken`.

    A message that was listed twice because it moved between queues meanwhile is given where it was seen first.
    """
    seen: set[str] = set()
    number = 1
    for block in whole_lines(chunks):
        found = decode_block(block)
        if found is None:
            found = []
            for _, value in decode_lines(block, number):
                if isinstance(value, Message):
                    found.append(value)
                elif len(broken) < BROKEN_LIMIT:
                    broken.append(value)
        number += block.count(b"\n")
        for message in found:
            if message.queue_id not in seen:
                seen.add(message.queue_id)
                yield message
