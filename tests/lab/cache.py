"""What is slow to make is made once: folders built in one step and shared by every test worker."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

RUNNING = "run"
"""The folder in the cache that holds what running machines wrote."""


def cache_folder() -> Path:
    """The lab's cache: `$XDG_CACHE_HOME/mailtui/lab`, by default below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(base) / "mailtui" / "lab"


def digest(*recipe: str) -> str:
    """A short name for a recipe: another recipe, another folder."""
    return sha256("\0".join(recipe).encode()).hexdigest()[:12]


def built(name: str, build: Callable[[Path], None]) -> Path:
    """The cached folder `name`, made by `build(folder)` if it is not there yet.

    Whoever comes second waits for the first. A build that fails or is killed leaves nothing that could be
    taken for the folder. What nobody has asked for in a month is removed to make room for the new.
    """
    final = cache_folder() / name
    final.parent.mkdir(parents=True, exist_ok=True)
    with locked(final.with_name(f"{final.name}.lock")):
        if not final.exists():
            part = final.with_name(f"{final.name}.part")
            if part.exists():
                shutil.rmtree(part)
            part.mkdir()
            build(part)
            part.rename(final)
            _remove_unused(final.parent)
    os.utime(final)
    return final


def _remove_unused(cache: Path) -> None:
    a_month_ago = time.time() - 30 * 86400
    for folder in cache.iterdir():
        if folder.is_dir() and folder.name != RUNNING and folder.stat().st_mtime < a_month_ago:
            shutil.rmtree(folder)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, waiting for it as long as it takes."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
