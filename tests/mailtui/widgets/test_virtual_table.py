import pytest
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style
from textual.geometry import Region

from mailtui.widgets import cells as cells_module
from mailtui.widgets.virtual_table import Column, VirtualTable
from tests.mailtui.widgets.rows import COLUMNS, FakeRows, HostApp, Texts, lines

MILLION = 1_000_000


class Spy(VirtualTable):
    """Records what it asks to be repainted."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.repainted: list[Region | None] = []
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> "Spy":
        """Record the regions; None is all."""
        self.repainted += regions or (None,)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


def first_style(table: VirtualTable, y: int) -> Style:
    """Return the style of a line's gutter."""
    style = next(iter(table.render_line(y))).style
    assert style is not None
    return style


async def test_header_rows_and_cursor_are_drawn() -> None:
    table = VirtualTable(COLUMNS, FakeRows(3))
    async with HostApp(table).run_test(size=(40, 6)):
        assert lines(table) == [
            " ID       Size Who                      ",
            "▸k0          0 user0@example.org        ",
            " k1         10 user1@example.org        ",
            " k2         20 user2@example.org        ",
            " " * 40,
            " " * 40,
        ]
        assert table.render_line(2).text == lines(table)[2]


async def test_sort_mark() -> None:
    table = VirtualTable(COLUMNS, FakeRows(3))
    async with HostApp(table).run_test(size=(40, 6)) as pilot:
        table.sort_column = "size"
        await pilot.pause()
        assert lines(table)[0].startswith(" ID      Size▲ Who ")
        table.sort_reverse = True
        await pilot.pause()
        assert "Size▼" in lines(table)[0]
        table.sort_column = "id"
        await pilot.pause()
        assert lines(table)[0].startswith(" ID▼      Size Who ")


async def test_plain_mode_is_ascii() -> None:
    table = VirtualTable([Column("Long label", 6, key="a"), Column("b", 6)], Texts(["abcdefgh", "x"]))
    async with HostApp(table).run_test(size=(20, 4)) as pilot:
        table.sort_column = "a"
        await pilot.pause()
        assert lines(table)[:2] == [" Long ▲ b           ", "▸abcde… x           "]
        table.ascii_only = True
        await pilot.pause()
        assert lines(table)[:2] == [" Long ^ b           ", ">abcde~ x           "]


async def test_cursor_shows_without_colour_and_dimmer_without_focus() -> None:
    table = VirtualTable(COLUMNS, FakeRows(3))
    async with HostApp(table).run_test(size=(40, 6)) as pilot:
        plain, focused = first_style(table, 2), first_style(table, 1)
        assert plain is not None
        assert focused is not None
        assert focused.bold
        assert focused.bgcolor is not None
        assert plain.bgcolor is not None
        assert focused.bgcolor.downgrade(ColorSystem.STANDARD) != plain.bgcolor.downgrade(
            ColorSystem.STANDARD
        )
        table.blur()
        await pilot.pause()
        blurred = first_style(table, 1)
        assert lines(table)[1].startswith("▸")
        assert blurred.bgcolor not in (focused.bgcolor, plain.bgcolor)


async def test_no_color_leaves_the_mark_and_bold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    table = VirtualTable(COLUMNS, FakeRows(3))
    async with HostApp(table).run_test(size=(40, 6)):
        drawn = table.render_lines(table.size.region)
        styles = [style for line in drawn for _, style, _ in line if style is not None]
        colours = {colour.triplet for style in styles for colour in (style.color, style.bgcolor) if colour}
        assert all(colour and colour.red == colour.green == colour.blue for colour in colours)
        assert drawn[1].text.startswith("▸")
        assert [bool(next(iter(line)).style.bold) for line in drawn[1:3]] == [True, False]  # type: ignore[union-attr]


async def test_lines_can_be_drawn_in_part() -> None:
    table = VirtualTable(COLUMNS, FakeRows(3))
    async with HostApp(table).run_test(size=(40, 6)):
        assert [strip.text for strip in table.render_lines(Region(1, 1, 11, 2))] == [
            "k0         ",
            "k1         ",
        ]


async def test_unfocused_cursor_keeps_the_colour_of_cells() -> None:
    table = VirtualTable([Column("a", 5), Column("b", 5)], Texts(["x", ("y", "bad")]))
    async with HostApp(table).run_test(size=(20, 4)) as pilot:

        def colours() -> set[object]:
            return {style.color for _, style, _ in table.render_line(1) if style is not None}

        assert len(colours()) == 1
        table.blur()
        await pilot.pause()
        assert len(colours()) == 2


@pytest.mark.parametrize("name", ["warn", "bad", "good", "dim", "accent", "mark"])
async def test_named_styles_differ_from_plain_text(name: str) -> None:
    table = VirtualTable([Column("a", 5), Column("b", 5)], Texts(["x", "x"], ["x", (name, name)]))
    async with HostApp(table).run_test(size=(20, 4)):
        styles = [style for _, style, _ in table.render_line(2)]
        assert len(styles) == 3
        assert styles[0] == styles[2] != styles[1]


async def test_an_unknown_style_name_is_plain() -> None:
    table = VirtualTable([Column("a", 5)], Texts(["x"], [("x", "no-such")]))
    async with HostApp(table).run_test(size=(20, 4)):
        assert len({style for _, style, _ in table.render_line(2)}) == 1


HOSTILE = [
    "\x1b]0;owned\x07\x1b[2J",
    "\x9b2J\x00\r\n\t",
    "[@click=app.quit]x[/]",
    "[bold red]x[/]",
    "\u202etxt.exe",
    "日本語日本語",
    "e\u0301" * 9,
    "\udcff",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
async def test_hostile_text_is_only_text(text: str) -> None:
    table = VirtualTable([Column("a", 30), Column("b", 8)], Texts([text, text], [(text, "warn"), text]))
    app = HostApp(table)
    async with app.run_test(size=(40, 5)) as pilot:
        for line in table.render_lines(table.size.region):
            assert line.text.isprintable()
            assert cell_len(line.text) == 40
            assert all(style is None or not style.meta for _, style, _ in line)
        if text.startswith("["):
            assert text in lines(table)[1]
        await pilot.click(table, offset=(2, 2))
        assert app.is_running
        assert table.cursor == 1


async def test_only_visible_rows_are_decoded_and_each_once() -> None:
    rows = FakeRows(MILLION)
    table = VirtualTable(COLUMNS, rows)
    async with HostApp(table).run_test(size=(60, 20)) as pilot:
        assert sorted(rows.decoded) == list(range(19))
        rows.decoded.clear()
        await pilot.press("pagedown")
        assert sorted(rows.decoded) == list(range(19, 38))
        rows.decoded.clear()
        await pilot.press("pageup")
        assert rows.decoded == []
        await pilot.press("end")
        assert sorted(rows.decoded) == list(range(MILLION - 19, MILLION))


async def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells_module, "KEPT_STRIPS", 30)
    rows = FakeRows(MILLION)
    table = VirtualTable(COLUMNS, rows)
    async with HostApp(table).run_test(size=(60, 20)) as pilot:
        await pilot.press("pagedown", "pagedown")
        rows.decoded.clear()
        await pilot.press("home")
        assert sorted(rows.decoded) == list(range(19))


async def test_a_cursor_move_repaints_two_lines_and_decodes_none() -> None:
    rows = FakeRows(MILLION)
    table = Spy(COLUMNS, rows)
    async with HostApp(table).run_test(size=(60, 20)) as pilot:
        rows.decoded.clear()
        table.repainted.clear()
        await pilot.press("down")
        assert table.repainted == [Region(0, 1, 59, 1), Region(0, 2, 59, 1)]
        assert rows.decoded == []
        assert [line[0] for line in lines(table)[:4]] == [" ", " ", "▸", " "]


async def test_a_scrolling_move_decodes_one_row_and_leaves_the_header() -> None:
    rows = FakeRows(MILLION)
    table = Spy(COLUMNS, rows)
    async with HostApp(table).run_test(size=(60, 20)) as pilot:
        table.move_cursor(18)
        await pilot.pause()
        rows.decoded.clear()
        table.repainted.clear()
        await pilot.press("down")
        assert rows.decoded == [19]
        assert table.visible_rows == range(1, 20)
        assert all(region is not None and region.y >= 1 and region.right == 59 for region in table.repainted)


async def test_the_scroll_bar_is_left_alone_while_it_would_look_the_same() -> None:
    table = VirtualTable(COLUMNS, FakeRows(MILLION))
    async with HostApp(table).run_test(size=(60, 20)) as pilot:
        bar = table.vertical_scrollbar
        await pilot.press("pagedown", "pagedown")
        assert (table.scroll_offset.y, bar.position) == (38, 0)
        table.move_cursor(MILLION // 2)
        await pilot.pause()
        assert bar.position == pytest.approx(MILLION / 2, rel=0.02)
        await pilot.press("end")
        assert bar.position == table.max_scroll_y == MILLION + 1 - 20
        assert bar.window_virtual_size == MILLION + 1


async def test_refresh_decodes_again() -> None:
    rows = FakeRows(100)
    table = Spy(COLUMNS, rows)
    async with HostApp(table).run_test(size=(60, 11)) as pilot:
        rows.decoded.clear()
        table.repainted.clear()
        table.refresh_row(0)
        table.refresh_row(4)
        table.refresh_row(50)
        await pilot.pause()
        assert rows.decoded == [0, 4]
        assert table.repainted == [Region(0, 1, 59, 1), Region(0, 5, 59, 1)]
        table.refresh_rows()
        await pilot.pause()
        assert sorted(rows.decoded[2:]) == list(range(10))


async def test_focus_redraws_from_the_same_rows() -> None:
    table = VirtualTable(COLUMNS, FakeRows(100))
    async with HostApp(table).run_test(size=(60, 11)) as pilot:
        before = [segment.style for segment in table.render_line(1)]
        table.blur()
        await pilot.pause()
        assert [segment.style for segment in table.render_line(1)] != before


async def test_resize_fits_columns_and_keeps_the_cursor_in_view() -> None:
    table = VirtualTable(COLUMNS, FakeRows(100))
    async with HostApp(table).run_test(size=(60, 30)) as pilot:
        table.move_cursor(25)
        await pilot.resize_terminal(40, 10)
        assert lines(table)[0] == " ID       Size Who" + " " * 21
        assert 25 in table.visible_rows
        assert len(table.visible_rows) == 9
        await pilot.resize_terminal(24, 10)
        assert lines(table)[0] == " ID     Who" + " " * 12
        await pilot.resize_terminal(60, 30)
        assert len(table.visible_rows) == 29


@pytest.mark.parametrize("size", [(20, 5), (2, 2), (1, 1)])
async def test_tiny_screens(size: tuple[int, int]) -> None:
    table = VirtualTable(COLUMNS, FakeRows(MILLION))
    async with HostApp(table).run_test(size=size) as pilot:
        await pilot.press("down", "end", "pageup", "home", "down")
        assert table.cursor == 1
        if size == (20, 5):
            assert lines(table)[:3] == [" ID     Who        ", " k0     user0@exam…", "▸k1     user1@exam…"]


async def test_border_and_padding_are_drawn() -> None:
    table = VirtualTable(COLUMNS, FakeRows(3))
    table.styles.border = ("round", "white")
    async with HostApp(table).run_test(size=(40, 8)) as pilot:
        texts = [strip.text for strip in table.render_lines(table.outer_size.region)]
        assert texts[0] == "╭" + "─" * 38 + "╮"
        assert texts[2] == "│▸k0          0 user0@example.org      │"
        await pilot.click(table, offset=(3, 3))
        assert table.cursor == 1


async def test_set_columns() -> None:
    table = VirtualTable(COLUMNS, FakeRows(3))
    async with HostApp(table).run_test(size=(40, 6)) as pilot:
        table.set_columns([Column("Key", 0)])
        await pilot.pause()
        assert table.columns == (Column("Key", 0),)
        assert lines(table)[:2] == [" Key" + " " * 36, "▸k0" + " " * 37]
