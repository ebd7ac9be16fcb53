"""The files of amavis's configuration, as text: they are programs in Perl, which are read here and never run."""

import re
from collections.abc import Sequence
from pathlib import Path

from backends.errors import Failed, NotPermitted
from backends.files import read_bounded

FOLDERS = (Path("/usr/share/amavis/conf.d"), Path("/etc/amavis/conf.d"))
LIMIT = 1 << 20
MANY = 200
_FILE = re.compile("[A-Za-z0-9_-]+")
_POD = re.compile(r"^=[a-z].*?(?:^=cut.*?$|\Z)", re.MULTILINE | re.DOTALL)
_END = re.compile(r"^__(?:END|DATA)__$", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)


def texts(folders: Sequence[Path] = FOLDERS) -> list[str]:
    """The files that amavis reads, in its order: those that run-parts(8) would take.

    :raises NotPermitted: a file cannot be read.
    """
    found = []
    for folder in folders:
        try:
            files = sorted(path for path in folder.iterdir() if _FILE.fullmatch(path.name) and path.is_file())
            found += [read_bounded(path.resolve(), LIMIT).decode("utf-8", "replace") for path in files[:MANY]]
        except FileNotFoundError:
            continue
        except (OSError, Failed) as error:
            raise NotPermitted(
                f"Amavis's configuration in {folder} cannot be read: {error}",
                hint="run mailtui as root, or name the folder with --dir DIR",
            ) from error
    return found


def without_comments(text: str) -> str:
    """The text of a file without whole lines of comment, documentation, and what follows its end."""
    return _COMMENT.sub("", _POD.sub("", _END.split(text, maxsplit=1)[0]))
