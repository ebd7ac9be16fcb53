"""A table's source read whole: how many entries, which keys twice, which lines are ignored, which keys never match.

Lines are bytes in numpy's arrays; only what is out of the ordinary (quotes, NUL, values on the next line) is read by
`lines.read`, and only so much of it. What is the same twice is found by a hash of each key and then compared.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from backends.maps import forms as seen
from backends.maps.blocks import TooLong, blocks
from backends.maps.forms import Form
from backends.maps.lines import BLANK, logical, read

MOST = 1 << 24
"""Entries among which the same key is looked for."""
ODD = 1_000_000
"""Lines out of the ordinary that are looked at."""
SHOWN = 20
"""Examples of each problem."""
LONG = 256
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]


def _table(chars: bytes) -> Mask:
    table = np.zeros(256, dtype=np.bool_)
    table[list(chars)] = True
    return table


_BLANK = _table(BLANK)
_ODD_IN_KEY = _table(b'"\\' + bytes(range(128, 256)))
_ODD_IN_NAME = _table(b'"\\,;()<>@[]' + bytes(range(128, 256)))
_LOWER = np.arange(256, dtype=np.uint8)
_LOWER[65:91] += 32
_PRIME = np.uint64(0x100000001B3)
_START = np.uint64(0xCBF29CE484222325)


class Problem:
    """One kind of problem: how often, and some of the lines with their keys."""

    def __init__(self) -> None:
        self.count = 0
        self.examples: list[tuple[int, bytes]] = []

    def add(self, line: int, key: bytes) -> None:
        self.count += 1
        if len(self.examples) < SHOWN:
            self.examples.append((line, key))


class Scan:
    """What was found. `sample` are some keys; `cut` says in a sentence what was not looked at."""

    def __init__(self) -> None:
        self.entries = 0
        self.problems: dict[str | Form, Problem] = {}
        self.twice: list[tuple[bytes, list[int]]] = []
        self.twice_count = 0
        self.sample: list[bytes] = []
        self.cut = ""

    def problem(self, kind: str | Form) -> Problem:
        return self.problems.setdefault(kind, Problem())


class _Keys(NamedTuple):
    """Keys of a block: lower case, where each begins and ends in `text`, and its line."""

    text: Bytes
    starts: Places
    ends: Places
    lines: Places


def scan(
    file: BinaryIO,
    *,
    alias: bool = False,
    ways: Sequence[Sequence[Form]] = (),
    progress: Callable[[], None] = lambda: None,
) -> Scan:
    """Read a source; `ways` are forms of keys that are never looked up (see `forms.forms`)."""
    found = Scan()
    hashes: list[Hashes] = []
    try:
        for keys in _each(file, found, alias):
            if found.entries <= MOST:
                hashes.append(_hashes(keys))
            _sample(found, keys)
            _never(found, keys, ways)
            progress()
    except TooLong as error:
        found.cut = f"{error}: what follows was not looked at"
    all_hashes = np.concatenate(hashes) if hashes else np.zeros(0, dtype=np.uint64)
    hashes.clear()
    all_hashes.sort()
    if found.entries > MOST:
        found.cut = f"the same key was looked for in the first {len(all_hashes):,} entries only"
    same = all_hashes[1:] == all_hashes[:-1]
    if same.any():
        found.twice_count = int(same.sum())
        same[1:] &= ~same[:-1]
        wanted = all_hashes[np.flatnonzero(same)[:SHOWN]]
        del all_hashes, same
        _name(file, found, wanted, alias)
    return found


def _name(file: BinaryIO, found: Scan, wanted: Hashes, alias: bool) -> None:
    """Read the file again to see which keys these are."""
    where: dict[bytes, list[int]] = {}
    ignored = Scan()
    try:
        for keys in _each(file, ignored, alias):
            for place in np.flatnonzero(np.isin(_hashes(keys), wanted))[:10_000]:
                lines = where.setdefault(_key(keys, place), [])
                if len(lines) < SHOWN:
                    lines.append(int(keys.lines[place]))
    except TooLong as error:
        found.cut = found.cut or f"{error}: what follows was not looked at"
    found.twice = [(key, lines) for key, lines in where.items() if len(lines) > 1]


def _each(file: BinaryIO, found: Scan, alias: bool) -> Iterator[_Keys]:
    line, left = 1, ODD
    for block in blocks(file):
        keys, odd, count = _block(block, line, alias)
        keys = _joined(keys, _odd(block, odd[:left], line, found, alias=alias))
        left = max(0, left - len(odd))
        found.entries += len(keys.starts)
        if left == 0 and not found.cut:
            found.cut = f"only the first {ODD:,} lines with quotes, NUL or foreign letters were looked at"
        yield keys
        line += count


def _block(block: bytes, first: int, alias: bool) -> tuple[_Keys, npt.NDArray[np.int64], int]:
    """The plain keys of a block, where its other logical lines begin and end and on which line, and its line count."""
    text = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(text == 10)
    starts = np.concatenate((np.zeros(1, dtype=np.int64), ends + 1))
    if starts[-1] == len(text):
        starts = starts[:-1]
    blank = _BLANK[text]
    heads = text[starts]
    logical_lines = np.flatnonzero(~blank[starts] & (heads != 35))
    begins = starts[logical_lines]
    stops = np.append(begins[1:], len(text))
    if len(begins) == 0 or begins[0] > 0:
        begins, stops, logical_lines = _with_lead(begins, stops, logical_lines)
    limits = np.flatnonzero(blank | (text == 58) if alias else blank)
    places = np.searchsorted(limits, begins)
    key_ends = np.append(limits, len(text))[places]
    odd = key_ends - begins > LONG
    odd |= _any_within(np.flatnonzero((_ODD_IN_NAME if alias else _ODD_IN_KEY)[text]), begins, key_ends)
    odd |= _any_within(np.flatnonzero(text == 0), begins, stops)
    odd |= ~_has_value(text, blank, key_ends, alias)
    odd |= begins == key_ends
    if not _is_utf8(block):
        odd |= _any_within(np.flatnonzero(text > 127), begins, stops)
    if begins[0] == 0 and logical_lines[0] < 0:
        odd[0] = True
    plain = ~odd
    keys = _Keys(_LOWER[text], begins[plain], key_ends[plain], first + logical_lines[plain])
    others = np.stack((begins[odd], stops[odd], first + logical_lines[odd]), axis=1)
    return keys, others, len(ends) + (len(text) > 0 and int(text[-1] != 10))


def _with_lead(begins: Places, stops: Places, lines: Places) -> tuple[Places, Places, Places]:
    """The same, with what stands before the first logical line."""
    end = begins[0] if len(begins) else stops[0]
    return (
        np.insert(begins, 0, 0),
        np.insert(stops, 0, end) if len(begins) else stops,
        np.insert(lines, 0, -1),
    )


def _any_within(places: Places, starts: Places, ends: Places) -> Mask:
    """Whether one of the places lies in each span."""
    at = np.searchsorted(places, starts)
    within: Mask = np.append(places, np.iinfo(np.int64).max)[at] < ends
    return within


def _has_value(text: Bytes, blank: Mask, key_ends: Places, alias: bool) -> Mask:
    """Whether a value follows behind one or two separating characters on the same line."""
    padded = np.append(blank, (True, True, True))
    one, two = ~padded[key_ends + 1], ~padded[key_ends + 2]
    ends = np.append(text, (10, 10, 10))
    apart = ends[key_ends] == 58 if alias else ends[key_ends] != 10
    valued: Mask = apart & (one | (two & (ends[key_ends + 1] != 10)))
    return valued


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _odd(
    block: bytes, odd: npt.NDArray[np.int64], first: int, found: Scan, *, alias: bool
) -> list[tuple[int, bytes]]:
    """Lines and keys of the logical lines that are out of the ordinary."""
    keys = []
    for start, stop, line in odd.tolist():
        for _start, _end, offset, text in logical(block[start:stop]):
            number = max(line, first) + offset - 1
            key, value, problem = read(text, alias=alias)
            if problem:
                found.problem(problem).add(number, text[:200])
            if problem in {"", "nul"} and key and value:
                keys.append((number, key))
    return keys


def _joined(keys: _Keys, more: list[tuple[int, bytes]]) -> _Keys:
    if not more:
        return keys
    texts = [_folded(key) for _line, key in more]
    ends = np.cumsum([len(text) for text in texts]) + len(keys.text)
    starts = ends - np.array([len(text) for text in texts])
    return _Keys(
        np.concatenate((keys.text, np.frombuffer(b"".join(texts), dtype=np.uint8))),
        np.concatenate((keys.starts, starts)),
        np.concatenate((keys.ends, ends)),
        np.concatenate((keys.lines, np.array([line for line, _key in more], dtype=np.int64))),
    )


def _folded(key: bytes) -> bytes:
    return key.decode("utf-8", "surrogateescape").casefold().encode("utf-8", "surrogateescape")


def _hashes(keys: _Keys) -> Hashes:
    """A number for each key, byte after byte of all keys at once (FNV-1a); beyond `LONG` bytes all are the same."""
    lengths = keys.ends - keys.starts
    hashes = np.full(len(lengths), _START) ^ lengths.astype(np.uint64)
    left = np.arange(len(lengths))
    for place in range(min(int(lengths.max(initial=0)), LONG)):
        left = left[lengths[left] > place]
        hashes[left] = (hashes[left] ^ keys.text[keys.starts[left] + place]) * _PRIME
    return hashes


def _key(keys: _Keys, place: int) -> bytes:
    return keys.text[keys.starts[place] : keys.ends[place]].tobytes()


def _sample(found: Scan, keys: _Keys) -> None:
    if len(keys.starts) and len(found.sample) < SHOWN:
        step = max(1, len(keys.starts) // 5)
        found.sample += [_key(keys, place) for place in range(0, len(keys.starts), step)][
            : SHOWN - len(found.sample)
        ]


def _never(found: Scan, keys: _Keys, ways: Sequence[Sequence[Form]]) -> None:
    """Count keys that no way looks up, under the first form of the first way."""
    if not ways or not len(keys.starts):
        return
    bits = _bits(keys)
    never = np.ones(len(bits), dtype=np.bool_)
    for way in ways:
        never &= np.any([_matches(bits, form) for form in way], axis=0)
    for form in ways[0]:
        places = np.flatnonzero(never & _matches(bits, form))
        never[places] = False
        for place in places[:SHOWN]:
            found.problem(form).add(int(keys.lines[place]), _key(keys, place))
        if len(places) > SHOWN:
            found.problem(form).count += len(places) - SHOWN


def _matches(bits: npt.NDArray[np.uint16], form: Form) -> Mask:
    matches: Mask = ((bits & form.has) == form.has) & ((bits & form.lacks) == 0)
    return matches


def _bits(keys: _Keys) -> npt.NDArray[np.uint16]:
    first, last = keys.text[keys.starts], keys.text[keys.ends - 1]
    bits = np.zeros(len(first), dtype=np.uint16)
    for bit, where in (
        (seen.STARTS_AT, first == ord("@")),
        (seen.ENDS_AT, last == ord("@")),
        (seen.STARTS_DOT, first == ord(".")),
        (seen.ENDS_DOT, last == ord(".")),
        (seen.STARTS_ANGLE, first == ord("<")),
        (seen.STARTS_QUOTE, first == ord('"')),
        (seen.HAS_AT, _any_within(np.flatnonzero(keys.text == ord("@")), keys.starts, keys.ends)),
        (seen.HAS_SLASH, _any_within(np.flatnonzero(keys.text == ord("/")), keys.starts, keys.ends)),
    ):
        bits[where] |= np.uint16(bit)
    return bits
