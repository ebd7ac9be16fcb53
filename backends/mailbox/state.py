"""What the header of a message in an mbox says of its state in the mailbox: seen, answered, deleted, its length.

Such lines are the mailbox's, not the message's: programs rewrite them as it is read. They become a Maildir's flags and
are left out of the message. Pure.
"""

import re
from email.utils import mktime_tz, parsedate_tz
from typing import NamedTuple

_LINES = re.compile(
    rb"\n(?:Status|X-Status|X-UID|X-IMAP|X-IMAPbase|X-Mozilla-Status2?|Content-Length|X-Keywords|X-Mozilla-Keys)"
    rb"[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*",
    re.IGNORECASE,
)
"""Each with the newline before it, which is looked for three times as fast as a line's beginning is (measured)."""
_KEPT = (b"x-keywords", b"x-mozilla-keys")
"""They stay in the message, which is the same with other keywords."""
_DATES = (
    re.compile(
        rb"^Received[ \t]*:(?:[^\n]*\n[ \t])*?[^\n]*;([^\n;]+(?:\n[ \t][^\n]*)?)",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(rb"^(?:Delivery-)?Date[ \t]*:([^\n]*(?:\n[ \t][^\n]*)?)", re.IGNORECASE | re.MULTILINE),
)
LOOKED_AT = 1 << 16
_LATEST = 1 << 33
"""Epoch seconds: no date is later, nor before 1970."""
_STATUS = {b"status": {"R": "S", "D": "T"}, b"x-status": {"A": "R", "F": "F", "D": "T", "T": "D", "R": "S"}}
_MOZILLA = ((0x0001, "S"), (0x0002, "R"), (0x0004, "F"), (0x0008, "T"), (0x1000, "P"))


class State(NamedTuple):
    """`head` without the lines of state, `identity` also without keywords; `flags` as Maildir has them, sorted.

    `known`: a reader has had the message before. `length`: of the body, as Content-Length says; None: it does not.
    `internal`: no message, but what an IMAP server keeps in the mailbox.
    """

    head: bytes
    identity: bytes
    flags: str
    known: bool
    length: int | None
    internal: bool


def state_of(head: bytes) -> State:
    """What the header says; lines end in LF or CRLF."""
    lines = b"\n" + head
    found = _LINES.findall(lines)
    if not found:
        return State(head, head, "", False, None, False)
    flags: set[str | None] = set()
    known = internal = False
    length = None
    for line in found:
        name, _, value = line.partition(b":")
        name, text = name.strip().lower(), value.strip().decode("latin-1")
        if name in _STATUS:
            known |= name == b"x-status" or "R" in text or "O" in text
            flags.update(map(_STATUS[name].get, text[:10]))
        elif name == b"x-mozilla-status":
            known = True
            flags.update(_mozilla(text))
        elif name == b"content-length" and length is None:
            length = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
        elif name in {b"x-imap", b"x-imapbase"}:
            internal = True
    internal = internal and b"FOLDER INTERNAL DATA" in head
    identity = _LINES.sub(b"", lines)[1:]
    without = _LINES.sub(_keywords, lines)[1:] if any(map(_is_kept, found)) else identity
    return State(without, identity, "".join(sorted(filter(None, flags))), known, length, internal)


def without_state(head: bytes) -> bytes:
    """The header without the lines of state, as in `State.head`."""
    return _LINES.sub(_keywords, b"\n" + head)[1:]


def dated(head: bytes) -> int | None:
    """The date of the first Received line, or else of the Date line, in epoch seconds; None: none can be read."""
    for pattern in _DATES:
        if (found := pattern.search(head, 0, LOOKED_AT)) and (epoch := _parsed(found[1])) is not None:
            return epoch
    return None


def _parsed(text: bytes) -> int | None:
    parts = parsedate_tz(text.decode("latin-1").strip()[:200])
    if parts is None:
        return None
    try:
        epoch = int(mktime_tz(parts))
    except (OverflowError, ValueError):
        return None
    return epoch if 0 <= epoch < _LATEST else None


def _keywords(line: re.Match[bytes]) -> bytes:
    return line[0] if _is_kept(line[0]) else b""


def _is_kept(line: bytes) -> bool:
    return line[1:16].lower().startswith(_KEPT)


def _mozilla(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{1,8}", text):
        return ""
    bits = int(text, 16)
    return "".join(flag for bit, flag in _MOZILLA if bits & bit)
