"""Making views in threads: a newer wish supersedes the older."""

from collections.abc import Callable
from functools import partial
from threading import Event

from textual.message import Message

from backends.errors import BackendError
from backends.host import Host
from backends.quarantine.listing import Listing
from mailtui.panes.quarantine.view import Places, View, Wish, compute
from mailtui.work import outcome


class Viewed(Message):
    """A view is ready, or its filter is wrong; `generation` tells the latest from those that are superseded."""

    def __init__(self, generation: int, result: View | BackendError) -> None:
        super().__init__()
        self.generation, self.result = generation, result


class Looker:
    """`start` runs a function in a thread, `tell` takes its news to the pane."""

    def __init__(
        self,
        host: Host,
        start: Callable[[Callable[[], None]], object],
        tell: Callable[[Viewed], object],
    ) -> None:
        self._host, self._start, self._tell = host, start, tell
        self._superseded = Event()
        self._places: Places | None = None
        self.generation = 0

    def look(self, listing: Listing, wish: Wish) -> None:
        """Make a view of the wish; the views asked for before are not wanted any more."""
        self.stop()
        self._superseded = Event()
        self.generation += 1
        self._start(partial(self._compute, listing, wish, self.generation, self._superseded))

    def stop(self) -> None:
        """Let go of the view in the making."""
        self._superseded.set()

    def _compute(self, listing: Listing, wish: Wish, generation: int, stop: Event) -> None:
        places, now = self._places, self._host.now()
        if places is None or places.listing is not listing:
            self._places = places = Places(listing)

        def early(view: View) -> None:
            self._tell(Viewed(generation, view))

        made = outcome(
            lambda: compute(places, wish, self._host.quarantine.headers, now=now, stop=stop, early=early)
        )
        self._tell(Viewed(generation, made))
