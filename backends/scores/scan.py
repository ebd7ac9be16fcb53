"""From a log's lines to rows: a brace is looked for, which few lines but amavis's have, then all lines found at once."""

from typing import NamedTuple

import numpy as np

from backends.maillog.blocks import Block
from backends.maillog.stamp import epoch
from backends.scores.line import HEAD, JOINT, number_of, parse, thousandths
from backends.scores.quick import HITS, Places, Quick, meaning, shape_of
from backends.scores.store import BLOCKED, DIRECTIONS, RANGE, ROW, SPLIT, UNKNOWN, Rows
from backends.scores.told import Scored

LONGEST = 1 << 16
"""Bytes of a line that is looked at, and the most between two pieces of a split one."""
PIECES = 100
SHAPES = 8


class Whole(NamedTuple):
    """A message of amavis's with its pieces joined: where each piece's line begins, and the text behind amavis's number."""

    lines: tuple[int, ...]
    stamp: bytes
    am_id: str
    text: bytes
    complete: bool


class Scanner:
    """Reads blocks of a log, one after the other. `latest`: about when it was last written."""

    def __init__(self, latest: float) -> None:
        self._latest = latest
        self._quick = Quick(latest)
        self._joined: set[int] = set()

    def scan(self, block: Block) -> tuple[Rows, int]:
        """The rows of a block, and how many of its bytes are done with: not those of a line whose end is to come."""
        content, used = block.content, block.end
        at = places(block)
        if not len(at.start):
            return np.zeros(0, ROW), used
        if not len(self._quick):
            self._learn(content, at)
        rows, good, unsure = self._quick.rows(content, block.base, at)
        once = np.flatnonzero(good & unsure)
        for i, brace, hits in zip(
            once.tolist(), at.brace[once].tolist(), at.hits[once].tolist(), strict=True
        ):
            good[i] = content.find(HITS, brace, hits) < 0
        slow = np.flatnonzero(~good)
        keep = good
        for i, start, end in zip(slow.tolist(), at.start[slow].tolist(), at.end[slow].tolist(), strict=True):
            whole = self._whole(block, start, end)
            if whole is None:
                continue
            if not whole.complete and self._comes(block, end):
                used, keep[i:] = whole.lines[0], False
                keep &= rows["at"] < used + block.base
                break
            if (row := self._row(whole, block.base)) is not None:
                rows[i], keep[i] = row, True
        self._joined = {line for line in self._joined if line >= block.base + used - LONGEST}
        return rows[keep], used

    def _learn(self, content: bytearray, at: Places) -> None:
        for start, end in zip(at.start[:200].tolist(), at.end[:200].tolist(), strict=True):
            self._shape(bytes(content[start : min(end, start + 1000)]))

    def _shape(self, line: bytes) -> bool:
        """Whether a line is amavis's; how it begins is remembered."""
        head = HEAD.match(line)
        if head is not None and len(self._quick) < SHAPES:
            shape = shape_of(line, head.end("stamp"), head.start("pid"))
            if shape is not None:
                self._quick.learn(shape)
        return head is not None

    def _whole(self, block: Block, start: int, end: int) -> Whole | None:
        """The whole message of a line; None: it is none of amavis's, or one that was joined before."""
        if end - start > LONGEST or block.base + start in self._joined:
            return None
        if not self._shape(bytes(block.content[start:end])):
            return None
        whole = joined(block, start)
        if whole is not None:
            self._joined.update(block.base + line for line in whole.lines[1:])
        return whole

    def _comes(self, block: Block, end: int) -> bool:
        """Whether the rest of a line that ends there can still come."""
        return not block.last and block.end - end < LONGEST

    def _row(self, whole: Whole, base: int) -> tuple[int, ...] | None:
        when = epoch(whole.stamp, self._latest)
        if when is None or not 0 <= when < UNKNOWN:
            return None
        found = parse(whole.text, when, whole.am_id)
        return None if found is None else row_of(found, base + whole.lines[0], split=len(whole.lines) > 1)


def row_of(found: Scored, at: int, *, split: bool = False) -> tuple[int, ...]:
    """The row of a message whose line begins at `at`."""
    flags, direction = meaning(",".join(found.actions).encode()) if found.actions else (0, 0)
    flags |= (
        (BLOCKED if found.blocked else 0) | (RANGE if found.low is not None else 0) | (SPLIT if split else 0)
    )
    return (
        at,
        int(found.time),
        thousandths(found.score),
        UNKNOWN if found.took is None else min(found.took, UNKNOWN - 1),
        UNKNOWN if found.size is None else min(found.size, UNKNOWN - 1),
        number_of(found.category),
        max(direction, 0) if direction < len(DIRECTIONS) else 0,
        flags,
    )


def places(block: Block) -> Places:
    """Where lines with a brace are."""
    content, limit = block.content, block.end
    find, rfind = content.find, content.rfind
    starts: list[int] = []
    braces: list[int] = []
    hits: list[int] = []
    ends: list[int] = []
    brace = find(b"{", block.start, limit)
    while brace >= 0:
        end = find(b"\n", brace, limit)
        starts.append(rfind(b"\n", 0, brace) + 1)
        braces.append(brace)
        hits.append(rfind(HITS, brace, end))
        ends.append(end)
        brace = find(b"{", end, limit)
    return Places(*(np.array(numbers, np.int64) for numbers in (starts, braces, hits, ends)))


def joined(block: Block, start: int) -> Whole | None:
    """The message whose line begins at `start`, with the pieces that syslog made of it before and behind.

    None: that is no line of amavis's.
    """
    first = _head(block, start)
    if first is None:
        return None
    key = first.string[first.tag : first.end]
    while (
        first.text.startswith(JOINT) and (before := _neighbour(block, key, first.at, back=True)) is not None
    ):
        first = before
    lines, text, last = [first.at], first.text, first
    while text.endswith(JOINT) and len(lines) < PIECES:
        behind = _neighbour(block, key + JOINT, last.at)
        if behind is None:
            break
        last = behind
        lines.append(last.at)
        text = text[: -len(JOINT)] + last.text[len(JOINT) :]
    return Whole(tuple(lines), first.stamp, first.am_id, text, not text.endswith(JOINT))


class _Line(NamedTuple):
    """A line of amavis's: where it begins, all of it, and its parts."""

    at: int
    string: bytes
    stamp: bytes
    am_id: str
    tag: int
    end: int

    @property
    def text(self) -> bytes:
        return self.string[self.end :]


def _head(block: Block, start: int) -> _Line | None:
    line = _line(block, start)
    head = HEAD.match(line)
    if head is None:
        return None
    am_id = head["am_id"].decode("ascii", "replace")
    return _Line(start, line, head["stamp"], am_id, head.start("pid") - len(" amavis["), head.end())


def _neighbour(block: Block, key: bytes, line: int, *, back: bool = False) -> _Line | None:
    """The next line behind this one (before it) that syslog gave the same tag."""
    content, at = block.content, line if back else line + 1
    limit = max(0, line - LONGEST) if back else min(block.end, line + 2 * LONGEST)
    while True:
        at = content.rfind(key, limit, at) if back else content.find(key, at, limit)
        if at < 0:
            return None
        found = _head(block, content.rfind(b"\n", 0, at) + 1)
        if found is not None and found.at + found.tag == at and found.at != line:
            return found
        at = at if back else at + 1


def _line(block: Block, start: int) -> bytes:
    end = block.content.find(b"\n", start, block.end)
    return bytes(
        block.content[start : end if 0 <= end <= start + LONGEST else min(block.end, start + LONGEST)]
    )
