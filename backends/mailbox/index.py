"""All messages of an mbox as columns of numbers: where they are, and what they are known by. Read by two processes.

Each process takes a part of the file. The second begins at a From_ line behind the middle; that it is one, and not a
line of a long body, shows when the first comes to it as well: else what the second found before is left out.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import pairwise
from typing import NamedTuple

import msgspec

from backends.mailbox.content import SEEN, Content, another
from backends.mailbox.progress import Progress
from backends.mailbox.split import Dialect, Place, Splitter
from backends.mailbox.window import Window
from backends.workers import Job, Owner, Stop, count, each

PLACES = 5
"""Numbers of a place: start, head, body, end, next."""
WORTH_IT = 8 << 20
"""Bytes of a file below which one process is quicker."""
NOTICE = 64
"""Messages between two looks at whether to stop."""
_QUOTED, _CRLF, _SHORT, _INTERNAL = 1, 2, 4, 8
_FLAGS = "DFPRST"


class Part(msgspec.Struct):
    """What one process found: columns as bytes; `end`: where the next message starts."""

    places: bytes
    keys: bytes
    whens: bytes
    sizes: bytes
    marks: bytes
    end: int


class Message(NamedTuple):
    """One message of an index."""

    place: Place
    key: int
    when: int
    size: int
    flags: str


class Index:
    """The messages of an mbox in their order."""

    def __init__(self) -> None:
        self._places, self.keys, self._whens, self.sizes = array("Q"), array("Q"), array("Q"), array("Q")
        self._marks = array("H")

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, row: int) -> Message:
        marks = self._marks[row]
        start, head, body, end, following = self._places[row * PLACES : (row + 1) * PLACES]
        quoted, crlf, short = (bool(marks & mark) for mark in (_QUOTED, _CRLF, _SHORT))
        place = Place(start, head, body, end, following, quoted, crlf, short)
        return Message(place, self.keys[row], self._whens[row], self.sizes[row], _text(marks >> 4))

    @property
    def short(self) -> bool:
        """Whether the file ends before its last message does, as that says."""
        return bool(self._marks) and bool(self._marks[-1] & _SHORT)

    def add(self, part: Part, start: int) -> None:
        """Take in what a process found from `start` on, without what is no message."""
        columns = (
            array("Q", part.keys),
            array("Q", part.whens),
            array("Q", part.sizes),
            array("H", part.marks),
        )
        places, marks = array("Q", part.places), columns[-1]
        row = bisect_left(range(len(marks)), start, key=lambda row: places[row * PLACES])
        if row < len(marks) and marks[row] & _INTERNAL:
            row += 1
        self._places.extend(places[row * PLACES :])
        for own, column in zip((self.keys, self._whens, self.sizes, self._marks), columns, strict=True):
            own.extend(column[row:])

    def number(self) -> None:
        """Give each message that is there several times a key of its own."""
        seen: dict[int, int] = {}
        order = sorted(range(len(self.keys)), key=self.keys.__getitem__)
        twice = {self.keys[one] for one, other in pairwise(order) if self.keys[one] == self.keys[other]}
        for row, key in enumerate(self.keys):
            if key in twice:
                seen[key] = seen.get(key, 0) + 1
                if seen[key] > 1:
                    self.keys[row] = another(key, seen[key])


class Reading(NamedTuple):
    """How an mbox is read: its handle, size, dialect, and the date of a message that has none (epoch seconds)."""

    handle: int
    size: int
    dialect: Dialect
    otherwise: int


def index_of(reading: Reading, owner: Owner, stop: Stop, progress: Progress) -> Index | None:
    """Read an mbox in children of that owner; None: it is none.

    :raises Failed: the file has become shorter.
    """
    first = Splitter(Window(reading.handle, reading.size), reading.dialect).first()
    if first is None:
        return None
    parts = count() if reading.size >= WORTH_IT else 1
    limits = [reading.size * number // parts for number in range(parts)] + [reading.size]

    def job(number: int) -> Job:
        return Job(owner, lambda ends: _found(reading, (number, first, limits), ends, progress))

    found = each([job(number) for number in range(parts)], Part, stop, progress.look)
    index, at = Index(), first
    for number, one in enumerate(found):
        if stop.number:
            break
        part = one
        if number and at < limits[number + 1] and not _has(part, at):
            again = Job(owner, partial(_again, reading, (number, at, limits), progress))
            part = each([again], Part, stop, progress.look)[0]
        index.add(part, at)
        at = max(at, part.end)
    index.number()
    return index


def _found(reading: Reading, share: tuple[int, int, list[int]], stop: Stop, progress: Progress) -> Part:
    number, start, limits = share
    if number:
        start = Splitter(Window(reading.handle, reading.size), reading.dialect).begin(limits[number])
    return _listed(
        reading,
        (start, limits[number + 1]),
        stop,
        lambda at: progress.tell(number, max(at - limits[number], 0)),
        first=not number,
    )


def _again(reading: Reading, share: tuple[int, int, list[int]], progress: Progress, stop: Stop) -> Part:
    number, start, limits = share
    tell = partial(progress.tell, number)
    return _listed(reading, (start, limits[number + 1]), stop, lambda at: tell(at - limits[number]))


def _listed(
    reading: Reading,
    between: tuple[int, int],
    stop: Stop,
    tell: Callable[[int], None],
    *,
    first: bool = False,
) -> Part:
    """The messages that start between two places; `first`: the first of the file is among them."""
    start, until = between
    places, keys, whens, sizes, marks = array("Q"), array("Q"), array("Q"), array("Q"), array("H")
    window = Window(reading.handle, reading.size)
    content = Content(window, reading.dialect, reading.otherwise)
    end = start
    for place in Splitter(window, reading.dialect).messages(start, until):
        known = content.known(place)
        places.extend(place[:PLACES])
        keys.append(known.key)
        whens.append(known.when)
        sizes.append(known.size)
        marks.append(_marks(place, known.flags, internal=known.internal and first and place.start == start))
        end = place.next
        if len(keys) % NOTICE == 0:
            tell(end)
            if stop.asked():
                break
    return Part(
        places=places.tobytes(),
        keys=keys.tobytes(),
        whens=whens.tobytes(),
        sizes=sizes.tobytes(),
        marks=marks.tobytes(),
        end=end,
    )


def _has(part: Part, start: int) -> bool:
    places = array("Q", part.places)
    row = bisect_left(range(len(places) // PLACES), start, key=lambda row: places[row * PLACES])
    return row * PLACES < len(places) and places[row * PLACES] == start


def _marks(place: Place, flags: str, *, internal: bool) -> int:
    marks = place.quoted * _QUOTED | place.crlf * _CRLF | place.short * _SHORT | internal * _INTERNAL
    return marks | _bits(flags) << 4


@cache
def _bits(flags: str) -> int:
    bits = sum(1 << bit for bit, flag in enumerate(_FLAGS) if flag in flags)
    return bits | (1 << len(_FLAGS)) * (SEEN in flags)


@cache
def _text(bits: int) -> str:
    flags = "".join(flag for bit, flag in enumerate(_FLAGS) if bits >> bit & 1)
    return flags or (SEEN if bits >> len(_FLAGS) else "")


def rows_of(index: Index, known: "array[int]") -> Iterator[int]:
    """The rows whose messages are not among the known keys, which are sorted."""
    for row, key in enumerate(index.keys):
        at = bisect_left(known, key)
        if at == len(known) or known[at] != key:
            yield row
