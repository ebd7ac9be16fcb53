"""A copy of a configuration folder with what is staged in it, and what a program says of that copy."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from backends.runner import Result
from backends.text import visible

_TOLD = 5  # complaints of one program


class Staged(NamedTuple):
    """Where the copy is, and which folder it stands for (`/etc/dovecot`)."""

    root: Path
    config: str

    def complaints(self, result: Result, said: bytes, lead: str) -> list[str]:
        """The lines a program said, without their `lead` (a pattern), the paths as they will be.

        A word about its exit code where it failed without a line.
        """
        lines = said.decode("utf-8", "replace").splitlines()
        found = [
            visible(re.sub(f"^{lead}", "", line, count=1)).replace(f"{self.root}/", f"{self.config}/")
            for line in lines
            if line.strip()
        ]
        if not found and result.code != 0:
            found = [visible(result.complaint)]
        return found[:_TOLD]


def overlay(files: Mapping[str, bytes], folder: Path, *, config: str, live: Path) -> Staged:
    """Make `folder` look like the live one with these files in it; what stays is linked, never copied.

    The files, by their paths, lie directly in `config`; `live` is where that folder really is.

    :raises ValueError: one lies elsewhere.
    """
    staged = {name_in(config, path): content for path, content in files.items()}
    folder.mkdir(exist_ok=True)
    if live.is_dir():
        for one in live.absolute().iterdir():
            if one.name not in staged:
                (folder / one.name).symlink_to(one)
    for name, content in staged.items():
        (folder / name).write_bytes(content)
    return Staged(folder, config)


def name_in(config: str, path: str) -> str:
    """The name of a file that lies directly in this folder.

    :raises ValueError: it lies elsewhere.
    """
    folder, _, name = path.rpartition("/")
    if folder != config or not name:
        raise ValueError(f"{path} is not in {config}")
    return name
