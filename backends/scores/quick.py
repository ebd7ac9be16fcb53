"""Lines of amavis's usual form, thousands at a time: rows out of fixed windows of bytes, by numpy.

Of each line four places are known (`Places`). What does not have exactly the usual form is left to line.py, which reads
one line after the other and is the measure of what is right. Texts are compared eight bytes at a time.
"""

from typing import NamedTuple

import numpy as np

from backends.maillog.stamp import epoch
from backends.scores.figures import LONGEST_NUMBER, backward, forward, scores
from backends.scores.line import direction, number_of
from backends.scores.store import (
    BLOCKED,
    DIRECTIONS,
    QUARANTINED,
    ROW,
    TAGGED,
    UNKNOWN,
    Rows,
)
from backends.scores.windows import Bools, Ints, Pattern, digits, windows, words

HITS = b", Hits: "
SIZE = b", size: "
QUEUED = b", queued_as: "
MARGIN = 64
"""Bytes that can be read before the first line and behind the last."""
_RFC, _OLD = 32, 15  # lengths of the two usual time stamps
_BEFORE = 32
_ENDING = 8
_ACTIONS = 40
_ID = 32
_LONGEST_ID = 20
_KINDS = ("OTHER", "CLEAN", "MTA-BLOCKED", "OVERSIZED", "SPAMMY", "SPAM", "UNCHECKED", "UNCHECKED-ENCRYPTED")
_NAMES = {name: number_of(name) for name in _KINDS} | {
    f"BAD-HEADER-{minor}": number_of("BAD-HEADER") for minor in range(10)
}
_NAMED = tuple(
    (f") {verb} {name} (".encode(), number_of(name), verb == "Blocked")
    for name in ("INFECTED", "BANNED")
    for verb in ("Blocked", "Passed")
)
_MIX = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F],
    np.uint64,
)


class Places(NamedTuple):
    """Of each line where it begins, its first brace, its last HITS (-1: none), and its line end."""

    start: Ints
    brace: Ints
    hits: Ints
    end: Ints


class Shape(NamedTuple):
    """How lines of one host begin: the length of the time stamp, and what follows up to the process ID."""

    stamp: int
    prefix: bytes


def shape_of(line: bytes, stamp: int, pid: int) -> Shape | None:
    """The shape of a line whose time stamp ends at `stamp` and whose process ID begins at `pid`; None: an unusual one."""
    return Shape(stamp, line[stamp:pid]) if stamp in {_RFC, _OLD} and pid - stamp <= MARGIN - 8 else None


class Quick:
    """Reads lines of the shapes that it has been taught."""

    def __init__(self, latest: float) -> None:
        self._latest = latest
        self._shapes: dict[Shape, Pattern] = {}
        self._actions: dict[bytes, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._shapes)

    def learn(self, shape: Shape) -> None:
        """Read lines of this shape from now on."""
        self._shapes.setdefault(shape, Pattern(shape.prefix))

    def rows(self, content: bytearray, base: int, at: Places) -> tuple[Rows, Bools, Bools]:
        """A row for each line; which of them are right; which of these are, unless HITS comes in the line twice.

        `base`: where the content begins in its log.
        """
        rows = np.zeros(len(at.start), ROW)
        good = at.hits > at.brace
        rows["at"] = at.start + base
        category, blocked, mark = _categories(content, at)
        good &= category >= 0
        rows["category"] = category
        good &= self._heads(content, at, mark, rows)
        good &= self._actions_of(content, at.brace, rows)
        rows["flags"] |= np.where(blocked, BLOCKED, 0).astype(np.uint16)
        hits = np.where(good, at.hits, at.start)
        fine, unsure = _tails(content, hits + len(HITS), at.end, rows)
        return rows, good & fine, unsure

    def _heads(self, content: bytearray, at: Places, mark: Ints, rows: Rows) -> Bools:
        """Whether amavis wrote them, as syslog says, and nothing is between that and the verdict; the times."""
        good = np.zeros(len(at.start), np.bool_)
        for shape, pattern in self._shapes.items():
            which = np.flatnonzero(~good)
            if not len(which):
                break
            start = at.start[which]
            same = pattern.same(words(windows(content, start + shape.stamp, pattern.width)))
            which, start = which[same], start[same]
            if not len(which):
                continue
            behind = start + shape.stamp + len(shape.prefix)
            fine = _ids(content, behind, mark[which] - behind)
            times, timed = self._times(content, start, shape.stamp)
            rows["time"][which] = times
            good[which] = fine & timed
        return good

    def _times(self, content: bytearray, start: Ints, length: int) -> tuple[Ints, Bools]:
        """The times of stamps of one kind: each hour is asked for once, the rest is arithmetic."""
        rfc = length == _RFC
        stamps = windows(content, start, _RFC if rfc else 16)
        parts = words(stamps)
        hour, zone = (13, 26) if rfc else (9, _OLD)
        changes = parts[1:, 0] != parts[:-1, 0]
        changes |= ((parts[1:, 1] ^ parts[:-1, 1]) & np.uint64((1 << (hour - 8) * 8) - 1)) != 0
        if rfc:
            changes |= ((parts[1:, 3] ^ parts[:-1, 3]) >> np.uint64(16)) != 0
        firsts = np.concatenate(([0], np.flatnonzero(changes) + 1))
        hours = [self._hour(bytes(stamps[i, :hour]), bytes(stamps[i, zone:length])) for i in firsts.tolist()]
        begun = np.repeat(np.array(hours, np.int64), np.diff(np.append(firsts, len(stamps))))
        good = (begun >= 0) & (stamps[:, hour] == ord(":")) & (stamps[:, hour + 3] == ord(":"))
        if rfc:
            good &= (stamps[:, 19] == ord(".")) & digits(stamps[:, 20:26]).all(1)
        time = begun
        for column, value, limit in ((1, 600, 6), (2, 60, 10), (4, 10, 6), (5, 1, 10)):
            figure = stamps[:, hour + column] - ord("0")
            good &= figure < limit
            time = time + figure * np.int64(value)
        return np.where(good, time, 0), good

    def _hour(self, written: bytes, zone: bytes) -> int:
        when = epoch(written + b":00:00" + zone, self._latest)
        return -1 if when is None or not 0 <= when < UNKNOWN - 3600 else int(when)

    def _actions_of(self, content: bytearray, brace: Ints, rows: Rows) -> Bools:
        """What stands in braces: each text is looked at once."""
        texts = windows(content, brace, _ACTIONS)
        closing = (texts == ord("}")).argmax(1)
        with np.errstate(over="ignore"):
            keys = ((words(texts) & _MASKS[closing]) * _MIX).sum(1)
        _, firsts, inverse = np.unique(keys, return_index=True, return_inverse=True)
        known = [self._action(texts[i, : closing[i] + 1].tobytes()) for i in firsts.tolist()]
        values = np.array(known, np.int64).reshape(-1, 2)[inverse]
        rows["flags"] = values[:, 0]
        rows["direction"] = np.maximum(values[:, 1], 0)
        good: Bools = (closing > 0) & (values[:, 1] >= 0)
        return good

    def _action(self, text: bytes) -> tuple[int, int]:
        """Flags and direction; a direction of -1: it has not the usual form."""
        if text not in self._actions:
            if len(self._actions) > 1000:
                return 0, -1
            self._actions[text] = meaning(text[1:-1])
        return self._actions[text]


def meaning(actions: bytes) -> tuple[int, int]:
    """Flags and direction of what stands in braces; a direction of -1: it is something else."""
    if not actions.replace(b",", b"").isalnum():
        return 0, -1
    parts = tuple(actions.decode("ascii").split(","))
    flags = QUARANTINED if "Quarantined" in parts else 0
    flags |= TAGGED if any("Tagged" in part for part in parts) else 0
    return flags, DIRECTIONS.index(direction(parts))


def _patterns() -> dict[bytes, list[tuple[Pattern, int, int, bool]]]:
    """What stands before the brace, by its last bytes: the whole, its length, the category, whether it was blocked."""
    found: dict[bytes, list[tuple[Pattern, int, int, bool]]] = {}
    for name, category in _NAMES.items():
        for verb in ("Passed", "Blocked"):
            whole = f") {verb} {name} ".encode()
            pattern = Pattern(whole, right=True, width=_BEFORE)
            found.setdefault(whole[-_ENDING:], []).append((pattern, len(whole), category, verb == "Blocked"))
    return found


_BY_ENDING = _patterns()
_ENDINGS = np.array(sorted(int.from_bytes(ending, "little") for ending in _BY_ENDING), np.uint64)
_MASKS = (
    np.array([[b"\xff" * (n + 1) + b"\0" * (_ACTIONS - n - 1)] for n in range(_ACTIONS)], f"S{_ACTIONS}")
    .view("<u8")
    .reshape(_ACTIONS, -1)
)


def _categories(content: bytearray, at: Places) -> tuple[Ints, Bools, Ints]:
    """The category (-1: another), whether it was blocked, and where the parenthesis of amavis's number closes."""
    brace = at.brace
    before = words(windows(content, brace - _BEFORE, _BEFORE))
    endings = before[:, -1]
    nearest = np.minimum(np.searchsorted(_ENDINGS, endings), len(_ENDINGS) - 1)
    nearest[_ENDINGS[nearest] != endings] = -1
    category = np.full(len(brace), -1, np.int64)
    blocked = np.zeros(len(brace), np.bool_)
    mark = np.zeros(len(brace), np.int64)
    for number in np.flatnonzero(np.bincount(nearest + 1)[1:]).tolist():
        which = np.flatnonzero(nearest == number)
        some = before[which]
        for pattern, length, code, was_blocked in _BY_ENDING[
            int(_ENDINGS[number]).to_bytes(_ENDING, "little")
        ]:
            rows = which[pattern.same(some)]
            category[rows], blocked[rows], mark[rows] = code, was_blocked, brace[rows] - length
    closed = (category < 0) & ((endings >> np.uint64(48)) == int.from_bytes(b") ", "little"))
    for i in np.flatnonzero(closed).tolist():
        for text, code, was_blocked in _NAMED:
            place = content.find(text, int(at.start[i]), int(brace[i]))
            if place >= 0 and content.find(b") {", int(brace[i]), int(at.end[i])) < 0:
                category[i], blocked[i], mark[i] = code, was_blocked, place
                break
    return category, blocked, mark


def _ids(content: bytearray, at: Ints, length: Ints) -> Bools:
    """Whether a process ID stands there and then amavis's number, which closes so many bytes further on."""
    part = windows(content, at, _ID)
    figures = digits(part[:, :11]).argmin(1)
    good: Bools = figures > 0
    flat, first = part.ravel(), np.arange(len(at)) * _ID + figures
    for further, byte in enumerate(b"]: ("):
        good &= flat[first + further] == byte
    good &= ((part == ord(")")).argmax(1) == length) & (length > figures + 4)
    apart = ((part <= ord(" ")) | (part == ord("("))) & (np.arange(_ID) < length[:, None])
    good &= apart.sum(1) == 2  # those of `]: (`
    return good


def _tails(content: bytearray, at: Ints, end: Ints, rows: Rows) -> tuple[Bools, Bools]:
    """Score, size and time taken; whether they are there, and whether there is more than usual behind them."""
    part = windows(content, at, 16)
    comma = (part == ord(",")).argmax(1)
    score, good = scores(part, comma)
    rows["score"] = score
    sizes = windows(content, at + comma, 24)
    good &= _SIZE.same(words(sizes))
    size, figures = forward(sizes[:, len(SIZE) : len(SIZE) + LONGEST_NUMBER + 1])
    good &= figures > 0
    rows["size"] = size
    behind = at + comma + len(SIZE) + figures
    took, taken = backward(windows(content, end - 16, 16))
    good &= taken > 0
    rows["took"] = took
    more = end - 5 - taken - behind
    good &= more >= 0
    queued = windows(content, behind, 40)
    named = _QUEUED.same(words(queued))
    comma = (queued[:, len(QUEUED) : len(QUEUED) + _LONGEST_ID] == ord(",")).argmax(1) + len(QUEUED)
    return good, ~((more == 0) | (named & (comma == more)))


_SIZE, _QUEUED = Pattern(SIZE), Pattern(QUEUED)
