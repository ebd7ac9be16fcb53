"""A message of an mbox as it goes into a Maildir: without quotes, lines of state and carriage returns; and its key."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from blake3 import blake3

from backends.mailbox.separator import arrived
from backends.mailbox.split import Dialect, Place
from backends.mailbox.state import dated, state_of, without_state
from backends.mailbox.window import CHUNK, Window

KEY_BYTES = 8
NEWLINE = 10
_ONE = re.compile(rb"\n>(?=From )")
_EACH = re.compile(rb"\n>(?=>*From )")
"""Each with the newline before it, which is looked for 14 times as fast as `>` behind one is (measured)."""
SEEN = ","
"""Stands for a message that a reader has had but that has no flags: it goes into cur, not into new."""


class Known(NamedTuple):
    """What is known of a message once it was read: its key, date (epoch seconds), bytes in the Maildir, flags.

    `flags` is empty for one that goes into new. `internal`: it is none, see State.
    """

    key: int
    when: int
    size: int
    flags: str
    internal: bool


class Content:
    """The messages of a file in the form for a Maildir.

    Strangers write them, so the digest is one that nobody can find a second message for: BLAKE3, which is 2.4 times as
    fast as SHA-256 by the processor's own instructions (measured).
    """

    def __init__(self, window: Window, dialect: Dialect, otherwise: int) -> None:
        self._window, self._otherwise = window, otherwise
        self._quote = _EACH if dialect == Dialect.MBOXRD else _ONE

    def known(self, place: Place) -> Known:
        """Read it all, and say what it is. Its date is the From_ line's, else its header's, else `otherwise`."""
        window = self._window
        head = self._lines(place, window.part(place.head, place.body))
        state = state_of(head)
        digest = blake3(state.identity)
        size, ended = len(state.head), _ended(state.head)
        for part in self._body(place):
            digest.update(part)
            size += len(part)
            ended = _ended(part)
        if not ended:
            digest.update(b"\n")
            size += 1
        when = arrived(window.part(place.start, min(place.head, place.start + CHUNK)))
        if when is None:
            when = dated(head)
        key = int.from_bytes(digest.digest(KEY_BYTES), "big")
        flags = state.flags or (SEEN if state.known else "")
        return Known(key, self._otherwise if when is None else when, size, flags, state.internal)

    def parts(self, place: Place) -> Iterator[bytes | memoryview]:
        """What is written, piece by piece."""
        head = without_state(self._lines(place, self._window.part(place.head, place.body)))
        yield head
        ended = _ended(head)
        for part in self._body(place):
            yield part
            ended = _ended(part)
        if not ended:
            yield b"\n"

    def _lines(self, place: Place, text: bytes) -> bytes:
        return text.replace(b"\r\n", b"\n") if place.crlf else text

    def _body(self, place: Place) -> Iterator[bytes | memoryview]:
        """The body in pieces of at most CHUNK bytes; a line's end and a quote are never on two of them."""
        at = place.body
        if not (place.quoted or place.crlf):
            while at < place.end:
                end = min(at + CHUNK, place.end)
                yield self._window.view(at, end)
                at = end
            return
        begins = self._window.part(at - 1, at) == b"\n"
        while at < place.end:
            part = self._window.part(at, min(at + CHUNK, place.end))
            if at + len(part) < place.end:
                part = part[: part.rfind(b"\n") + 1] or (part[:-1] if part.endswith(b"\r") else part)
            at += len(part)
            ends = part.endswith(b"\n")
            part = self._lines(place, part)
            if place.quoted:
                part = self._quote.sub(b"\n", b"\n" + part)[1:] if begins else self._quote.sub(b"\n", part)
            yield part
            begins = ends


def _ended(part: bytes | memoryview) -> bool:
    """Whether a line does not go on behind it."""
    return not part or part[-1] == NEWLINE


def another(key: int, number: int) -> int:
    """The key of a message that is in the same mbox for the `number`th time."""
    text = b"%016x %d" % (key, number)
    return int.from_bytes(blake3(text).digest(KEY_BYTES), "big")
