"""Rows found again in their logs: the texts that the store does not keep."""

import re
from collections.abc import Iterator, Sequence
from threading import Event

from backends.errors import Refused
from backends.maillog.blocks import HISTORY, Block, Blocks
from backends.maillog.files import Log
from backends.maillog.stamp import epoch
from backends.scores.line import parse
from backends.scores.scan import LONGEST, Whole, joined
from backends.scores.told import Scored

FIRST = 4 << 10
"""Bytes of a line that are read at first."""
AROUND = 1 << 19
"""Bytes before and behind a line in which lines of the same message are looked for."""
LINES = 60
_WORD = rb"(?<![0-9A-Za-z_-])%s(?![0-9A-Za-z_-])"


def wholes(log: Log, places: Sequence[int], stop: Event | None = None) -> Iterator[tuple[int, Whole]]:
    """The messages whose lines begin at these places, which ascend; one that is not there any more is left out."""
    found = _in_packed(log, places) if log.packed else _in_plain(log, places)
    for place, whole in found:
        if stop is not None and stop.is_set():
            raise Refused("Reading the mail log was stopped", hint="press enter to look again")
        yield place, whole


def scored(whole: Whole, latest: float) -> Scored | None:
    """What a whole message says."""
    return parse(whole.text, epoch(whole.stamp, latest) or 0.0, whole.am_id)


def lines_about(log: Log, whole: Whole, place: int, message: Scored) -> tuple[bytes, ...]:
    """The lines of the message itself, and those near it in a plain log that name one of its queue IDs."""
    if log.packed:
        return ()
    start = max(0, place - AROUND)
    with log.reader(start) as reader:
        content = reader.read(place - start + AROUND)
    ids = [
        name.encode() for name in (message.queue_id, message.queued_as) if name.isascii() and name.isalnum()
    ]
    own = rb"amavis\[\d+\]: \(" + re.escape(whole.am_id.encode()) + rb"\) "
    sought = re.compile(b"|".join([own, *(_WORD % name for name in ids)]))
    found: list[bytes] = []
    at = 0
    while (match := sought.search(content, at)) is not None and len(found) < LINES:
        begin = content.rfind(b"\n", 0, match.start()) + 1
        end = content.find(b"\n", match.end())
        end = len(content) if end < 0 else end
        if begin or not start:
            found.append(content[begin : min(end, begin + LONGEST)])
        at = end + 1
        if at > len(content):
            break
    return tuple(found)


def _in_plain(log: Log, places: Sequence[int]) -> Iterator[tuple[int, Whole]]:
    for place in places:
        for size in (FIRST, HISTORY + LONGEST):
            with log.reader(place) as reader:
                content = reader.read(size)
            end = content.find(b"\n")
            if end >= 0 and not content[:end].endswith(b"..."):
                break
        block = Block(bytearray(content), 0, content.rfind(b"\n") + 1, place, last=True)
        if end >= 0 and (whole := joined(block, 0)) is not None:
            yield place, whole


def _in_packed(log: Log, places: Sequence[int]) -> Iterator[tuple[int, Whole]]:
    wanted = iter(places)
    place = next(wanted, None)
    with log.reader() as reader:
        for block in Blocks(reader):
            while place is not None and place - block.base < block.end:
                at = place - block.base
                if at >= block.start and (whole := joined(block, at)) is not None:
                    yield place, whole
                place = next(wanted, None)
            if place is None:
                return
