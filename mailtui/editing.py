"""A draft: a copy of a file in a folder of its own, opened in the user's editor, which has the terminal to itself."""

import os
import shlex
import shutil
import tempfile
from pathlib import Path

from backends.errors import BadRequest, Failed, Refused
from backends.files import read_bounded
from backends.runner import at_terminal

LIMIT = 64 << 20


class Draft:
    """`path` is where it is; it stays there until it is removed."""

    def __init__(self, name: str, before: bytes) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="mailtui-edit-")) / Path(name).name
        self.path.write_bytes(before)
        self._before = before

    @property
    def changed(self) -> bool:
        """Whether something would be lost with it."""
        return self.path.exists() and self.path.read_bytes() != self._before

    def edit(self) -> None:
        """Open it in $VISUAL, $EDITOR, or editor, and return when that has ended.

        :raises Failed: it did not end well.
        """
        try:
            words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "editor")
        except ValueError as error:
            raise BadRequest(f"EDITOR cannot be read: {error}", hint="name an editor in it") from error
        if not words:
            raise BadRequest("EDITOR is empty", hint="name an editor in it")
        code = at_terminal((*words, str(self.path)))
        if code != 0:
            raise Failed(
                f"{words[0]} ended with exit code {code}: nothing was done",
                hint="try it again, or name another in EDITOR",
            )

    def content(self) -> bytes:
        """What is in it now."""
        return read_source(self.path)

    def remove(self) -> None:
        """Let go of it, and of what the editor left beside it."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


def read_source(path: Path) -> bytes:
    """A new source for a table.

    :raises Refused: it cannot be read.
    """
    try:
        return read_bounded(path, LIMIT)
    except OSError as error:
        raise Refused(
            f"{path} cannot be read: {error.strerror}", hint="name a file with the new source"
        ) from error
