"""The simulated quarantine: invented messages in memory behind the interface of the real one."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from threading import Event, Lock

from backends.errors import Missing
from backends.journal import Journal
from backends.outcome import LeftOut, Outcome
from backends.quarantine.apart import Apart, Aside
from backends.quarantine.content import View, view
from backends.quarantine.listing import SEPARATOR, Columns, Listing
from backends.quarantine.message import Header, Target, pick
from backends.quarantine.names import KINDS
from backends.quarantine.plan import RELEASING, Plan, Trashed
from backends.quarantine.planning import planned
from backends.quarantine.retention import Room
from backends.quarantine.tree import Noted
from mailtui.demo.chance import draw
from mailtui.demo.quarantined import DAY, Quarantined, content, population

FOLDER = "/var/lib/amavis/virusmails"
WORK = "/var/lib/amavis/tmp"
LEFT = (
    ("20261104T021133-01893-kq8Zr2Vd", 46_002_112, 20, 41),
    ("20261117T143010-21077-pB4hXn0e", 2_208_891, 7, 3),
)
ROOM = Room(size=8 << 30, free=560 << 20, inodes=2_600_000, free_inodes=2_200_000)


class DemoQuarantine:
    """What a mid-sized server has quarantined in a month; implements `backends.host.Quarantine`.

    The same seed, count and time give the same messages. What is deleted can be undone; nothing is delivered.
    """

    def __init__(self, seed: int, count: int, now: Callable[[], float], journal: Journal) -> None:
        self._now, self._journal, self._lock = now, journal, Lock()
        self._there = {one.path: one for one in population(seed, count, now())}
        self._kept: set[str] = set()
        self._runs: dict[int, tuple[float, list[Quarantined]]] = {}

    def why_not(self) -> str:
        return ""

    def read(self, early: Callable[[Listing], None] = lambda _: None, stop: Event | None = None) -> Listing:
        with self._lock:
            there = list(self._there.values())
            kept = tuple((self._there[path].inode, path) for path in self._kept if path in self._there)
        columns = Columns(
            SEPARATOR.join(one.path for one in there).encode(),
            bytes(KINDS.index(one.kind) for one in there),
            array("q", [one.mtime for one in there]).tobytes(),
            array("q", [one.size for one in there]).tobytes(),
            array("Q", [one.inode for one in there]).tobytes(),
        )
        return Listing(
            folder=FOLDER,
            taken=self._now(),
            columns=columns,
            room=ROOM,
            foreign=Noted(1, ["notes.txt"]),
            kept=kept,
            leftovers=len(LEFT),
            leftover_size=sum(size for _, size, _, _ in LEFT),
        )

    def headers(self, targets: Sequence[Target], stop: Event | None = None) -> list[Header]:
        with self._lock:
            found = [self._there.get(target.path) for target in targets]
        return [pick(content(one)) if one else Header(trouble="No such file or directory") for one in found]

    def show(self, target: Target, limit: int = 16 << 20) -> View:
        whole = self.raw(target)
        return view(target.path, whole[:limit], truncated=len(whole) > limit)

    def raw(self, target: Target) -> bytes:
        with self._lock:
            one = self._there.get(target.path)
        if one is None:
            raise Missing("The message is not there any more", hint="read the quarantine again")
        return content(one)

    def chunks(self, target: Target) -> Iterator[bytes]:
        yield self.raw(target)

    def plan(self, action: str, targets: Sequence[Target], recipients: Sequence[str] = ()) -> Plan:
        known = self.headers(targets) if action in RELEASING else []
        return planned(action, targets, known, recipients, kept_for=DAY)

    def carry_out(
        self, plan: Plan, progress: Callable[[int], None] = lambda _: None, stop: Event | None = None
    ) -> Outcome:
        for number, command in enumerate(plan.commands):
            progress(number)
            entry = self._journal.begin(str(command), mutates=True)
            self._journal.end(entry, 0, "")
        with self._lock:
            there = [self._there[one.path] for one in plan.targets if one.path in self._there]
            gone = [
                LeftOut(one.path, "No such file or directory")
                for one in plan.targets
                if one.path not in self._there
            ]
            printed, undo = self._done(plan, there)
        return Outcome(plan.action, len(plan.targets), len(there), tuple(gone), tuple(printed), undo)

    def apart(self) -> Apart:
        now = self._now()
        return Apart(
            [
                Aside("foreign", "notes.txt", 212, now - 40 * DAY, "amavis does not name so"),
                *(
                    Aside("work", f"{WORK}/amavis-{name}", size, now - days * DAY, "no amavis uses it", files)
                    for name, size, days, files in LEFT
                ),
            ],
            1 + len(LEFT),
        )

    def trash(self) -> list[Trashed]:
        with self._lock:
            return [
                Trashed(number, "root", deleted, deleted + DAY, len(some), sum(one.size for one in some))
                for number, (deleted, some) in sorted(self._runs.items(), reverse=True)
            ]

    def undo(self, number: int | None = None) -> Outcome:
        with self._lock:
            number = max(self._runs, default=0) if number is None else number
            if number not in self._runs:
                raise Missing(f"There is no deletion {number} to undo", hint="delete something first")
            _, some = self._runs.pop(number)
            self._there |= {one.path: one for one in some}
        return Outcome("undo", len(some), len(some))

    def empty_trash(self) -> int:
        with self._lock:
            count = sum(len(some) for _, some in self._runs.values())
            self._runs.clear()
        return count

    def _done(self, plan: Plan, there: Sequence[Quarantined]) -> tuple[list[str], int | None]:
        """What is printed, and the number of the deletion."""
        if plan.action in RELEASING:
            said = [f"250 2.0.0 Ok: queued as {draw(one.path):08X}A" for one in there]
            learnt = ["Learned tokens from 1 message(s) (1 message(s) examined)"] * len(there)
            return (said + learnt if plan.action == "release-ham" else said), None
        paths = {one.path for one in there}
        if plan.action == "keep":
            self._kept |= paths
        elif plan.action == "let-go":
            self._kept -= paths
        elif there:
            number = max(self._runs, default=0) + 1
            self._runs[number] = self._now(), list(there)
            for path in paths:
                del self._there[path]
            return [], number
        return [], None
