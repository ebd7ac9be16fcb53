"""Making views in threads: a newer wish supersedes the older, what is found early comes before the rest."""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Generic, TypeVar

from textual.message import Message

from mailtui.work import outcome

V = TypeVar("V")
Make = Callable[[Event, Callable[[V], None]], V]
"""Makes a view; is given what is set when nobody wants it any more, and whom to tell what is there early."""


class Viewed(Message):
    """A view is ready, or its filter is wrong; `generation` tells the latest from those that are superseded."""

    def __init__(self, generation: int, result: object) -> None:
        super().__init__()
        self.generation, self.result = generation, result


class Looker(Generic[V]):
    """`start` runs a function in a thread, `tell` takes its news to the pane."""

    def __init__(
        self, start: Callable[[Callable[[], None]], object], tell: Callable[[Viewed], object]
    ) -> None:
        self._start, self._tell = start, tell
        self._superseded = Event()
        self.generation = 0

    def look(self, make: Make[V]) -> None:
        """Make a view; those asked for before are not wanted any more."""
        self.stop()
        self._superseded = Event()
        self.generation += 1
        self._start(partial(self._make, make, self.generation, self._superseded))

    def stop(self) -> None:
        """Let go of the view in the making."""
        self._superseded.set()

    def _make(self, make: Make[V], generation: int, stop: Event) -> None:
        def early(view: V) -> None:
            self._tell(Viewed(generation, view))

        self._tell(Viewed(generation, outcome(lambda: make(stop, early))))
