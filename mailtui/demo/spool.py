"""The simulated queue directory: retry times, and the trash that undo lives on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from backends.errors import Missing
from backends.outcome import LeftOut
from backends.queue.plan import Target, Trashed
from mailtui.demo.mail import NEVER, Mail
from mailtui.demo.simulation import POSTSUPER_DEFAULT, Simulation

USER = "root"


@dataclass(slots=True)
class _Batch:
    deleted: float
    user: str
    mails: dict[str, Mail]


class DemoSpool:
    """Implements `backends.queue.trash.spool.Spool` in memory; `simulation` gives the machine as it is now.

    Whoever runs the demo, on the simulated machine it is root.
    """

    def __init__(self, simulation: Callable[[], Simulation]) -> None:
        self._simulation = simulation
        self._batches: dict[int, _Batch] = {}

    def trouble(self) -> str:
        """Nothing keeps the demo host from keeping deleted messages."""
        return ""

    def retry_time(self, queue_id: str, queue_name: str) -> float | None:
        """The modification time of a queue file, in epoch seconds; None when it is not in that queue."""
        simulation = self._simulation()
        with simulation.lock:
            mail = simulation.find(queue_id)
            if mail is None or mail.queue != queue_name:
                return None
            return float(mail.due) if mail.due < NEVER else float(mail.arrival)

    def retry_times(self) -> dict[str, float]:
        """The next retry of every deferred message, in epoch seconds."""
        return {queue_id: float(mail.due) for queue_id, mail in self._simulation().deferred().items()}

    def keep(self, targets: Sequence[Target], user: str) -> tuple[int, list[LeftOut]]:
        """A new batch of those messages; gives its number and those that are not in the queue."""
        simulation = self._simulation()
        with simulation.lock:
            number = max(self._batches, default=0) + 1
            batch = self._batches[number] = _Batch(simulation.time, USER, {})
            left_out: list[LeftOut] = []
            for target in targets:
                mail = simulation.find(target.queue_id, POSTSUPER_DEFAULT)
                if mail is None:
                    left_out.append(LeftOut(target.queue_id, "it is not in the queue any more"))
                else:
                    batch.mails[mail.queue_id] = replace(mail)
            return number, left_out

    def drop(self, number: int, queue_ids: Iterable[str]) -> int:
        """Take those that are in the queue still out of a batch; gives how many stay. An empty batch goes too."""
        simulation = self._simulation()
        with simulation.lock:
            return self._without(number, filter(simulation.find, queue_ids))

    def _without(self, number: int, queue_ids: Iterable[str]) -> int:
        batch = self._batches.get(number)
        if batch is None:
            return 0
        for queue_id in queue_ids:
            batch.mails.pop(queue_id, None)
        if not batch.mails:
            del self._batches[number]
        return len(batch.mails)

    def batches(self) -> list[Trashed]:
        """All batches, latest first."""
        with self._simulation().lock:
            return [
                Trashed(number, batch.deleted, batch.user, tuple(map(_target, batch.mails.values())))
                for number, batch in sorted(self._batches.items(), reverse=True)
            ]

    def latest(self) -> int | None:
        """The number of the latest batch; None: there is none."""
        with self._simulation().lock:
            return max(self._batches, default=None)

    def restore(self, number: int) -> tuple[list[str], list[LeftOut]]:
        """Put a batch back on hold; what cannot be restored, because it is in the queue, stays in the batch.

        :raises Missing: there is no such batch.
        """
        simulation = self._simulation()
        with simulation.lock:
            batch = self._batches.get(number)
            if batch is None:
                raise Missing(
                    f"There is no deletion {number} to undo",
                    hint="see what there is: mailtui queue undo --list",
                )
            there = {queue_id for queue_id in batch.mails if simulation.find(queue_id)}
            left_out = [
                LeftOut(queue_id, "it is still in the queue") for queue_id in batch.mails if queue_id in there
            ]
            restored = [queue_id for queue_id in batch.mails if queue_id not in there]
            for queue_id in restored:
                simulation.restore(batch.mails[queue_id])
            self._without(number, restored)
            return restored, left_out

    def empty(self, older_than: float) -> int:
        """Remove batches older than so many seconds; gives the number of messages in them."""
        simulation = self._simulation()
        with simulation.lock:
            old = [
                number
                for number, batch in self._batches.items()
                if simulation.time - batch.deleted > older_than
            ]
            return sum(len(self._batches.pop(number).mails) for number in old)


def _target(mail: Mail) -> Target:
    return Target(mail.queue_id, mail.sender, mail.arrival, mail.size)
