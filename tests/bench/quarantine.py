"""`mailtui cleanup` of half a million files in 62 folders, against find(1); in memory and on disk."""

import os
import random
import shutil
import string
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.bench.measure import Bench, Row, pairs, program, seconds
from tests.bench.start import MAILTUI

DAY = 86400
KEPT = 30
MEMORY = Path("/dev/shm")
NOBODY = 65534
LETTERS = string.ascii_letters + string.digits


def dry_run(bench: Bench) -> Iterator[Row]:
    """Either side looks at every file; ours also adds up the kinds."""
    files = _Quarantine(bench, bench.folder)
    find: list[str | Path] = [
        program("find", "Debian: findutils"),
        files.path,
        "-type",
        "f",
        "-printf",
        "%s %T@ %f\\n",
    ]
    both = pairs(lambda: seconds([*files.cleanup(), "--dry-run"]), lambda: seconds(find), bench.rounds)
    yield Row(f"cleanup --dry-run of {files.count:,}", *both, "s", "find -printf", 1.0)


def cleanup(bench: Bench) -> Iterator[Row]:
    """Either side deletes the same half of the files, which are made again for each, untimed."""
    places = [bench.folder] + ([MEMORY] if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else [])
    for place in places:
        files = _Quarantine(bench, place)
        find: list[str | Path] = [
            program("find", "Debian: findutils"),
            files.path,
            "-type",
            "f",
            "-mtime",
            f"+{KEPT - 1}",
            "-delete",
        ]
        try:
            both = pairs(
                partial(files.deleting, files.cleanup()), partial(files.deleting, find), bench.size(3, 1)
            )
        finally:
            shutil.rmtree(files.path.parent)
        where = "in memory" if place == MEMORY else "on disk"
        yield Row(f"cleanup of {files.count // 2:,} {where}", *both, "s", "find -mtime -delete", 0.85)


class _Quarantine:
    """A folder of files that are 0 to 60 days old: half of them older than is kept."""

    def __init__(self, bench: Bench, place: Path) -> None:
        self.count = bench.size(500_000, 2_000)
        self.path = place / f"mailtui-bench-{os.getpid()}" / "virusmails"
        self.path.mkdir(parents=True, exist_ok=True)
        for letter in LETTERS:
            (self.path / letter).mkdir(exist_ok=True)
        self._fill()
        if os.geteuid() == 0:
            for path in (self.path.parent, self.path, *self.path.iterdir()):
                os.chown(path, NOBODY, NOBODY)

    def cleanup(self) -> list[str | Path]:
        """The command line."""
        ages = ("--keep", f"spam={KEPT}d", "--keep", f"badh={KEPT}d")
        return [MAILTUI, "cleanup", "--dir", str(self.path), *ages]

    def deleting(self, argv: Sequence[str | Path]) -> float:
        """How long a command takes that deletes files; they are made again then."""
        taken = seconds(argv)
        self._fill()
        return taken

    def _fill(self) -> None:
        chance, now, content = random.Random(5), time.time(), b"x" * 1000
        for number in range(self.count):
            kind, end = ("spam", ".gz") if chance.random() < 0.5 else ("badh", "")
            when = now - chance.random() * 2 * KEPT * DAY
            name = f"{self.path}/{LETTERS[number % len(LETTERS)]}/{kind}-{number:012}{end}"
            file = os.open(name, os.O_WRONLY | os.O_CREAT, 0o640)
            try:
                if not os.fstat(file).st_size:
                    os.write(file, content)
                os.utime(file, (when, when))
            finally:
                os.close(file)
