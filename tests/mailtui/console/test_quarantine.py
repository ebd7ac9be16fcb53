"""The quarantine pane driven by keys: happy, empty, failing, read-only, a virus, a million of nothing."""

import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.scrollbar import ScrollBar
from textual.widgets import Input

from backends.errors import Failed, Missing
from backends.outcome import LeftOut, Outcome
from backends.quarantine.content import View, view
from backends.quarantine.listing import Listing
from backends.quarantine.message import Header, Target
from backends.quarantine.plan import Plan
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.demo.quarantine import DemoQuarantine
from mailtui.panes.quarantine.pane import QuarantinePane
from mailtui.screens.apart import ApartScreen
from mailtui.screens.ask import AskScreen
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.counting import CountingScreen
from mailtui.screens.help import HelpScreen
from mailtui.screens.quarantined import QuarantinedScreen
from mailtui.settings import Settings
from mailtui.widgets.heat_map import HeatMap
from tests.mailtui.cli.fake import HOSTILE
from tests.mailtui.console.test_config import toasts
from tests.mailtui.console.test_console import SIZE, Clock, shown, until

SETTINGS = Settings(theme="mailtui", interval=3600)


def demo() -> DemoHost:
    return DemoHost(clock=Clock(), sleep=lambda _seconds: None)


@pytest.fixture
def host() -> DemoHost:
    return demo()


@asynccontextmanager
async def console(
    host: DemoHost | None = None, settings: Settings = SETTINGS, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[MailtuiApp, Pilot[int], QuarantinePane]]:
    """The console on a demo host, once the quarantine is in front and shows something."""
    app = MailtuiApp(host or demo(), settings)
    async with app.run_test(size=size) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: isinstance(app.pane, QuarantinePane) and app.pane.settled)
        pane = app.query_one(QuarantinePane)
        await pilot.pause(0.1)
        yield app, pilot, pane


async def settled(pilot: Pilot[int], pane: QuarantinePane) -> None:
    await until(pilot, lambda: pane.settled)
    await pilot.pause(0.05)


async def go_to(pilot: Pilot[int], pane: QuarantinePane, kind: str) -> Target:
    """Put the cursor on the newest message of a kind."""
    row = pane.query_one(HeatMap).source.index_of(kind)
    assert row is not None
    pane.query_one(HeatMap).move_cursor(row)
    await until(pilot, lambda: pane.view is not None and pane.view.wish.kind == kind and pane.settled)
    pane.table.focus()
    pane.table.move_cursor(0)
    await pilot.pause(0.05)
    assert pane.view is not None
    return pane.view.target(0)


def there(host: DemoHost) -> set[str]:
    listing = host.quarantine.read()
    return {listing.path(row) for row in range(len(listing))}


async def test_the_verdict_comes_first_then_kinds_then_messages() -> None:
    async with console() as (app, _, pane):
        lines = shown(app).splitlines()
        verdict = next(i for i, line in enumerate(lines) if "684 quarantined, 53M" in line)
        assert "560M free" in lines[verdict]
        assert "full in" in lines[verdict]
        kinds = next(i for i, line in enumerate(lines) if "everything" in line and "684" in line)
        head = next(i for i, line in enumerate(lines) if "Subject" in line)
        assert verdict < kinds < head
        assert any("virus" in line and "16M" in line for line in lines[kinds:head])
        assert "@" in lines[head + 1]
        assert pane.query_one("#kinds").has_focus


async def test_only_what_is_on_the_screen_is_read(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    headers = host.quarantine.headers

    def remember(targets: Sequence[Target], stop: threading.Event | None = None) -> list[Header]:
        asked.extend(one.path for one in targets)
        return headers(targets, stop)

    monkeypatch.setattr(host.quarantine, "headers", remember)
    async with console(host) as (_, pilot, pane):
        assert 0 < len(set(asked)) <= SIZE[1]
        before = len(asked)
        await pilot.press("tab", "G")
        await settled(pilot, pane)
        assert before < len(asked) <= 3 * SIZE[1]
        assert asked[-1] not in asked[:before]


async def test_moving_in_the_kinds_narrows_the_list() -> None:
    async with console() as (app, pilot, pane):
        await pilot.press("down")
        await settled(pilot, pane)
        assert pane.view is not None
        assert {pane.view.target(row).kind for row in range(len(pane.view.rows))} == {"virus"}
        assert "◐ virus" in shown(app)
        await pilot.press("enter")
        assert pane.table.has_focus
        await pilot.press("escape")
        await settled(pilot, pane)
        assert len(pane.view.rows) == 684


async def test_the_filter_reads_what_it_needs() -> None:
    async with console(size=(120, 30)) as (app, pilot, pane):
        await pilot.press("slash", *"score>20")
        await until(pilot, lambda: pane.wish.filter == "score>20" and pane.settled)
        assert pane.view is not None
        assert 0 < len(pane.view.rows) < 420
        found = pane.host.quarantine.headers([pane.view.target(row) for row in range(len(pane.view.rows))])
        assert all(one.score is not None and one.score > 20 for one in found)
        assert "684 quarantined" in shown(app)
        await pilot.press(*" re:(")
        await until(pilot, lambda: "not a regular expression" in shown(app))
        await pilot.press("escape")
        await settled(pilot, pane)
        assert len(pane.view.rows) == 684


async def test_the_preview_can_do_nothing(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = b"Subject: " + HOSTILE.encode("utf-8", "surrogateescape") + b"\n\n" + HOSTILE.encode() + b"\nend\n"
    evil = evil.replace(b"\n\n", b'\nContent-Type: text/html\n\n<img src="http://tracker.example/x">\n', 1)

    def show(target: Target, limit: int = 0) -> View:
        return view(target.path, evil, truncated=True, trouble="it is damaged")

    monkeypatch.setattr(host.quarantine, "show", show)
    async with console(host) as (app, pilot, _):
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, QuarantinedScreen) and "^[[31mred" in shown(app))
        text = shown(app)
        assert '<img src="http://tracker.example/x">' in text
        assert "not whole: it is damaged" in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        await pilot.press("v")
        await until(pilot, lambda: "Body as sent" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_an_attachment_is_named_with_its_digest() -> None:
    async with console(size=(100, 50)) as (app, pilot, pane):
        await go_to(pilot, pane, "banned")
        await pilot.press("enter")
        await until(pilot, lambda: "Attachments (1)" in shown(app))
        assert "application/octet-stream" in shown(app)
        assert "sha256 " in shown(app)


async def test_a_message_that_is_gone_says_so(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(target: Target, limit: int = 0) -> View:
        raise Missing("The message is not there any more", hint="read the quarantine again")

    monkeypatch.setattr(host.quarantine, "show", gone)
    async with console(host) as (app, pilot, _):
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "not there any more" in shown(app))


async def test_released_after_asking_to_whom(host: DemoHost) -> None:
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        spam = await go_to(pilot, pane, "spam")
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert f"$ amavisd-release {spam.path}" in shown(app)
        await pilot.press("R", "enter")
        await pilot.pause(0.1)
        assert isinstance(app.screen, ConfirmScreen), "the key that asks does not confirm"
        await pilot.press("y")
        await until(pilot, lambda: "250 2.0.0 Ok: queued as" in toasts(app))
        assert spam.path in there(host)


async def test_released_to_somebody_else(host: DemoHost) -> None:
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        spam = await go_to(pilot, pane, "spam")
        await pilot.press("R", "3")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press(*"bob", "enter")
        await until(pilot, lambda: "'bob' is no address" in toasts(app))
        await pilot.press("R", "3")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press(*"bob@example.org", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert f"$ amavisd-release {spam.path} '' bob@example.org" in shown(app)
        assert "to bob@example.org" in shown(app)
        await pilot.press("n")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_released_and_learnt(host: DemoHost) -> None:
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        await go_to(pilot, pane, "spam")
        await pilot.press("R", "2")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "$ sa-learn --ham" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: "Learned tokens from 1" in toasts(app))


async def test_the_preview_acts_as_the_list_does_and_on_what_it_shows(host: DemoHost) -> None:
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        spam = await go_to(pilot, pane, "spam")
        pane.table.mark([pane.view.target(1).path, pane.view.target(2).path] if pane.view else [])
        marks = set(pane.table.marks)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, QuarantinedScreen) and "Headers" in shown(app))
        await pilot.press("R", "2")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert f"$ amavisd-release {spam.path}" in shown(app)
        assert "the one shown" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: "Learned tokens from 1" in toasts(app))
        for word in ("keep", "let-go"):
            before = pane.reading
            await pilot.press("K")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.press("y")
            await until(pilot, lambda: pane.reading is not before and pane.settled)  # noqa: B023 - now
            assert f"{word}: 1 of 1" in toasts(app)
        assert isinstance(app.screen, QuarantinedScreen)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert spam.path not in there(host)
        assert marks <= there(host)
        assert pane.table.marks == marks


async def test_the_preview_has_no_acts_where_there_are_none(host: DemoHost) -> None:
    async with console(host, Settings(theme="mailtui", interval=3600, read_only=True)) as (app, pilot, pane):
        await go_to(pilot, pane, "spam")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, QuarantinedScreen) and "Headers" in shown(app))
        await pilot.press("R", "x", "K", "o")
        await pilot.pause(0.1)
        assert isinstance(app.screen, QuarantinedScreen)
        assert "Release" not in shown(app)


async def test_a_virus_wants_its_name_typed(host: DemoHost) -> None:
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        virus = await go_to(pilot, pane, "virus")
        name = host.quarantine.headers([virus])[0].virus
        await pilot.press("R", "1")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert f"This delivers a virus: {name}" in shown(app)
        assert f"Type {name} and press enter" in shown(app)
        await pilot.press("y", "e", "s", "enter")
        await until(pilot, lambda: f"That is not {name}" in toasts(app))
        assert isinstance(app.screen, ConfirmScreen)
        app.screen.query_one(Input).value = name
        await pilot.press("enter")
        await until(pilot, lambda: "250 2.0.0 Ok" in toasts(app))


async def test_different_viruses_are_not_let_out_together(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await go_to(pilot, pane, "virus")
        pane.query_one("#kinds").focus()
        await pilot.press("R", "1")
        await until(pilot, lambda: "different viruses would be let out" in toasts(app))
        assert len(app.screen_stack) == 1


async def test_deleted_and_brought_back(host: DemoHost) -> None:
    before = there(host)
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        await go_to(pilot, pane, "badh")
        await pilot.press("space", "space", "shift+down")
        assert len(pane.table.marks) == 4
        marks = set(pane.table.marks)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Delete 4 messages?" in shown(app)
        assert "can be undone with z for 24h" in shown(app)
        assert "$ mailtui quarantine delete --yes" in shown(app)
        await pilot.press("x")
        await pilot.pause(0.1)
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("y")
        await until(pilot, lambda: "680 quarantined" in shown(app))
        assert there(host) == before - marks
        assert not pane.table.marks
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "$ mailtui quarantine undo 1" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: "684 quarantined" in shown(app))
        assert there(host) == before
        await pilot.press("z")
        await until(pilot, lambda: "nothing to undo" in toasts(app))


async def test_of_many_the_number_is_typed(host: DemoHost) -> None:
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        await go_to(pilot, pane, "badh")
        await pilot.press("asterisk", "x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Type 99 and press enter" in shown(app)
        await pilot.press("9", "9", "enter")
        await until(pilot, lambda: "585 quarantined" in shown(app))


async def test_kept_and_kept_no_longer(host: DemoHost) -> None:
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        virus = await go_to(pilot, pane, "virus")
        await pilot.press("K")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "kept: cleanups leave it" in shown(app))
        assert [path for _, path in host.quarantine.read().kept] == [virus.path]
        await pilot.press("K")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen) and "No longer keep" in shown(app))
        await pilot.press("y")
        await until(pilot, lambda: not host.quarantine.read().kept)


async def test_exported_and_nothing_overwritten(host: DemoHost, tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        spam = await go_to(pilot, pane, "spam")
        for said in ("Written: ", "is there already"):
            await pilot.press("o")
            await until(pilot, lambda: isinstance(app.screen, AskScreen))
            assert app.screen.query_one(Input).value.endswith(".eml")
            app.screen.query_one(Input).value = str(file)
            await pilot.press("enter")
            await until(pilot, lambda said=said: said in toasts(app))  # type: ignore[misc]
        assert file.read_bytes() == host.quarantine.raw(spam)
        assert file.stat().st_mode & 0o777 == 0o600


async def test_what_was_left_out_is_told(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def some(plan: Plan) -> Outcome:
        return Outcome("delete", 1, 0, (LeftOut(f"A/{HOSTILE}", "It is another file now"),))

    monkeypatch.setattr(host.quarantine, "carry_out", some)
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        await go_to(pilot, pane, "spam")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "1 left out; A/^[[31mred" in toasts(app))


async def test_an_empty_one_says_so(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = DemoQuarantine(1, 0, host.now, host.journal)
    monkeypatch.setattr(host, "quarantine", empty)
    async with console(host) as (app, pilot, _):
        assert "the quarantine is empty" in shown(app)
        await pilot.press("tab", "enter", "R", "x", "o")
        await until(pilot, lambda: "Nothing is selected" in toasts(app))
        assert len(app.screen_stack) == 1


async def test_what_fails_is_told_and_the_last_good_listing_stays(
    host: DemoHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(early: Callable[[Listing], None] = lambda _: None, stop: object = None) -> Listing:
        raise Failed("The folder cannot be read", hint="look with: ls -ld")

    async with console(host) as (app, pilot, _):
        monkeypatch.setattr(host.quarantine, "read", fail)
        await pilot.press("r")
        await until(pilot, lambda: "✖ The folder cannot be read: look with: ls -ld" in shown(app))
        assert "684 quarantined" in shown(app)
    monkeypatch.setattr(host.quarantine, "read", fail)
    async with console(host) as (app, pilot, _):
        assert "✖ The folder cannot be read" in shown(app)
        await pilot.press("x")
        await pilot.pause(0.1)
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("key", ["R", "x", "K", "z", "o"])
async def test_read_only_has_no_keys_that_change_anything(key: str) -> None:
    async with console(settings=Settings(theme="mailtui", interval=3600, read_only=True)) as (app, pilot, _):
        await pilot.press("tab", key)
        await pilot.pause(0.2)
        assert len(app.screen_stack) == 1
        assert "Release" not in shown(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.pause(0.1)
        assert "--read-only" in shown(app)


async def test_who_may_not_act_sees_why(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host.quarantine, "why_not", lambda: "It belongs to another user: run mailtui as root")
    async with console(host) as (app, pilot, _):
        await until(pilot, lambda: "▲ It belongs to another user" in shown(app))
        await pilot.press("tab", "x")
        await pilot.pause(0.1)
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (80, 24), (200, 60)])
async def test_any_size_of_terminal(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScrollBar, "renderer", ScrollBar.renderer)  # plain mode sets another for all
    plain = Settings(theme="mailtui-16", interval=3600, plain=True)
    async with console(size=size, settings=plain) as (app, pilot, pane):
        await pilot.press("tab", "down", "space", "escape")
        await settled(pilot, pane)
        assert app.is_running
        assert "684" in shown(app) or size[0] < 40


async def test_first_screen_of_very_many_comes_before_all_are_read(
    host: DemoHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    whole = host.quarantine.read()

    def slow(early: Callable[[Listing], None] = lambda _: None, stop: object = None) -> Listing:
        first = DemoQuarantine(1, 50, host.now, host.journal).read()
        early(Listing(folder="/x", taken=host.now(), columns=first.columns, room=first.room, partial=True))
        go_on.wait(10)
        return whole

    monkeypatch.setattr(host.quarantine, "read", slow)
    app = MailtuiApp(host, SETTINGS)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: "50 quarantined" in shown(app) and "reading" in shown(app))
        go_on.set()
        await until(pilot, lambda: "684 quarantined" in shown(app))


def test_the_pane_costs_the_consoles_start_nothing() -> None:
    code = (
        "import mailtui.app, sys; late = {'mailtui.panes.quarantine.pane', 'backends.quarantine.adapter', 'numpy',"
        "'sh'}; print(sorted(late & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_many_releases_are_followed_and_broken_off(
    host: DemoHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(plan: Plan, progress: Callable[[int], None], stop: threading.Event) -> Outcome:
        progress(3)
        assert stop.wait(30)
        return Outcome(plan.action, 99, 3, (LeftOut("x/badh-x", "not begun: it was broken off"),) * 96)

    monkeypatch.setattr(host.quarantine, "carry_out", slowly)
    async with console(host, size=(100, 40)) as (app, pilot, pane):
        await go_to(pilot, pane, "badh")
        await pilot.press("asterisk", "R", "1")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("9", "9", "enter")
        await until(pilot, lambda: isinstance(app.screen, CountingScreen) and "3 of 99" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await until(pilot, lambda: "release: 3 of 99 messages" in toasts(app))
        assert "96 left out; x/badh-x: not begun" in toasts(app)


async def test_what_lies_beside_the_messages_is_seen(host: DemoHost) -> None:
    async with console(host, size=(100, 40)) as (app, pilot, _):
        await pilot.press("A")
        await until(pilot, lambda: isinstance(app.screen, ApartScreen) and "notes.txt" in shown(app))
        assert "Work folders that amavis left, which" in shown(app)
        assert "/var/lib/amavis/tmp/amavis-20261104T021133-01893-kq8Zr2Vd" in shown(app)
        assert "3, never touched unasked" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
