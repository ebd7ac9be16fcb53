"""A stretch of the triplets in the order of their key: it grows at either end, and lets go of what is far away. Pure."""

from collections.abc import Callable

import msgspec

from backends.greylist.values import Key, Page, Triplet

FIRST = 100
PAGE = 400
KEPT = 2000
"""Rows that are kept, however many there are."""

Read = Callable[[Key | None, int, bool], Page]
"""At most so many rows after a key, or with True before it; of None the first, or with True the last."""


class Window(msgspec.Struct, frozen=True):
    """Some rows; `before` is the key of the row before them (None: they begin with the first), `more`: others follow.

    `start`: how many rows come before them, where that is known.
    """

    rows: tuple[Triplet, ...]
    before: Key | None = None
    more: bool = False
    start: int | None = 0


def first(read: Read) -> Window:
    """The first rows."""
    page = read(None, FIRST, False)
    return Window(page.rows, None, page.more)


def last(read: Read, total: int | None) -> Window:
    """The last rows of so many."""
    page = read(None, PAGE + 1, True)
    rows, before = _without_first(page.rows)
    return Window(rows, before, False, 0 if before is None else None if total is None else total - len(rows))


def further(window: Window, read: Read) -> Window:
    """The window with the rows behind it; what is too many goes at its beginning."""
    page = read(window.rows[-1].key if window.rows else window.before, PAGE, False)
    rows = window.rows + page.rows
    gone = max(0, len(rows) - KEPT)
    before = rows[gone - 1].key if gone else window.before
    return Window(rows[gone:], before, page.more, _moved(window.start, gone))


def back(window: Window, read: Read) -> Window:
    """The window with the rows before it; what is too many goes at its end."""
    if window.before is None or not window.rows:
        return window
    page = read(window.rows[0].key, PAGE + 1, True)
    some, before = _without_first(page.rows)
    rows = some + window.rows
    start = 0 if before is None else _moved(window.start, -len(some))
    return Window(rows[:KEPT], before, window.more or len(rows) > KEPT, start)


def again(window: Window, read: Read) -> Window:
    """The same stretch as it is now."""
    page = read(window.before, max(len(window.rows), FIRST), False)
    return Window(page.rows, window.before, page.more, window.start)


def _without_first(rows: tuple[Triplet, ...]) -> tuple[tuple[Triplet, ...], Key | None]:
    """The rows, of which one more was read than wanted, and the key of that one, if it was there."""
    return (rows[1:], rows[0].key) if len(rows) > PAGE else (rows, None)


def _moved(start: int | None, by: int) -> int | None:
    return None if start is None else max(0, start + by)
