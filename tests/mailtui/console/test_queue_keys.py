"""Keys of the queue pane that sort, mark, narrow, flush and undo, each by what it brings about."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from backends.queue.plan import Target
from mailtui.demo import DemoHost
from mailtui.panes.queue.pane import QueuePane
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.confirm import ConfirmScreen
from tests.mailtui.console.test_config import toasts
from tests.mailtui.console.test_console import Clock, console, count, shown, until


def listed(pane: QueuePane, column: str) -> list[int]:
    """A column of the store in the order shown."""
    assert pane.view is not None
    return [int(getattr(pane.view.snapshot.store, column)[row]) for row in pane.view.rows]


async def settled(pilot: Pilot[int], pane: QueuePane) -> None:
    await pilot.pause(0.05)
    await until(pilot, lambda: pane.settled)


async def test_s_sorts_by_the_next_column_and_capital_s_turns_it_round() -> None:
    async with console() as (_, pilot, pane):
        arrivals = listed(pane, "arrival")
        assert arrivals == sorted(arrivals)
        await pilot.press("s", "s")
        await settled(pilot, pane)
        sizes = listed(pane, "size")
        assert pane.wish.sort == "size"
        assert sizes == sorted(sizes, reverse=True)
        await pilot.press("S")
        await settled(pilot, pane)
        assert listed(pane, "size") == sorted(sizes)
        assert (pane.table.sort_column, pane.table.sort_reverse) == ("size", False)


async def test_w_counts_senders_in_place_of_recipients() -> None:
    async with console() as (app, pilot, pane):
        assert pane.view is not None
        by_recipient = [row.domain for row in pane.view.shape.rows]
        await pilot.press("w")
        await settled(pilot, pane)
        assert "Senders × age" in shown(app)
        assert [row.domain for row in pane.view.shape.rows] != by_recipient
        await pilot.press("w")
        await settled(pilot, pane)
        assert [row.domain for row in pane.view.shape.rows] == by_recipient


async def test_a_domain_of_the_map_narrows_the_list() -> None:
    async with console() as (_, pilot, pane):
        assert pane.view is not None
        first = pane.view.shape.rows[0]
        await pilot.press("tab", "down")
        await settled(pilot, pane)
        store = pane.view.snapshot.store
        assert pane.wish.domain == first.domain
        assert 0 < len(pane.view.rows) <= first.total
        for row in pane.view.rows.tolist():
            addresses = [one.address for one in store.message(row).recipients]
            assert any(address.lower().endswith(f"@{first.domain}") for address in addresses)


async def test_a_reason_is_told_whole_below_the_list() -> None:
    async with console(size=(80, 24)) as (_, pilot, pane):
        assert pane.view is not None
        label = pane.view.groups[0].label
        assert len(label) > 60
        await pilot.press("down")
        await settled(pilot, pane)
        assert str(pane.query_one(".pane-detail", Static).content) == label
        pane.table.focus()
        await settled(pilot, pane)
        assert str(pane.query_one(".pane-detail", Static).content) != label


async def test_asterisk_marks_all_that_match() -> None:
    async with console() as (_, pilot, pane):
        await pilot.press("slash", *"queue:hold", "enter")
        await settled(pilot, pane)
        await pilot.press("asterisk")
        await until(pilot, lambda: pane.table.marks)
        assert len(pane.table.marks) == count(pane, "hold")


async def test_a_range_begins_with_the_message_under_the_cursor() -> None:
    async with console() as (_, pilot, pane):
        pane.table.focus()
        assert pane.table.source is not None
        keys = [pane.table.source.key(row) for row in range(4)]
        await pilot.press("shift+down", "shift+down")
        assert pane.table.marks == set(keys[:3])
        await pilot.press("down", "space")
        assert pane.table.marks == set(keys)
        await pilot.press("up", "space")
        assert pane.table.marks == set(keys[:3])


@pytest.mark.parametrize(
    ("choice", "said"), [("1", "postqueue -i "), ("2", "postqueue -s "), ("3", "postqueue -f")]
)
async def test_flush_asks_what(choice: str, said: str) -> None:
    async with console() as (app, pilot, pane):
        pane.table.focus()
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press(choice)
        await until(pilot, lambda: any(one.command.startswith(said) for one in app.host.journal.entries()))


async def test_hold_counts_what_changes_and_z_gives_back_only_that() -> None:
    async with console() as (app, pilot, pane):
        assert pane.reading is not None
        before, all_of_them = count(pane, "hold"), pane.count(pane.reading)
        assert before
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert f"Hold {all_of_them - before:,} messages?" in shown(app)
        assert f"{before:,} more are on hold already" in shown(app)
        await pilot.press(*str(all_of_them - before), "enter")
        await until(pilot, lambda: count(pane, "hold") == all_of_them)
        assert "left out" not in toasts(app)
        await settled(pilot, pane)
        await pilot.press("h")
        await until(pilot, lambda: "it is on hold already" in toasts(app))
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: count(pane, "hold") == before)


async def test_mail_that_is_gone_meanwhile_is_not_said_to_be_on_hold() -> None:
    host = DemoHost(clock=Clock())
    messages = [*host.queue.messages()]
    held = [one for one in messages if one.queue_name == "hold"][:1]
    gone, free = (
        [one for one in messages if one.queue_name == "deferred"][part] for part in (slice(3), slice(3, 24))
    )
    host.queue.carry_out(host.queue.plan("delete", [Target.of(one) for one in gone]))
    async with console(host) as (app, pilot, pane):
        pane.table.mark(one.queue_id for one in (*held, *free, *gone))
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Hold 21 messages?" in shown(app)
        assert "1 more is on hold already" in shown(app)
        await pilot.press("escape")
        pane.table.unmark()
        pane.table.mark(one.queue_id for one in gone)
        await pilot.press("h")
        await until(pilot, lambda: "not there any more" in toasts(app))


async def test_z_finds_a_deletion_of_another_day_in_the_trash() -> None:
    host = DemoHost(clock=Clock())
    target = next(message for message in host.queue.messages() if message.queue_name == "deferred")
    host.queue.carry_out(host.queue.plan("delete", [Target.of(target)]))
    async with console(host) as (app, pilot, pane):
        before = count(pane, "hold")
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Undo the deletion of 1 message" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: count(pane, "hold") == before + 1)


async def test_the_palette_goes_to_panes() -> None:
    async with console() as (app, pilot, _):
        commands = {one.title: one for one in app.get_system_commands(app.screen)}
        commands["3 Greylist"].callback()
        await until(pilot, lambda: app.pane is not None and app.pane.id == "pane-3")
        await until(pilot, lambda: "Never back" in shown(app))
