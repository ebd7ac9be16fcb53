import pytest
from rich.cells import cell_len
from textual.geometry import Region

from mailtui.widgets.heat_map import LEVELS, HeatMap, HeatRow, bar, heat_level
from mailtui.widgets.virtual_table import VirtualTable
from tests.mailtui.widgets.rows import HostApp, lines

AGES = ("<5m", "10m", "20m", "40m", "80m", "160m", "320m", "640m", "21h", ">21h")
ROWS = (
    HeatRow("gmail.com", (12, 40, 140, 0, 0, 0, 0, 0, 0, 0)),
    HeatRow("a-department-somewhere.example.net", (3, 9, 31_000, 0, 0, 0, 2, 0, 0, 1)),
    HeatRow("例え.テスト", (0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
)


def heat_map() -> HeatMap:
    """Return the map of the rows above."""
    found = HeatMap()
    found.show(AGES, ROWS, title="Where × age")
    return found


async def test_all_of_it_fits_in_eighty_columns() -> None:
    table = heat_map()
    async with HostApp(table).run_test(size=(80, 8)):
        assert lines(table)[:4] == [
            " Where × age            <5m 10m  20m 40m 80m 160m 320m 640m 21h >21h    n       ",
            "▸gmail.com               12  40  140   .   .    .    .    .   .    .  192 ▏     ",
            " …somewhere.example.net   3   9  31k   .   .    .    2    .   .    1  31k ██████",
            " 例え.テスト              .   .    .   .   .    .    .    .   .    1    1 ▏     ",
        ]


@pytest.mark.parametrize(
    ("width", "header"),
    [
        (60, " Where × age <5m 10m 20m 40m 80m 160m 320m 640m 21h    n"),
        (40, " Where × age <5m 10m 20m 40m 80m    n"),
        (20, " Where × age     n"),
        (14, " Where × age"),
    ],
)
async def test_narrow_loses_the_bar_then_the_oldest(width: int, header: str) -> None:
    table = heat_map()
    async with HostApp(table).run_test(size=(width, 8)):
        shown = lines(table)
        assert shown[0].split() == header.split()
        assert all(cell_len(line) == width for line in shown)
        assert "example.net"[-11:] in shown[2]
        assert "█" not in "".join(shown)


async def test_wide_stays_together() -> None:
    table = heat_map()
    async with HostApp(table).run_test(size=(140, 8)):
        assert " a-department-somewhere.example.net   3   9 " in lines(table)[2]


async def test_colour_grows_with_the_count_and_zero_is_dim() -> None:
    table = HeatMap()
    table.show(("a", "b", "c", "d", "e"), (HeatRow("x", (0,) * 5), HeatRow("row", (0, 1, 40, 3000, 30_000))))
    async with HostApp(table).run_test(size=(60, 8)):
        by_text = {text.strip(): style for text, style, _ in table.render_line(2)}
        base = by_text["row"]
        assert base is not None
        assert by_text["."] != base
        backgrounds = [style.bgcolor for text in (".", "1", "40", "3.0k", "30k") if (style := by_text[text])]
        assert backgrounds[0] == base.bgcolor
        assert len(set(backgrounds)) == 5


async def test_the_cursor_leaves_the_heat_visible() -> None:
    table = HeatMap()
    table.show(("a", "b"), (HeatRow("one", (5, 5)), HeatRow("two", (5, 5))))
    async with HostApp(table).run_test(size=(60, 8)):
        cursor, other = ({text: style for text, style, _ in table.render_line(y)} for y in (1, 2))
        assert cursor["▸one         "] != other[" two         "]
        assert cursor[" 5 5"] == other[" 5 5"]


async def test_moving_and_swapping_work_as_in_the_table() -> None:
    table = heat_map()
    app = HostApp(table)
    async with app.run_test(size=(80, 8)) as pilot:
        await pilot.press("down", "enter")
        assert isinstance(app.posted[-1], VirtualTable.Opened)
        assert app.posted[-1].key == ROWS[1].label
        table.show(AGES, ROWS[1:])
        await pilot.pause()
        assert (table.cursor, table.cursor_key) == (0, ROWS[1].label)
        assert lines(table)[0].startswith(" Where × age ")
        table.show((), ())
        await pilot.pause()
        assert table.cursor is None
        assert lines(table)[0].split() == ["Where", "×", "age", "n"]


async def test_thousands_of_rows_are_drawn_when_seen() -> None:
    table = HeatMap()
    table.show(AGES, [HeatRow(f"host{n}.example", tuple(range(10))) for n in range(5000)])
    async with HostApp(table).run_test(size=(80, 24)) as pilot:
        await pilot.press("end")
        assert lines(table)[-1].startswith("▸host4999.example")


async def test_plain_mode_draws_ascii_bars() -> None:
    table = HeatMap()
    table.show(("a",), (HeatRow("one", (100,)), HeatRow("two", (1,)), HeatRow("three", (0,))))
    async with HostApp(table).run_test(size=(40, 8)) as pilot:
        assert [line.split()[-1] for line in lines(table)[1:4]] == ["██████", "▏", "0"]
        table.ascii_only = True
        await pilot.pause()
        assert [line.split()[-1] for line in lines(table)[1:4]] == ["######", "#", "0"]
        assert all(strip.text.isascii() for strip in table.render_lines(Region(0, 0, 40, 8)))


def test_hostile_labels_stay_labels() -> None:
    table = HeatMap()
    table.show(("a",), (HeatRow("\x1b[2J\u202e[bold]", (1,)),))
    assert table.source.key(0) == "\x1b[2J\u202e[bold]"
    assert table.columns[0].width == 12


@pytest.mark.parametrize(
    ("count", "most", "level"),
    [
        (0, 10, 0),
        (1, 10_000, 1),
        (10, 10_000, 2),
        (100, 10_000, 3),
        (9999, 10_000, 4),
        (10_000, 10_000, LEVELS),
    ],
)
def test_heat_is_logarithmic(count: int, most: int, level: int) -> None:
    assert heat_level(count, most) == level


def test_heat_where_everything_is_one() -> None:
    assert heat_level(1, 1) == LEVELS


@pytest.mark.parametrize(
    ("value", "text"), [(0, ""), (1, "▏"), (50, "██"), (51, "██"), (54, "██▏"), (100, "████")]
)
def test_bar(value: int, text: str) -> None:
    assert bar(value, 100, 4) == text
