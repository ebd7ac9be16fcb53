"""Steps and checks as they come: one line each with the time since the start, or one JSON object each."""

import time
from collections.abc import Callable
from contextlib import suppress

from backends.apply.told import Check, Event
from mailtui.cli.output import Output


class Telling:
    """Tells one run; percentages replace one another on a terminal; elsewhere each quarter is a line."""

    def __init__(self, out: Output, *, json: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._json, self._clock = out, json, clock
        self._start = clock()
        self._quarter = 25.0

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self._clock() - self._start

    def event(self, event: Event) -> None:
        """One step; that nobody can read it any more is no reason to stop."""
        with suppress(OSError):
            self._event(event)

    def check(self, check: Check) -> None:
        """One check."""
        with suppress(OSError):
            self._check(check)

    def _event(self, event: Event) -> None:
        if event.check is not None:
            self._check(event.check)
        elif self._json:
            self._out.json({"at": round(self.seconds, 2), "event": event})
            self._out.flush()
        elif event.percent is not None and self._out.columns is None:
            if event.percent >= self._quarter:
                self._quarter += 25.0
                self._line(f"{event.percent:3.0f} %  {event.text}")
        elif event.percent is not None:
            self._out.passing(f"{self.seconds:7.1f} s  {event.percent:3.0f} %  {event.text}")
        else:
            self._line(event.text)

    def _check(self, check: Check) -> None:
        if self._json:
            self._out.json({"at": round(self.seconds, 2), "check": check})
            self._out.flush()
            return
        self._line(f"{'●' if check.good else '✖'} {check.name}: {check.evidence}")
        if not check.good and check.hint:
            self._line(f"  {check.hint}")

    def _line(self, text: str) -> None:
        self._out.fitted(f"{self.seconds:7.1f} s  {text}")
        self._out.flush()
