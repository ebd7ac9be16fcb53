"""Reading the queue again and again: one reading in flight, slower on a slow queue, backing off when it fails."""

from collections.abc import Callable
from threading import Event
from time import monotonic

from backends.errors import BackendError
from backends.host import Queue
from mailtui.panes.queue.view import Reading, align_retry
from mailtui.work import outcome

LONGEST_PAUSE = 60.0  # s
BREATHER = 4.0  # times as long as a reading took the queue is left alone
LONGEST_BREATHER = 30.0  # s
SOME = 5_000  # messages from which on they are shown before their retry times are known
MANY = 200_000  # messages from which on we do not look at every queue file for its retry time


class Feed:
    """Decides when to read; `start` runs a function in a thread, `deliver` takes its result to the pane.

    `deliver` is also told whether that is the last of this reading.
    """

    def __init__(
        self,
        queue: Callable[[], Queue],
        interval: float,
        start: Callable[[Callable[[], None]], object],
        deliver: Callable[[Reading | BackendError, bool], object],
    ) -> None:
        self._queue, self._interval, self._start, self._deliver = queue, interval, start, deliver
        self.reading = False
        self.frozen = False
        self.count = 0
        self.failures = 0
        self._due = self._began = 0.0
        self._again = False
        self._stop = Event()

    def tick(self) -> None:
        """To be called often: reads when it is time."""
        if not self.frozen and not self.reading and monotonic() >= self._due:
            self.read()

    def read(self) -> None:
        """Read now, or once more after the reading in flight."""
        if self._stop.is_set():
            return
        if self.reading:
            self._again = True
            return
        self.reading, self.count, self._began = True, 0, monotonic()
        self._start(self._read)

    def done(self, result: Reading | BackendError) -> None:
        """The reading that was in flight has been delivered."""
        self.reading = False
        if isinstance(result, BackendError):
            self.failures += 1
            self._due = monotonic() + min(self._interval * 2**self.failures, LONGEST_PAUSE)
        else:
            self.failures = 0
            self._due = monotonic() + max(
                self._interval, min(BREATHER * result.snapshot.seconds, LONGEST_BREATHER)
            )
        if self._again:
            self._again = False
            self.read()

    @property
    def silence(self) -> float:
        """Seconds for which the reading in flight has brought nothing."""
        return monotonic() - self._began if self.reading and not self.count else 0.0

    def stop(self) -> None:
        """End the reading in flight; nothing is delivered or begun any more."""
        self._stop.set()

    def _read(self) -> None:
        result = outcome(self._outcome)
        if not self._stop.is_set():
            self._deliver(result, True)

    def _outcome(self) -> Reading:
        queue = self._queue()
        snapshot = queue.read(self._progress, self._stop)
        if len(snapshot.store) > MANY:
            return Reading(snapshot)
        if len(snapshot.store) > SOME and not self._stop.is_set():
            self._deliver(Reading(snapshot), False)
        return Reading(snapshot, align_retry(snapshot, queue.retry_times()))

    def _progress(self, count: int) -> None:
        self.count = count
