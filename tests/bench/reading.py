"""Reading the queue into the store: from a running postqueue, and from a ready file."""

import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from backends.queue.adapter import PostfixQueue
from backends.queue.listing.ingest import read_listing
from backends.queue.listing.snapshot import QueueSnapshot
from backends.runner import LocalRunner
from tests.bench.measure import Bench, Row, pairs, program, seconds


def chunks(path: Path) -> Iterator[bytes]:
    """A file a megabyte at a time."""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(1 << 20):
            yield chunk


def live(bench: Bench) -> Iterator[Row]:
    """`postqueue -j` into the store, against the same command to nowhere."""
    queue = bench.live
    runner = LocalRunner()
    adapter = PostfixQueue(runner, config_dir=queue.config_dir)

    def ours() -> float:
        start = time.perf_counter()
        snapshot = adapter.read()
        taken = time.perf_counter() - start
        assert len(snapshot.store) == queue.count
        return taken

    def peer() -> float:
        return seconds([program("postqueue", "Debian: postfix"), "-c", queue.config_dir, "-j"])

    try:
        both = pairs(ours, peer, bench.rounds)
    finally:
        runner.close()
    yield Row(f"{queue.count:,} messages, live", *both, "s", "postqueue -j > /dev/null", 1.15)


def ready(bench: Bench) -> Iterator[Row]:
    """The same from a file, against jq and postqf as whole commands."""
    path = bench.listing

    def ours() -> float:
        start = time.perf_counter()
        snapshot: QueueSnapshot = read_listing(chunks(path), taken=0)
        taken = time.perf_counter() - start
        assert not snapshot.broken
        return taken

    jq, postqf = program("jq", "Debian: jq"), program("postqf", "PyPI: postqf")
    lines = int(subprocess.run(["wc", "-l", path], capture_output=True, check=True).stdout.split()[0])
    for peer, words, at_most in ((jq, ["-c", "."], 0.3), (postqf, ["--id"], 0.45)):
        argv: list[str | Path] = [peer, *words, path]
        both = pairs(ours, partial(seconds, argv), bench.size(3, 1))
        yield Row(f"{lines:,} messages, ready file", *both, "s", " ".join((peer.name, *words)), at_most)
