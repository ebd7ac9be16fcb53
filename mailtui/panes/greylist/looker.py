"""Reading stretches of rows and counting them, in threads: a newer wish supersedes the older."""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Literal, TypeAlias

from textual.message import Message

from backends.errors import BackendError
from backends.greylist.values import Key, Page
from backends.host import Host
from mailtui.panes.greylist import window
from mailtui.panes.greylist.window import Window
from mailtui.panes.greylist.wish import Wish
from mailtui.work import outcome

Step: TypeAlias = Literal["first", "last", "further", "back", "again"]


class Looking(Message):
    """So much of the table was looked at for the wish of this generation."""

    def __init__(self, generation: int, share: float) -> None:
        super().__init__()
        self.generation, self.share = generation, share


class Looked(Message):
    """The rows of a wish are there, or cannot be had; unless `generation` is the latest, nobody wants them any more."""

    def __init__(self, generation: int, wish: Wish, step: Step, result: Window | BackendError) -> None:
        super().__init__()
        self.generation, self.wish, self.step, self.result = generation, wish, step, result


class Counted(Message):
    """How many rows fit the wish; None: so much of the table has been looked at for it."""

    def __init__(self, generation: int, count: int | None, share: float) -> None:
        super().__init__()
        self.generation, self.count, self.share = generation, count, share


class Looker:
    """`start` runs a function in a thread, `tell` takes its news to the pane."""

    def __init__(
        self,
        host: Host,
        start: Callable[[Callable[[], None]], object],
        tell: Callable[[Message], object],
    ) -> None:
        self._host, self._start, self._tell = host, start, tell
        self._superseded = Event()
        self.generation = 0
        self.busy = False

    def look(self, wish: Wish, step: Step, shown: Window | None = None, total: int | None = None) -> None:
        """Read the rows of a wish; what was asked for before is not wanted any more."""
        self.stop()
        self._superseded = Event()
        self.generation += 1
        self.busy = True
        self._start(
            partial(self._read, wish, step, shown, total, generation=self.generation, stop=self._superseded)
        )

    def count(self, wish: Wish) -> None:
        """Count the rows of the wish that was looked for last."""
        self._start(partial(self._count, wish, self.generation, self._superseded))

    def stop(self) -> None:
        """Let go of what is being read and counted."""
        self._superseded.set()
        self.busy = False

    def _read(
        self, wish: Wish, step: Step, shown: Window | None, total: int | None, *, generation: int, stop: Event
    ) -> None:
        def progress(share: float) -> None:
            self._tell(Looking(generation, share))

        def page(after: Key | None, limit: int, backwards: bool) -> Page:
            return self._host.greylist.page(
                wish.wanted(),
                after,
                limit=limit,
                backwards=backwards,
                progress=progress,
                stop=stop,
            )

        def read() -> Window:
            match step:
                case "further" if shown is not None:
                    return window.further(shown, page)
                case "back" if shown is not None:
                    return window.back(shown, page)
                case "again" if shown is not None:
                    return window.again(shown, page)
                case "last":
                    return window.last(page, total)
                case _:
                    return window.first(page)

        self._tell(Looked(generation, wish, step, outcome(read)))

    def _count(self, wish: Wish, generation: int, stop: Event) -> None:
        def progress(share: float) -> None:
            self._tell(Counted(generation, None, share))

        count = outcome(lambda: self._host.greylist.count(wish.wanted(), progress=progress, stop=stop))
        if not isinstance(count, BackendError):
            self._tell(Counted(generation, count, 1.0))
