"""The entries of a table's source, exactly as postmap(1) and postalias(1) read them (readlline.c, postmap.c). Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

BLANK = b" \t\n\v\f\r"
_KEY = re.compile(rb'(?:"(?:[^"\\]|\\.)*"|\\.|[^\s"\\])*', re.DOTALL)
_ALIAS = re.compile(
    rb'[ \t\n\v\f\r]*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s:;",()<>@\[\]\\]+))[ \t\n\v\f\r]*:(?P<value>.*)',
    re.DOTALL,
)


class Entry(NamedTuple):
    """One logical line: where it stands (bytes), on which line it begins, and what of it is read.

    `problem` is why it is not an entry: nul, leading, quote, value, utf8 or alias; empty: it is one.
    """

    start: int
    end: int
    line: int
    key: bytes
    value: bytes
    problem: str = ""


def entries(content: bytes, *, alias: bool = False) -> Iterator[Entry]:
    """All logical lines in their order, those that the programs ignore as well."""
    for start, end, line, text in logical(content):
        yield Entry(start, end, line, *read(text, alias=alias))


def logical(content: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Logical lines: start and end (bytes), number of the first line, and the text without comments and line ends."""
    at, number = 0, 0
    start, end, first, parts = 0, 0, 0, list[bytes]()
    while at < len(content):
        stop = content.find(b"\n", at)
        after = len(content) if stop < 0 else stop + 1
        text = content[at : len(content) if stop < 0 else stop]
        number += 1
        bare = text.lstrip(BLANK)
        if bare and not bare.startswith(b"#"):
            if parts and len(bare) == len(text):
                yield start, end, first, b"".join(parts)
                parts = []
            if not parts:
                start, first = at, number
            parts.append(text)
            end = after
        at = after
    if parts:
        yield start, end, first, b"".join(parts)


def read(text: bytes, *, alias: bool = False) -> tuple[bytes, bytes, str]:
    """Key and value of a logical line, and why it is no entry."""
    if text[:1] in {bytes([one]) for one in BLANK}:
        return text, b"", "leading"
    cut = text.partition(b"\0")[0]
    key, value, problem = _alias(cut) if alias else _pair(cut)
    return key, value, "nul" if len(cut) < len(text) else problem


def quote(key: bytes, *, alias: bool) -> bytes:
    """A key as it is written in a source."""
    if alias:
        plain = re.fullmatch(rb'[^\s:;",()<>@\[\]\\#]+', key)
        return (key if plain else b'"' + re.sub(rb'(["\\])', rb"\\\1", key) + b'"') + b":"
    return key


def _pair(text: bytes) -> tuple[bytes, bytes, str]:
    if not _is_utf8(text):
        return text, b"", "utf8"
    found = _KEY.match(text)
    end = found.end() if found else 0
    if end < len(text) and text[end] not in BLANK:
        return (text, b"", "value") if text[end:] == b"\\" else (text, b"", "quote")
    key, value = text[:end], text[end:].strip(BLANK)
    return key, value, "" if key and value else "value"


def _alias(text: bytes) -> tuple[bytes, bytes, str]:
    if not _is_utf8(text):
        return text, b"", "utf8"
    found = _ALIAS.fullmatch(text)
    if found is None:
        return text, b"", "alias"
    quoted, plain = found["quoted"], found["plain"]
    key = re.sub(rb"\\(.)", rb"\1", quoted, flags=re.DOTALL) if quoted is not None else plain
    value = found["value"].strip(BLANK)
    return key, value, "" if key and value else "alias"


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
