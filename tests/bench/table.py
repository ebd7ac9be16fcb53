"""CPU per key press of `VirtualTable` with a million rows against Textual's DataTable with ten thousand.

`python -m tests.bench.table [ROUNDS]`. Every measurement is a process of its own, the two sides alternate, the
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
from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import DataTable

from mailtui.widgets.virtual_table import Cell, Column, VirtualTable

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


async def press_ms(pilot: Pilot[None], *keys: str) -> float:
    """Return the median CPU in ms of pressing the last of `keys`, the others pressed before each time."""
    spent = []
    for _ in range(PRESSES):
        for key in keys[:-1]:
            await pilot.press(key)
        start = time.process_time()
        await pilot.press(keys[-1])
        spent.append(time.process_time() - start)
    return statistics.median(spent) * 1000


async def run_one(ours: bool) -> dict[str, float]:
    """Measure one side in this process."""
    app = BenchApp(ours)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.query_one(VirtualTable if ours else DataTable).focus()
        await pilot.pause()
        gc.collect()
        gc.freeze()
        result = {"floor": await press_ms(pilot, "f12")}
        result["page down"] = await press_ms(pilot, "pagedown")
        result["cursor down, scrolling"] = await press_ms(pilot, "down")
        await pilot.press("up")
        result["cursor down"] = await press_ms(pilot, "up", "down")
    return result


def measure_all(rounds: int = 3) -> dict[str, tuple[float, float]]:
    """Return for the floor and every case the medians (ours, theirs) in ms of CPU per key."""
    sides: dict[str, list[dict[str, float]]] = {"ours": [], "theirs": []}
    for _ in range(rounds):
        for side, results in sides.items():
            done = subprocess.run(
                [sys.executable, "-m", __spec__.name, side], check=True, capture_output=True, text=True
            )
            results.append(json.loads(done.stdout))
    return {
        name: (
            statistics.median(result[name] for result in sides["ours"]),
            statistics.median(result[name] for result in sides["theirs"]),
        )
        for name in ("floor", *TARGETS)
    }


def measure(rounds: int = 3) -> list[tuple[str, float, float, float]]:
    """Return `(name, ours in ms, theirs in ms, target for ours / theirs)` for every case."""
    medians = measure_all(rounds)
    return [(f"table: CPU per {name}", *medians[name], target) for name, target in TARGETS.items()]


def main() -> None:
    """Measure one side (`ours`, `theirs`) as JSON, or print both as a table."""
    argument = sys.argv[1] if len(sys.argv) > 1 else "3"
    if argument in ("ours", "theirs"):
        print(json.dumps(asyncio.run(run_one(argument == "ours"))))
        return
    medians = measure_all(int(argument))
    our_floor, their_floor = medians.pop("floor")
    print(f"floor: {our_floor:.2f} ms ours, {their_floor:.2f} ms theirs\n")
    print(f"{'CPU per':24}{'ours ms':>9}{'theirs ms':>11}{'ratio':>8}{'target':>8}{'without floor':>15}")
    for name, (ours, theirs) in medians.items():
        above = (ours - our_floor) / max(theirs - their_floor, 0.01)
        print(f"{name:24}{ours:9.2f}{theirs:11.2f}{ours / theirs:8.2f}{TARGETS[name]:8.1f}{above:15.2f}")


if __name__ == "__main__":
    main()
