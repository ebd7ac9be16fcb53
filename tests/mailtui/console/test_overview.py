"""The overview driven by keys: what is wrong, its evidence, mending, faults, and that nothing which hangs holds it up."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from msgspec import structs
from textual.pilot import Pilot

from backends.errors import Failed, NotAnswering
from backends.greylist.stats_values import Part, Totals
from backends.health.values import Check, Evidence, Line, Measure, Mend
from backends.host import ServiceState
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.panes import fed
from mailtui.panes.feed import Feed
from mailtui.panes.overview.pane import OverviewPane
from mailtui.panes.overview.parts import Value, read_grey
from mailtui.panes.quarantine.pane import QuarantinePane
from mailtui.screens.check import CheckScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.help import HelpScreen
from mailtui.settings import Settings
from tests.mailtui.cli.fake import HOSTILE
from tests.mailtui.console.fake_health import CLAMD, DISK, FINE, NOON, QUEUE, RESTART, FakeHealth
from tests.mailtui.console.test_config import toasts
from tests.mailtui.console.test_console import SIZE, Clock, shown, until

SETTINGS = Settings(theme="mailtui", interval=3600)


class Host(DemoHost):
    """The demo host with a health that does as it is told."""

    def __init__(self, health: FakeHealth | None = None) -> None:
        super().__init__(clock=Clock(), sleep=lambda _seconds: None)
        self.told = health or FakeHealth()

    @property
    def health(self) -> FakeHealth:
        return self.told


@asynccontextmanager
async def opened(
    host: Host | None = None, settings: Settings = SETTINGS, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[MailtuiApp, Pilot[int], OverviewPane]]:
    """The console as it opens, before anything is known."""
    app = MailtuiApp(host or Host(), settings)
    async with app.run_test(size=size) as pilot:
        yield app, pilot, app.query_one(OverviewPane)


@asynccontextmanager
async def console(
    host: Host | None = None, settings: Settings = SETTINGS, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[MailtuiApp, Pilot[int], OverviewPane]]:
    """The console once everything is known."""
    async with opened(host, settings, size) as (app, pilot, pane):
        await until(pilot, lambda: pane.settled)
        await pilot.pause(0.1)
        yield app, pilot, pane


def line_of(app: MailtuiApp, text: str) -> int:
    """The screen line in which a text stands."""
    return next(number for number, line in enumerate(shown(app).splitlines()) if text in line)


async def test_the_cause_comes_first_with_its_evidence_its_mend_and_what_it_explains() -> None:
    async with console() as (app, _, pane):
        places = [
            line_of(app, text)
            for text in (
                "1 thing is wrong, 2 to watch",
                "Mail is deferring because clamd does not answer",
                "388 times, last 11:59:55",
                "no PONG in 2 s",
                "systemctl restart clamav-daemon",
                "└ ✖ 412 messages are deferred",
                "└ ▲ All 8 children of amavis are busy",
                "▲ /var/lib/amavis is full in 3 days",
                "● 7 other checks are fine",
            )
        ]
        assert places == sorted(places)
        assert pane.list.stop == "clamd"
        lines = shown(app).splitlines()
        assert "since 11:39" in lines[places[1]]
        assert "[m] do it" in lines[places[4]]
        assert "looked 12:00:00" in lines[places[0]]


async def test_below_stand_the_last_hour_the_greylist_and_the_scores() -> None:
    async with console() as (app, _, _):
        text = shown(app)
        deferred = next(line for line in text.splitlines() if line.startswith(" deferred"))
        assert "412" in deferred
        assert "█" in deferred
        for word in ("Queue, last hour", "never back", "median wait", "scan p95", "Scores, today"):
            assert word in text
        assert "looking" not in text


async def test_what_this_console_measured_follows_what_was_recorded() -> None:
    host = Host()
    host.told.points = ()
    async with console(host) as (app, pilot, _):
        await until(
            pilot, lambda: any(line.startswith(" hold ") and "3" in line for line in shown(app).splitlines())
        )


async def test_what_stands_below_is_of_the_same_look() -> None:
    host = Host()
    async with console(host) as (app, pilot, pane):
        more = tuple(Measure(one.name, one.value + 500) for one in QUEUE.measures)
        queue = structs.replace(QUEUE, measures=more)
        host.told.checks = tuple(queue if check is QUEUE else check for check in host.told.checks)
        looks = host.told.looks
        pane.feed.read()
        await until(pilot, lambda: host.told.looks > looks and not pane.feed.reading)
        await pilot.pause()
        assert "deferred    912" in shown(app)


def log_lines(count: int) -> tuple[Line, ...]:
    return tuple(
        Line(NOON - 9 + number, "postfix/smtpd", f"warning: number {number}") for number in range(count)
    )


async def test_the_logs_newest_troubles_stand_at_the_bottom_where_there_is_room() -> None:
    host = Host()
    host.told.lines = log_lines(5)
    async with console(host, size=(80, 45)) as (app, pilot, pane):
        places = [
            line_of(app, text)
            for text in ("Scores, today", "11:59:51 postfix/smtpd warning: number 0", "number 4")
        ]
        assert places == sorted(places)
        host.told.lines = (Line(NOON, f"x{HOSTILE}", HOSTILE * 50),)
        await pilot.press("r")
        await until(pilot, lambda: "12:00:00" in shown(app).splitlines()[-2])
        assert "\x1b" not in shown(app)
        assert "number 4" not in shown(app)
        host.told.lines = ()
        await pilot.press("r")
        await until(pilot, lambda: pane.settled and not pane.query_one("#overview-log").display)


async def test_the_log_takes_no_room_from_the_verdict() -> None:
    host = Host()
    host.told.lines = log_lines(5)
    async with console(host, size=(80, 24)) as (app, _, pane):
        assert "7 other checks are fine" in shown(app)
        assert pane.list.size.height >= pane.list.virtual_size.height
    async with console(host, size=(80, 30)) as (app, pilot, pane):
        assert "number 4" in shown(app)
        await pilot.press("a")
        await until(pilot, lambda: "number 0" not in shown(app))
        assert pane.list.size.height >= min(pane.list.virtual_size.height, 20)


async def test_a_service_that_is_halted_has_no_green_light() -> None:
    class Halted(Host):
        def services(self) -> list[ServiceState]:
            return [ServiceState("gld", "halted"), ServiceState("postfix", "running")]

    async with console(Halted()) as (app, pilot, _):
        await until(pilot, lambda: "✖gld" in shown(app))
        assert "●postfix" in shown(app)


async def test_all_is_well_says_so() -> None:
    async with console(Host(FakeHealth(FINE))) as (app, _, pane):
        text = shown(app)
        assert "● all is well" in text
        assert "● 7 checks are fine" in text
        assert "m Mend" not in text.splitlines()[-1]
        assert pane.list.stop


async def test_a_shows_also_what_is_fine_and_hides_it_again() -> None:
    async with console(size=(100, 40)) as (app, pilot, _):
        assert "dovecot is as it should be" not in shown(app)
        await pilot.press("a")
        await until(pilot, lambda: "dovecot is as it should be" in shown(app))
        await pilot.press("end")
        await pilot.press("a")
        await until(pilot, lambda: "dovecot is as it should be" not in shown(app))


async def test_enter_opens_a_check_with_all_that_is_known() -> None:
    async with console() as (app, pilot, _):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CheckScreen) and "Measured" in shown(app))
        text = shown(app)
        assert "wrong since 2026-11-23 11:39:00, 21m" in text
        assert "388 times, last 2026-11-23 11:59:55" in text
        assert "wrong from 2 s" in text
        await pilot.press("escape")
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: "explained by clamd" in shown(app))


async def test_a_mend_is_asked_for_with_its_command_run_and_looked_at_again() -> None:
    host = Host()
    async with console(host) as (app, pilot, _):
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "$ systemctl restart clamav-daemon" in shown(app)
        await pilot.press("m", "enter")
        await pilot.pause(0.1)
        assert isinstance(app.screen, ConfirmScreen), "what asks does not confirm"
        looks = host.told.looks
        await pilot.press("y")
        await until(pilot, lambda: host.told.mended)
        assert host.told.mended[0].argv == RESTART
        await until(pilot, lambda: host.told.looks > looks and "2 things to watch" in shown(app))
        assert "Done: systemctl restart clamav-daemon" in toasts(app)


async def test_mended_on_the_demo_host_the_service_runs_and_the_verdict_follows() -> None:
    host = DemoHost(clock=Clock(), sleep=lambda _seconds: None)
    app = MailtuiApp(host, SETTINGS)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: app.query_one(OverviewPane).settled and "✖clamd" in shown(app))
        assert "Mail is deferring because clamd does not run" in shown(app)
        await pilot.press("m", "y")
        await until(pilot, lambda: "●clamd" in shown(app) and "clamd does not run" not in shown(app))
    assert any(entry.mutates and "clamav-daemon" in entry.command for entry in host.journal.entries())


async def test_while_a_mend_runs_keys_answer_and_no_second_one_begins() -> None:
    host = Host()
    host.told.mends.clear()
    async with console(host) as (app, pilot, _):
        await pilot.press("m", "y")
        await until(pilot, lambda: "running: systemctl restart clamav-daemon" in shown(app))
        await pilot.press("m")
        await until(pilot, lambda: "Still running" in toasts(app))
        assert len(app.screen_stack) == 1
        host.told.mends.set()
        await until(pilot, lambda: "running:" not in shown(app))


async def test_a_mend_that_is_refused_changes_nothing() -> None:
    host = Host()
    async with console(host) as (app, pilot, _):
        await pilot.press("m")
        await pilot.press("n")
        await pilot.pause(0.1)
        assert not host.told.mended
        assert len(app.screen_stack) == 1


async def test_a_mend_that_fails_says_why_and_what_to_do() -> None:
    host = Host()
    host.told.mend_error = Failed("clamav-daemon did not start", hint="look with journalctl -u clamav-daemon")
    async with console(host) as (app, pilot, _):
        await pilot.press("m", "y")
        await until(pilot, lambda: "clamav-daemon did not start" in toasts(app))
        assert "journalctl -u clamav-daemon" in toasts(app)
        assert "Mail is deferring" in shown(app)


async def test_a_symptom_is_mended_where_its_cause_is() -> None:
    async with console() as (app, pilot, pane):
        await pilot.press("down", "down")
        assert pane.list.stop == "queue"
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "systemctl restart clamav-daemon" in shown(app)


async def test_where_the_mend_is_a_pane_m_goes_there() -> None:
    async with console() as (app, pilot, pane):
        pane.list.action_end(-1)
        await pilot.press(*["down"] * 4)
        assert pane.list.stop == "disk-quarantine"
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.pane, QuarantinePane))


async def test_a_mend_in_a_pane_names_the_key_that_goes_there() -> None:
    async with console(settings=replace(SETTINGS, keys={"pane.5": "f5"})) as (app, pilot, pane):
        assert "[f5] go there" in shown(app)
        assert "[5]" not in shown(app)
        pane.list.action_end(-1)
        await pilot.press(*["down"] * 4, "m")
        await until(pilot, lambda: isinstance(app.pane, QuarantinePane))


async def test_what_only_a_human_can_type_is_copied() -> None:
    async with console() as (app, pilot, pane):
        await pilot.press(*["down"] * 6)
        assert pane.list.stop == "root-mail"
        await pilot.press("m")
        await until(pilot, lambda: "To be typed: newaliases" in toasts(app))
        await pilot.press("y")
        assert app.clipboard.startswith("newaliases")


async def test_read_only_offers_no_mend() -> None:
    host = Host()
    async with console(host, replace(SETTINGS, read_only=True)) as (app, pilot, _):
        assert "[m]" not in shown(app)
        assert "m Mend" not in shown(app)
        await pilot.press("m")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CheckScreen))
        await pilot.press("m", "y")
        await pilot.pause(0.1)
        assert not host.told.mended
        await pilot.press("escape", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "--read-only" in shown(app))


async def test_a_check_that_hangs_is_shown_without_it_and_keys_answer() -> None:
    host = Host()
    host.told.hangs.set()
    async with opened(host) as (app, pilot, pane):
        await until(pilot, lambda: "looking, 12 checks so far" in shown(app))
        assert "Mail is deferring" in shown(app)
        await until(pilot, lambda: "no answer for 3s" in shown(app))
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape", "5")
        await until(pilot, lambda: isinstance(app.pane, QuarantinePane))
        await pilot.press("1")
        host.told.hangs.clear()
        await until(pilot, lambda: pane.settled and "1 thing is wrong" in shown(app))


async def test_a_look_that_hangs_later_keeps_what_is_known_and_says_for_how_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = Host()
    async with console(host) as (app, pilot, pane):
        host.told.hangs.set()
        await pilot.press("r")
        monkeypatch.setattr(pane.feed, "_began", pane.feed._began - 30)
        await until(pilot, lambda: "no answer for 30s" in shown(app))
        assert "Mail is deferring" in shown(app)
        host.told.hangs.clear()


async def test_whatever_hangs_below_the_rest_is_there_and_keys_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host, go_on = Host(), threading.Event()

    def hang(*_: object, **__: object) -> None:
        go_on.wait(8)
        raise NotAnswering("MariaDB does not answer", hint="systemctl status mariadb")

    monkeypatch.setattr(host.greylist, "stats", hang)
    monkeypatch.setattr(host.scores, "read", hang)
    monkeypatch.setattr(host, "services", hang)
    try:
        async with opened(host) as (app, pilot, pane):
            await until(pilot, lambda: "1 thing is wrong" in shown(app))
            await until(pilot, lambda: "deferred    412" in shown(app))
            assert shown(app).count("looking") == 2
            await pilot.press("m")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen), 1)
            await pilot.press("y")
            await until(pilot, lambda: host.told.mended, 2)
            go_on.set()
            await until(pilot, lambda: pane.settled)
            assert shown(app).count("MariaDB does not answer") >= 1
    finally:
        go_on.set()


async def test_many_threads_that_hang_leave_one_for_a_key() -> None:
    go_on = threading.Event()
    try:
        async with console() as (app, pilot, pane):
            for _ in range(12):
                pane.in_thread(lambda: go_on.wait(8))  # type: ignore[arg-type]
            await pilot.press("m", "y")
            await until(pilot, lambda: "Done:" in toasts(app), 2)
            go_on.set()
    finally:
        go_on.set()


async def test_a_part_that_fails_keeps_what_it_was_and_says_how_old(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host()
    async with console(host) as (app, pilot, pane):
        clock = host._clock
        assert isinstance(clock, Clock)

        def fail(each: Callable[[Part], None], *_: object, **__: object) -> None:
            raise NotAnswering("MariaDB does not answer", hint="systemctl status mariadb")

        monkeypatch.setattr(host.greylist, "stats", fail)
        clock.now += 300
        await pilot.press("r")
        await until(pilot, lambda: pane.settled and "▲ 5m old" in shown(app))
        assert "never back" in shown(app)


async def test_a_health_that_fails_is_a_sentence() -> None:
    host = Host()
    host.told.error = Failed("psutil is broken", hint="reinstall it")
    async with opened(host) as (app, pilot, _):
        await until(pilot, lambda: "psutil is broken: reinstall it" in shown(app))


async def test_the_cursor_stays_on_its_check_and_the_same_is_not_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = Host()
    async with console(host) as (_, pilot, pane):
        await pilot.press("down", "down", "down", "down")
        assert pane.list.stop == "disk-quarantine"
        drawn: list[object] = []
        monkeypatch.setattr(pane.list, "refresh", lambda *args, **_: drawn.append(args))
        looks = host.told.looks
        await pilot.press("r")
        await until(pilot, lambda: host.told.looks > looks and pane.settled)
        assert not drawn
        monkeypatch.undo()
        host.told.checks = tuple(check for check in host.told.checks if check.name not in {"clamd", "amavis"})
        await pilot.press("r")
        await until(pilot, lambda: pane.look is not None and pane.look.check("clamd") is None)
        assert pane.list.stop == "disk-quarantine"


async def test_nothing_looks_behind_another_pane(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host()
    async with console(host) as (_, pilot, pane):
        await pilot.press("8")
        monkeypatch.setattr(pane.feed, "_due", 0.0)
        looks = host.told.looks
        await asyncio.sleep(1.2)
        assert host.told.looks == looks
        await pilot.press("1")
        await until(pilot, lambda: host.told.looks > looks)


async def test_left_alone_it_looks_seldom_and_at_once_when_a_key_is_touched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fed, "SLOW_TICK", fed.TICK)
    host = Host()
    async with console(host) as (app, pilot, pane):
        monkeypatch.setattr(app, "_touched", app._touched - 1000)
        await until(pilot, lambda: pane.alone)
        looks = host.told.looks
        monkeypatch.setattr(pane.feed, "_due", 0.0)
        await pilot.pause(1.2)
        assert host.told.looks == looks
        monkeypatch.setattr(pane.feed, "_began", pane.feed._began - pane.seldom)
        await until(pilot, lambda: host.told.looks == looks + 1)
        monkeypatch.setattr(pane.feed, "_due", 0.0)
        await pilot.press("down")
        await until(pilot, lambda: not pane.alone and host.told.looks == looks + 2)


async def test_left_alone_it_wakes_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(Host()) as (app, pilot, pane):
        await until(pilot, lambda: not pane.feed.reading)
        ticks: list[float] = []
        monkeypatch.setattr(pane.feed, "tick", ticks.append)
        await until(pilot, lambda: ticks == [0.0, 0.0])
        monkeypatch.setattr(app, "_touched", app._touched - 1000)
        await until(pilot, lambda: pane.alone)
        ticks.clear()
        await pilot.pause(2.2)
        assert ticks == []
        await pilot.press("down")
        await until(pilot, lambda: ticks == [0.0])


async def test_hostile_evidence_does_nothing() -> None:
    evil = Check(
        "evil",
        "bad",
        HOSTILE * 40,
        tuple(Evidence(HOSTILE * 500, 1e18, 3) for _ in range(50)),
        since=-1e18,
        mends=(Mend(f"echo {HOSTILE}", ("echo", HOSTILE)), Mend(HOSTILE)),
        cause="[bold]",
    )
    async with console(Host(FakeHealth((evil, *FINE)))) as (app, pilot, _):
        for keys in (("r",), ("enter",), ("escape",), ("down", "m"), ("n",), ("y",)):
            await pilot.press(*keys)
            await pilot.pause(0.1)
            assert "\x1b" not in shown(app)
            assert "\u202e" not in shown(app)
        assert "\x1b" not in app.clipboard
        assert "and 47 more; enter shows all" in shown(app)


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (60, 30), (80, 14), (200, 60)])
async def test_any_size_of_terminal(size: tuple[int, int]) -> None:
    async with console(size=size) as (app, pilot, pane):
        await pilot.press("a", *["down"] * 8, "pagedown", "pageup", "end", "home")
        await pilot.pause(0.1)
        assert pane.list.stop == "clamd"
        assert "clamd" in shown(app) or size[1] < 12


async def test_a_cause_in_a_circle_and_one_that_is_not_there_are_shown() -> None:
    checks = (replace_check(CLAMD, cause="queue"), QUEUE, replace_check(DISK, cause="nowhere"))
    async with console(Host(FakeHealth(checks))) as (app, _, _):
        assert "Mail is deferring" in shown(app)
        assert "412 messages are deferred" in shown(app)
        assert "/var/lib/amavis is full" in shown(app)


def replace_check(check: Check, *, cause: str) -> Check:
    """The check with another cause."""
    return Check(check.name, check.level, check.said, check.evidence, cause=cause)


async def test_waiting_is_the_same_here_as_in_the_greylists_pane() -> None:
    host = DemoHost(clock=Clock())
    told: list[Part] = []
    host.greylist.stats(told.append, ["totals"])
    totals = next(part for part in told if isinstance(part, Totals) and part.exact)
    feed: Feed[Value] = Feed(
        lambda _feed: read_grey(host, _feed), 60.0, lambda _run: None, lambda _value, _last: None
    )
    assert totals.ready > 0
    assert read_grey(host, feed).waiting == totals.waiting
