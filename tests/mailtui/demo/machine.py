"""A simulated machine with a clock that the test turns."""

from backends.journal import Journal
from backends.queue.listing.lines import BrokenLine, messages
from backends.queue.message import Message
from backends.runner import Command, Result
from mailtui.demo.programs import PROGRAMS
from mailtui.demo.runner import DemoRunner
from mailtui.demo.simulation import Simulation
from mailtui.demo.spool import DemoSpool

START = 1_795_437_531


class Machine:
    """A simulation whose time is `now` (epoch seconds)."""

    def __init__(self, seed: int = 1, size: int = 412) -> None:
        self.now = float(START)
        self.simulation = Simulation(seed, size, START)
        self.journal = Journal()
        self.runner = DemoRunner(self.current, self.journal, PROGRAMS)
        self.spool = DemoSpool(self.current)

    def current(self) -> Simulation:
        while True:
            self.simulation.advance(self.now)
            if self.simulation.time >= int(self.now):
                break
        return self.simulation

    def run(self, *argv: str, ids: list[str] | None = None) -> Result:
        stdin = "".join(f"{queue_id}\n" for queue_id in ids or []).encode()
        return self.runner.run(Command(argv, stdin=stdin))

    def act(self, option: str, *ids: str) -> list[str]:
        """What postsuper prints for those IDs, without its name before each line."""
        printed = self.run("postsuper", option, "-", ids=list(ids)).stderr.decode()
        return [line.removeprefix("postsuper: ") for line in printed.splitlines()]

    def listing(self) -> bytes:
        return self.run("postqueue", "-j").stdout

    def messages(self) -> dict[str, Message]:
        broken: list[BrokenLine] = []
        found = {message.queue_id: message for message in messages([self.listing()], broken)}
        assert not broken
        return found

    def ids(self, queue: str) -> list[str]:
        return [queue_id for queue_id, message in self.messages().items() if message.queue_name == queue]
