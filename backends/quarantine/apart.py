"""What lies beside the quarantined messages: listed, and never touched unasked.

`foreign`: amavis does not name so. `orphan`: it has a name of amavis's, but is no plain file of amavis's own. `work`: a
folder that amavis left.
"""

import os
import stat
from typing import Literal

import msgspec

from backends.quarantine import work
from backends.quarantine.names import NO_PART, Naming
from backends.quarantine.tree import Noted, Share, Steps, Walk, mount_of, remove
from backends.text import visible
from backends.workers import Stop

MOST = 20_000
"""Things that are named; of more only the number is told."""


class Aside(msgspec.Struct, frozen=True):
    """One thing: its path, made visible (a work folder's is whole), bytes, last change (epoch seconds), files in it, what is odd."""

    what: Literal["foreign", "orphan", "work"]
    path: str
    size: int
    changed: float
    why: str
    files: int = 1


class Apart(msgspec.Struct):
    """All of them; `count` may be more than are named. `unreadable`: where nobody could look."""

    found: list[Aside] = []
    count: int = 0
    unreadable: Noted = msgspec.field(default_factory=Noted)

    def add(self, one: Aside) -> None:
        self.count += 1
        if len(self.found) < MOST:
            self.found.append(one)

    def join(self, other: "Apart") -> None:
        """Take in what another process found."""
        self.found = (self.found + other.found)[:MOST]
        self.count += other.count
        self.unreadable.join(other.unreadable)


def leftovers(base: int, path: str, before: float, stop: Stop) -> Apart:
    """The work folders in the one opened as `base` that nobody uses, last changed before a moment (epoch seconds)."""
    found, mount = Apart(), mount_of(base)
    for name in sorted(os.listdir(base)):
        if stop.asked():
            break
        try:
            changed = work.left_since(name, base)
            if changed is not None and changed < before:
                files, size = remove(name, base, mount, stop, really=False)
                found.add(Aside("work", f"{path}/{name}", size, changed, "no amavis uses it", files))
        except FileNotFoundError:
            continue
        except OSError as error:
            found.unreadable.add(f"{path}/{name}", error.strerror or "")
    return found


class Look:
    """Looks through a quarantine folder, in which messages are named by `naming`."""

    def __init__(self, naming: Naming) -> None:
        self._naming, self._found = naming, Apart()
        self._owner = 0

    def run(self, root: int, stop: Stop) -> Apart:
        """Look through the folder opened as `root`."""
        self._owner = os.fstat(root).st_uid
        walk = Walk(root, self._visit, Share(), NO_PART)
        walk.go(stop)
        self._found.unreadable = walk.unreadable
        return self._found

    def _visit(self, handle: int, steps: Steps, _alone: bool) -> list[str]:
        folders: list[str] = []
        matched = self._naming.within(steps)
        with os.scandir(handle) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                    continue
                if not steps and entry.name in NO_PART:
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                path = "/".join((*steps, entry.name))
                if not matched(entry.name):
                    self._note("foreign", path, status, "amavis does not name so")
                elif why := self._odd(status):
                    self._note("orphan", path, status, why)
        return folders

    def _note(self, what: Literal["foreign", "orphan"], path: str, status: os.stat_result, why: str) -> None:
        self._found.add(Aside(what, visible(path), status.st_size, status.st_mtime, why))

    def _odd(self, status: os.stat_result) -> str:
        if not stat.S_ISREG(status.st_mode):
            return "no plain file"
        return f"of another user, {status.st_uid}" if status.st_uid != self._owner else ""
