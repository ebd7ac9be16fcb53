"""Whether a file may be replaced by name: nobody else can put something else at its path meanwhile."""

import os
import stat
from pathlib import Path

from backends.errors import Missing, Refused


def must_be_safe(path: Path) -> None:
    """
    :raises Missing: there is no such folder.
    :raises Refused: somebody else could exchange the file or a folder above it.
    """
    for folder in path.parents:
        try:
            found = folder.lstat()
        except FileNotFoundError as error:
            raise Missing(
                f"{folder} is not there", hint="see where the table should be: postconf -n"
            ) from error
        mode = found.st_mode
        open_to_others = bool(mode & 0o022) and not mode & stat.S_ISVTX
        if stat.S_ISLNK(mode) or open_to_others or found.st_uid not in {0, os.geteuid()}:
            raise Refused(
                f"{folder} is a link, or others may write to it: nothing is replaced in it",
                hint=f"see who: ls -ld {folder}; edit the file as its owner, then: mailtui maps rebuild {path}",
            )
