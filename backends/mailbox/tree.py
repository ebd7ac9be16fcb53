"""A tree of mailboxes, as a mail reader or an IMAP server keeps them: each file a folder, each directory one above."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from backends import way
from backends.errors import Missing, Refused
from backends.text import visible

DEEPEST = 16
MOST = 20_000
"""Files of a tree; more are hardly mailboxes."""
NO_MAILBOX = (".msf", ".lock", ".dat", ".html", ".log", "~")
"""How names end of what mail readers keep beside mailboxes."""


class Found(NamedTuple):
    """A file that may be a mailbox, and the steps of its folder."""

    path: Path
    steps: tuple[str, ...]


def mailboxes(tree: Path, above: tuple[str, ...] = ()) -> list[Found]:
    """The files of a tree in the order of their names; hidden ones are left out, links not followed.

    A dot in a name parts folders in a Maildir, so it becomes `_`; `.mbox`, and Thunderbird's `.sbd`, are left away.

    :raises Missing: there is no such folder.
    :raises Refused: the way to it is not safe, or two files would become one folder.
    """
    path = Path(os.path.abspath(tree))  # noqa: PTH100 - links are to be seen, not followed
    try:
        handle = way.opened(path)
    except OSError as error:
        raise Missing(
            f"The folder {visible(str(tree))} cannot be read: {error.strerror}", hint="look with ls -ld"
        ) from error
    try:
        found = list(_below(handle, path, above, 0))
    finally:
        os.close(handle)
    seen: dict[tuple[str, ...], Path] = {}
    for path, steps in found:
        if (other := seen.setdefault(steps, path)) != path:
            raise Refused(
                f"{visible(str(other))} and {visible(str(path))} would become the same folder {'/'.join(steps)}",
                hint="rename one, or import it by itself with --folder",
            )
    return found


def _below(handle: int, path: Path, steps: tuple[str, ...], depth: int) -> Iterator[Found]:
    """What is in an opened folder.

    :raises Refused: there is too much in it.
    """
    names = sorted(os.listdir(handle))
    if len(names) > MOST or depth > DEEPEST:
        raise Refused(f"There is too much in {visible(str(path))}", hint="import parts of it")
    for name in names:
        if name.startswith(".") or name.endswith(NO_MAILBOX):
            continue
        mode = os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
        if stat.S_ISREG(mode):
            yield Found(path / name, _steps(steps, name, ".mbox"))
        elif stat.S_ISDIR(mode):
            below = os.open(name, way.FOLDER, dir_fd=handle)
            try:
                yield from _below(below, path / name, _steps(steps, name, ".sbd"), depth + 1)
            finally:
                os.close(below)


def _steps(above: tuple[str, ...], name: str, ending: str) -> tuple[str, ...]:
    step = "".join(char if char.isprintable() else "_" for char in name.removesuffix(ending)).replace(
        ".", "_"
    )
    if not above and step.upper() == "INBOX":
        return ()
    return (*above, step.strip() or "_")
