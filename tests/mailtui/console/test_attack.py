"""Attacks on the console by what mail says, and by how slowly a view follows the cursor."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from backends.queue.listing.store import Rows
from backends.queue.message import Message, Recipient
from mailtui.app import MailtuiApp
from mailtui.panes.queue import view
from mailtui.panes.queue.pane import QueuePane
from mailtui.panes.queue.reading import Reading
from mailtui.panes.queue.view import View, Wish
from mailtui.screens.confirm import ConfirmScreen
from mailtui.settings import Settings
from mailtui.widgets.heat_map import HeatMap
from mailtui.widgets.text_view import wrap
from mailtui.widgets.virtual_table import VirtualTable
from tests.mailtui.cli.fake import FakeHost, FakeQueue, message
from tests.mailtui.console.test_config import toasts
from tests.mailtui.console.test_console import shown, until


@asynccontextmanager
async def console(
    *messages: Message, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[MailtuiApp, Pilot[int], QueuePane, FakeQueue]]:
    queue = FakeQueue(tuple(messages))
    app = MailtuiApp(FakeHost(queue), Settings(theme="mailtui", interval=3600))
    async with app.run_test(size=size) as pilot:
        await pilot.press("2")
        pane = app.query_one(QueuePane)
        await until(pilot, lambda: pane.view is not None and pane.rights is not None)
        await pilot.pause(0.1)
        yield app, pilot, pane, queue


async def test_a_domain_called_everywhere_is_not_the_whole_queue() -> None:
    spam = [message(f"SPAMAA{i}", recipients=(Recipient("x@everywhere"),)) for i in range(5)]
    good = [message(f"GOODAA{i}", recipients=(Recipient("x@example.org"),)) for i in range(3)]
    async with console(*spam, *good) as (app, pilot, _, queue):
        heat = app.query_one("#where", HeatMap)
        heat.focus()
        row = heat.source.index_of("=everywhere")
        assert row is not None
        heat.move_cursor(row)
        await pilot.pause(0.5)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: queue.done)
        deleted = {target.queue_id for target in queue.done[0][1]}
        assert not {i for i in deleted if i.startswith("GOOD")}, deleted


async def test_an_act_waits_until_the_view_has_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    spam = [message(f"SPAMAA{i}", recipients=(Recipient("x@a.example", "user unknown"),)) for i in range(2)]
    good = [message(f"GOODAA{i}", recipients=(Recipient("x@b.example", "timed out"),)) for i in range(9)]
    async with console(*spam, *good) as (app, pilot, _, queue):
        slow = threading.Event()
        real = view.compute

        def compute(
            reading: Reading, wish: Wish, now: float, stop: threading.Event, early: Callable[[Rows], None]
        ) -> View:
            slow.wait(5)
            return real(reading, wish, now, stop, early)

        monkeypatch.setattr(view, "compute", compute)
        why = app.query_one("#why", VirtualTable)
        why.focus()
        row = next(r for r in range(1, 3) if "unknown" in why.source.key(r))
        why.move_cursor(row)
        await pilot.pause(0.2)
        await pilot.press("h")  # hold: up to 20 messages without a question
        await pilot.pause(0.5)
        slow.set()
        await pilot.pause(0.5)
        held = {t.queue_id for _, targets in queue.done for t in targets}
        assert not {i for i in held if i.startswith("GOOD")}, held


async def test_a_queue_name_cannot_command_the_terminal() -> None:
    async with console(message("AAAAAA1", queue_name="\x1b]0;owned\x07\x1b[2J", recipients=())) as (
        app,
        pilot,
        pane,
        _,
    ):
        pane.table.focus()
        pane.table.move_cursor(0)
        await pilot.pause(0.4)
        drawn = shown(app)
        assert "\x1b" not in drawn


def test_nothing_of_a_wide_line_is_cut_off() -> None:
    pieces = wrap(("中" * 60 + "http://evil.example/", "text"), 80)
    assert all(cell_len(text) <= 80 for text, _ in pieces)


async def test_an_act_on_an_empty_queue_is_no_error() -> None:
    async with console() as (app, pilot, pane, queue):
        pane.table.focus()
        await pilot.press("x")
        await until(pilot, lambda: "Nothing is selected" in toasts(app))
        assert not queue.done
