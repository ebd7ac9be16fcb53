"""Acts on single messages, done as the owner of the quarantine folder, relative to its handle."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby

import msgspec

from backends.outcome import LeftOut
from backends.quarantine import kept, trash
from backends.quarantine.message import Target
from backends.quarantine.names import Naming
from backends.quarantine.opening import Opener, step
from backends.quarantine.restore import restore, runs
from backends.text import visible
from backends.workers import Stop


class Acted(msgspec.Struct):
    """How many were done, which were not, and the number of the run that can be undone."""

    count: int = 0
    left: list[LeftOut] = []
    undo: int | None = None


class Acting:
    """`root` is the handle of the folder; `naming` says which names are amavis's: no others are acted on."""

    def __init__(self, root: int, naming: Naming) -> None:
        self._root, self._naming = root, naming
        self._acted = Acted()

    def delete(self, targets: Sequence[Target], run: trash.Run, stop: Stop) -> Acted:
        """Move them into the trash; what has been there for its time goes."""
        trash.let_go(self._root, run.deleted, stop)
        number = trash.begin(self._root, run)
        try:
            with trash.files_of(self._root, number) as files, Opener(self._root) as opener:
                for folder, some in groupby(sorted(targets, key=_folder_of), _folder_of):
                    if stop.asked():
                        break
                    self._delete(folder, list(some), files, opener)
        finally:
            trash.finish(self._root, number)
        self._acted.undo = number if self._acted.count else None
        return self._acted

    def keep(self, targets: Sequence[Target], *, on: bool) -> Acted:
        """Have a cleanup leave them, or not any more."""
        marks = set(kept.still_there(self._root, kept.read(self._root)))
        with Opener(self._root) as opener:
            for target, found in self._found(targets, opener):
                mark = (found.st_ino, target.path)
                marks.add(mark) if on else marks.discard(mark)
                self._acted.count += 1
        kept.write(self._root, marks)
        return self._acted

    def undo(self, number: int | None, stop: Stop) -> Acted:
        """Bring a deletion back; None: the latest."""
        latest = next((run.number for run in runs(self._root, stop)), 0) if number is None else number
        restored = restore(self._root, latest, stop)
        trash.finish(self._root, latest)
        return Acted(restored.count, restored.left)

    def _delete(self, folder: str, targets: Sequence[Target], files: int, opener: Opener) -> None:
        with ExitStack() as ends:
            keeping = ends.enter_context(trash.Keeping(files, tuple(folder.split("/")) if folder else ()))
            for target, _ in self._found(targets, opener):
                try:
                    keeping.take(opener.folder(folder), target.path.rpartition("/")[2])
                except OSError as error:
                    self._left(target, error)
                else:
                    self._acted.count += 1

    def _found(self, targets: Sequence[Target], opener: Opener) -> Iterator[tuple[Target, os.stat_result]]:
        """Those that are there and what they were, with their inodes as they are now."""
        for target in targets:
            try:
                folder, _, name = target.path.rpartition("/")
                found = os.stat(step(name), dir_fd=opener.folder(folder), follow_symlinks=False)
                opener.check(found, target)
                if self._naming.kind(target.path) is None:
                    raise OSError(0, "Amavis does not name so")
            except OSError as error:
                self._left(target, error)
            else:
                yield target, found

    def _left(self, target: Target, error: OSError) -> None:
        self._acted.left.append(LeftOut(visible(target.path), error.strerror or str(error)))


def _folder_of(target: Target) -> str:
    return target.path.rpartition("/")[0]
