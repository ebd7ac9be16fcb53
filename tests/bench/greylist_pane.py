"""Private memory of the greylist's pane, above the console without it: `python -m tests.bench.greylist_pane CONF SOCKET`.

Prints MB when all triplets are counted, and at most after every view and both ends of the table were looked at.
"""

import asyncio
import gc
import sys
from pathlib import Path

from textual.pilot import Pilot

from backends.greylist.adapter import MariaGreylist
from backends.greylist.trash import Trash
from backends.journal import Journal
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.panes.greylist.pane import GreylistPane
from mailtui.panes.greylist.told import NAMES
from mailtui.settings import Settings
from tests.bench.memory import private

PATIENCE = 300.0  # s
PAGES = 60


async def settled(pilot: Pilot[int], pane: GreylistPane) -> float:
    """Wait until all is shown; gives bytes."""
    await pilot.pause(0.1)
    for _ in range(int(PATIENCE / 0.1)):
        if pane.settled:
            break
        await pilot.pause(0.1)
    gc.collect()
    return private()


async def measure(conf: Path, unix_socket: str) -> tuple[float, float]:
    """MB when the pane has counted, and at most."""
    host = DemoHost(messages=1)
    host._greylist = MariaGreylist(  # type: ignore[assignment]
        Journal(),
        conf=conf,
        unix_socket=unix_socket,
        trash=Trash(conf.parent / "greylist-pane-trash"),
        record=lambda _outcome, _plan: None,
    )
    app = MailtuiApp(host, Settings(theme="mailtui", interval=3600))
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.pause(1.0)
        gc.collect()
        empty = private()
        await pilot.press("3")
        await pilot.pause(0.5)
        pane = app.query_one(GreylistPane)
        opened = most = await settled(pilot, pane)
        for name in NAMES:
            pane.show_front(name)
            most = max(most, await settled(pilot, pane))
        pane.show_front("States")
        pane.table.focus()
        for keys in (["pagedown"] * PAGES, ["G"], ["pageup"] * PAGES, ["g"]):
            await pilot.press(*keys)
            most = max(most, await settled(pilot, pane))
    return (opened - empty) / 1e6, (most - empty) / 1e6


if __name__ == "__main__":
    print(*asyncio.run(measure(Path(sys.argv[1]), sys.argv[2])))
