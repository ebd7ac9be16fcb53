"""The greylist pane driven by keys on the demo host: verdict, views, filter, marks, acts, undo, read-only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.scrollbar import ScrollBar
from textual.widgets import Input, Static

from backends.errors import BadRequest, NotAnswering, Refused
from backends.greylist.plan import Purge
from backends.greylist.values import About, Filter, Key, Page
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.panes.greylist.acts import purge_of
from mailtui.panes.greylist.pane import GreylistPane
from mailtui.panes.greylist.rows import key_text
from mailtui.panes.greylist.told import NAMES, Name
from mailtui.screens.ask import AskScreen
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.decision import DecisionScreen
from mailtui.screens.help import HelpScreen
from mailtui.settings import Settings
from mailtui.widgets.view_line import ViewLine
from tests.mailtui.console.test_config import toasts
from tests.mailtui.console.test_console import SIZE, Clock, shown, until

SETTINGS = Settings(theme="mailtui", interval=3600)
Console = tuple[MailtuiApp, Pilot[int], GreylistPane]


@pytest.fixture
def host() -> DemoHost:
    return demo()


def demo() -> DemoHost:
    return DemoHost(clock=Clock(), sleep=lambda _seconds: None)


@asynccontextmanager
async def console(
    host: DemoHost | None = None, settings: Settings = SETTINGS, size: tuple[int, int] = SIZE
) -> AsyncIterator[Console]:
    """The console, once the greylist is in front and shows something."""
    app = MailtuiApp(host or demo(), settings)
    async with app.run_test(size=size) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.pane, GreylistPane) and app.pane.settled)
        await pilot.pause(0.1)
        pane = app.query_one(GreylistPane)
        yield app, pilot, pane


async def settled(pilot: Pilot[int], pane: GreylistPane) -> None:
    await until(pilot, lambda: pane.settled)
    await pilot.pause(0.05)


async def view(pilot: Pilot[int], pane: GreylistPane, name: Name) -> None:
    while pane.front != name:
        await pilot.press("v")
    await settled(pilot, pane)


async def confirmed(app: MailtuiApp, pilot: Pilot[int], pane: GreylistPane, *keys: str) -> str:
    """Press the keys, then yes or the number; gives what was asked."""
    await pilot.press(*keys)
    await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
    screen = app.screen
    assert isinstance(screen, ConfirmScreen)
    asked = shown(app)
    if screen._typed is not None:
        screen.query_one(Input).value = str(screen._typed)
        await pilot.press("enter")
    else:
        await pilot.press("y")
    await pilot.pause(0.05)
    await settled(pilot, pane)
    return asked


def count(host: DemoHost, wanted: Filter | None = None) -> int:
    return host.greylist.count(wanted or Filter())


async def test_the_verdict_comes_first_then_states_then_triplets() -> None:
    async with console() as (app, _, pane):
        lines = shown(app).splitlines()
        verdict = next(i for i, line in enumerate(lines) if "5 wait · 44% of 6,740 passed" in line)
        pool = next(i for i, line in enumerate(lines) if "news@fabrika.example tries from 181" in line)
        views = next(i for i, line in enumerate(lines) if "Never back" in line)
        states = next(i for i, line in enumerate(lines) if "refused now" in line)
        rows = next(i for i, line in enumerate(lines) if "Client" in line)
        assert verdict < pool < views < states < rows
        assert "3 Grey 5" in lines[1]
        assert pane.upper.has_focus
        assert "row 1 of 6,740" in lines[-3]


async def test_moving_in_the_states_narrows_the_triplets(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await pilot.press("down")
        await settled(pilot, pane)
        assert pane.view is not None
        assert len(pane.view.window.rows) == 5
        assert {pane.rules.state(row, host.now()) for row in pane.view.window.rows} == {"waiting"}
        assert "waiting · 5 match" in shown(app)
        assert "let in from" in shown(app)
        await pilot.press("escape")
        await settled(pilot, pane)
        assert pane.wish.is_empty


async def test_what_a_view_is_read_for_has_the_room_and_is_told_whole() -> None:
    async with console(size=(80, 24)) as (_, pilot, pane):
        for name, whole in (
            ("Doctor", "whitelist  172 rows, 2 of them can never match  see why: mailtui greylist"),
            ("Whitelist", "never matches: a network is written as three octets, 192.0.2"),
        ):
            await pilot.press("V")
            await settled(pilot, pane)
            assert pane.front == name
            assert pane.upper.size.height >= 9
            assert pane.table.size.height >= 3
            if name == "Whitelist":
                assert "row 1 of 6,740" in str(pane.query_one(".pane-detail", Static).content)
                await pilot.press("down")
                await settled(pilot, pane)
            assert whole in str(pane.query_one(".pane-detail", Static).content)
        pane.table.focus()
        await settled(pilot, pane)
        assert whole not in str(pane.query_one(".pane-detail", Static).content)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(80, 24), (140, 45), (60, 12)])
async def test_every_view_shows_rows_and_its_groups_narrow(name: Name, size: tuple[int, int]) -> None:
    async with console(size=size) as (_, pilot, pane):
        await view(pilot, pane, name)
        assert pane.upper.source.row_count > 1
        pane.upper.move_cursor(1)
        await pilot.pause(0.05)
        await settled(pilot, pane)
        group = pane.group()
        assert group is not None
        assert pane.view is not None
        assert pane.view.wish.group == group.narrows
        assert pane.view is not None
        if name in {"Never back", "Pools", "Days", "Top"}:
            assert pane.view.window.rows


async def test_a_click_goes_to_a_view() -> None:
    async with console() as (_, pilot, pane):
        at = next(start for start, _, name in pane.query_one(ViewLine)._spans if name == "Top")
        await pilot.click("#greylist-views", offset=(at + 2, 1))
        await settled(pilot, pane)
        assert pane.front == "Top"


async def test_the_last_row_and_the_first_of_very_many(host: DemoHost) -> None:
    async with console(host, size=(100, 90)) as (app, pilot, pane):
        await pilot.press("tab", "G")
        await settled(pilot, pane)
        last = host.greylist.page(Filter(), backwards=True, limit=1).rows[0]
        assert pane.triplet() == last
        await until(pilot, lambda: "6,740 of 6,740" in shown(app))
        for _ in range(35):
            await pilot.press("pageup")
            await settled(pilot, pane)
        assert pane.view is not None
        assert len(pane.view.window.rows) <= 2000
        await pilot.press("g")
        await settled(pilot, pane)
        assert pane.triplet() == host.greylist.page(Filter(), limit=1).rows[0]
        for _ in range(60):
            await pilot.press("pagedown")
            if pane.view is not None and pane.view.window.start:
                break
            await settled(pilot, pane)
        assert pane.view is not None
        assert pane.view.window.start
        assert len(pane.view.window.rows) == 2000


async def test_the_filter(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await pilot.press("slash", *"domain:fabrika.example", "enter")
        await settled(pilot, pane)
        await until(pilot, lambda: pane.view is not None and pane.view.total is not None)
        assert pane.view is not None
        assert pane.view.total == count(host, Filter(domain="fabrika.example"))
        assert pane.table.has_focus
        await pilot.press("slash")
        pane.query_one(Input).value = "state:nonsense"
        await until(pilot, lambda: "is no state" in shown(app))
        pane.query_one(Input).value = "nobody-at-all"
        await settled(pilot, pane)
        await until(pilot, lambda: "no triplet fits" in shown(app))
        await pilot.press("enter", "escape")
        await settled(pilot, pane)
        assert pane.wish.is_empty


async def test_looking_can_be_stopped(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    page, stops = host.greylist.page, list[Event]()

    def slow(wanted: Filter, after: Key | None = None, **words: object) -> Page:
        stop, progress = words["stop"], words["progress"]
        assert isinstance(stop, Event)
        if wanted.words:
            stops.append(stop)
            progress(0.34)  # type: ignore[operator]
            stop.wait(10)
            raise Refused("Stopped before its end", hint="no whole")
        return page(wanted, after, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(host.greylist, "page", slow)
    async with console(host) as (app, pilot, pane):
        rows = pane.view
        await pilot.press("slash", "x", "enter")
        await until(pilot, lambda: "looking, 34% (esc stops)" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "stopped" in shown(app))
        assert all(stop.is_set() for stop in stops)
        assert pane.view == rows
        await pilot.press("x")
        assert "Still looking" in toasts(app)


async def test_a_triplet_is_let_in_and_that_is_taken_back(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await pilot.press("down", "tab")
        await settled(pilot, pane)
        row = pane.triplet()
        assert row is not None
        asked = await confirmed(app, pilot, pane, "R")
        assert "Let 1 triplet in?" in asked
        assert "can be undone with z" in asked
        assert host.greylist.check(row.ip, row.sender, row.recipient).passes
        await confirmed(app, pilot, pane, "z")
        assert not host.greylist.check(row.ip, row.sender, row.recipient).passes


async def test_marked_triplets_are_deleted_and_come_back(host: DemoHost) -> None:
    before = count(host)
    async with console(host) as (app, pilot, pane):
        await pilot.press("tab", "space", "down", "space", "shift+down")
        assert "4 marked" in shown(app)
        asked = await confirmed(app, pilot, pane, "x")
        assert "Delete 4 triplets?" in asked
        assert count(host) == before - 4
        assert not pane.table.marks
        await confirmed(app, pilot, pane, "z")
        assert count(host) == before


async def test_a_group_is_acted_on(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "the whole greylist" in shown(app)
        assert "Type 6740" in shown(app)
        await pilot.press("escape")
        await view(pilot, pane, "Pools")
        await pilot.press("down")
        await settled(pilot, pane)
        asked = await confirmed(app, pilot, pane, "x")
        assert "Delete 181 triplets?" in asked
        assert "Type 181" in asked
        pool = Filter(sender="news@fabrika.example", recipient="ann@example.org", whole=True)
        assert count(host, pool) == 0


async def test_all_that_match_are_marked(host: DemoHost) -> None:
    async with console(host) as (_, pilot, pane):
        await pilot.press("down", "asterisk")
        await settled(pilot, pane)
        await until(pilot, lambda: len(pane.table.marks) == 5)
        waiting = host.greylist.page(Filter(state="waiting")).rows
        assert pane.table.marks == {key_text(row.key) for row in waiting}
        await pilot.press("escape")
        assert not pane.table.marks


async def test_one_key_frees_a_pool(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await view(pilot, pane, "Pools")
        await pilot.press("down")
        await settled(pilot, pane)
        asked = await confirmed(app, pilot, pane, "w")
        assert "Add a row to the whitelist?" in asked
        assert "192.0.2  news@fabrika.example tries from 181 addresses" in asked
        assert any(row.mail == "192.0.2" for row in host.greylist.whitelist())


async def test_the_whitelist_takes_and_gives_rows(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await view(pilot, pane, "Whitelist")
        assert "never matches" in shown(app)
        await pilot.press("down")
        await settled(pilot, pane)
        group = pane.group()
        assert group is not None
        assert group.listed is not None
        await confirmed(app, pilot, pane, "x")
        assert group.listed.mail not in {row.mail for row in host.greylist.whitelist()}
        await pilot.press("w")
        assert isinstance(app.screen, AskScreen)
        app.screen.query_one(Input).value = "@partner.example our printer"
        await confirmed(app, pilot, pane, "enter")
        rows = {row.mail: row.comment for row in host.greylist.whitelist()}
        assert rows["@partner.example"] == "our printer"
        await pilot.press("w")
        app.screen.query_one(Input).value = "*.example"
        await pilot.press("enter")
        await until(pilot, lambda: "never" in toasts(app))


async def test_a_row_made_of_a_triplet(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await pilot.press("tab", "w")
        assert isinstance(app.screen, ChooseScreen)
        assert "2  @fabrika.example" in shown(app)
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "192.0.2" in shown(app)
        await pilot.press("n")
        await settled(pilot, pane)
        assert "192.0.2" not in {row.mail for row in host.greylist.whitelist()}


async def test_a_purge_counts_first(host: DemoHost) -> None:
    before = count(host)
    async with console(host) as (app, pilot, pane):
        await pilot.press("P")
        assert isinstance(app.screen, ChooseScreen)
        asked = await confirmed(app, pilot, pane, "4")
        assert "oldest" in asked
        assert "and press enter" in asked
        assert count(host) < before
        await confirmed(app, pilot, pane, "z")
        assert count(host) == before


async def test_an_age_that_is_typed_means_that_or_nothing(host: DemoHost) -> None:
    before = count(host)
    async with console(host) as (app, pilot, pane):
        await pilot.press("P", "5")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        app.screen.query_one(Input).value = "1d never let in"
        await pilot.press("enter")
        await until(pilot, lambda: "for example 60d, or 12h one-hit" in toasts(app))
        await pilot.press("P", "5")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        app.screen.query_one(Input).value = "1d one-hit"
        asked = await confirmed(app, pilot, pane, "enter")
        assert "not used for 24h, and never let in" in asked
        assert count(host) < before


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("60d", Purge(10**7 - 60 * 86400)),
        (" 12h  one-hit ", Purge(10**7 - 12 * 3600, one_hit=True)),
        ("30d never let in", None),
        ("30d one", None),
        ("30d one-hit x", None),
        ("one-hit", None),
        ("", None),
    ],
)
def test_what_an_age_says_to_purge(text: str, wanted: Purge | None) -> None:
    if wanted is None:
        with pytest.raises(BadRequest) as caught:
            purge_of(text, 1e7)
        assert "for example" in caught.value.hint
    else:
        assert purge_of(text, 1e7) == wanted


async def test_what_gld_would_decide(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await pilot.press("down", "tab", "enter")
        await settled(pilot, pane)
        await until(pilot, lambda: isinstance(app.screen, DecisionScreen) and "greylisted" in shown(app))
        assert "let in from" in shown(app)
        await pilot.press("escape", "c")
        assert isinstance(app.screen, AskScreen)
        app.screen.query_one(Input).value = "203.0.113.250 <> ann@example.org"
        await pilot.press("enter")
        await until(pilot, lambda: "not known yet" in shown(app))
        before = count(host)
        await pilot.press("L")
        await until(pilot, lambda: "is stored by it" in shown(app))
        await pilot.press("y")
        await until(pilot, lambda: "gld itself says" in shown(app))
        assert count(host) == before + 1
        await pilot.press("escape", "c")
        app.screen.query_one(Input).value = "only two"
        await pilot.press("enter")
        await until(pilot, lambda: "three words" in toasts(app))


async def test_hostile_texts_are_spelt_out() -> None:
    async with console(size=(140, 45)) as (app, pilot, pane):
        await pilot.press("slash", *"198.51.100.77", "enter")
        await settled(pilot, pane)
        assert "a^[[2J<U+202E>%_'@example.net" in shown(app)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "\x1b" not in shown(app)
        assert "\u202e" not in shown(app)


async def test_nothing_is_changed_when_read_only(host: DemoHost) -> None:
    async with console(host, Settings(theme="mailtui", interval=3600, read_only=True)) as (app, pilot, pane):
        await pilot.press("tab", "R", "x", "w", "P", "z")
        await pilot.pause(0.1)
        assert app.screen.is_modal is False
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DecisionScreen))
        await pilot.press("L")
        assert isinstance(app.screen, DecisionScreen)
        await pilot.press("escape", "question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "--read-only" in shown(app)
        assert pane.settled


async def test_a_database_that_goes_and_comes_back(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    about, gone = host.greylist.about, [True]

    def answer() -> About:
        if gone:
            raise NotAnswering("There is no answer from the database gld", hint="systemctl status mariadb")
        return about()

    monkeypatch.setattr(host.greylist, "about", answer)
    async with console(host) as (app, pilot, pane):
        assert "the greylist cannot be read" in shown(app)
        assert "systemctl status mariadb" in shown(app)
        gone.clear()
        pane.feed.read()
        await settled(pilot, pane)
        assert "5 wait" in shown(app)
        gone.append(True)
        pane.feed.read()
        await until(pilot, lambda: "systemctl status mariadb" in shown(app))
        assert "5 wait" in shown(app)


async def test_plain_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScrollBar, "renderer", ScrollBar.renderer)
    async with console(settings=Settings(theme="mailtui-16", interval=3600, plain=True)) as (
        app,
        pilot,
        pane,
    ):
        for name in NAMES:
            await view(pilot, pane, name)
            assert shown(app).isascii()


async def test_the_help_names_the_keys() -> None:
    async with console(size=(110, 50)) as (app, pilot, _):
        await pilot.press("question_mark")
        said = shown(app)
        for text in ("The next view of the upper table", "the one that frees it", "as gld -c and gld -k do"):
            assert text in said


def test_a_purge_is_what_was_typed_or_none() -> None:
    now = 1_800_000_000.0
    assert purge_of("60d", now) == Purge(int(now) - 60 * 86400)
    assert purge_of(" 12h  one-hit ", now) == Purge(int(now) - 12 * 3600, one_hit=True)
    for wrong in ("30d never let in", "12h zone", "30", "one-hit", ""):
        with pytest.raises(BadRequest):
            purge_of(wrong, now)
