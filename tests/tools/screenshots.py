"""Draw screenshots/ again: the demo host always, and as root a real queue on a lab machine.

The time zone is UTC and the demo host's clock stands still, so that the same program draws the same pictures.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from backends.host import Host
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.settings import Settings

FOLDER = Path(__file__).parents[2] / "screenshots"
NOON = 1795435200.0  # a moment in November 2026
DEMO_BANNER = "DEMO: invented messages on a simulated host; nothing here is real"

SHOTS: dict[str, tuple[tuple[int, int], Sequence[str], Settings]] = {
    "queue-80x24": ((80, 24), (), Settings(theme="mailtui", banner=DEMO_BANNER)),
    "queue-140x45": (
        (140, 45),
        ("tab", "tab", "space", "down", "space"),
        Settings(theme="mailtui", banner=DEMO_BANNER),
    ),
    "reason": ((110, 32), ("down",), Settings(theme="mailtui", banner=DEMO_BANNER)),
    "delete": ((110, 32), ("down", "x"), Settings(theme="mailtui", banner=DEMO_BANNER)),
    "message": ((110, 32), ("tab", "tab", "enter"), Settings(theme="mailtui", banner=DEMO_BANNER)),
    "help": ((110, 40), ("question_mark",), Settings(theme="mailtui", banner=DEMO_BANNER)),
    "journal": ((110, 24), ("down", "tab", "tab", "h", "at"), Settings(theme="mailtui", banner=DEMO_BANNER)),
    "sixteen-colours": ((80, 24), (), Settings(theme="mailtui-16", banner=DEMO_BANNER)),
    "plain": ((80, 24), (), Settings(theme="mailtui-16", plain=True, banner=DEMO_BANNER)),
}


async def draw(host: Host, size: tuple[int, int], keys: Sequence[str], settings: Settings) -> str:
    """The console on a host after some keys, as SVG."""
    app = MailtuiApp(host, settings)
    async with app.run_test(size=size) as pilot:
        await settled(app)
        for key in keys:
            await pilot.press(key)
            await settled(app)
        await pilot.pause()
        return app.export_screenshot(title="mailtui")


async def settled(app: MailtuiApp) -> None:
    """Wait until no work is under way: what was read is shown."""
    await asyncio.sleep(0.3)
    for _ in range(100):
        await asyncio.sleep(0.02)
        if all(worker.is_finished for worker in app.workers):
            break
    await asyncio.sleep(0.1)


def main(names: Sequence[str]) -> int:
    """Draw all of them, or those named."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    FOLDER.mkdir(exist_ok=True)
    for name, (size, keys, settings) in SHOTS.items():
        if not names or name in names:
            picture = asyncio.run(draw(DemoHost(clock=lambda: NOON), size, keys, settings))
            (FOLDER / f"{name}.svg").write_text(picture)
            sys.stdout.write(f"screenshots/{name}.svg\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
