"""How things are compared: in pairs, one after the other, by medians; and a row of the printed table."""

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.bench.listing import write
from tests.bench.live import LiveQueue
from tests.support.postfix import why_not

BIN = Path(sys.executable).parent


class Skip(Exception):
    """A row cannot be measured here; the text says why in a sentence."""


@dataclass(frozen=True)
class Row:
    """One line of the table. Without `at_most` it is there for the reader only."""

    what: str
    ours: float
    peer: float
    unit: str
    against: str
    at_most: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    @property
    def passed(self) -> bool:
        return self.at_most is None or self.ratio <= self.at_most


@dataclass
class Bench:
    """What the rows share: how large, how often, and a listing and a Postfix made when first asked for."""

    quick: bool
    folder: Path
    ends: ExitStack = field(default_factory=ExitStack)

    @property
    def rounds(self) -> int:
        return 1 if self.quick else 5

    def size(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    @cached_property
    def listing(self) -> Path:
        """A ready file as `postqueue -j` would print it, of a million messages."""
        path = self.folder / "listing.jsonl"
        write(path, self.size(1_000_000, 20_000))
        return path

    @cached_property
    def live(self) -> LiveQueue:
        """A private Postfix with a hundred thousand deferred messages.

        :raises Skip: there can be none here.
        """
        if reason := why_not():
            raise Skip(reason)
        return self.ends.enter_context(LiveQueue(self.size(100_000, 300)))


def pairs(ours: Callable[[], float], peer: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Medians of alternating measurements, after one of each that does not count."""
    ours(), peer()
    both = [(ours(), peer()) for _ in range(rounds)]
    return statistics.median(one for one, _ in both), statistics.median(other for _, other in both)


def seconds(argv: Sequence[str | Path], stdin: bytes = b"") -> float:
    """How long a command takes, its output thrown away.

    :raises CalledProcessError: it failed.
    """
    start = time.perf_counter()
    subprocess.run(argv, input=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return time.perf_counter() - start


def program(name: str, package: str) -> Path:
    """Where a program is.

    :raises Skip: it is not installed.
    """
    found = shutil.which(name, path=f"{BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise Skip(f"{name} is not installed ({package})")
    return Path(found)
