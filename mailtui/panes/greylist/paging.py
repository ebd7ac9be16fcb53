"""Moving the stretch of rows that is shown, and counting all that fit, beside the screen."""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Literal, TypeAlias

from textual.message import Message

from backends.errors import BackendError
from backends.greylist.values import Filter, Key, Page
from backends.host import Host
from mailtui.panes.greylist import window
from mailtui.panes.greylist.view import Wish
from mailtui.panes.greylist.window import Read, Window
from mailtui.work import outcome

Step: TypeAlias = Literal["first", "last", "further", "back"]


class Looking(Message):
    """So much of the table was looked at for the rows of a wish."""

    def __init__(self, wish: Wish, share: float) -> None:
        super().__init__()
        self.wish, self.share = wish, share


class Moved(Message):
    """Another stretch is there, or cannot be had."""

    def __init__(self, wish: Wish, step: Step, result: Window | BackendError) -> None:
        super().__init__()
        self.wish, self.step, self.result = wish, step, result


class Counted(Message):
    """How many rows fit the wish; None: so much of the table has been looked at for it."""

    def __init__(self, wish: Wish, count: int | None, share: float) -> None:
        super().__init__()
        self.wish, self.count, self.share = wish, count, share


class Paging:
    """`start` runs a function in a thread, `tell` takes its news to the pane."""

    def __init__(
        self, host: Host, start: Callable[[Callable[[], None]], object], tell: Callable[[Message], object]
    ) -> None:
        self._host, self._start, self._tell = host, start, tell
        self._stop = Event()
        self._of: Wish | None = None
        self.moving = False

    def reader(self, wish: Wish, stop: Event) -> Read:
        """Reads pages of the wish; tells how far a long search is.

        :raises BadRequest: the filter cannot be read.
        """
        wanted = wish.wanted()

        def progress(share: float) -> None:
            self._tell(Looking(wish, share))

        def read(after: Key | None, limit: int, backwards: bool) -> Page:
            return self._host.greylist.page(
                wanted, after, limit=limit, backwards=backwards, progress=progress, stop=stop
            )

        return read

    def move(self, wish: Wish, step: Step, shown: Window, total: int | None) -> None:
        """Read on at one end, or leap to one; one move at a time."""
        if not self.moving:
            self._renew(wish)
            self.moving = True
            self._start(partial(self._move, wish, step, shown, total, self._stop))

    def count(self, wish: Wish) -> None:
        """Count the rows of a wish."""
        self._renew(wish)
        self._start(partial(self._count, wish, wish.wanted(), self._stop))

    def stop(self) -> None:
        """Let go of what is being read and counted."""
        self._stop.set()
        self.moving, self._of = False, None

    def _renew(self, wish: Wish) -> None:
        """What is under way for another wish is not wanted any more."""
        if wish != self._of:
            self.stop()
            self._of, self._stop = wish, Event()

    def _move(self, wish: Wish, step: Step, shown: Window, total: int | None, stop: Event) -> None:
        def move() -> Window:
            read = self.reader(wish, stop)
            match step:
                case "further":
                    return window.further(shown, read)
                case "back":
                    return window.back(shown, read)
                case "last":
                    return window.last(read, total)
                case "first":
                    return window.first(read)

        result = outcome(move)
        if not stop.is_set():
            self._tell(Moved(wish, step, result))

    def _count(self, wish: Wish, wanted: Filter, stop: Event) -> None:
        def progress(share: float) -> None:
            if not stop.is_set():
                self._tell(Counted(wish, None, share))

        count = outcome(lambda: self._host.greylist.count(wanted, progress=progress, stop=stop))
        if not isinstance(count, BackendError) and not stop.is_set():
            self._tell(Counted(wish, count, 1.0))
