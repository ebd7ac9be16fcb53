"""The simulated queue: the real adapter over simulated programs and files."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from backends.journal import Journal
from backends.queue.adapter import PostfixQueue
from backends.queue.plan import ACTIONS, Rights
from mailtui.demo.runner import DemoRunner
from mailtui.demo.simulation import Simulation
from mailtui.demo.spool import DemoSpool

if TYPE_CHECKING:
    from backends.queue.snapshot import QueueSnapshot


class DemoQueue(PostfixQueue):
    """The queue of the machine that `simulation` gives as it is now, for its root user; `now` is its clock."""

    def __init__(
        self, simulation: Callable[[], Simulation], journal: Journal, now: Callable[[], float]
    ) -> None:
        super().__init__(
            DemoRunner(simulation, journal),
            spool=DemoSpool(simulation),
            rights=Rights(actions=dict.fromkeys(ACTIONS, ()), show=(), queue_files=True),
        )
        self._now = now

    def read(
        self, progress: Callable[[int], None] | None = None, stop: Event | None = None
    ) -> "QueueSnapshot":
        """The whole queue, dated by the demo host's clock."""
        taken = self._now()
        return replace(super().read(progress, stop), taken=taken)
