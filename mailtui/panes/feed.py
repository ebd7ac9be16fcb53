"""Reading something again and again: one reading in flight, slower on a slow source, backing off when it fails."""

from collections.abc import Callable
from math import inf
from threading import Event
from time import monotonic
from typing import Generic, TypeVar

from backends.errors import BackendError
from mailtui.work import outcome

LONGEST_PAUSE = 60.0  # s
BREATHER = 4.0  # times as long as a reading took the source is left alone, unless it is told otherwise
LONGEST_BREATHER = 30.0  # s; in proportion

T = TypeVar("T")


class Feed(Generic[T]):
    """Decides when to read. `read` is given the feed, which it tells its progress and may ask whether to stop.

    `start` runs a function in a thread, `deliver` takes its result to the pane, and is also told whether that is the
    last of this reading. The source is left alone for `rest` times as long as a reading took.
    """

    def __init__(
        self,
        read: Callable[["Feed[T]"], T],
        interval: float,
        start: Callable[[Callable[[], None]], object],
        deliver: Callable[[T | BackendError, bool], object],
        *,
        rest: float = BREATHER,
    ) -> None:
        self._work, self._interval, self._start, self._deliver = read, interval, start, deliver
        self._rest, self._longest = rest, LONGEST_BREATHER * rest / BREATHER
        self.reading = False
        self.frozen = False
        self.count = 0
        self.failures = 0
        self.stopped = Event()
        self._due = self._took = 0.0
        self._began = -inf
        self._again = False

    def tick(self, pause: float = 0.0) -> None:
        """To be called often: reads when it is time, and the last reading began `pause` seconds ago."""
        if not self.frozen and not self.reading and monotonic() >= max(self._due, self._began + pause):
            self.read()

    def read(self) -> None:
        """Read now, or once more after the reading in flight."""
        if self.stopped.is_set():
            return
        if self.reading:
            self._again = True
            return
        self.reading, self.count, self._began = True, 0, monotonic()
        self._start(self._read)

    def done(self, *, failed: bool) -> None:
        """The reading that was in flight has been delivered."""
        self.reading = False
        if failed:
            self.failures += 1
            self._due = monotonic() + min(self._interval * 2**self.failures, LONGEST_PAUSE)
        else:
            self.failures = 0
            self._due = monotonic() + max(self._interval, min(self._rest * self._took, self._longest))
        if self._again:
            self._again = False
            self.read()

    @property
    def silence(self) -> float:
        """Seconds for which the reading in flight has brought nothing."""
        return monotonic() - self._began if self.reading and not self.count else 0.0

    def stop(self) -> None:
        """End the reading in flight; nothing is delivered or begun any more."""
        self.stopped.set()

    def progress(self, count: int) -> None:
        """So much has been read of the reading in flight."""
        self.count = count

    def early(self, value: T) -> None:
        """Deliver what is there already, before the last of this reading."""
        if not self.stopped.is_set():
            self._deliver(value, False)

    def _read(self) -> None:
        began = monotonic()
        result = outcome(lambda: self._work(self))
        self._took = monotonic() - began
        if not self.stopped.is_set():
            self._deliver(result, True)
