"""What rows on the screen still lack: gathered while they are drawn, fetched in a thread, one fetch at a time."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from backends.errors import BackendError
from mailtui.panes.base import Pane
from mailtui.work import outcome

SOON = 0.01  # s in which what is drawn is gathered

K = TypeVar("K")
R = TypeVar("R")


class Fetching(Generic[K, R]):
    """`fetch` runs in a thread; `took` is given what was wanted, and what came of it or the error."""

    def __init__(
        self,
        pane: Pane,
        fetch: Callable[[Sequence[K]], R],
        took: Callable[[Sequence[K], R | BackendError], object],
    ) -> None:
        self._pane, self._fetch, self._took = pane, fetch, took
        self._wanted: list[K] = []
        self._under_way = False

    @property
    def busy(self) -> bool:
        """Whether something is wanted and not there yet."""
        return self._under_way or bool(self._wanted)

    def want(self, one: K) -> None:
        """A row was drawn that lacks this."""
        if not self.busy:
            self._pane.set_timer(SOON, self._begin)
        self._wanted.append(one)

    def _begin(self) -> None:
        wanted, self._wanted = self._wanted, []
        if wanted and not self._under_way:
            self._under_way = True
            self._pane.in_thread(partial(self._work, wanted))

    def _work(self, wanted: Sequence[K]) -> None:
        found = outcome(lambda: self._fetch(wanted))
        if self._pane.app.is_running:
            self._pane.app.call_from_thread(self._end, wanted, found)

    def _end(self, wanted: Sequence[K], found: R | BackendError) -> None:
        self._under_way = False
        self._took(wanted, found)
        self._begin()
