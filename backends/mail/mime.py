"""What is attached to a message: names, types and sizes of its parts. Pure, and bounded on hostile input."""

import re
from binascii import Error as BadBase64
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import msgspec

from backends.mail.attachment import Attachment

PARTS = 500
DEPTH = 20
LINES = 100_000  # of those that begin like a boundary
HEADER_LIMIT = 8 << 10
BLOCK_LIMIT = 64 << 10

_BOUNDARY = re.compile(rb"^--([^\n]*)$", re.MULTILINE)
_HEADER = re.compile(r"^([!-9;-~]{1,100}):((?:[^\n]|\n[ \t])*)", re.MULTILINE)


class Leaf(NamedTuple):
    """A part without parts of its own: `attached` to be saved, at `start` of the body, `size` bytes long, encoded."""

    name: str
    content_type: str
    charset: str
    encoding: str
    attached: bool
    start: int
    size: int


class _Part(msgspec.Struct):
    kind: str
    name: str
    boundary: bytes
    attached: bool
    start: int
    charset: str = ""
    encoding: str = ""


def attachments(headers: tuple[tuple[str, str], ...], body: bytes) -> tuple[Attachment, ...]:
    """The parts of a message that are files: that have a name, or are meant to be attached, or are not text.

    At most 500 parts and 20 levels are looked at; an attached message is not looked into. Sizes are of the encoded
    text, in bytes. Sources: RFC 2045, 2046 (boundaries), 2183 (disposition), 2231 and 2047 (names).
    """
    found = leaves(headers, body)
    return tuple(Attachment(one.name, one.content_type, one.size) for one in found if one.attached)


def leaves(headers: tuple[tuple[str, str], ...], body: bytes) -> list[Leaf]:
    """The parts of a message that have no parts of their own, in their order, with the limits of `attachments`."""
    top = _part([(name, value[:HEADER_LIMIT]) for name, value in headers], 0)
    parts = _parts(top.boundary, body) if top.boundary else iter([(top, len(body))])
    return [
        Leaf(part.name, part.kind, part.charset, part.encoding, part.attached, part.start, size)
        for part, size in parts
    ]


def decoded(written: str) -> str:
    """A header's text with its encoded words (RFC 2047) decoded where they can be understood, otherwise as written."""
    if "=?" not in written:
        return written
    try:
        return str(make_header(decode_header(written[:HEADER_LIMIT])))
    except (MessageError, LookupError, ValueError, BadBase64):
        return written


def _parts(outermost: bytes, body: bytes) -> Iterator[tuple[_Part, int]]:
    """Each part that has no parts of its own, with its size."""
    boundaries = [outermost]
    current: _Part | None = None
    count = 0
    for number, line in enumerate(_BOUNDARY.finditer(body)):
        if count >= PARTS or number >= LINES:
            return
        name = line[1].rstrip()
        closing = name.endswith(b"--") and name[:-2] in boundaries
        if not closing and name not in boundaries:
            continue
        if current is not None:
            yield current, max(0, line.start() - 1 - current.start)
            current = None
        del boundaries[boundaries.index(name[:-2] if closing else name) + (0 if closing else 1) :]
        if not boundaries:
            return
        if closing:
            continue
        count += 1
        part = _part_at(body, line.end() + 1)
        if part.boundary and len(boundaries) < DEPTH:
            boundaries.append(part.boundary)
        else:
            current = part
    if current is not None:
        yield current, max(0, len(body) - current.start)


def _part_at(body: bytes, start: int) -> _Part:
    """The part whose header begins there; without an empty line near by it has no header."""
    limit = start - 1 + BLOCK_LIMIT
    ends = [(body.find(end, start - 1, limit), len(end)) for end in (b"\n\n", b"\n\r\n")]
    at, length = min((found for found in ends if found[0] >= 0), default=(start - 1, 1))
    block = body[start : max(start, at)].decode("utf-8", "replace")
    return _part([(found[1], found[2][:HEADER_LIMIT]) for found in _HEADER.finditer(block)], at + length)


def _part(headers: list[tuple[str, str]], start: int) -> _Part:
    by_name = {name.lower(): value for name, value in reversed(headers)}
    kind, parameters = _value(by_name.get("content-type", ""))
    disposition, more = _value(by_name.get("content-disposition", ""))
    kind = kind or "text/plain"
    boundary = parameters.get("boundary", "") if kind.startswith("multipart/") else ""
    name = _name(more, "filename") or _name(parameters, "name")
    attached = bool(name) or disposition == "attachment" or not kind.startswith(("text/", "multipart/"))
    return _Part(
        kind,
        name,
        boundary.rstrip().encode("utf-8", "replace"),
        attached,
        start,
        parameters.get("charset", ""),
        by_name.get("content-transfer-encoding", "").strip().lower(),
    )


def _value(header: str) -> tuple[str, dict[str, str]]:
    """A header's value in lower case, and its parameters by their names in lower case."""
    first, *rest = _split(header)
    parameters: dict[str, str] = {}
    for piece in rest:
        name, _, value = piece.partition("=")
        value = value.strip()
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value.strip('"'))
        parameters.setdefault(name.strip().lower(), value)
    return first.strip().lower(), parameters


def _split(header: str) -> list[str]:
    """The header cut at the semicolons that are not quoted."""
    pieces, piece, quoted, escaped = [], "", False, False
    for char in header:
        if char == ";" and not quoted:
            pieces.append(piece)
            piece = ""
            continue
        piece += char
        quoted ^= char == '"' and not escaped
        escaped = char == "\\" and not escaped
    return [*pieces, piece]


def _name(parameters: dict[str, str], key: str) -> str:
    """A file name, decoded where the sender's encoding can be understood, otherwise as written."""
    if f"{key}*" in parameters:
        return _percent(parameters[f"{key}*"])
    pieces: list[str] = []
    while (plain := f"{key}*{len(pieces)}") in parameters or f"{plain}*" in parameters:
        pieces.append(parameters.get(plain, parameters.get(f"{plain}*", "")))
    if pieces:
        return _percent("".join(pieces)) if f"{key}*0*" in parameters else "".join(pieces)
    return decoded(parameters.get(key, ""))


def _percent(written: str) -> str:
    charset, _, rest = written.partition("'")
    _, found, encoded = rest.partition("'")
    if not found:
        return written
    try:
        return unquote_to_bytes(encoded).decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return written
