"""A process of its own that works in the quarantine folder as its owner: `python -m backends.quarantine.child`.

A console has threads, and a process with threads can neither fork nor give up its rights for one of them. The request
comes as a line of JSON on standard input, with a line for each message behind it; the answer goes to standard output
as workers.py says it.
"""

import gc
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from backends.errors import BackendError
from backends.quarantine import kept, listing, opening
from backends.quarantine.acting import Acted, Acting
from backends.quarantine.folder import Folder, folder_at, must_be_quarantine
from backends.quarantine.listing import Listing, Names, Part
from backends.quarantine.message import Picked, Target
from backends.quarantine.names import ID_BITS, Naming
from backends.quarantine.plan import Trashed
from backends.quarantine.restore import runs
from backends.quarantine.trash import Emptied, Run, let_go
from backends.quarantine.tree import Noted, Share
from backends.quarantine.work import Leftover, sweep
from backends.workers import Job, Stop, catch, count, each, told

T = TypeVar("T")
LEFT_FOR = 2 * 86400.0
"""Seconds after which a work folder that nobody uses counts as left over."""


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be done in which folder; `methods` and `id_bits` say how amavis names, `work` where it works.

    `number`: of the run to undo, 0 the latest; `user` and `until`: who deletes, and how long it is kept.
    """

    op: Literal["list", "heads", "delete", "keep", "let-go", "undo", "trash", "empty"]
    folder: str
    methods: tuple[tuple[str, str], ...] = ()
    id_bits: int = ID_BITS
    work: str = ""
    number: int = 0
    user: str = ""
    until: float = 0.0


def written(request: Request, targets: Sequence[Target]) -> bytes:
    """The request as it is given to the process."""
    lines = (f"{one.inode}:{one.mtime}:{one.path}" for one in targets)
    return b"\n".join(
        (msgspec.json.encode(request), *(line.encode("utf-8", "surrogateescape") for line in lines), b"")
    )


def main() -> int:
    """Do what standard input says."""
    gc.disable()  # it ends before that would pay
    stop = Stop()
    catch(stop)
    first, *rest = sys.stdin.buffer.read().split(b"\n")
    request = msgspec.json.decode(first, type=Request)
    targets = [_target(line) for line in rest if line]
    sys.stdout.buffer.write(told(lambda: _Child(request, targets, stop).answer()))
    sys.stdout.buffer.flush()
    return 0


class _Child:
    def __init__(self, request: Request, targets: Sequence[Target], stop: Stop) -> None:
        self._request, self._targets, self._stop = request, targets, stop
        self._naming = Naming(request.methods, request.id_bits)

    def answer(self) -> object:
        """What is asked for."""
        request = self._request
        with folder_at(Path(request.folder)) as folder:
            if request.op == "list":
                return self._list(folder)
            if request.op == "heads":
                return self._heads(folder)
            if request.op == "trash":
                return self._one(folder, lambda stop: runs(folder.handle, stop), list[Trashed])
            must_be_quarantine(folder, self._naming)
            folder.lock()
            if request.op == "empty":
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

    def _list(self, folder: Folder) -> Listing:
        def job(number: int) -> Job:
            names = Names(self._naming, Share(number, count()))
            return Job(folder.owner, lambda stop: names.run(folder.handle, stop))

        taken = time.time()
        parts = each([job(number) for number in range(count())], Part, self._stop)
        marks = self._one(
            folder,
            lambda _: tuple(kept.still_there(folder.handle, kept.read(folder.handle))),
            tuple[kept.Mark, ...],
        )
        foreign, unreadable, left = Noted(), Noted(), self._leftovers()
        for part in parts:
            foreign.join(part.foreign)
            unreadable.join(part.unreadable)
        return Listing(
            folder=self._request.folder,
            taken=taken,
            columns=listing.joined(parts),
            room=folder.room(),
            foreign=foreign,
            unreadable=unreadable,
            kept=marks,
            leftovers=left.folders,
            leftover_size=left.size,
        )

    def _leftovers(self) -> Leftover:
        """Amavis's leftover work folders, counted; none where that cannot be told."""
        before = time.time() - LEFT_FOR
        with suppress(BackendError), folder_at(Path(self._request.work)) as base:
            return self._one(base, lambda stop: sweep(base.handle, before, stop, really=False), Leftover)
        return Leftover()

    def _heads(self, folder: Folder) -> list[Picked]:
        """In as many processes as are worth having, each a share of whole folders."""
        size = -(-len(self._targets) // count())

        def job(number: int) -> Job:
            some = self._targets[number * size : (number + 1) * size]
            return Job(folder.owner, lambda _: opening.heads(folder.handle, some))

        found = each([job(number) for number in range(count())], list[Picked], self._stop)
        return [picked for some in found for picked in some]

    def _one(self, folder: Folder, work: Callable[[Stop], object], kind: type[T]) -> T:
        return each([Job(folder.owner, work)], kind, self._stop)[0]


def _target(line: bytes) -> Target:
    inode, mtime, path = line.split(b":", 2)
    return Target(path.decode("utf-8", "surrogateescape"), "", int(inode), int(mtime))


if __name__ == "__main__":
    sys.exit(main())
