"""The console driven by keys on the demo host: happy, empty, failing, read-only."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.scrollbar import ScrollBar

from backends.errors import NotAnswering
from backends.queue.listing.snapshot import QueueSnapshot
from backends.queue.plan import Rights
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.panes.queue.pane import QueuePane
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.help import HelpScreen
from mailtui.screens.journal import JournalScreen
from mailtui.screens.message import MessageScreen
from mailtui.settings import Settings
from mailtui.themes import default_theme

NOON = 1795435200.0
SIZE = (80, 24)


class Clock:
    """A clock that stands until it is told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def console(
    host: DemoHost | None = None, settings: Settings | None = None, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[MailtuiApp, Pilot[int], QueuePane]]:
    """The console on a demo host, once it shows the queue."""
    app = MailtuiApp(host or DemoHost(clock=Clock()), settings or Settings(theme="mailtui", interval=3600))
    async with app.run_test(size=size) as pilot:
        await pilot.press("2")
        pane = app.query_one(QueuePane)
        await until(pilot, lambda: pane.view is not None or pane._error is not None)
        await pilot.pause(0.1)
        yield app, pilot, pane


async def until(pilot: Pilot[int], condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something is so."""
    for _ in range(int(seconds / 0.02)):
        await pilot.pause(0.02)
        if condition():
            return
    pytest.fail("it did not come to be")


def shown(app: MailtuiApp) -> str:
    """What the terminal shows, as text."""
    width, height = app.size
    screen = app.screen
    strips = screen._compositor.render_strips()
    return "\n".join(strip.text[:width] for strip in strips[:height])


def count(pane: QueuePane, queue: str) -> int:
    """Messages in a queue, as last read."""
    assert pane.reading is not None
    return sum(one.count for one in pane.reading.snapshot.store.counts if one.name == queue)


async def test_first_screen_answers_why_where_and_what() -> None:
    async with console() as (app, _, pane):
        text = shown(app)
    assert "412" in text
    assert "Why" in text
    assert "Recipients × age" in text
    assert pane.view is not None
    assert pane.view.groups[0].count >= pane.view.groups[1].count
    assert len(pane.view.rows) == 412


async def test_a_reason_narrows_the_map_and_the_list() -> None:
    async with console() as (_, pilot, pane):
        assert pane.view is not None
        everything = pane.view
        await pilot.press("down")
        await until(pilot, lambda: pane.view is not everything and pane.view and pane.view.wish.reason)
        group = everything.groups[0]
        assert len(pane.view.rows) == group.count
        assert pane.view.shape.total.total < everything.shape.total.total


async def test_filter_as_you_type_and_leave_it() -> None:
    async with console() as (_, pilot, pane):
        await pilot.press("slash", *"queue:hold")
        await until(
            pilot, lambda: pane.view and pane.view.wish.filter == "queue:hold" and not pane.view.partial
        )
        assert pane.view is not None
        assert len(pane.view.rows) == count(pane, "hold") > 0
        await pilot.press("enter", "escape")
        await until(pilot, lambda: pane.view and not pane.view.wish.filter)
        assert len(pane.view.rows) == 412


async def test_a_wrong_filter_is_explained_and_the_list_stays() -> None:
    async with console() as (app, pilot, pane):
        await pilot.press("slash", *"re:[")
        await until(pilot, lambda: "not a regular expression" in shown(app))
        assert pane.view is not None
        assert len(pane.view.rows) == 412


async def test_hold_and_undo_by_keys() -> None:
    async with console() as (app, pilot, pane):
        before = count(pane, "hold")
        await pilot.press("slash", *"queue:deferred", "enter")
        await until(
            pilot, lambda: pane.view and pane.view.wish.filter == "queue:deferred" and not pane.view.partial
        )
        await pilot.press("space", "space", "h")
        await until(pilot, lambda: count(pane, "hold") == before + 2)
        assert not pane.table.marks
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: count(pane, "hold") == before)


async def test_deleting_a_group_wants_its_count_and_can_be_undone() -> None:
    async with console() as (app, pilot, pane):
        await pilot.press("down")
        await until(pilot, lambda: pane.view and pane.view.wish.reason)
        assert pane.view is not None
        number = len(pane.view.rows)
        assert number > 20
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "postsuper -d -" in shown(app)
        await pilot.press("y", "enter", "tab", "y")
        await pilot.pause(0.1)
        assert isinstance(app.screen, ConfirmScreen), "no single key confirms"
        await pilot.press(*str(number), "enter")
        await until(pilot, lambda: pane.reading and len(pane.reading.snapshot.store) == 412 - number)
        held = count(pane, "hold")
        done = [entry.command for entry in app.host.journal.entries() if entry.mutates]
        assert f"mailtui linked {number} queue files into trash batch 1" in done
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: pane.reading and len(pane.reading.snapshot.store) == 412)
        assert count(pane, "hold") == held + number


async def test_the_same_key_does_not_confirm() -> None:
    async with console() as (app, pilot, pane):
        await pilot.press("tab", "tab", "x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("x", "x", "enter")
        await pilot.pause(0.2)
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("escape")
        await pilot.pause(0.1)
        assert pane.reading is not None
        assert len(pane.reading.snapshot.store) == 412


@pytest.mark.parametrize("key", ["h", "H", "R", "x", "e", "E", "F", "z"])
async def test_read_only_has_no_keys_that_change_anything(key: str) -> None:
    host = DemoHost(clock=Clock())
    async with console(host, Settings(theme="mailtui", interval=3600, read_only=True)) as (app, pilot, _):
        await pilot.press("tab", "tab", key)
        await pilot.pause(0.2)
        assert len(app.screen_stack) == 1
        assert "Delete" not in shown(app)
        assert "READ-ONLY" in shown(app)
    assert not [entry for entry in host.journal.entries() if entry.mutates]


async def test_without_rights_keys_are_absent_and_help_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    host = DemoHost(clock=Clock())
    monkeypatch.setattr(
        host.queue, "rights", lambda: Rights({}, None, False, "Only root may act on the queue.")
    )
    async with console(host) as (app, pilot, pane):
        await until(pilot, lambda: pane.rights is not None)
        await pilot.press("x")
        assert len(app.screen_stack) == 1
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.pause(0.2)
        assert "Only root may act on the queue." in shown(app)


async def test_a_message_opens_as_text_that_does_nothing() -> None:
    async with console(size=(100, 40)) as (app, pilot, pane):
        await pilot.press("slash", *"[bold]", "enter")
        await until(pilot, lambda: pane.view and pane.view.wish.filter == "[bold]" and not pane.view.partial)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MessageScreen) and "Headers" in shown(app))
        text = shown(app)
        assert "[bold]" in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_help_goes_on_below_itself() -> None:
    async with console(size=(80, 24)) as (app, pilot, _):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.pause(0.1)
        at = [line.strip(" ") for line in shown(app).splitlines()].index("cursor  (queue.hold)")
        assert shown(app).splitlines()[at].startswith(" " * 15)


async def test_help_lists_the_keys_of_this_pane() -> None:
    async with console(size=(100, 60)) as (app, pilot, _):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        text = shown(app)
    for word in (
        "Hold",
        "Release",
        "Requeue",
        "Delete",
        "Undo",
        "Filter as you type",
        "Freeze",
        "Journal",
        "Quit",
    ):
        assert word in text, word


async def test_the_journal_shows_the_exact_commands() -> None:
    async with console(size=(120, 30)) as (app, pilot, pane):
        await pilot.press("tab", "tab", "h")
        await until(pilot, lambda: any(entry.mutates for entry in app.host.journal.entries()))
        await pilot.press("at")
        await until(pilot, lambda: isinstance(app.screen, JournalScreen))
        await pilot.pause(0.2)
        text = shown(app)
    assert "postqueue -j" in text
    assert "postsuper -h -" in text
    assert pane is not None


class Failing:
    """A queue that stops answering when told."""

    def __init__(self, host: DemoHost) -> None:
        self._read = host.queue.read
        self.broken = False

    def __call__(
        self, progress: Callable[[int], None] | None = None, stop: Event | None = None
    ) -> QueueSnapshot:
        if self.broken:
            raise NotAnswering("postqueue did not answer within 30 s", hint="look at the load")
        return self._read(progress, stop)


async def test_a_failed_reading_keeps_the_last_good_one_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    host = DemoHost(clock=Clock())
    failing = Failing(host)
    monkeypatch.setattr(host.queue, "read", failing)
    async with console(host) as (app, pilot, pane):
        failing.broken = True
        await pilot.press("r")
        await until(pilot, lambda: "did not answer" in shown(app))
        assert "look at the load" in shown(app)
        assert pane.view is not None
        assert len(pane.view.rows) == 412
        failing.broken = False
        await pilot.press("r")
        await until(pilot, lambda: "did not answer" not in shown(app))


async def test_a_failed_first_reading_is_a_sentence_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    host = DemoHost(clock=Clock())
    failing = Failing(host)
    failing.broken = True
    monkeypatch.setattr(host.queue, "read", failing)
    async with console(host) as (app, pilot, _):
        await until(pilot, lambda: "did not answer" in shown(app))


async def test_an_empty_queue_says_so() -> None:
    async with console(DemoHost(messages=0, clock=Clock())) as (app, pilot, _):
        await until(pilot, lambda: "the queue is empty" in shown(app))


async def test_cursor_and_marks_keep_to_their_message_over_a_refresh() -> None:
    clock = Clock()
    async with console(DemoHost(clock=clock)) as (_, pilot, pane):
        await pilot.press("slash", *"queue:hold", "enter")
        await until(
            pilot, lambda: pane.view and pane.view.wish.filter == "queue:hold" and not pane.view.partial
        )
        await pilot.press("down", "space")
        key, marks = pane.table.cursor_key, set(pane.table.marks)
        before = pane.view
        clock.now += 60
        await pilot.press("r")
        await until(pilot, lambda: pane.view is not before and pane.view is not None)
        assert pane.table.cursor_key == key
        assert pane.table.marks == marks
        assert len(marks) == 1


async def test_frozen_it_does_not_read() -> None:
    clock = Clock()
    async with console(DemoHost(clock=clock), Settings(theme="mailtui", interval=0.1)) as (app, pilot, pane):
        await pilot.press("f")
        await until(pilot, lambda: "FROZEN" in shown(app) and not pane.feed.reading)
        before = pane.reading
        await pilot.pause(1.2)
        assert pane.reading is before
        await pilot.press("f")
        await until(pilot, lambda: pane.reading is not before)


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (200, 60)])
async def test_any_size_of_terminal(size: tuple[int, int]) -> None:
    async with console(size=size) as (app, pilot, _):
        await pilot.press("tab", "tab", "down", "x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("escape")
        await pilot.resize_terminal(80, 24)
        await pilot.pause(0.1)
        assert "412" in shown(app)


async def test_plain_mode_draws_ascii_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScrollBar, "renderer", ScrollBar.renderer)
    async with console(settings=Settings(theme="mailtui", interval=3600, plain=True)) as (app, _, _pane):
        text = shown(app)
    odd = {char for char in text if ord(char) > 126}
    assert not odd


@pytest.mark.parametrize(
    ("term", "more", "theme"),
    [
        ("linux", {}, "mailtui-16"),
        ("xterm", {}, "mailtui-16"),
        ("xterm", {"COLORTERM": "truecolor"}, "mailtui"),
        ("xterm-256color", {}, "mailtui"),
        ("screen-256color", {}, "mailtui"),
        ("xterm-256color", {"NO_COLOR": "1"}, "mailtui-16"),
    ],
)
def test_the_theme_suits_the_terminal(
    term: str, more: dict[str, str], theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": term, **more}.items():
        monkeypatch.setenv(name, value)
    assert default_theme() == theme


async def test_copying_uses_only_queue_ids() -> None:
    async with console() as (app, pilot, pane):
        await pilot.press("tab", "tab", "y")
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard == pane.table.cursor_key


async def test_the_users_keys_work_and_are_what_help_says() -> None:
    settings = Settings(theme="mailtui", interval=3600, keys={"app.help": "f1", "queue.freeze": "ctrl+f"})
    async with console(settings=settings) as (app, pilot, _):
        await pilot.press("question_mark")
        assert not isinstance(app.screen, HelpScreen)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        text = shown(app)
    assert "f1 " in text or "ctrl+f" in text


async def test_settings_that_cannot_be_are_named_and_the_console_opens() -> None:
    wrong = Settings(
        theme="nonsense",
        interval=3600,
        pane="99",
        keys={"queue.hold": "x", "queue.nothing": "f5"},
        wrong=("the file [b]says[/b] \x1b[31m",),
    )
    async with console(settings=wrong, size=(140, 45)) as (app, pilot, _):
        await until(pilot, lambda: len(app._notifications) == 1)
        said = " ".join(one.message for one in app._notifications)
        assert app.theme == default_theme()
    for words in ("'nonsense'", "no pane '99'", "queue.hold cannot be 'x'", "'queue.nothing'", "[b]says[/b]"):
        assert words in said


async def test_the_first_pane_is_the_users() -> None:
    async with console_at("scores") as (app, pilot):
        await until(pilot, lambda: app.pane is not None and app.pane.id == "pane-4")


@asynccontextmanager
async def console_at(pane: str) -> AsyncIterator[tuple[MailtuiApp, Pilot[int]]]:
    app = MailtuiApp(DemoHost(clock=Clock()), Settings(theme="mailtui", interval=3600, pane=pane))
    async with app.run_test(size=SIZE) as pilot:
        yield app, pilot


async def test_the_clock_goes_on_while_the_panes_are_taken_down() -> None:
    app = MailtuiApp(DemoHost(clock=Clock()), Settings(theme="mailtui", interval=3600))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.pane is not None)
        pane = app.pane
        assert pane is not None
        await pane.remove()
        assert app.pane is None
        app._clock()
