"""Having clamd look at one thing, from whatever pane."""

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING

from backends.antivirus.values import Finding, Scanned
from backends.text import clip, visible
from mailtui.antivirus_text import scanned_text
from mailtui.screens.follow import FollowScreen, Told

if TYPE_CHECKING:
    from backends.host import Host

STATES = {"clean": "good", "infected": "bad", "unscanned": "note"}
NAME = 50


def scan_screen(
    host: "Host", name: str, scan: Callable[[Event], Scanned], *, plain: bool
) -> FollowScreen[Scanned]:
    """What follows the scan of something of that name; `scan` is given what stops it, and may block."""

    def work(tell: Callable[[Told], None], stop: Event) -> Scanned:
        tell("streamed to clamd; esc stops it")
        return scan(stop)

    return FollowScreen(
        f"Scan {clip(visible(name), NAME)}",
        work,
        lambda found: [Finding("", STATES[found.verdict], scanned_text(found))],
        host.now,
        plain=plain,
    )
