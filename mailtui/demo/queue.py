"""The simulated queue: the real adapter over simulated programs and files."""

from collections.abc import Callable

from backends.journal import Journal
from backends.queue.adapter import PostfixQueue
from backends.queue.plan import ACTIONS, Rights
from mailtui.demo.programs import PROGRAMS
from mailtui.demo.runner import DemoRunner
from mailtui.demo.simulation import Simulation
from mailtui.demo.spool import DemoSpool


def demo_queue(
    simulation: Callable[[], Simulation], journal: Journal, clock: Callable[[], float]
) -> PostfixQueue:
    """The queue of the machine that `simulation` gives as it is now, for its root user; nothing is logged."""
    return PostfixQueue(
        DemoRunner(simulation, journal, PROGRAMS),
        spool=DemoSpool(simulation),
        rights=Rights(actions=dict.fromkeys(ACTIONS, ()), show=(), queue_files=True),
        clock=clock,
        record=lambda _outcome, _targets: None,
    )
