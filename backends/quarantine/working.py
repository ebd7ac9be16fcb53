"""What the child process is asked for but headers: the folder listed, and acts in it."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from backends.errors import BackendError
from backends.quarantine import kept
from backends.quarantine.acting import Acted, Acting
from backends.quarantine.apart import Apart, Look, leftovers
from backends.quarantine.child import Request
from backends.quarantine.folder import Folder, folder_at, must_be_quarantine
from backends.quarantine.listing import Columns, Listing, Names, Passed
from backends.quarantine.message import Target
from backends.quarantine.names import Naming
from backends.quarantine.plan import Trashed
from backends.quarantine.restore import runs
from backends.quarantine.trash import Emptied, Run, let_go
from backends.quarantine.tree import Noted, Share
from backends.quarantine.work import Leftover, sweep
from backends.workers import Job, Stop, count, each

T = TypeVar("T")
PATIENCE = 5.0  # s for which an act waits for a cleanup under way
LEFT_FOR = 2 * 86400.0
"""Seconds after which a work folder that nobody uses counts as left over."""


class Working:
    """A request carried out in the opened folder, by processes that are its owner."""

    def __init__(self, request: Request, folder: Folder, targets: Sequence[Target], stop: Stop) -> None:
        self._request, self._folder, self._targets, self._stop = request, folder, targets, stop
        self._naming = Naming(request.methods, request.id_bits)

    def answer(self) -> object:
        """What is asked for."""
        op, folder = self._request.op, self._folder
        if op == "list":
            return self._list()
        if op == "trash":
            return self._one(folder, lambda stop: runs(folder.handle, stop), list[Trashed])
        if op == "apart":
            return self._apart()
        must_be_quarantine(folder, self._naming)
        folder.lock(PATIENCE)
        if op == "empty":
            forever = time.time() + 1e12
            return self._one(folder, lambda stop: let_go(folder.handle, forever, stop), Emptied)
        return self._one(folder, lambda stop: self._act(folder.handle, stop), Acted)

    def _act(self, root: int, stop: Stop) -> Acted:
        request, acting = self._request, Acting(root, self._naming)
        if request.op == "delete":
            return acting.delete(self._targets, Run(request.user, time.time(), request.until), stop)
        if request.op == "undo":
            return acting.undo(request.number or None, stop)
        return acting.keep(self._targets, on=request.op == "keep")

    def _list(self) -> tuple[Listing, list[msgspec.Raw]]:
        """All but the columns, and those of each process."""

        def job(number: int) -> Job:
            names = Names(self._naming, Share(number, count()))
            return Job(self._folder.owner, lambda stop: names.run(self._folder.handle, stop))

        taken = time.time()
        parts = each([job(number) for number in range(count())], Passed, self._stop)
        marks = self._one(
            self._folder,
            lambda _: tuple(kept.still_there(self._folder.handle, kept.read(self._folder.handle))),
            tuple[kept.Mark, ...],
        )
        foreign, unreadable, left = Noted(), Noted(), self._leftovers()
        for part in parts:
            foreign.join(part.foreign)
            unreadable.join(part.unreadable)
        found = Listing(
            folder=self._request.folder,
            taken=taken,
            columns=Columns(),
            room=self._folder.room(),
            foreign=foreign,
            unreadable=unreadable,
            kept=marks,
            leftovers=left.folders,
            leftover_size=left.size,
        )
        return found, [part.columns for part in parts]

    def _apart(self) -> Apart:
        look = Look(self._naming)
        found = self._one(self._folder, lambda stop: look.run(self._folder.handle, stop), Apart)
        before, where = time.time() - LEFT_FOR, self._request.work
        with suppress(BackendError), folder_at(Path(where)) as base:
            found.join(self._one(base, lambda stop: leftovers(base.handle, where, before, stop), Apart))
        return found

    def _leftovers(self) -> Leftover:
        """Amavis's leftover work folders, counted; none where that cannot be told."""
        before = time.time() - LEFT_FOR
        with suppress(BackendError), folder_at(Path(self._request.work)) as base:
            return self._one(base, lambda stop: sweep(base.handle, before, stop, really=False), Leftover)
        return Leftover()

    def _one(self, folder: Folder, work: Callable[[Stop], object], kind: type[T]) -> T:
        return each([Job(folder.owner, work)], kind, self._stop)[0]
