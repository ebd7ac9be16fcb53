"""Draw screenshots/ again: the demo host always, and as root the queue of a real, private Postfix.

The time zone is UTC and the demo host's clock stands still, so that the same program draws the same pictures.
"""

import asyncio
import os
import sys
import time
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path

from backends.host import Host
from backends.local import LocalHost
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.settings import Settings
from tests.support.postfix import REASONS, PrivatePostfix, why_not

FOLDER = Path(__file__).parents[2] / "screenshots"
NOON = 1795435200.0  # a moment in November 2026
DEMO_BANNER = "DEMO: invented messages on a simulated host; nothing here is real"
REAL = "real-postfix"
SETTINGS = Settings(theme="mailtui", interval=3600, banner=DEMO_BANNER)
APPLIED = ("8", "a", "1", "y", "escape")
"""Has clamd of the demo host run."""

SHOTS: dict[str, tuple[tuple[int, int], Sequence[str], Settings]] = {
    "overview-80x24": ((80, 24), (), SETTINGS),
    "overview-140x45": ((140, 45), ("a",), SETTINGS),
    "overview-check": ((110, 32), ("enter",), SETTINGS),
    "overview-mend": ((110, 32), ("m",), SETTINGS),
    "overview-light": ((100, 30), (), replace(SETTINGS, theme="mailtui-light")),
    "overview-plain": ((80, 24), (), replace(SETTINGS, theme="mailtui-16", plain=True)),
    "queue-80x24": ((80, 24), ("2",), SETTINGS),
    "queue-140x45": (
        (140, 45),
        ("2", "tab", "tab", "space", "down", "space"),
        SETTINGS,
    ),
    "reason": (
        (110, 32),
        (
            "2",
            "down",
        ),
        SETTINGS,
    ),
    "delete": ((110, 32), ("2", "down", "x"), SETTINGS),
    "message": ((110, 32), ("2", "tab", "tab", "enter"), SETTINGS),
    "help": (
        (110, 40),
        (
            "2",
            "question_mark",
        ),
        SETTINGS,
    ),
    "journal": ((110, 24), ("2", "down", "tab", "tab", "h", "at"), SETTINGS),
    "config-80x24": ((80, 24), ("8",), SETTINGS),
    "config-140x45": ((140, 45), ("8", "down", "down", "tab"), SETTINGS),
    "config-diff": ((120, 32), ("8", "down", "down", "tab", "down", "enter"), SETTINGS),
    "config-apply": ((110, 36), ("8", "a", "1", "y"), SETTINGS),
    "config-explain": ((120, 40), ("8", "t"), SETTINGS),
    "quarantine-80x24": ((80, 24), ("5",), SETTINGS),
    "quarantine-140x45": ((140, 45), ("5", "down", "tab", "space", "down", "space"), SETTINGS),
    "quarantine-preview": ((110, 40), ("5", "down", "down", "tab", "enter"), SETTINGS),
    "quarantine-release": ((110, 36), ("5", "down", "tab", "R", "1"), SETTINGS),
    "greylist-80x24": ((80, 24), ("3",), SETTINGS),
    "greylist-140x45": ((140, 45), ("3", "v", "down", "tab", "space", "down", "space"), SETTINGS),
    "greylist-pool": ((110, 32), ("3", "v", "v", "down", "w"), SETTINGS),
    "greylist-whitelist": ((120, 36), ("3", "V", "V"), SETTINGS),
    "greylist-check": ((110, 24), ("3", "down", "tab", "enter"), SETTINGS),
    "scores-80x24": ((80, 24), ("4",), SETTINGS),
    "scores-140x45": ((140, 45), ("4", "tab", *["left"] * 13, "enter", "space", "down", "space"), SETTINGS),
    "scores-message": ((110, 32), ("4", "v", "tab", "tab", "tab", "enter"), SETTINGS),
    "scores-plain": ((80, 24), ("4", *["right"] * 9), replace(SETTINGS, theme="mailtui-16", plain=True)),
    "antivirus-80x24": ((80, 24), ("7",), SETTINGS),
    "antivirus-140x45": ((140, 45), (*APPLIED, "7", "v", "down"), SETTINGS),
    "antivirus-update": ((110, 24), (*APPLIED, "7", "u", "y"), SETTINGS),
    "antivirus-plain": ((80, 24), (*APPLIED, "7"), replace(SETTINGS, theme="mailtui-16", plain=True)),
    "maps-80x24": ((80, 24), ("6",), SETTINGS),
    "maps-140x45": ((140, 45), ("6", "down", "enter"), SETTINGS),
    "maps-lookup": ((110, 32), ("6", "L", *"sales+x@example.org", "enter"), SETTINGS),
    "maps-set": ((110, 32), ("6", "down", "enter", "a", "enter", "end", *", dan", "enter"), SETTINGS),
    "maps-plain": ((80, 24), ("6", "shift+tab"), replace(SETTINGS, theme="mailtui-16", plain=True)),
    "sixteen-colours": ((80, 24), ("2",), replace(SETTINGS, theme="mailtui-16")),
    "plain": ((80, 24), ("2",), replace(SETTINGS, theme="mailtui-16", plain=True)),
}


def demo() -> DemoHost:
    """The demo host with its clock standing still, whose applies take no time."""
    return DemoHost(clock=lambda: NOON, sleep=lambda _seconds: None)


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
    """Wait until all that was asked for is shown: no thread at work, no view behind its wish, no toast."""
    calm = 0
    for _ in range(1000):
        await asyncio.sleep(0.02)
        calm = calm + 1 if _calm(app) else 0
        if calm == 5:
            break
    app.clear_notifications()
    await asyncio.sleep(0.1)


def _calm(app: MailtuiApp) -> bool:
    settled = app.pane is not None and app.pane.settled and app.services_known
    return settled and all(worker.is_finished for worker in app.workers)


def main(names: Sequence[str]) -> int:
    """Draw all of them, or those named."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    FOLDER.mkdir(exist_ok=True)
    for name, (size, keys, settings) in SHOTS.items():
        if not names or name in names:
            save(name, draw(demo(), size, keys, settings))
    if not names or REAL in names:
        real()
    return 0


def real() -> None:
    """A real Postfix with mail that waits for several reasons."""
    if reason := why_not():
        sys.stdout.write(f"screenshots/{REAL}.svg is left as it is: {reason}\n")
        return
    with PrivatePostfix() as postfix:
        for count, domain in zip((30, 17, 8, 3), ("refused.example", *REASONS), strict=False):
            postfix.deferred(count, domain)
        postfix.held(4)
        save(
            REAL,
            draw(
                LocalHost(postfix.config_dir),
                (110, 32),
                ("2", "down"),
                Settings(theme="mailtui", interval=3600),
            ),
        )


def save(name: str, drawing: Coroutine[object, object, str]) -> None:
    """Draw one picture."""
    (FOLDER / f"{name}.svg").write_text(asyncio.run(drawing))
    sys.stdout.write(f"screenshots/{name}.svg\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
