import pytest
from textual.pilot import Pilot

from mailtui.widgets.virtual_table import VirtualTable
from tests.mailtui.widgets.rows import COLUMNS, FakeRows, HostApp, lines

MILLION = 1_000_000


def moves(app: HostApp) -> list[tuple[int | None, str | None]]:
    """Return the cursor moves posted since last asked."""
    found = [(m.row, m.key) for m in app.posted if isinstance(m, VirtualTable.CursorMoved)]
    app.posted.clear()
    return found


async def test_keys_move_the_cursor() -> None:
    table = VirtualTable(COLUMNS, FakeRows(MILLION))
    app = HostApp(table)
    async with app.run_test(size=(60, 20)) as pilot:
        seen = []
        for key in ("down", "j", "up", "k", "k", "pagedown", "pageup", "end", "home", "G", "g"):
            await pilot.press(key)
            seen.append(table.cursor)
        last = MILLION - 1
        assert seen == [1, 2, 1, 0, 0, 19, 0, last, 0, last, 0]
        assert moves(app)[:3] == [(0, "k0"), (1, "k1"), (2, "k2")]
        assert {
            "table.up",
            "table.down",
            "table.page-up",
            "table.page-down",
            "table.first",
            "table.last",
        } <= {binding.id for _, binding, *_ in table.screen.active_bindings.values()}


async def test_a_page_keeps_the_cursor_on_its_line() -> None:
    table = VirtualTable(COLUMNS, FakeRows(100))
    async with HostApp(table).run_test(size=(60, 11)) as pilot:
        await pilot.press("down", "down", "pagedown")
        assert (table.cursor, table.visible_rows) == (12, range(10, 20))
        await pilot.press("pageup")
        assert (table.cursor, table.visible_rows) == (2, range(10))


async def test_enter_and_double_click_open() -> None:
    table = VirtualTable(COLUMNS, FakeRows(5))
    app = HostApp(table)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("down", "enter")
        await pilot.click(table, offset=(3, 4))
        assert table.cursor_key == "k3"
        await pilot.double_click(table, offset=(3, 5))
        opened = [message for message in app.posted if isinstance(message, VirtualTable.Opened)]
        assert [message.key for message in opened] == ["k1", "k4"]
        assert opened[0].control is table


@pytest.mark.parametrize("y", [0, 10], ids=["header", "below the rows"])
async def test_a_click_on_no_row_does_nothing(y: int) -> None:
    table = VirtualTable(COLUMNS, FakeRows(5))
    app = HostApp(table)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("down")
        await pilot.double_click(table, offset=(3, y))
        assert table.cursor == 1
        assert not any(isinstance(message, VirtualTable.Opened) for message in app.posted)


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    table = VirtualTable(COLUMNS, FakeRows(100))
    async with HostApp(table).run_test(size=(60, 11)) as pilot:
        table.scroll_to(y=50, animate=False)
        await pilot.pause()
        assert table.cursor == 0
        assert lines(table)[1].startswith(" k50 ")
        await pilot.press("down")
        assert table.visible_rows[0] == table.cursor == 1


@pytest.fixture
def table() -> VirtualTable:
    return VirtualTable(COLUMNS, FakeRows(1000, first=100))


async def start(pilot: Pilot[None], table: VirtualTable) -> HostApp:
    """Put the cursor on k120, on the fifth of ten visible lines."""
    table.scroll_to(y=16, animate=False)
    table.move_cursor(20)
    await pilot.pause()
    app = pilot.app
    assert isinstance(app, HostApp)
    moves(app)
    return app


async def test_swap_keeps_the_cursor_by_key_on_its_line(table: VirtualTable) -> None:
    async with HostApp(table).run_test(size=(60, 11)) as pilot:
        app = await start(pilot, table)
        table.swap(FakeRows(1000, first=90))
        await pilot.pause()
        assert (table.cursor, table.cursor_key, table.visible_rows) == (30, "k120", range(26, 36))
        assert lines(table)[5].startswith("▸k120 ")
        assert moves(app) == [(30, "k120")]
        table.swap(FakeRows(1000, first=90))
        await pilot.pause()
        assert moves(app) == []


async def test_swap_without_the_key_keeps_the_index(table: VirtualTable) -> None:
    async with HostApp(table).run_test(size=(60, 11)) as pilot:
        app = await start(pilot, table)
        table.swap(FakeRows(1000, first=200))
        await pilot.pause()
        assert (table.cursor, table.cursor_key, table.visible_rows[0]) == (20, "k220", 16)
        assert moves(app) == [(20, "k220")]
        table.swap(FakeRows(7, first=900))
        await pilot.pause()
        assert (table.cursor, table.cursor_key, table.visible_rows) == (6, "k906", range(7))


async def test_swap_holds_the_top_row_when_the_cursor_is_out_of_sight(table: VirtualTable) -> None:
    async with HostApp(table).run_test(size=(60, 11)) as pilot:
        await start(pilot, table)
        table.scroll_to(y=500, animate=False)
        table.swap(FakeRows(1000, first=80))
        await pilot.pause()
        assert (table.cursor_key, table.visible_rows[0]) == ("k120", 520)


async def test_swap_to_nothing_and_back(table: VirtualTable) -> None:
    async with HostApp(table).run_test(size=(60, 11)) as pilot:
        app = await start(pilot, table)
        updates: list[object] = []
        table.screen.bindings_updated_signal.subscribe(table, updates.append)
        table.swap(FakeRows(0))
        await pilot.pause()
        assert (table.cursor, table.cursor_key) == (None, None)
        assert moves(app) == [(None, None)]
        assert lines(table)[1:] == [" " * 60] * 10
        assert "enter" not in table.screen.active_bindings
        assert len(updates) == 1
        table.swap(FakeRows(3))
        await pilot.pause()
        assert moves(app) == [(0, "k0")]
        assert "enter" in table.screen.active_bindings


async def test_an_empty_table_takes_every_key() -> None:
    table = VirtualTable(COLUMNS)
    app = HostApp(table)
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.press("down", "up", "pagedown", "pageup", "home", "end", "enter")
        await pilot.click(table, offset=(1, 1))
        table.move_cursor(3)
        table.refresh_row(0)
        assert lines(table) == [" ID       Size Who" + " " * 22, *[" " * 40] * 5]
        assert app.posted == []
        assert table.visible_rows == range(0)
