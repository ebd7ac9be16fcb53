"""A cleanup from beginning to end: the plan of a quarantine folder, and carrying it out.

A plan by age alone needs no look at the files, so they are looked at and deleted in one go; where files are to make
room, or a cap is set, all of them are counted first.
"""

import time
from collections.abc import Callable, Sequence
from math import inf

import msgspec

from backends import audit
from backends.errors import BackendError, Refused
from backends.quarantine import kept, scan, trash
from backends.quarantine.carry_out import Deletion, Done, joined, nothing
from backends.quarantine.folder import Folder
from backends.quarantine.names import KINDS, Naming
from backends.quarantine.retention import YOUNGEST, Policy, Room, by_age, by_room, going
from backends.quarantine.tree import Noted, Share, total
from backends.workers import Job, Stop, count, each, outcomes


class KindPlan(msgspec.Struct, frozen=True):
    """What there is of a kind, what of it goes, and by which rule; sizes in bytes, times in epoch seconds (None: there is none).

    `keep`: seconds for which it is kept, None for ever; `aged`: files that are kept no longer, the others that go make
    room; `next`: when the oldest of those that stay is kept no longer.
    """

    kind: str
    count: int
    size: int
    oldest: float
    going: int
    going_size: int
    keep: float | None
    aged: int
    next: float | None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a cleanup of a folder would do. `before`: the moment of each kind before which its files go.

    `by_age`: the moments without files that make room; `young`: files that no rule takes yet. `refused`: why it is not
    carried out, if so.
    """

    before: tuple[float, ...]
    by_age: tuple[float, ...]
    young: int = 0
    kinds: tuple[KindPlan, ...] = ()
    ahead: int = 0
    kept: int = 0
    foreign: Noted = msgspec.field(default_factory=Noted)
    unreadable: Noted = msgspec.field(default_factory=Noted)
    refused: str = ""

    @property
    def going(self) -> int:
        """The number of files that go."""
        return sum(one.going for one in self.kinds)

    @property
    def going_size(self) -> int:
        """Their bytes."""
        return total(*(one.going_size for one in self.kinds))


class Cleanup:
    """The quarantine folder, what is kept of it, and how names are told apart.

    `undo`: for how many seconds what is too old is kept in the trash first; what has to make room is deleted for
    good. `now` is in epoch seconds.
    """

    def __init__(
        self,
        folder: Folder,
        policy: Policy,
        naming: Naming,
        *,
        undo: float = 0.0,
        any_name: bool = False,
        now: float | None = None,
    ) -> None:
        self._folder, self._policy, self._naming = folder, policy, naming
        self._undo, self._any_name = undo, any_name
        self._now = time.time() if now is None else now
        self._by_age = by_age(policy, self._now)

    def empty_trash(self, stop: Stop, *, really: bool = True) -> trash.Emptied:
        """Let go of what has been in the trash for its time; not `really`: only say what that would be."""
        job = self._job(lambda ends: trash.let_go(self._folder.handle, self._now, ends, really=really))
        return each([job], trash.Emptied, stop)[0]

    def plan(self, stop: Stop, *, counted: bool, freed: int = 0) -> Plan:
        """What is to go. `counted`: say how many files, even where the plan does not need it.

        `freed`: bytes that the trash gives back before it is carried out.

        :raises OSError: the folder cannot be read.
        """
        policy, before = self._policy, self._by_age
        if not (counted or policy.needs_room or policy.max_delete):
            return Plan(before=before, by_age=before)
        parts = self._scan(stop)
        found = scan.joined(parts)
        aged = found.going
        if policy.needs_room:
            files = [part.files for part in parts]
            before = by_room(policy, files, _with_more(self._folder.room(), freed), before, self._now)
            found.going, found.going_size, found.staying = going(files, before)
        kinds = self._kinds(found, aged)
        cap, total = policy.max_delete, sum(found.going)
        return Plan(
            before=before,
            by_age=self._by_age,
            kinds=kinds,
            young=found.young,
            ahead=found.ahead,
            kept=found.kept,
            foreign=found.foreign,
            unreadable=found.unreadable,
            refused=f"This would delete {total:,} files, more than {cap:,}" if cap and total > cap else "",
        )

    def carry_out(self, plan: Plan, stop: Stop) -> tuple[Done, int | None]:
        """Delete what was planned; gives what was done, and the number of the run that can be undone, if one can.

        :raises Refused: the plan is over the cap.
        """
        if plan.refused:
            raise Refused(plan.refused, hint="look at it with --dry-run; allow it with a larger --max-delete")
        if not self._undo:
            return _whole(self._deleted(plan, None, stop)), None
        root = self._folder.handle
        run = trash.Run(audit.user(), self._now, self._now + self._undo)
        number = each([self._job(lambda _: trash.begin(root, run))], int, stop)[0]
        try:
            found = self._deleted(plan, number, stop)
        finally:
            holds = each([self._job(lambda _: trash.finish(root, number))], bool, stop)[0]
        done = _whole(found, trashed=holds)
        return done, number if done.kept or (done.lost and holds) else None

    def _scan(self, stop: Stop) -> list[scan.Found]:
        def job(share: Share) -> Job:
            return self._job(lambda ends: self._look(share).run(self._folder.handle, ends))

        return each([job(share) for share in _shares()], scan.Found, stop)

    def _kinds(self, found: scan.Found, aged: Sequence[int]) -> tuple[KindPlan, ...]:
        """Those that there are."""
        return tuple(
            KindPlan(
                kind=kind,
                count=found.counts[at],
                size=found.sizes[at],
                oldest=found.oldest[at],
                going=found.going[at],
                going_size=found.going_size[at],
                keep=keep,
                aged=aged[at],
                next=_kept_until(found.staying[at], keep),
            )
            for at, (kind, keep) in enumerate(zip(KINDS, self._policy.keep, strict=True))
            if found.counts[at]
        )

    def _look(self, share: Share) -> scan.Scan:
        return scan.Scan(
            self._naming,
            self._by_age,
            self._now,
            share,
            columns=self._policy.needs_room,
            any_name=self._any_name,
            kept=kept.read(self._folder.handle),
        )

    def _deleted(self, plan: Plan, number: int | None, stop: Stop) -> list[Done | BackendError]:
        """What came of each process."""
        root = self._folder.handle

        def delete(share: Share, ends: Stop) -> Done:
            stay = kept.read(root)
            if number is None:
                return Deletion(self._naming, plan.before, share, any_name=self._any_name, kept=stay).run(
                    root, ends
                )
            with trash.files_of(root, number) as files:
                return Deletion(
                    self._naming,
                    plan.before,
                    share,
                    trash=files,
                    trashed=plan.by_age,
                    any_name=self._any_name,
                    kept=stay,
                ).run(root, ends)

        def job(share: Share) -> Job:
            return self._job(lambda ends: delete(share, ends))

        return outcomes([job(share) for share in _shares()], Done, stop)

    def _job(self, work: Callable[[Stop], object]) -> Job:
        return Job(self._folder.owner, work)


def _whole(found: Sequence[Done | BackendError], *, trashed: bool = False) -> Done:
    """What the processes did; one that failed is told beside what the others did.

    `trashed`: they moved something into the trash.

    :raises BackendError: all of them failed, with nothing in the trash.
    """
    failed = [one for one in found if isinstance(one, BackendError)]
    if len(failed) == len(found) and not trashed:
        raise failed[0]
    return joined([_done(one) for one in found])


def _done(outcome: Done | BackendError) -> Done:
    """What a process did; of one that failed that is lost."""
    if isinstance(outcome, BackendError):
        part = nothing()
        part.broken, part.hint, part.lost = str(outcome), outcome.hint, True
        return part
    return outcome


def _kept_until(oldest: float, keep: float | None) -> float | None:
    """When a file of that time is too old; None: never, or there is none."""
    return None if keep is None or oldest == inf else oldest + max(keep, YOUNGEST)


def _shares() -> list[Share]:
    of = count()
    return [Share(number, of) for number in range(of)]


def _with_more(room: Room, freed: int) -> Room:
    return msgspec.structs.replace(room, free=room.free + freed)
