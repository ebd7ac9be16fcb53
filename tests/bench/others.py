"""What others show of the same queue, and how long it takes them: for the reader, without a figure to reach."""

import re
import subprocess
import time
from collections.abc import Iterator

from backends.queue.adapter import PostfixQueue
from backends.runner import LocalRunner
from tests.bench.measure import Bench, Row, Skip, pairs, program
from tests.bench.start import MAILTUI
from tests.bench.terminal import painted


def pfqueue(bench: Bench) -> Iterator[Row]:
    """Its list of the deferred queue, which is limited to 200 messages by default, against ours of all."""
    queue = bench.live
    theirs = [str(program("pfqueue", "Debian: pfqueue")), "-b", "postfix2", "-c", queue.config_dir, "-q", "1"]
    ours = [MAILTUI, "--config-dir", queue.config_dir]
    shown: list[str] = []

    def listed(screen: str) -> bool:
        if any(queue_id in screen for queue_id in re.findall(r"[0-9A-F]{9,}", screen) if queue_id in known):
            shown[:] = [screen]
            return True
        return False

    def seen(argv: list[str]) -> float:
        (at,) = painted(argv, listed, patience=60, keys=b"2" if argv is ours else b"")
        if at is None:
            raise Skip(f"{' '.join(argv)} shows no message")
        return at

    known = set(queue.ids)
    both = pairs(lambda: seen(ours), lambda: seen(theirs), bench.size(3, 1))
    count = re.search(r"(\d+)\s*(?:messages|msgs?)|\((\d+)/(\d+)\)", shown[0])
    yield Row(
        "messages on the screen, live",
        *both,
        "s",
        "pfqueue",
        note=f"ours lists {queue.count:,}, pfqueue {count[0] if count else '200 by default'}",
    )


def postqf(bench: Bench) -> Iterator[Row]:
    """Its report of delay reasons, against ours."""
    queue = bench.live
    command = f"postqueue -c {queue.config_dir} -j | {program('postqf', 'PyPI: postqf')} --reason"
    runner = LocalRunner()
    adapter = PostfixQueue(runner, config_dir=queue.config_dir)
    rows: dict[str, int] = {}

    def ours() -> float:
        from backends.queue.query.groups import group

        start = time.perf_counter()
        rows["ours"] = len(group(adapter.read().store, "reason"))
        return time.perf_counter() - start

    def theirs() -> float:
        start = time.perf_counter()
        done = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
        rows["theirs"] = len(done.stdout.splitlines())
        return time.perf_counter() - start

    try:
        both = pairs(ours, theirs, bench.size(3, 1))
    finally:
        runner.close()
    note = f"{rows['ours']:,} rows, postqf {rows['theirs']:,}"
    yield Row("delay reasons counted, live", *both, "s", "postqf --reason", note=note)
