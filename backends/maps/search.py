"""The entries of a source that a filter as typed leaves: the first of them, of a file of any size."""

from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import BinaryIO

import msgspec
import numpy as np

from backends.maps.blocks import TooLong, blocks
from backends.maps.index import begins, block_lines, read
from backends.maps.reading import Entry
from backends.maps.values import Table
from backends.terms import ANYWHERE, WORD, Term, term

MOST = 10_000
"""Entries that are given."""
MOST_TEXT = 16 << 20
"""Characters of them."""
FIELDS = ("key", "value")


class Found(msgspec.Struct, frozen=True):
    """Entries that match, in their order; `more`: there are others, which were not looked for."""

    entries: tuple[Entry, ...]
    more: bool = False
    cut: str = ""


def conditions(text: str) -> tuple[Term, ...]:
    """What a filter asks for: words, `!` before one excludes, `key:` and `value:` narrow, `re:` is a pattern.

    :raises BadRequest: it cannot be read.
    """
    terms = []
    for excluded, name, value in WORD.findall(text):
        plain = value.strip('"')
        field = name if name in FIELDS else ANYWHERE
        if name and not field:
            plain = f"{name}:{plain}"
        if plain:
            terms.append(term(field, plain, excluded=bool(excluded)))
    return tuple(terms)


def search(
    table: Table,
    file: BinaryIO,
    text: str,
    stop: Event | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> Found:
    """Look through a source; `progress` is told how many bytes were looked at.

    :raises BadRequest: the filter cannot be read.
    """
    terms = conditions(text)
    found: list[Entry] = []
    size, looked, line = 0, 0, 1
    try:
        for block in blocks(file):
            for entry in _candidates(table, block, line, terms):
                if all(_has(entry, one) ^ one.excluded for one in terms):
                    if len(found) == MOST or size > MOST_TEXT:
                        return Found(tuple(found), more=True)
                    found.append(entry)
                    size += len(entry.key) + len(entry.value)
                if stop is not None and stop.is_set():
                    return Found(tuple(found), more=True)
            line += block.count(b"\n")
            looked += len(block)
            progress(looked)
            if stop is not None and stop.is_set():
                return Found(tuple(found), more=True)
    except TooLong as error:
        return Found(tuple(found), cut=f"{error}: what follows was not looked at")
    return Found(tuple(found))


def _has(entry: Entry, one: Term) -> bool:
    text = {"key": entry.key, "value": entry.value}.get(one.field, f"{entry.key} {entry.value}")
    return one.found_in(text.lower())


def _candidates(table: Table, block: bytes, line: int, terms: Sequence[Term]) -> Iterator[Entry]:
    """The entries of a block that may match: all, or those around what all that match have in their bytes."""
    needle = _needle(terms)
    if not needle or (table.alias and b"\\" in block):
        yield from read(table, block, line)
        return
    lower, hits, at = block.lower(), list[int](), 0
    while (at := lower.find(needle, at)) >= 0:
        hits.append(at)
        at += len(needle)
    if not hits:
        return
    starts = begins(block)
    if not len(starts):
        return
    which = np.unique(np.searchsorted(starts, hits, side="right") - 1)
    lines, ends = block_lines(block, starts), np.append(starts[1:], len(block))
    for one in which[which >= 0].tolist():
        yield from read(table, block[starts[one] : ends[one]], line + int(lines[one]))


def _needle(terms: Sequence[Term]) -> bytes:
    """Bytes that whatever matches has in it, on one line; empty: none are known."""
    plain = [one.text for one in terms if not (one.pattern or one.excluded) and one.text.isascii()]
    return max((piece for text in plain for piece in text.split()), key=len, default="").encode()
