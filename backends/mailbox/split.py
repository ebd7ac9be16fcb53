"""Where the messages of an mbox begin and end. Bytes in, places out; memory is bounded whatever is in the file.

Four dialects differ in how a line of a body that begins with `From ` is told from the beginning of a message: mboxo
puts `>` before it, mboxrd also before one that has `>` already, mboxcl and mboxcl2 tell the body's length in
Content-Length, mboxcl with quotes as mboxo, mboxcl2 without (mbox(5), Wikipedia "mbox"). A Content-Length counts only
where it ends at the end of the file or at a From_ line.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from backends.mailbox.finding import places
from backends.mailbox.separator import AHEAD, START, is_separator
from backends.mailbox.state import state_of
from backends.mailbox.window import CHUNK, Window

HEAD = 1 << 20
"""Bytes of a header that are looked at; what goes on longer is body."""
REACH = CHUNK >> 3
"""Bytes of a message that are read with its beginning: most messages are not on two windows then."""
_BEHIND = 64
_BODY = re.compile(rb"\n(\r?\n)")
_LENGTH = re.compile(rb"\ncontent-length[ \t]*:", re.IGNORECASE)


class Dialect(StrEnum):
    """`AUTO`: a Content-Length counts; a body that has it and lines with a plain `From ` is not quoted."""

    AUTO = "auto"
    MBOXO = "mboxo"
    MBOXRD = "mboxrd"
    MBOXCL = "mboxcl"
    MBOXCL2 = "mboxcl2"

    @property
    def has_length(self) -> bool:
        return self not in {Dialect.MBOXO, Dialect.MBOXRD}


class Place(NamedTuple):
    """One message: its From_ line at `start`, header at `head`, body at `body`, and where it ends.

    `next`: where the message behind it starts, or the size of the file. `quoted`: `>` in front of `From ` is to be
    taken away. `crlf`: lines end so. `short`: it is shorter than its Content-Length, which leads behind the file's end.
    """

    start: int
    head: int
    body: int
    end: int
    next: int
    quoted: bool
    crlf: bool
    short: bool


class Splitter:
    """The messages of a file, one after the other."""

    def __init__(self, window: Window, dialect: Dialect = Dialect.AUTO) -> None:
        self._window, self._dialect = window, dialect
        self._found_quoted = self._found_plain = False
        self._start = 0
        self._searched, self._hits = b"", list[int]()

    def first(self) -> int | None:
        """Where the first message starts; None: it is no mbox."""
        at = self._window.need(0, CHUNK)
        lines = self._window.data[at : at + CHUNK]
        start = len(lines) - len(lines.lstrip(b"\r\n"))
        return start if lines.startswith(START, start) else None

    def begin(self, near: int) -> int:
        """Where a message starts, at `near` or behind it, taken from the lines there alone."""
        return self._next(max(near - 1, 0))

    def messages(self, start: int, until: int) -> Iterator[Place]:
        """The messages from the one at `start`, those that start before `until`."""
        while start < min(until, self._window.size):
            place = self._message(start)
            yield place
            start = place.next

    def _message(self, start: int) -> Place:
        window, self._start = self._window, start
        at = window.need(start, REACH)
        line = window.data.find(b"\n", at)
        if line < 0 or line - at > HEAD:
            line = min(len(window.data), at + HEAD) - 1
        crlf = window.data[line - 1 : line] == b"\r"
        head = window.base + line + 1
        self._found_quoted = self._found_plain = False
        following = self._next(start + len(START) - 1)
        body = self._body(head, following)
        short = False
        if self._dialect.has_length and (length := self._length(head, body)) is not None:
            end = body + length
            short = following >= window.size and end > window.size
            if (behind := self._behind(end)) is not None:
                if behind != following:
                    self._found_quoted = self._found_plain = False
                    self._look(body, end)
                plain = self._found_plain or self._dialect == Dialect.MBOXCL2
                return Place(start, head, body, end, behind, self._found_quoted and not plain, crlf, False)
        end = self._without_blank(body, following)
        quoted = self._found_quoted and self._dialect != Dialect.MBOXCL2
        return Place(start, head, body, end, following, quoted, crlf, short)

    def _next(self, at: int) -> int:
        """Where the next message starts behind `at`, or the size of the file."""
        window = self._window
        while True:
            found = self._line(at, window.size)
            if found is None:
                return window.size
            place = window.need(max(found - _BEHIND, 0), _BEHIND + AHEAD) + min(found, _BEHIND)
            data = window.data
            before = data[max(place - 3, 0) : place]
            if is_separator(data, place, blank_before=before.endswith(b"\n\n") or before == b"\n\r\n"):
                return found
            self._found_plain = True
            at = found + len(START)

    def _line(self, at: int, until: int) -> int | None:
        """The next line behind `at` that begins with `From `; those that are quoted are noted."""
        window = self._window
        more = len(START) + 1
        while at + len(START) <= until:
            whole = (
                0 <= at - self._start < CHUNK
            )  # the message at hand stays in the window, unless it is large
            start = self._start if whole else max(at - _BEHIND, 0)
            window.need(start, at - start + more)
            more = CHUNK >> 1
            data, base = window.data, window.base
            hits = self._starts()
            for place in islice(hits, bisect_left(hits, at - base), None):
                if base + place >= until:
                    return None
                before = data[place - 1] if place else 10
                if before == 10:  # a newline
                    return base + place
                if before == 62 and _is_quoted(data, place):  # >
                    self._found_quoted = True
            at = max(base + len(data) - len(START) + 1, at + 1)
        return None

    def _starts(self) -> list[int]:
        """Where `From ` is in the window."""
        data = self._window.data
        if data is not self._searched:
            self._searched, self._hits = data, places(data, START)
        return self._hits

    def _look(self, start: int, end: int) -> None:
        """Note what lines there are between."""
        at = max(start - 1, 0)
        while (found := self._line(at, end)) is not None:
            self._found_plain = True
            at = found + len(START)

    def _body(self, head: int, following: int) -> int:
        """Where the body begins: behind the first blank line."""
        length = min(following - head, HEAD)
        at = self._window.need(head - 1, length + 1)
        found = _BODY.search(self._window.data, at, at + 1 + length)
        return self._window.base + found.end() if found else head + length

    def _length(self, head: int, body: int) -> int | None:
        at = self._window.need(head - 1, body - head + 1)
        if not _LENGTH.search(self._window.data, at, at + 1 + body - head):
            return None
        return state_of(self._window.part(head, body)).length

    def _behind(self, end: int) -> int | None:
        """Where the next message starts when a body ends at `end`; None: it cannot end there."""
        window = self._window
        if end > window.size:
            return None
        if window.size - end <= 2 and not window.part(end, window.size).strip(b"\r\n"):
            return window.size
        at = window.need(end, AHEAD + 2)
        for blank in (b"", b"\n", b"\r\n"):
            place = at + len(blank)
            if window.data.startswith(blank + START, at) and is_separator(
                window.data, place, blank_before=True
            ):
                return end + len(blank)
        return None

    def _without_blank(self, body: int, end: int) -> int:
        """The end without the blank line that stands before a From_ line."""
        start = max(body - 1, end - 3)
        tail = self._window.part(start, end)
        if end - body >= 2 and tail.endswith(b"\n\r\n"):
            return end - 2
        if end - body >= 1 and tail.endswith(b"\n\n"):
            return end - 1
        return end


def _is_quoted(data: bytes, place: int) -> bool:
    start = place
    while start > 0 and data[start - 1] == 62 and place - start < _BEHIND:
        start -= 1
    return start > 0 and data[start - 1] == 10
