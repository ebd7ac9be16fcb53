"""A quarantine of half a million files in 62 folders, cleaned up, listed and read, against find(1) and head(1)."""

import gzip
import os
import random
import shutil
import statistics
import string
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from backends.quarantine.adapter import AmavisQuarantine
from backends.quarantine.config import Amavis
from backends.runner import LocalRunner
from tests.bench import listed
from tests.bench.measure import Bench, Row, pairs, program, seconds
from tests.bench.start import MAILTUI

DAY = 86400
KEPT = 30
MEMORY = Path("/dev/shm")
NOBODY = 65534
INSTANT = 100.0  # ms
ROOM = 200.0  # MB
SCORE = 12.5
MESSAGE = (
    b"""\
Return-Path: <bob@example.org>
X-Envelope-From: <bob@example.org>
X-Envelope-To: <alice@example.test>
X-Quarantine-ID: <enwsi4bCd5fk>
X-Spam-Score: 12.5
X-Spam-Status: Yes, score=12.5 tag=x tag2=6.31 kill=6.31 tests=[BAYES_99=3.5,
 URIBL_BLACK=1.7, RAZOR2_CHECK=1.7, PYZOR_CHECK=1.4] autolearn=no
Received: from mail.example.test ([127.0.0.1])
 by localhost (mail.example.test [127.0.0.1]) (amavis, port 10024) with ESMTP
 id enwsi4bCd5fk for <alice@example.test>
From: bob@example.org
To: alice@example.test
Subject: an offer
Message-ID: <993285435368@example.org>

"""
    + b"a line of an offer that nobody wants\n" * 40
)
LETTERS = string.ascii_letters + string.digits


def dry_run(bench: Bench) -> Iterator[Row]:
    """Either side looks at every file; ours also adds up the kinds."""
    for place, where in _places(bench):
        with _quarantine(bench, place) as files:
            both = pairs(
                lambda: seconds([*files.cleanup(), "--dry-run"]),
                lambda: seconds(files.find()),
                bench.rounds,
            )
        yield Row(f"cleanup --dry-run {where}", *both, "s", "find -printf", 1.0, f"{files.count:,} files")


def cleanup(bench: Bench) -> Iterator[Row]:
    """Either side deletes the same half of the files, which are made again for each, untimed."""
    for place, where in _places(bench):
        with _quarantine(bench, place) as files:
            old = ("-mtime", f"+{KEPT - 1}", "-delete")
            find: list[str | Path] = [program("find", "Debian: findutils"), files.path, "-type", "f", *old]
            both = pairs(
                partial(files.deleting, files.cleanup()), partial(files.deleting, find), bench.size(3, 1)
            )
        yield Row(
            f"cleanup {where}", *both, "s", "find -mtime -delete", 0.85, f"{files.count // 2:,} deleted"
        )


def listing(bench: Bench) -> Iterator[Row]:
    """Until the pane has the first screen of files, and until it has all of them."""
    for place, where in _places(bench):
        first: list[float] = []

        def ours(files: _Quarantine, first: list[float] = first) -> float:
            start = time.perf_counter()
            found = files.adapter().read(lambda _: first.append((time.perf_counter() - start) * 1000))
            assert len(found) == files.count
            return time.perf_counter() - start

        with _quarantine(bench, place) as files:
            both = pairs(partial(ours, files), lambda: seconds(files.find()), bench.rounds)
        yield Row(f"quarantine listed {where}", *both, "s", "find -printf", 1.2, f"{files.count:,} files")
        yield Row(f"its first screen {where}", statistics.median(first), INSTANT, "ms", "an instant", 1.0)


def memory(bench: Bench) -> Iterator[Row]:
    """All that a process takes at the most that holds a million files, and the largest process that it starts."""
    place = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else bench.folder
    with _quarantine(bench, place, bench.size(1_000_000, 2_000)) as files:
        own, largest = (taken / 1e6 for taken in listed.asked(files.path))
    note = f"a child {largest:,.0f} MB"
    yield Row(f"memory with {files.count:,} listed", own, ROOM, "MB", "what it may take", 1.0, note)


def headers(bench: Bench) -> Iterator[Row]:
    """What was found in each of many messages, every second of them compressed; nothing is remembered."""
    program("xargs", "Debian: findutils")
    files = _Quarantine(bench.folder, bench.size(50_000, 500), real=True)
    head = f"find {files.path} -type f -print0 | xargs -0 head -qc 2048"
    found = files.adapter().read()
    targets = [found.target(row) for row in range(len(found))]

    def ours() -> float:
        subject = files.adapter()
        start = time.perf_counter()
        assert sum(one.score == SCORE for one in subject.headers(targets)) == files.count
        return time.perf_counter() - start

    def peer() -> float:
        start = time.perf_counter()
        subprocess.run(["sh", "-c", head], stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start

    try:
        both = pairs(ours, peer, bench.rounds)
    finally:
        shutil.rmtree(files.path.parent)
    yield Row(f"headers of {files.count:,}", *both, "s", "find, xargs head", 1.5)


def _places(bench: Bench) -> list[tuple[Path, str]]:
    """Where files are, and that in words."""
    places = [(bench.folder, "on disk")]
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        places.append((MEMORY, "in memory"))
    return places


@contextmanager
def _quarantine(bench: Bench, place: Path, count: int = 0) -> "Iterator[_Quarantine]":
    """A quarantine at a place, until the end of the block."""
    files = _Quarantine(place, count or bench.size(500_000, 2_000))
    try:
        yield files
    finally:
        shutil.rmtree(files.path.parent)


class _Quarantine:
    """A folder of files that are 0 to 60 days old: half of them older than is kept; `real`: with headers in them."""

    def __init__(self, place: Path, count: int, *, real: bool = False) -> None:
        self.count, self._real = count, real
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

    def find(self) -> list[str | Path]:
        """The command line of the peer that looks at all of them."""
        return [program("find", "Debian: findutils"), self.path, "-type", "f", "-printf", "%s %T@ %f\\n"]

    def adapter(self) -> AmavisQuarantine:
        """What the console has."""
        return AmavisQuarantine(LocalRunner(), Amavis(quarantine=str(self.path)))

    def deleting(self, argv: Sequence[str | Path]) -> float:
        """How long a command takes that deletes files; they are made again then."""
        taken = seconds(argv)
        self._fill()
        return taken

    def _fill(self) -> None:
        chance, now = random.Random(5), time.time()
        contents = (
            {"": MESSAGE, ".gz": gzip.compress(MESSAGE)}
            if self._real
            else dict.fromkeys(("", ".gz"), b"x" * 1000)
        )
        for number in range(self.count):
            kind, end = ("spam", ".gz") if chance.random() < 0.5 else ("badh", "")
            when = now - chance.random() * 2 * KEPT * DAY
            name = f"{self.path}/{LETTERS[number % len(LETTERS)]}/{kind}-{number:012}{end}"
            file = os.open(name, os.O_WRONLY | os.O_CREAT, 0o640)
            try:
                if not os.fstat(file).st_size:
                    os.write(file, contents[end])
                    if os.geteuid() == 0:
                        os.fchown(file, NOBODY, NOBODY)
                os.utime(file, (when, when))
            finally:
                os.close(file)
