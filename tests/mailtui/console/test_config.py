"""The config pane driven by keys: happy, failing, read-only, conflicts, applying to the end and back again."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Event as Flag

import pytest
from textual.pilot import Pilot
from textual.scrollbar import ScrollBar

from backends.apply.told import Applied, Check, ComponentDrift, Drift, Event, FileDrift, Take
from backends.errors import Failed, NotPermitted
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.panes.config.pane import ConfigPane
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.difference import DifferenceScreen
from mailtui.screens.explain import ExplainScreen
from mailtui.screens.help import HelpScreen
from mailtui.screens.history import HistoryScreen
from mailtui.screens.progress import ProgressScreen
from mailtui.settings import Settings
from mailtui.widgets.side_by_side import SideBySide
from mailtui.widgets.virtual_table import VirtualTable
from tests.mailtui.cli.fake import HOSTILE
from tests.mailtui.console.test_console import SIZE, Clock, shown, until

SETTINGS = Settings(theme="mailtui", interval=3600)
Tell = Callable[[Event], None]


def demo(clock: Callable[[], float] | None = None) -> DemoHost:
    return DemoHost(clock=clock or Clock(), sleep=lambda _seconds: None)


@asynccontextmanager
async def console(
    host: DemoHost | None = None, settings: Settings = SETTINGS, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[MailtuiApp, Pilot[int], ConfigPane]]:
    """The console on a demo host, once the config pane is in front and shows something."""
    app = MailtuiApp(host or demo(), settings)
    async with app.run_test(size=size) as pilot:
        await pilot.press("8")
        await until(pilot, lambda: isinstance(app.pane, ConfigPane) and app.pane.settled)
        pane = app.query_one(ConfigPane)
        await pilot.pause(0.1)
        yield app, pilot, pane


class Told:
    """Replaces what the demo host's config answers."""

    def __init__(self, host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
        self._config, self._patch = host.config, monkeypatch

    def drift(self, *files: FileDrift, todo: tuple[str, ...] = (), missing: tuple[str, ...] = ()) -> None:
        one = ComponentDrift("postfix", "Postfix", files, missing)
        drift = Drift(Clock().now, "bookworm", "post-queue", (one,), todo)
        self._patch.setattr(self._config, "drift", lambda settings=None, take=Take.NEITHER: drift)

    def apply(self, apply: Callable[[Take, Tell], Applied]) -> None:
        self._patch.setattr(self._config, "apply", apply)


@pytest.fixture
def host() -> DemoHost:
    return demo()


@pytest.fixture
def told(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(host, monkeypatch)


def toasts(app: MailtuiApp) -> str:
    """What was said in passing."""
    return "\n".join(one.message for one in app._notifications)


def where(pane: ConfigPane, table: str) -> str | None:
    return pane.query_one(table, VirtualTable).cursor_key


async def go_to(pilot: Pilot[int], pane: ConfigPane, component: str, file: str = "") -> None:
    """Put the cursor on a component, and then on one of its files."""
    for table, key in (("#components", component), ("#files", file)):
        shown = pane.query_one(table, VirtualTable)
        if key:
            row = shown.source.index_of(key)
            assert row is not None
            shown.focus()
            shown.move_cursor(row)
            await pilot.pause(0.05)


async def test_the_verdict_comes_first_then_components_then_files() -> None:
    async with console() as (app, _, pane):
        lines = shown(app).splitlines()
        verdict = next(i for i, line in enumerate(lines) if "1 conflict, 1 file differs" in line)
        worst = next(i for i, line in enumerate(lines) if "amavisd-new" in line)
        fine = next(i for i, line in enumerate(lines) if "MariaDB" in line)
        file = next(i for i, line in enumerate(lines) if "/etc/amavis/conf.d/50-user" in line)
        assert verdict < worst < fine < file
        assert "✖ conflict" in lines[worst]
        assert "● in sync" in lines[fine]
        assert "the first virus signatures are fetched" in "".join(lines)
        assert any("▲ changed in the reference" in line and "helo_regexp" in line for line in lines)
        assert any("○ missing" in line and "clamav-freshclam" in line for line in lines)
        assert pane.reading is not None


async def test_the_files_follow_the_component_under_the_cursor() -> None:
    async with console() as (app, pilot, pane):
        await go_to(pilot, pane, "postfix")
        assert where(pane, "#files") == "/etc/postfix/helo_regexp"
        assert "keeps smtpd_helo_re" in shown(app)
        await pilot.press("enter", "down")
        assert where(pane, "#files") == "/etc/postfix/main.cf"
        await pilot.press("escape")
        assert pane.query_one("#components").has_focus


async def test_enter_lays_a_file_beside_its_reference() -> None:
    async with console(size=(120, 30)) as (app, pilot, pane):
        await go_to(pilot, pane, "postfix", "/etc/postfix/main.cf")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen))
        await pilot.pause(0.1)
        line = next(line for line in shown(app).splitlines() if "±" in line)
        assert (
            line.index("smtpd_helo_required = no") < line.index("±") < line.index("smtpd_helo_required = yes")
        )
        assert "Changed here, and stays so: smtpd_helo_required" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_on_a_narrow_terminal_one_side_stands_above_the_other() -> None:
    async with console() as (app, pilot, pane):
        await go_to(pilot, pane, "postfix", "/etc/postfix/main.cf")
        await pilot.press("enter")
        await until(pilot, lambda: "change 1 of 1" in shown(app))
        lines = shown(app).splitlines()
        here = next(i for i, line in enumerate(lines) if "smtpd_helo_required = no" in line)
        assert "‹" in lines[here]
        assert "›" in lines[here + 1]
        assert "smtpd_helo_required = yes" in lines[here + 1]


async def test_n_goes_through_the_changes(host: DemoHost, told: Told) -> None:
    here = tuple(f"line {i}" for i in range(200))
    reference = tuple(f"other {i}" if i in {20, 90, 160} else line for i, line in enumerate(here))
    told.drift(FileDrift("/etc/x", "changed in the reference", here=here, reference=reference))
    async with console(host) as (app, pilot, pane):
        await go_to(pilot, pane, "postfix", "/etc/x")
        await pilot.press("enter")
        await until(pilot, lambda: "change 1 of 3" in shown(app))
        assert "other 160" not in shown(app)
        await pilot.press("n", "n", "n")
        await until(pilot, lambda: "change 3 of 3" in shown(app) and "other 160" in shown(app))
        await pilot.press("N")
        await until(pilot, lambda: "change 2 of 3" in shown(app))


async def test_a_secret_file_is_not_shown() -> None:
    async with console() as (app, pilot, pane):
        await go_to(pilot, pane, "gld", "/etc/gld.conf")
        await pilot.press("enter")
        await until(pilot, lambda: "it holds a password" in toasts(app))
        assert len(app.screen_stack) == 1
        assert "invented" not in shown(app)


async def test_what_is_in_sync_says_so(host: DemoHost, told: Told) -> None:
    told.drift(FileDrift("/etc/mailname", "in sync"))
    async with console(host) as (app, pilot, _):
        assert "● in sync with the reference (bookworm, post-queue)" in shown(app)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "mailtui --apply --verify-only" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: "all 8 checks are good" in shown(app))
        assert "Nothing had to change" in shown(app)


async def test_nothing_at_all_to_show_is_no_error(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Drift(Clock().now, "trixie", "pre-queue", ())
    monkeypatch.setattr(host.config, "drift", lambda settings=None, take=Take.NEITHER: empty)
    async with console(host) as (app, pilot, _):
        assert "in sync with the reference" in shown(app)
        await pilot.press("enter", "tab", "enter")
        await pilot.pause(0.1)
        assert len(app.screen_stack) == 1


async def test_who_is_not_root_is_told_what_to_do(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(settings: object = None, take: Take = Take.NEITHER) -> Drift:
        raise NotPermitted("Only root can compare", hint="sudo mailtui")

    monkeypatch.setattr(host.config, "drift", refuse)
    async with console(host) as (app, pilot, _):
        assert "✖ Only root can compare: sudo mailtui" in shown(app)
        await pilot.press("a")
        await until(pilot, lambda: "Not compared with the reference yet" in toasts(app))
        assert len(app.screen_stack) == 1


async def test_a_failed_comparison_keeps_the_last_good_one(
    host: DemoHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: object = None, take: Take = Take.NEITHER) -> Drift:
        raise Failed("dpkg-query failed", hint="see what `dpkg --audit` says")

    clock = Clock()
    host = demo(clock)
    async with console(host) as (app, pilot, pane):
        good = host.config.drift
        monkeypatch.setattr(host.config, "drift", fail)
        clock.now += 90
        await pilot.press("r")
        await until(pilot, lambda: "dpkg-query failed: see what" in shown(app))
        assert "amavisd-new" in shown(app)
        assert "read 90s ago" in shown(app)
        monkeypatch.setattr(host.config, "drift", good)
        await pilot.press("r")
        await until(pilot, lambda: "dpkg-query failed" not in shown(app))
        assert pane.feed.failures == 0


@pytest.mark.parametrize("key", ["a", "b"])
async def test_read_only_has_no_keys_that_change_anything(key: str) -> None:
    settings = Settings(theme="mailtui", interval=3600, read_only=True)
    async with console(settings=settings) as (app, pilot, _):
        await pilot.press(key)
        await pilot.pause(0.2)
        assert len(app.screen_stack) == 1
        assert "Apply" not in shown(app)
        assert "Roll back" not in shown(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.pause(0.1)
        assert "--read-only" in shown(app)


async def test_a_conflict_is_decided_before_anything_is_asked() -> None:
    host = demo()
    async with console(host) as (app, pilot, _):
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        assert "/etc/amavis/conf.d/50-user" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("a", "2")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "mailtui --apply --yes --take reference" in shown(app)
        await pilot.press("a", "enter")
        await pilot.pause(0.1)
        assert isinstance(app.screen, ConfirmScreen), "the key that asks does not confirm"
        await pilot.press("n")
        await until(pilot, lambda: len(app.screen_stack) == 1)
    assert len(host.config.history()) == 2


async def test_what_is_mine_stays_mine() -> None:
    host = demo()
    async with console(host) as (app, pilot, pane):
        await pilot.press("a", "1")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "/etc/amavis/conf.d/50-user" not in shown(app).split("keep")[0]
        await pilot.press("y")
        await until(pilot, lambda: "Done in" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: pane.reading is not None and pane.reading.in_sync)
        assert pane.reading is not None
        states = {file.path: file.state for file in pane.reading.files}
        assert states["/etc/amavis/conf.d/50-user"] == "changed here"
        assert states["/etc/postfix/helo_regexp"] == "in sync"
        await until(pilot, lambda: "● in sync with the reference, 3 changed here" in shown(app))


async def test_an_apply_is_followed_to_its_end() -> None:
    async with console(size=(100, 40)) as (app, pilot, _):
        await pilot.press("a", "2")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        for said in (" files  /etc/", "install  clamav-freshclam", "verify   with mail through all of it"):
            assert said in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ProgressScreen) and "Done in" in shown(app))
        text = shown(app)
        for said in ("● packages", "● signatures", "● replace", "Verified", "● EICAR", "Checkpoint 3 has"):
            assert said in text
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await until(pilot, lambda: "in sync with the reference" in shown(app))


async def test_an_apply_under_way_is_shown_and_is_not_left(host: DemoHost, told: Told) -> None:
    go_on = Flag()

    def apply(take: Take, tell: Tell) -> Applied:
        tell(Event("packages", "unpacking \x1b[31mclamav", 40.0))
        tell(Event("packages", "setting up clamav", 60.0))
        go_on.wait(10)
        raise Failed("amavis does not answer", hint="journalctl -u amavis -n 20")

    told.drift(FileDrift("/etc/x", "missing", reference=("a",)))
    told.apply(apply)
    async with console(host) as (app, pilot, _):
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: " 60%" in shown(app))
        assert shown(app).count("packages") == 1
        await pilot.press("escape", "q")
        await until(pilot, lambda: "is not broken off" in toasts(app))
        assert isinstance(app.screen, ProgressScreen)
        go_on.set()
        await until(pilot, lambda: "✖ amavis does not answer." in shown(app))
        assert "journalctl -u amavis -n 20" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_a_check_that_is_not_good_says_what_to_do(host: DemoHost, told: Told) -> None:
    checks = (Check("clean message", True, "there"), Check("EICAR", False, "was delivered", "start clamd"))
    told.drift(FileDrift("/etc/x", "missing", reference=("a",)))
    told.apply(lambda _take, _tell: Applied(4, 1, checks))
    async with console(host) as (app, pilot, _):
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "1 of 2 checks failed" in shown(app))
        assert "✖ EICAR" in shown(app)
        assert "start clamd" in shown(app)
        assert "● clean message" in shown(app)


async def test_rolling_back_shows_what_it_changes_and_asks() -> None:
    host = demo()
    async with console(host, size=(100, 30)) as (app, pilot, pane):
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        await pilot.pause(0.1)
        assert "helo_regexp, 50-user" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: "--- /etc/amavis/conf.d/50-user" in shown(app))
        assert "-$sa_tag2_level_deflt = 5.0;" in shown(app)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "mailtui rollback 2 --yes" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: "Done in" in shown(app))
        assert "Checkpoint 3 has the files as they were" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1 and pane.settled)
    assert [moment.why for moment in host.config.history()] == ["rollback to 2", "apply", "apply"]


async def test_without_checkpoints_there_is_nothing_to_choose(
    host: DemoHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host.config, "history", list)
    async with console(host) as (app, pilot, _):
        await pilot.press("b")
        await until(pilot, lambda: "Nothing was applied yet" in shown(app))
        await pilot.press("enter", "b")
        await pilot.pause(0.1)
        assert isinstance(app.screen, HistoryScreen)


async def test_the_table_of_deviations_is_narrowed_by_words() -> None:
    async with console(size=(120, 40)) as (app, pilot, _):
        await pilot.press("t")
        await until(
            pilot, lambda: isinstance(app.screen, ExplainScreen) and "this release gets" in shown(app)
        )
        await pilot.press("slash", *"bayes !spamd")
        await until(pilot, lambda: "1 of " in shown(app))
        assert "bayes_auto_expire 0" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: "1 of " not in shown(app))
        await pilot.press("slash", *"zzz", "enter")
        await until(pilot, lambda: "nothing matches" in shown(app))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_what_files_say_commands_no_terminal(host: DemoHost, told: Told) -> None:
    hostile = FileDrift(
        f"/etc/{HOSTILE}",
        "conflict",
        kept=(HOSTILE,),
        conflicts=(HOSTILE,),
        here=(HOSTILE, "same"),
        reference=(f"{HOSTILE}{HOSTILE}", "same"),
    )
    told.drift(hostile, todo=(HOSTILE,), missing=(HOSTILE,))
    async with console(host, size=(120, 40)) as (app, pilot, pane):
        texts = [shown(app)]
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen))
        await pilot.pause(0.1)
        texts.append(shown(app))
        assert "[bold]x[/bold]" in texts[1]
        await pilot.press("escape", "a")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        texts.append(shown(app))
    for text in texts:
        assert not {char for char in text if not char.isprintable() and char != "\n"}
        assert "[bold]" in text
    assert pane.reading is not None


async def test_plain_mode_draws_ascii_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScrollBar, "renderer", ScrollBar.renderer)
    settings = Settings(theme="mailtui", interval=3600, plain=True)
    async with console(settings=settings, size=(120, 40)) as (app, pilot, pane):
        texts = [shown(app)]
        await go_to(pilot, pane, "postfix", "/etc/postfix/main.cf")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen))
        await pilot.pause(0.1)
        texts.append(shown(app))
        await pilot.press("escape", "b")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        texts.append(shown(app))
        await pilot.press("escape", "a", "1")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "Done in" in shown(app))
        texts.append(shown(app))
    assert [{char for char in text if ord(char) > 126} for text in texts] == [set()] * 4


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (180, 50)])
async def test_any_size_of_terminal(size: tuple[int, int]) -> None:
    async with console(size=size) as (app, pilot, pane):
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen))
        await pilot.press("escape", "a", "1")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ProgressScreen))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "Done in" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: pane.settled and "in sync with the reference" in shown(app))


async def test_on_a_high_terminal_the_difference_is_there_at_once() -> None:
    async with console(size=(140, 45)) as (app, pilot, pane):
        assert pane.query_one(SideBySide).display
        assert "6.31" in shown(app)
        await go_to(pilot, pane, "postfix")
        await until(pilot, lambda: "203\\.0\\.113\\.178" in shown(app))


async def test_nobody_compares_behind_another_pane(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(host) as (_, pilot, pane):
        await pilot.press("2")
        monkeypatch.setattr(pane.feed, "_due", 0.0)
        await pilot.pause(1.2)
        assert not pane.feed.reading
        assert pane.feed._due == 0.0
        await pilot.press("8")
        await until(pilot, lambda: pane.feed._due > 0)


async def test_y_copies_the_command_that_applies() -> None:
    async with console() as (app, pilot, _):
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard == "mailtui --apply --yes"


def test_the_first_frame_needs_nothing_of_it() -> None:
    code = (
        "import mailtui.app, sys; late = {'mailtui.panes.config.pane', 'mailtui.screens.progress', 'jinja2',"
        "'merge3', 'numpy', 'sh'}; print(sorted(late & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
