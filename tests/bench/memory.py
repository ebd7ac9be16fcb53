"""Private memory of a store, above the console without one. `python -m tests.bench.memory [FILE]` prints bytes."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Bench, Row

_MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)")


def private() -> int:
    """Bytes of this process that no other shares; the mapped temporary files of the store do not count."""
    from backends.files import SPILL_FOLDER

    total, counts = 0, True
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if mapping := _MAPPING.match(line):
            counts = not mapping[1].startswith(SPILL_FOLDER)
        elif counts and line.startswith("Private_"):
            total += int(line.split()[1]) * 1024
    return total


def store(bench: Bench) -> Iterator[Row]:
    """Two processes, one of which has read the listing."""
    ours = (_asked(str(bench.listing)) - _asked()) / 1e6
    size = bench.listing.stat().st_size / 1e6
    yield Row("private memory for them", max(ours, 0.1), size, "MB", "the listing's size", 0.4)


def _asked(*words: str) -> int:
    argv = [sys.executable, "-m", "tests.bench.memory", *words]
    return int(subprocess.run(argv, capture_output=True, check=True).stdout)


def main() -> None:
    """What the console imports, and a store of the listing that was named."""
    import mailtui.app  # noqa: F401
    from backends.queue.listing.ingest import read_listing
    from backends.queue.query import groups, order, search, shape  # noqa: F401
    from tests.bench.reading import chunks

    path = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    snapshot = read_listing(chunks(path) if path else [], taken=0)
    print(private())
    del snapshot


if __name__ == "__main__":
    main()
