"""What the console looks like, on the demo host with its clock standing still."""

import time
from collections.abc import Callable, Sequence

import pytest
from textual.pilot import Pilot
from textual.scrollbar import ScrollBar

from mailtui.app import MailtuiApp
from mailtui.settings import Settings
from tests.tools.screenshots import SHOTS, demo, settled

Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(ScrollBar, "renderer", ScrollBar.renderer)


@pytest.mark.parametrize("name", sorted(SHOTS))
def test_looks_as_before(snap_compare: Compare, name: str) -> None:
    size, keys, settings = SHOTS[name]
    assert snap_compare(console(settings), terminal_size=size, run_before=press(keys))


def console(settings: Settings) -> MailtuiApp:
    return MailtuiApp(demo(), settings)


def press(keys: Sequence[str]) -> Callable[[Pilot[int]], object]:
    """Keys one after the other, each when the work of the one before is done."""

    async def pressed(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, MailtuiApp)
        await settled(app)
        for key in keys:
            await pilot.press(key)
            await settled(app)

    return pressed
