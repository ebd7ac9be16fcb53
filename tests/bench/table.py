"""CPU per key press of `VirtualTable` with a million rows against Textual's DataTable with ten thousand.

Every measurement is a process of its own, the two sides alternate, the
median of the rounds counts. A key that is bound to nothing measures the floor: what Textual's Pilot, its
dispatching and its bookkeeping cost before either table does anything; the ratios count it on both sides.
"""

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import DataTable

from mailtui.widgets.virtual_table import Cell, Column, VirtualTable
from tests.bench.measure import Bench, Row

OUR_ROWS = 1_000_000
THEIR_ROWS = 10_000
PRESSES = 100
SIZE = (120, 40)
COLUMNS = (
    Column("queue", 8),
    Column("id", 11),
    Column("arrival", 19),
    Column("size", 9, "right"),
    Column("sender", 26),
    Column("recipient", 26),
    Column("n", 3, "right"),
    Column("reason", 0),
)
TARGETS = {"page down": 0.2, "cursor down": 1.0, "cursor down, scrolling": 1.0}
QUEUES = ("deferred", "active", "hold")
REASONS = ("451 4.3.0 queue file write error", "Connection timed out", "452 4.2.2 Mailbox full, over quota")


def row_cells(row: int) -> tuple[str, ...]:
    """Return the eight cells of a row, the same for either table."""
    return (
        QUEUES[row % 3],
        f"3F2A{row:07X}",
        time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_700_000_000 + row)),
        str(row * 7919 % 1_000_000),
        f"user{row % 997}@example.org",
        f"friend{row % 1009}@example.net",
        str(row % 5 + 1),
        REASONS[row % 7 % 3],
    )


class Rows:
    """A million rows made when asked for."""

    row_count = OUR_ROWS

    def cells(self, row: int) -> Sequence[Cell]:
        """Return the cells of a row."""
        return row_cells(row)

    def key(self, row: int) -> str:
        """Return the row's key."""
        return str(row)

    def index_of(self, key: str) -> int | None:
        """Return the row with this key."""
        return int(key)


class BenchApp(App[None]):
    """Either table, alone on the screen."""

    def __init__(self, ours: bool) -> None:
        super().__init__()
        self.ours = ours
        self.animation_level = "none"

    def compose(self) -> ComposeResult:
        """Yield the table to measure."""
        if self.ours:
            yield VirtualTable(COLUMNS, Rows())
        else:
            yield DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        """Load DataTable, which cannot take its rows later."""
        if not self.ours:
            table: DataTable[str] = self.query_one(DataTable)
            table.add_columns(*(column.label for column in COLUMNS))
            table.add_rows(row_cells(row) for row in range(THEIR_ROWS))
        self.query_one(Widget).focus()


async def press_ms(pilot: Pilot[None], presses: int, *keys: str) -> float:
    """Return the median CPU in ms of pressing the last of `keys`, the others pressed before each time."""
    spent = []
    for _ in range(presses):
        for key in keys[:-1]:
            await pilot.press(key)
        start = time.process_time()
        await pilot.press(keys[-1])
        spent.append(time.process_time() - start)
    return statistics.median(spent) * 1000


async def run_one(ours: bool, presses: int) -> dict[str, float]:
    """Measure one side in this process."""
    app = BenchApp(ours)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.query_one(VirtualTable if ours else DataTable).focus()
        await pilot.pause()
        gc.collect()
        gc.freeze()
        result = {"floor": await press_ms(pilot, presses, "f12")}
        result["page down"] = await press_ms(pilot, presses, "pagedown")
        result["cursor down, scrolling"] = await press_ms(pilot, presses, "down")
        await pilot.press("up")
        result["cursor down"] = await press_ms(pilot, presses, "up", "down")
    return result


def keys(bench: Bench) -> Iterator[Row]:
    """CPU per key, ours against DataTable; what a key costs that is bound to nothing counts on both sides."""
    presses = str(bench.size(PRESSES, 5))
    sides: dict[str, list[dict[str, float]]] = {"ours": [], "theirs": []}
    for _ in range(bench.size(3, 1)):
        for side, results in sides.items():
            argv = [sys.executable, "-m", "tests.bench.table", side, presses]
            results.append(json.loads(subprocess.run(argv, check=True, capture_output=True).stdout))
    ours, theirs = (
        {name: statistics.median(result[name] for result in results) for name in results[0]}
        for results in sides.values()
    )
    for name, at_most in TARGETS.items():
        above = (ours[name] - ours["floor"]) / max(theirs[name] - theirs["floor"], 0.01)
        note = f"without the cost of a key bound to nothing {max(above, 0):.2f}"
        yield Row(f"CPU per {name}", ours[name], theirs[name], "ms", "DataTable, 10,000 rows", at_most, note)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run_one(sys.argv[1] == "ours", int(sys.argv[2])))))
