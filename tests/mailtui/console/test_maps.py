"""The maps pane driven by keys: what is wrong first, entries, lookups, changes, read-only, errors."""

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from backends.errors import Failed, NotPermitted
from backends.maps.config import Config
from backends.maps.index import Index
from backends.maps.values import About, Finding, Table, Use
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.demo.maps import DemoMaps
from mailtui.panes.maps.pane import MapsPane
from mailtui.screens.answer import AnswerScreen
from mailtui.screens.ask import AskScreen
from mailtui.screens.change import ChangeScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.help import HelpScreen
from mailtui.settings import Settings
from mailtui.widgets.virtual_table import VirtualTable
from tests.mailtui.cli.fake import HOSTILE
from tests.mailtui.console.test_config import toasts
from tests.mailtui.console.test_console import SIZE, Clock, shown, until

SETTINGS = Settings(theme="mailtui", interval=3600)
Console = tuple[MailtuiApp, Pilot[int], MapsPane]


@pytest.fixture
def host() -> DemoHost:
    return DemoHost(clock=Clock(), sleep=lambda _seconds: None)


@pytest.fixture
def maps(host: DemoHost) -> DemoMaps:
    maps = host.maps
    assert isinstance(maps, DemoMaps)
    return maps


@asynccontextmanager
async def console(
    host: DemoHost, settings: Settings = SETTINGS, size: tuple[int, int] = SIZE
) -> AsyncIterator[Console]:
    """The console, once the maps pane is in front and has settled."""
    app = MailtuiApp(host, settings)
    async with app.run_test(size=size) as pilot:
        await pilot.press("6")
        await until(pilot, lambda: isinstance(app.pane, MapsPane))
        pane = app.query_one(MapsPane)
        await settle(pilot, pane)
        yield app, pilot, pane


async def settle(pilot: Pilot[int], pane: MapsPane) -> None:
    """Wait until what was asked for is shown, and stays so."""
    await pilot.pause(0.05)
    await until(pilot, lambda: pane.settled, seconds=30)
    await pilot.pause(0.05)
    await until(pilot, lambda: pane.settled, seconds=30)


async def go_to(pilot: Pilot[int], pane: MapsPane, table: str) -> None:
    """Put the cursor on a table, and then into its entries."""
    tables = pane.query_one("#tables", VirtualTable)
    row = tables.source.index_of(table)
    assert row is not None
    tables.focus()
    tables.move_cursor(row)
    await settle(pilot, pane)
    await pilot.press("enter")
    await pilot.pause(0.05)


async def asked(pilot: Pilot[int], app: MailtuiApp, line: str) -> None:
    """Wait for the question whether to change something, with this line of the difference."""
    await until(pilot, lambda: isinstance(app.screen, ChangeScreen) and line in shown(app), seconds=30)


async def typed(pilot: Pilot[int], text: str) -> None:
    await pilot.press(*("space" if char == " " else char for char in text))


@pytest.fixture(autouse=True)
def own_drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def drafts() -> set[str]:
    return {str(path) for path in Path(tempfile.gettempdir()).glob("mailtui-edit-*")}


class Editor:
    """Stands for the editor: changes the file in a way that a test gives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.write: Callable[[bytes], bytes] = lambda content: content
        self.code = 0
        self.seen: list[bytes] = []
        monkeypatch.setattr("mailtui.editing.at_terminal", self._run)
        monkeypatch.setattr(MailtuiApp, "suspend", lambda _app: nullcontext())

    def _run(self, argv: tuple[str, ...]) -> int:
        path = Path(argv[-1])
        self.seen.append(path.read_bytes())
        path.write_bytes(self.write(self.seen[-1]))
        return self.code


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch) -> Editor:
    return Editor(monkeypatch)


async def test_what_is_wrong_comes_first_then_the_tables_then_the_entries(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        lines = shown(app).splitlines()
        verdict = next(i for i, line in enumerate(lines) if "3 wrong; 3 of 6 tables are well" in line)
        wrong = next(i for i, line in enumerate(lines) if "is there 2 times" in line)
        table = next(i for i, line in enumerate(lines) if "/etc/aliases" in line and "alias_maps +1" in line)
        entry = next(i for i, line in enumerate(lines) if "postmaster" in line)
        assert verdict < wrong < table < entry
        assert "6 Maps 3" in shown(app)
        await pilot.press("shift+tab")
        assert "remove the others: mailtui maps edit /etc/postfix/virtual" in shown(app)
        await pilot.press("down", "enter")
        await settle(pilot, pane)
        about, found = pane.about(), pane.entry_in_focus()
        assert about is not None
        assert about.table.name == "cidr:/etc/postfix/client_access"
        assert found is not None
        assert found.line == 2


async def test_the_entries_follow_the_table_and_one_opens(host: DemoHost) -> None:
    async with console(host, size=(140, 45)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/transport")
        assert "hash:/etc/postfix/transport · 2 entries" in shown(app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, AnswerScreen))
        await until(pilot, lambda: "relay:[lists.example]" in shown(app))
        assert "line 2" in shown(app)
        await pilot.press("escape", "escape")
        assert pane.query_one("#tables").has_focus


async def test_entries_are_filtered_as_one_types_and_leaving_the_filter_stays_on_the_entry(
    host: DemoHost,
) -> None:
    async with console(host) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/virtual")
        await pilot.press("slash")
        await typed(pilot, "value:carol")
        await settle(pilot, pane)
        assert "1 entry with value:carol" in shown(app)
        await pilot.press("enter")
        assert (entry := pane.entry_in_focus()) is not None
        assert entry.line == 3
        await pilot.press("escape")
        await settle(pilot, pane)
        assert "3 entries" in shown(app)
        assert (entry := pane.entry_in_focus()) is not None
        assert entry.line == 3
        await pilot.press("slash")
        await typed(pilot, "re:(")
        await until(pilot, lambda: "is not a regular expression" in shown(app))


async def test_a_key_is_looked_up_in_one_table_and_in_all(host: DemoHost) -> None:
    async with console(host, size=(120, 40)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/transport")
        await pilot.press("l")
        assert isinstance(app.screen, AskScreen)
        assert "slow.example" in shown(app)
        await typed(pilot, "x@sub.lists.example")
        await pilot.press("enter")
        await until(pilot, lambda: "→ relay:[lists.example]" in shown(app))
        lines = shown(app)
        assert lines.index("x@sub.lists.example  hash:") < lines.index(".lists.example       hash:")
        await pilot.press("escape", "L")
        await typed(pilot, "198.51.100.7")
        await pilot.press("enter")
        await until(pilot, lambda: "→ REJECT not from you" in shown(app))
        assert "smtpd_client_restrictions: check_client_access" in shown(app)
        assert "no answer for" in shown(app)


async def test_an_entry_is_set_after_its_difference_was_confirmed_and_taken_back(
    host: DemoHost, maps: DemoMaps
) -> None:
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        before = maps.content("virtual")
        await go_to(pilot, pane, "hash:/etc/postfix/virtual")
        await pilot.press("a")
        await typed(pilot, "new@example.org")
        await pilot.press("enter")
        await typed(pilot, "bob, carol")
        await pilot.press("enter")
        await asked(pilot, app, "+new@example.org    bob, carol")
        assert "$ mailtui maps set /etc/postfix/virtual new@example.org 'bob, carol'" in shown(app)
        assert "$ postmap hash:/etc/postfix/virtual" in shown(app)
        await pilot.press("a", "enter", "n")
        assert maps.content("virtual") == before
        await pilot.press("a")
        await typed(pilot, "new@example.org")
        await pilot.press("enter", "b", "enter")
        await until(pilot, lambda: isinstance(app.screen, ChangeScreen))
        await pilot.press("y")
        await until(pilot, lambda: "set: hash:/etc/postfix/virtual" in toasts(app))
        assert "z takes it back" in toasts(app)
        await settle(pilot, pane)
        await until(pilot, lambda: "4 entries" in shown(app))
        await pilot.press("z")
        await asked(pilot, app, "-new@example.org    b")
        await pilot.press("y")
        await until(pilot, lambda: maps.content("virtual") == before)
        await until(pilot, lambda: "undo 1: hash:/etc/postfix/virtual" in toasts(app))


async def test_acts_on_the_demo_host_are_in_the_journal(host: DemoHost, maps: DemoMaps) -> None:
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/transport")
        maps.carry_out(maps.plan_set("transport", "new.example", "smtp:"))
        maps.carry_out(maps.plan_undo())
        maps.rebuild("aliases")
        maps.look_up("new.example", name="transport")
        await pilot.press("at")
        await until(pilot, lambda: "postalias hash:/etc/aliases" in shown(app))
        assert shown(app).count(" postmap hash:/etc/postfix/transport") == 2
        assert "new.example" in shown(app)
    entries = host.journal.entries()
    assert [one.command for one in entries if one.mutates] == [
        "postmap hash:/etc/postfix/transport",
        "postmap hash:/etc/postfix/transport",
        "postalias hash:/etc/aliases",
    ]


async def test_values_that_are_hidden_are_shown_where_one_asks(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "hides", lambda table: table.path.endswith("transport"))
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/transport")
        assert "slow.example" in shown(app)
        assert "slow:" not in shown(app)
        assert "(hidden): enter shows it" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AnswerScreen) and "slow:" in shown(app))
        await pilot.press("escape", "a", "enter")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await typed(pilot, "quick:")
        assert "quick:" not in shown(app)
        assert "•••••" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: "Once more" in shown(app))
        await typed(pilot, "quack:")
        await pilot.press("enter")
        await until(pilot, lambda: "That was not the same. What does the table give" in shown(app))
        for _ in range(2):
            await typed(pilot, "quick:")
            await pilot.press("enter")
        await asked(pilot, app, "+slow.example    (hidden)")
        assert "$ mailtui maps set /etc/postfix/transport slow.example -" in shown(app)
        assert "quick:" not in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: b"slow.example\tquick:" in maps.content("transport"))


async def test_who_only_reads_is_shown_no_hidden_value(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "hides", lambda _table: True)
    async with console(host, replace(SETTINGS, read_only=True), size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/transport")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AnswerScreen) and "(hidden)" in shown(app))
        assert "slow:" not in shown(app)
        await pilot.press("escape", "slash")
        await typed(pilot, "value:slow")
        await until(pilot, lambda: "is not filtered here" in shown(app))
        assert "1 entry" not in shown(app)


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_hidden_line_that_is_ignored_is_not_shown_by_what_is_done_with_it(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    maps._sources.files["/etc/postfix/transport"] = b"broken.example:u=hunter4\nslow.example slow:\n"
    monkeypatch.setattr(maps, "hides", lambda _table: True)
    async with console(host, replace(SETTINGS, read_only=read_only), size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/transport")
        await pilot.press("y")
        await until(pilot, lambda: "This line is hidden" in toasts(app))
        assert app.clipboard == ""
        await pilot.press("x")
        await until(pilot, lambda: read_only or "Postfix ignores this line" in toasts(app))
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        assert app.screen.query_one("#ask-text", Input).value == ""
        await pilot.press("escape")
        assert "hunter4" not in shown(app) + toasts(app) + app.clipboard
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AnswerScreen))
        assert ("hunter4" in shown(app)) is not read_only


async def test_a_value_is_not_shown_as_it_is_typed_until_the_table_is_known_to_be_open(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = Event()
    real = maps.index

    def late(*given: Any) -> Index:
        go.wait(30)
        return real(*given)

    async with console(host, size=(110, 36)) as (app, pilot, pane):
        monkeypatch.setattr(maps, "index", late)
        tables = pane.query_one("#tables", VirtualTable)
        row = tables.source.index_of("hash:/etc/postfix/transport")
        assert row is not None
        tables.focus()
        tables.move_cursor(row)
        await until(pilot, lambda: (about := pane.about()) is not None and about.table.path.endswith("port"))
        await pilot.press("a")
        await typed(pilot, "new.example")
        await pilot.press("enter")
        await typed(pilot, "hunter6")
        assert "hunter6" not in shown(app)
        go.set()
        await pilot.press("escape")
        await settle(pilot, pane)
        assert pane.hidden is False


async def test_a_key_that_never_matches_is_refused_before_its_value_is_asked_for(
    host: DemoHost, maps: DemoMaps
) -> None:
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/sender_access")
        before = maps.content("sender_access")
        await pilot.press("a")
        app.screen.query_one("#ask-text", Input).value = "@bad.example"
        await pilot.press("enter")
        await until(pilot, lambda: "would never match" in shown(app) and "which key" in shown(app))
        assert "leave the @ out" in shown(app)
        assert app.screen.query_one("#ask-text", Input).value == "@bad.example"
        await pilot.press("home", "delete", "enter")
        await until(pilot, lambda: "give for bad.example" in shown(app))
        await typed(pilot, "REJECT")
        await pilot.press("enter")
        await asked(pilot, app, "+bad.example    REJECT")
        await pilot.press("n")
        assert maps.content("sender_access") == before


async def test_a_value_that_is_typed_faster_than_the_key_is_judged_changes_nothing(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = Event()
    real = maps.judge_key

    def late(name: str, key: str) -> tuple[str, ...]:
        go.wait(30)
        return real(name, key)

    monkeypatch.setattr(maps, "judge_key", late)
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/sender_access")
        before = maps.content("sender_access")
        await pilot.press("a")
        app.screen.query_one("#ask-text", Input).value = "@bad.example"
        await pilot.press("enter")
        await typed(pilot, "xbz")
        await pilot.press("enter")
        await until(pilot, lambda: "would never match" in toasts(app))
        go.set()
        await settle(pilot, pane)
        assert app.screen is app.screen_stack[0]
        assert maps.content("sender_access") == before


async def test_what_cannot_be_a_key_is_told_at_once(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "judge_key", lambda _name, _key: ())
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/sender_access")
        await pilot.press("a")
        app.screen.query_one("#ask-text", Input).value = "#bad.example"
        await pilot.press("enter")
        await until(pilot, lambda: "is no key of a table" in shown(app) and "which key" in shown(app))
        assert app.screen.query_one("#ask-text", Input).value == "#bad.example"


async def test_where_a_password_is_typed_no_other_field_comes_up(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "hides", lambda _table: True)
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/sender_access")
        before = maps.content("sender_access")
        await pilot.press("a")
        app.screen.query_one("#ask-text", Input).value = "@bad.example"
        await pilot.press("enter")
        await until(pilot, lambda: "give for @bad.example" in shown(app))
        for _ in range(2):
            await settle(pilot, pane)
            await typed(pilot, "hunter6")
            assert app.screen.query_one("#ask-text", Input).password
            await pilot.press("enter")
        await until(pilot, lambda: "would never match" in toasts(app))
        assert app.screen is app.screen_stack[0]
        assert maps.content("sender_access") == before


async def test_all_keys_fit_below_eighty_columns(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/virtual")
        last = shown(app).rstrip().splitlines()[-1]
        assert "x Remove" in last
        assert "q Quit" in last


async def test_the_entry_under_the_cursor_is_removed(host: DemoHost, maps: DemoMaps) -> None:
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        await pilot.press("x")
        assert not isinstance(app.screen, ChangeScreen)
        await go_to(pilot, pane, "hash:/etc/postfix/virtual")
        await pilot.press("down", "x")
        await asked(pilot, app, "-info@example.org")
        await pilot.press("x", "y")
        await until(pilot, lambda: b"info" not in maps.content("virtual"))
        await settle(pilot, pane)
        assert "2 entries" in shown(app)


async def test_what_is_read_in_order_is_edited_as_a_whole_and_nothing_else(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await go_to(pilot, pane, "regexp:/etc/postfix/helo_access")
        for action in ("set", "remove", "rebuild"):
            assert pane.check_action(action, ()) is False
        assert pane.check_action("edit", ()) is True
        await pilot.press("a", "x", "b", "d")
        assert app.screen is app.screen_stack[0]


async def test_a_source_is_edited_shown_confirmed_and_its_draft_goes(
    host: DemoHost, maps: DemoMaps, editor: Editor
) -> None:
    were = drafts()
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/transport")
        await pilot.press("e")
        await until(pilot, lambda: "Nothing would change" in toasts(app))
        assert drafts() == were
        editor.write = lambda content: content + b"new.example\tsmtp:\n"
        await pilot.press("e")
        await asked(pilot, app, "+new.example    smtp:")
        assert "$ mailtui maps edit /etc/postfix/transport" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: b"new.example" in maps.content("transport"))
        await until(pilot, lambda: drafts() == were)


async def test_what_was_written_is_kept_when_it_is_refused_and_e_goes_on_with_it(
    host: DemoHost, maps: DemoMaps, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    were = drafts()
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/transport")
        editor.write = lambda _content: b"mine\tsmtp:\n"
        carry_out = maps.carry_out

        def refuse(_change: object) -> None:
            raise Failed("Postfix would complain: line 1", hint="correct it")

        monkeypatch.setattr(maps, "carry_out", refuse)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ChangeScreen))
        await pilot.press("y")
        await until(pilot, lambda: "Postfix would complain" in toasts(app))
        assert "e goes on with it" in toasts(app)
        (kept,) = drafts() - were
        assert kept in toasts(app)
        monkeypatch.setattr(maps, "carry_out", carry_out)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ChangeScreen))
        assert editor.seen[-1] == b"mine\tsmtp:\n"
        await pilot.press("n")
        assert drafts() - were == {kept}
        editor.code = 1
        await pilot.press("e")
        await until(pilot, lambda: "ended with exit code 1" in toasts(app))
        assert drafts() - were == {kept}
        editor.code = 0
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ChangeScreen))
        await pilot.press("y")
        await until(pilot, lambda: maps.content("transport") == b"mine\tsmtp:\n")
        await until(pilot, lambda: drafts() == were)


async def test_an_editor_that_fails_without_a_change_leaves_nothing(host: DemoHost, editor: Editor) -> None:
    were = drafts()
    editor.code = 3
    async with console(host) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/transport")
        await pilot.press("e")
        await until(pilot, lambda: "ended with exit code 3" in toasts(app))
        assert drafts() == were


async def test_an_index_is_built_when_confirmed(host: DemoHost) -> None:
    async with console(host, size=(110, 36)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/aliases")
        await pilot.press("b")
        assert isinstance(app.screen, ConfirmScreen)
        assert "$ postalias hash:/etc/aliases" in shown(app)
        await pilot.press("b", "y")
        await until(pilot, lambda: "rebuild: hash:/etc/aliases" in toasts(app))
        await pilot.press("B")
        await until(pilot, lambda: "No index is missing or older" in toasts(app))
        await pilot.press("z")
        await until(pilot, lambda: "There is nothing to undo" in toasts(app))


async def test_a_read_only_console_offers_no_change_and_says_why(host: DemoHost) -> None:
    async with console(host, replace(SETTINGS, read_only=True)) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/virtual")
        await pilot.press("a", "x", "e", "b", "B", "z")
        assert app.screen is app.screen_stack[0]
        assert "Edit" not in shown(app)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "--read-only" in shown(app)
        assert "Set an entry" not in shown(app)
        assert "Look a key up" in shown(app)


async def test_who_has_no_rights_is_told_so(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        maps, "why_not", lambda: "this user cannot write to /etc/postfix: run mailtui as root"
    )
    async with console(host) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/virtual")
        await pilot.press("a")
        assert app.screen is app.screen_stack[0]
        await pilot.press("question_mark")
        assert "run mailtui as root" in shown(app)


async def test_a_configuration_without_tables(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "_config", lambda: Config("/etc/postfix", {}, ()))
    async with console(host) as (app, pilot, pane):
        assert "the configuration uses no table" in shown(app)
        await pilot.press(
            "l", "a", "x", "e", "b", "enter", "y", "slash", "q", "escape", "tab", "tab", "enter"
        )
        assert app.screen is app.screen_stack[0]
        assert pane.about() is None


async def test_what_cannot_be_read_is_said_and_what_was_read_stays(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(host) as (app, pilot, _pane):

        def fails(*_args: object, **_more: object) -> None:
            raise NotPermitted("The configuration cannot be read", hint="run as root")

        monkeypatch.setattr(maps, "check", fails)
        await pilot.press("r")
        await until(pilot, lambda: "The configuration cannot be read: run as root" in shown(app))
        assert "/etc/postfix/virtual" in shown(app)


async def test_a_source_that_cannot_be_read_leaves_the_other_tables_usable(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = maps.index

    def some(table: Table, *more: object) -> Index:
        if "transport" in table.name:
            raise NotPermitted(
                "/etc/postfix/transport cannot be read by this user", hint="run mailtui as root"
            )
        return index(table, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(maps, "index", some)
    async with console(host) as (app, pilot, pane):
        await go_to(pilot, pane, "hash:/etc/postfix/transport")
        assert "cannot be read by this user" in shown(app)
        await go_to(pilot, pane, "hash:/etc/aliases")
        assert "cannot be read by this user" not in shown(app)
        assert "postmaster" in shown(app)


async def test_tables_that_others_keep_say_so(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = Table("mysql:/etc/postfix/my.cf", "mysql", "/etc/postfix/my.cf", (Use("virtual_mailbox_maps"),))
    monkeypatch.setattr(maps, "tables", lambda: (remote,))
    monkeypatch.setattr(maps, "check", lambda each, **_more: each(About(remote)) or [])
    async with console(host) as (app, _, pane):
        assert "kept elsewhere" in shown(app)
        assert pane.check_action("edit", ()) is False


async def test_hostile_names_keys_and_values_command_no_terminal(
    host: DemoHost, maps: DemoMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = HOSTILE.replace("\n", "").replace(" ", "")
    table = Table(f"hash:/etc/{bad}", "hash", f"/etc/{bad}", (Use(f"x{bad}"),))
    finding = Finding(table.name, "bad", f"what {HOSTILE}", f"hint {HOSTILE}", 1)
    maps._sources.files[table.path] = f"{bad} [red]{bad}[/]\n".encode("utf-8", "surrogateescape")
    monkeypatch.setattr(maps, "tables", lambda: (table,))

    def check(each: Callable[[About], None], **_more: object) -> list[Finding]:
        each(About(table, findings=(finding,)))
        return [finding]

    monkeypatch.setattr(maps, "check", check)
    async with console(host) as (app, pilot, pane):
        for keys in (("shift+tab",), ("enter",), ("enter",), ("escape", "l"), ("escape", "x"), ("n", "a")):
            await pilot.press(*keys)
            await pilot.pause(0.2)
            assert "\x1b" not in shown(app)
            assert "\x9b" not in shown(app)
        assert pane.reading is not None
