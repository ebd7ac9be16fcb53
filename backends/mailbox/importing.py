"""Mailboxes imported: first all are read and counted, then what is new is written, by the Maildir's owner.

The mbox is read twice: once for what its messages are, which tells exactly what is new and what room it needs, and
once to write that. A message is on disk before it is written down as imported. Two processes write, each one half.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

import msgspec

from backends.errors import Failed, NotOnDisk
from backends.mailbox import dovecot, maildir
from backends.mailbox.flushing import Flusher, not_on_disk
from backends.mailbox.index import WORTH_IT, Index, Reading, index_of, rows_of
from backends.mailbox.maildir import Looked, refusing
from backends.mailbox.progress import Progress
from backends.mailbox.source import Seen, Source, source_at
from backends.mailbox.split import Dialect
from backends.mailbox.target import Target
from backends.mailbox.tree import Found
from backends.mailbox.writing import Writer, Written
from backends.runner import Command, Runner
from backends.text import visible
from backends.workers import Job, Stop, count, each

T = TypeVar("T")
SYNC_PATIENCE = 3600.0
"""Seconds for the disk to take what was written."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to come of one mbox: the `rows` of its messages that are new, `size` their bytes, `room` those on disk.

    `is_mailbox`: whether it is one at all. `short`: it ends before its last message does, as that says.
    """

    path: Path
    steps: tuple[str, ...]
    seen: Seen
    is_mailbox: bool = True
    index: Index = msgspec.field(default_factory=Index)
    rows: "array[int]" = msgspec.field(default_factory=lambda: array("L"))
    size: int = 0
    room: int = 0
    looked: Looked = Looked()
    short: bool = False

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to do: no new message, and no run before was broken off."""
        return not self.rows and not self.looked.loose


def halves(plan: Plan) -> "list[array[int]]":
    """The rows to write, for as many processes as are worth it, with as many bytes for each."""
    parts = count() if plan.size >= WORTH_IT else 1
    ends, shares, begun = list(accumulate(plan.index.sizes[row] for row in plan.rows)), [], 0
    for number in range(1, parts):
        end = max(begun, bisect_left(ends, plan.size * number // parts))
        shares.append(plan.rows[begun:end])
        begun = end
    return [*shares, plan.rows[begun:]]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a plan: keys of the messages that were written, their bytes; `error`: why not all, if so."""

    keys: "array[int]" = msgspec.field(default_factory=lambda: array("Q"))
    size: int = 0
    error: str = ""
    full: bool = False


class Held(msgspec.Struct, frozen=True):
    """How many messages a folder has, and how many of them Dovecot shows; None: it does not say."""

    messages: int
    shown: int | None


class Import:
    """One run. `glance` is told the bytes done and the bytes there are, of the mbox at hand."""

    def __init__(
        self,
        target: Target,
        runner: Runner,
        stop: Stop,
        dialect: Dialect = Dialect.AUTO,
        glance: Callable[[int, int], object] = lambda _done, _all: None,
    ) -> None:
        self._target, self._runner, self._stop = target, runner, stop
        self._dialect, self._glance = dialect, glance

    def plan(self, found: Found) -> Plan:
        """Read an mbox, and compare it with what is in its folder. Changes nothing.

        :raises BackendError: it cannot be read, or was changed meanwhile.
        """
        owner = self._target.owner
        with source_at(found.path, owner) as source:
            reading = self._reading(source)
            progress = Progress(reading.size, self._glance)
            index = index_of(reading, owner, self._stop, progress)
            source.must_be_as_it_was()
        if index is None:
            return Plan(path=found.path, steps=found.steps, seen=source.seen, is_mailbox=reading.size == 0)
        looked, block = self._looked(found.steps), self._target.block
        rows = array("L", rows_of(index, array("Q", looked.keys)))
        return Plan(
            path=found.path,
            steps=found.steps,
            seen=source.seen,
            index=index,
            rows=rows,
            size=sum(index.sizes[row] for row in rows),
            room=sum(-(-index.sizes[row] // block) * block for row in rows),
            looked=looked,
            short=index.short,
        )

    def carry_out(self, plan: Plan) -> Done:
        """Write what is new. A run that is broken off, in whatever way, is finished by another one.

        :raises BackendError: the mbox is not the one that was planned, or its folder cannot be made.
        """
        target = self._target
        with source_at(plan.path, target.owner) as source:
            if source.seen != plan.seen:
                raise Failed(f"{visible(str(plan.path))} was changed after it was read", hint="run it again")
            self._as_owner(lambda: maildir.make(target.handle, plan.steps), type(None))
            with maildir.folder_of(target.handle, plan.steps) as folder, maildir.locked(folder):
                progress, shares = Progress(plan.size, self._glance), halves(plan)

                def job(number: int) -> Job:
                    def work(stop: Stop) -> Written:
                        writer = Writer(source, self._reading(source), plan.index, Flusher(folder))
                        return writer.write(folder, shares[number], stop, partial(progress.tell, number))

                    return Job(target.owner, work)

                jobs = [job(number) for number in range(len(shares))]
                try:
                    parts = each(jobs, Written, self._stop, progress.look)
                except NotOnDisk:
                    self._take_back([(plan, _keys(plan, plan.rows))])
                    raise
        written = [row for share, part in zip(shares, parts, strict=True) for row in share[: part.count]]
        return Done(
            keys=_keys(plan, written),
            size=sum(part.size for part in parts),
            error=next((part.error for part in parts if part.error), ""),
            full=any(part.full for part in parts),
        )

    def finish(self, done: Sequence[tuple[Plan, Done]]) -> None:
        """Have on disk what was written, then have it written down, charged to the quota, and its folders shown.

        :raises NotOnDisk: the disk did not take it; what was written is removed again.
        :raises BackendError: it cannot be done; another run does it.
        """
        try:
            self._sync()
        except NotOnDisk:
            self._take_back([(plan, one.keys) for plan, one in done])
            raise

        def settle() -> None:
            for plan, one in done:
                looked = plan.looked
                keys = array("Q", looked.loose) + one.keys
                with maildir.folder_of(self._target.handle, plan.steps) as folder:
                    maildir.tell(folder, keys)
                    maildir.remove_damaged(folder, looked.damaged, keys)
                if keys:
                    maildir.charge(self._target.handle, looked.loose_size + one.size, len(keys))
                if plan.steps:
                    maildir.subscribe(self._target.handle, plan.steps)

        self._as_owner(settle, type(None))

    def _take_back(self, written: Sequence[tuple[Plan, "array[int]"]]) -> None:
        """Remove what a run has written: the kernel shows it whole until it is read from the disk again."""

        def remove() -> None:
            for plan, keys in written:
                with maildir.folder_of(self._target.handle, plan.steps) as folder:
                    maildir.remove(folder, keys)

        self._as_owner(remove, type(None))

    def held(self, steps: tuple[str, ...]) -> Held:
        """What a folder has, by its files and by Dovecot."""

        def count_them() -> int:
            with maildir.folder_of(self._target.handle, steps) as folder:
                return maildir.messages(folder)

        held = self._as_owner(count_them, int)
        user = self._target.user
        return Held(held, dovecot.messages(self._runner, user, steps) if user else None)

    def limits(self) -> list[maildir.Limit]:
        """The quotas of whoever reads the Maildir: as Dovecot keeps them, else as the Maildir itself does."""
        target = self._target
        if target.user and (found := dovecot.limits(self._runner, target.user)):
            return found
        if not target.is_there:
            return []
        return self._as_owner(lambda: maildir.limits(target.handle), list[maildir.Limit])

    def _reading(self, source: Source) -> Reading:
        return Reading(source.handle, source.seen.size, self._dialect, source.seen.modified // 10**9)

    def _looked(self, steps: tuple[str, ...]) -> Looked:
        if not self._target.is_there:
            return Looked()

        def look() -> Looked:
            try:
                with maildir.folder_of(self._target.handle, steps) as folder:
                    return maildir.look(folder)
            except FileNotFoundError:
                return Looked()

        return self._as_owner(look, Looked)

    def _as_owner(self, work: Callable[[], object], kind: type[T]) -> T:
        """What `work` gives, done by a child as the Maildir's owner."""

        def guarded(_: Stop) -> object:
            with refusing(self._target.path):
                return work()

        return each([Job(self._target.owner, guarded)], kind, self._stop)[0]

    def _sync(self) -> None:
        """
        :raises Failed: what was written is not on disk.
        """
        argv = ("sync", "--file-system", "--", str(self._target.path))
        result = self._runner.run(Command(argv, timeout=SYNC_PATIENCE))
        if result.code:
            raise not_on_disk(visible(result.complaint))


def _keys(plan: Plan, rows: Sequence[int]) -> "array[int]":
    return array("Q", (plan.index.keys[row] for row in rows))
