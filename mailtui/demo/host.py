"""The demo host: one machine's adapters over a simulated Postfix, and over invented configuration files."""

import time
from collections.abc import Callable
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from backends.host import (
    Antivirus,
    Bayes,
    Config,
    Greylist,
    Health,
    Maps,
    Quarantine,
    Queue,
    Scores,
    ServiceState,
)
from backends.journal import Journal

if TYPE_CHECKING:
    from mailtui.demo.config import DemoConfig
    from mailtui.demo.greylist import DemoGreylist
    from mailtui.demo.simulation import Simulation

SERVICES = {
    "postfix": "running",
    "gld": "running",
    "amavis": "running",
    "clamd": "stopped",
    "dovecot": "running",
    "mariadb": "running",
}
QUARANTINED = 684
SCANNER = "virus scanner"
"""The trouble of the simulation that ends when the scanner runs."""


class DemoHost:
    """A busy evening on a mid-sized mail server, which begins when the host is made.

    The same seed, number of messages, readings of the clock (epoch seconds) and acts give the same queue.
    Everything above the programs and files of Postfix is the real code. The simulated user is root. The
    queue is made when it is first asked for, the configuration as well; `sleep` lets an apply take its time.
    """

    name = "mx1.example.org"
    demo = True

    def __init__(
        self,
        seed: int = 1,
        messages: int = 412,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.journal = Journal(clock=clock)
        self._seed, self._messages, self._clock, self._sleep = seed, messages, clock, sleep
        self._start = int(clock())
        self._simulation: Simulation | None = None
        self._config: DemoConfig | None = None
        self._greylist: DemoGreylist | None = None
        self._scanning: float | None = None
        self._building = Lock()

    @cached_property
    def queue(self) -> Queue:
        """The simulated queue behind the real adapter."""
        from mailtui.demo.queue import demo_queue  # noqa: PLC0415 - not for what only asks for services

        return demo_queue(self._current, self.journal, self.now)

    @cached_property
    def quarantine(self) -> Quarantine:
        """Invented messages that amavis kept back."""
        from mailtui.demo.quarantine import DemoQuarantine  # noqa: PLC0415 - when it is asked for

        return DemoQuarantine(self._seed, QUARANTINED, self.now, self.journal)

    @cached_property
    def maps(self) -> Maps:
        """Invented tables."""
        from mailtui.demo.maps import DemoMaps  # noqa: PLC0415 - when it is asked for

        return DemoMaps(self.now, self.journal)

    @property
    def config(self) -> Config:
        """The real reference beside invented files."""
        with self._building:
            if self._config is None:
                from mailtui.demo.config import DemoConfig  # noqa: PLC0415 - templates, when it is asked for

                self._config = DemoConfig(self._clock, self._sleep)
        return self._config

    @property
    def greylist(self) -> Greylist:
        """A simulated gld with its table in memory."""
        with self._building:
            if self._greylist is None:
                from mailtui.demo.greylist import DemoGreylist  # noqa: PLC0415 - when it is asked for

                self._greylist = DemoGreylist(self._clock, self._seed)
        return self._greylist

    @cached_property
    def antivirus(self) -> Antivirus:
        """A scanner that does not run until something was applied, and its signatures."""
        from mailtui.demo.antivirus import DemoAntivirus  # noqa: PLC0415 - when it is asked for

        return DemoAntivirus(self._clock, lambda: self._mended is not None, self._sleep)

    @cached_property
    def scores(self) -> Scores:
        """What a simulated amavis scored in a week, and goes on to score."""
        from mailtui.demo.scores import DemoScores  # noqa: PLC0415 - numpy, when it is asked for

        return DemoScores(self._seed, self._start, QUARANTINED, self.now)

    @cached_property
    def bayes(self) -> Bayes:
        """A database in memory."""
        from mailtui.demo.scores import DemoBayes  # noqa: PLC0415 - numpy, when it is asked for

        return DemoBayes(self._start, self.journal)

    @cached_property
    def health(self) -> Health:
        """Simulated facts, really judged; its mend starts the scanner."""
        from mailtui.demo.health import DemoHealth  # noqa: PLC0415 - when it is asked for

        return DemoHealth(self, self._start, lambda: self._mended, self._start_scanner)

    def services(self) -> list[ServiceState]:
        """The services of the stack; clamd is the one that does not run until it is started."""
        mended = {"clamd": "running"} if self._mended is not None else {}
        return [ServiceState(name, state) for name, state in {**SERVICES, **mended}.items()]

    def now(self) -> float:
        """Epoch seconds by the clock given."""
        return self._clock()

    def close(self, *, acts: bool = True) -> None:
        """Nothing runs."""

    @property
    def _mended(self) -> float | None:
        """Since when the scanner runs: it was started, or something was applied."""
        if self._scanning is None and self._config is not None and self._config.complete:
            self._start_scanner()
        return self._scanning

    def _start_scanner(self) -> None:
        if self._scanning is None:
            self._scanning = self._clock()

    def _current(self) -> "Simulation":
        """The simulation, advanced to now."""
        with self._building:
            if self._simulation is None:
                from mailtui.demo.simulation import Simulation  # noqa: PLC0415

                self._simulation = Simulation(self._seed, self._messages, self._start)
        if self._mended is not None:
            self._simulation.over.add(SCANNER)
        self._simulation.advance(self._clock())
        return self._simulation
