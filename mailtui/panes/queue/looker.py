"""Making views in threads: a newer wish supersedes the older, a filter's first screen comes before the rest."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from mailtui.panes.queue.news import Viewed
from mailtui.panes.queue.reading import Reading
from mailtui.panes.queue.view import View, Wish, compute, quick
from mailtui.work import outcome

if TYPE_CHECKING:
    from backends.queue.listing.store import Rows


class Looker:
    """`start` runs a function in a thread, `tell` takes its news to the pane."""

    def __init__(
        self,
        now: Callable[[], float],
        start: Callable[[Callable[[], None]], object],
        tell: Callable[[Viewed], object],
    ) -> None:
        self._now, self._start, self._tell = now, start, tell
        self._superseded = Event()
        self.generation = 0

    def look(self, reading: Reading, wish: Wish, last: View | None) -> None:
        """Make a view of the wish; the views asked for before are not wanted any more."""
        self.stop()
        self._superseded = Event()
        self.generation += 1
        self._start(partial(self._compute, reading, wish, last, self.generation, self._superseded))

    def stop(self) -> None:
        """Let go of the view in the making."""
        self._superseded.set()

    def _compute(self, reading: Reading, wish: Wish, last: View | None, generation: int, stop: Event) -> None:
        now = self._now()

        def early(rows: "Rows") -> None:
            """Show the list; groups and map follow."""
            if last is not None:
                view = replace(last, snapshot=reading.snapshot, wish=wish, rows=rows, partial=True)
                self._tell(Viewed(generation, view))

        if last is not None and last.wish.filter != wish.filter:
            at_once = outcome(lambda: quick(reading, wish, now, last))
            if isinstance(at_once, View):
                self._tell(Viewed(generation, at_once))
        self._tell(Viewed(generation, outcome(lambda: compute(reading, wish, now, stop, early))))
