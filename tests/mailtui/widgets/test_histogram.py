"""The histogram: its marks move in tenths, stop where they stood, and hand the focus on behind the last one."""

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from mailtui.chart import Chart, Mark
from mailtui.widgets.histogram import Histogram

CHART = Chart(
    0,
    1,
    ((10, 0, 0), (5, 2, 1), (0, 7, 0)) * 3,
    marks=(Mark("tag2", 6.31, 6.31, active=True), Mark("kill", 7, 7)),
)


class HostApp(App[None]):
    """A histogram between two inputs."""

    def __init__(self, *, plain: bool = False, chart: Chart = CHART) -> None:
        super().__init__()
        self.histogram = Histogram(plain=plain)
        self.histogram.show(chart)
        self.moved: list[float] = []
        self.opened = 0

    def compose(self) -> ComposeResult:
        yield Input(id="before")
        yield self.histogram
        yield Input(id="behind")

    def on_histogram_moved(self, event: Histogram.Moved) -> None:
        self.moved.append(next(mark.at for mark in event.chart.marks if mark.active))

    def on_histogram_opened(self) -> None:
        self.opened += 1


async def pressed(app: HostApp, *keys: str) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        app.histogram.focus()
        await pilot.press(*keys)
        await pilot.pause()


@pytest.mark.parametrize(
    ("keys", "moved"),
    [
        (("left",), [6.2]),
        (("right", "right"), [6.4, 6.5]),
        (("left", "right", "right", "right"), [6.2, 6.3, 6.31, 6.4]),
        (("shift+left",), [5.3]),
        (("shift+right", "shift+left"), [7.3, 6.31]),
        (("left", "backspace"), [6.2, 6.31]),
    ],
)
async def test_a_mark_moves_in_tenths_and_stops_where_it_stood(
    keys: tuple[str, ...], moved: list[float]
) -> None:
    app = HostApp()
    await pressed(app, *keys)
    assert app.moved == pytest.approx(moved)


async def test_it_stays_within_its_bounds() -> None:
    app = HostApp()
    app.histogram.bounds = (6.0, 6.5)
    await pressed(app, *["right"] * 5)
    assert app.moved[-1] == 6.5


async def test_tab_goes_from_mark_to_mark_and_on() -> None:
    app = HostApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.histogram.focus()
        await pilot.press("tab", "left")
        assert app.histogram.active == 1
        assert app.histogram.chart.marks[1].at == pytest.approx(6.9)
        assert app.histogram.chart.marks[0].at == 6.31
        await pilot.press("tab")
        assert app.focused is app.query_one("#behind")
        app.histogram.focus()
        await pilot.press("shift+tab", "shift+tab")
        assert app.focused is app.query_one("#before")


async def test_enter_asks() -> None:
    app = HostApp()
    await pressed(app, "enter")
    assert app.opened == 1


async def test_without_marks_no_key_does_harm() -> None:
    app = HostApp(chart=Chart(0, 1, ((1, 0, 0),)))
    await pressed(app, "left", "backspace", "enter")
    assert app.moved == []
    app = HostApp(chart=Chart())
    async with app.run_test(size=(60, 20)) as pilot:
        app.histogram.focus()
        await pilot.press("left", "tab")
        assert app.focused is app.query_one("#behind")


async def test_it_draws_itself_as_wide_as_it_is() -> None:
    app = HostApp(plain=True)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        lines = [app.histogram.render_line(y).text for y in range(app.histogram.size.height)]
        assert {len(line) for line in lines} == {60}
        assert "tag2 6.31" in lines[0]
        assert all(line.isascii() for line in lines)
        assert app.histogram.fits == 52
