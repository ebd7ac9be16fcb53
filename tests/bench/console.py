"""The console with a million rows: from a filter typed, or a column chosen, until the screen shows it.

`python -m tests.bench.console FILE` measures in a process of its own and prints JSON. Meanwhile a task in the event
loop looks how long it does not get its turn: that is how long a key would have waited.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import cast

from tests.bench.measure import Bench, Row

FILTERS = (
    "zzzznothing",
    "bob8211@",
    "example49.org",
    "carol",
    "from:example49.org",
    "over quota",
    "!greylisted",
)
COLUMNS = ("id", "size", "sender", "recipient", "reason", "queue", "age")
INSTANT = 100.0  # ms: what a person takes for at once
ROUNDS = 3


def console(bench: Bench) -> Iterator[Row]:
    """The worst filter, the worst column, and the longest wait of a key, each against its limit."""
    argv = [sys.executable, "-m", "tests.bench.console", str(bench.listing)]
    found = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
    for what, limit in (("filter", 150.0), ("sort", 1000.0)):
        took: dict[str, float] = found[what]
        worst = max(took, key=lambda name: took[name])
        note = f"slowest: {worst}; median {statistics.median(took.values()):.0f} ms"
        yield Row(f"{what} until the screen shows it", took[worst], limit, "ms", "its limit", 1.0, note)
    for what in ("reading", "filter", "sort"):
        gaps = found["gaps"][what]
        note = f"99th percentile {gaps['p99']:.0f} ms"
        yield Row(f"longest wait of a key: {what}", gaps["longest"], INSTANT, "ms", "an instant", 1.0, note)


class Watch:
    """Measures how late the event loop is."""

    def __init__(self) -> None:
        self.gaps: list[float] = []

    async def run(self) -> None:
        """Note for ever how long a nap of a millisecond was above that, in ms."""
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.gaps.append((now - last) * 1000 - 1)
            last = now

    def taken(self) -> dict[str, float]:
        """The longest wait and the 99th percentile since it was asked last, in ms."""
        gaps, self.gaps = sorted(self.gaps) or [0.0], []
        return {"longest": max(gaps[-1], 0.1), "p99": max(gaps[len(gaps) * 99 // 100], 0.1)}


async def _measure(path: Path) -> dict[str, object]:
    from backends.host import Host
    from backends.queue.listing.ingest import read_listing
    from backends.queue.listing.snapshot import QueueSnapshot
    from mailtui.app import MailtuiApp
    from mailtui.panes.queue.pane import QueuePane
    from mailtui.panes.queue.view import Wish
    from mailtui.settings import Settings
    from tests.bench.reading import chunks
    from tests.mailtui.cli.fake import FakeHost, FakeQueue

    class FileQueue(FakeQueue):
        def read(
            self, progress: Callable[[int], None] | None = None, stop: Event | None = None
        ) -> QueueSnapshot:
            return read_listing(chunks(path), taken=time.time(), progress=progress, stop=stop)

    app = MailtuiApp(cast("Host", FakeHost(FileQueue())), Settings(interval=3600))
    app.animation_level = "none"
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("2")
        pane, watch = app.query_one(QueuePane), Watch()
        watching = asyncio.create_task(watch.run())

        async def shown(wish: Wish, *, whole: bool) -> float:
            """Ask for it and wait until the screen, or all of it, is there; gives ms."""
            start = time.perf_counter()
            pane.wants(wish)
            while pane.view is None or pane.view.wish != wish or (whole and pane.view.partial):
                await asyncio.sleep(0.001)
            painted = asyncio.Event()
            pane.call_after_refresh(painted.set)
            await painted.wait()
            return (time.perf_counter() - start) * 1000

        await shown(Wish(), whole=True)
        reading = watch.taken()
        took: dict[str, list[float]] = {text: [] for text in FILTERS}
        for _ in range(ROUNDS):
            for text, times in took.items():
                times.append(await shown(Wish(filter=text), whole=False))
                await shown(Wish(filter=text), whole=True)
                await shown(Wish(), whole=True)
        filtering = watch.taken()
        sorted_: dict[str, list[float]] = {column: [] for column in COLUMNS}
        for _ in range(ROUNDS):
            assert pane.reading is not None
            pane.reading.known.clear()
            for column, times in sorted_.items():
                times.append(await shown(replace(Wish(), sort=column, reverse=False), whole=True))
        sorting = watch.taken()
        watching.cancel()
    return {
        "filter": {text: statistics.median(times) for text, times in took.items()},
        "sort": {column: statistics.median(times) for column, times in sorted_.items()},
        "gaps": {"reading": reading, "filter": filtering, "sort": sorting},
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(Path(sys.argv[1])))))
