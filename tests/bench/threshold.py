"""Moving a threshold over five million messages: from the key to the lines that are drawn, against a sixtieth of a second."""

import gc
import statistics
import time
from collections.abc import Iterator

import numpy as np

from backends.maillog.verdict import CATEGORIES
from backends.scores.histogram import Histogram, histogram, span
from backends.scores.store import ROW, Rows, Store
from backends.scores.summary import summary
from backends.scores.tally import Tally
from backends.scores.whatif import moved
from mailtui.chart import Mark, draw
from mailtui.panes.scores.title import whatif_lines
from mailtui.scores_text import chart_of
from tests.bench.measure import Bench, Row

FRAME = 16.0  # ms
STEPS = 300
LEVEL = 6.31


def moving(bench: Bench) -> Iterator[Row]:
    """Each step: how many change side, the chart of 140 columns, the sentence."""
    count = bench.size(5_000_000, 50_000)
    start = time.perf_counter()
    tally = summary(Store.of(rows(count))).tally
    counted = time.perf_counter() - start
    tally.below(LEVEL)
    buckets = histogram(tally, *span(tally, 130, None, (LEVEL,)))
    gc.freeze()  # as the console does at its start
    took = [step(tally, buckets, LEVEL - 15 + number / 10) for number in range(STEPS)]
    yield Row(
        "moving the threshold, median",
        statistics.median(took),
        FRAME,
        "ms",
        f"one frame, {count:,} messages",
        1.0,
        f"counted once in {counted:.2f} s",
    )
    yield Row(
        "moving the threshold, p99",
        sorted(took)[STEPS * 99 // 100],
        FRAME,
        "ms",
        f"one frame, {count:,} messages",
        1.0,
        f"of {STEPS} steps",
    )


def rows(count: int) -> Rows:
    """Messages of a year, ham and spam."""
    chance = np.random.default_rng(1)
    found = np.zeros(count, ROW)
    found["time"] = 1_760_000_000 + np.sort(chance.integers(0, 365 * 86400, count))
    scores = np.where(chance.random(count) < 0.2, chance.normal(11, 5, count), chance.normal(-1, 2.5, count))
    found["score"] = scores * 1000
    found["category"] = np.where(scores >= LEVEL, CATEGORIES.index("SPAM"), CATEGORIES.index("CLEAN"))
    found["took"] = chance.lognormal(6, 1, count)
    return found


def step(tally: Tally, buckets: Histogram, at: float) -> float:
    """One step, in ms."""
    start = time.perf_counter()
    found = moved(tally, "tag2", LEVEL, at)
    draw(chart_of(buckets, [Mark("tag2", at, LEVEL, active=True)]), 138, 16)
    whatif_lines(found, listed=False)
    return (time.perf_counter() - start) * 1000
