"""The antivirus pane driven by keys: well, clamd stopped, failing, read-only; updating, testing, scanning, stopping."""

import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot
from textual.scrollbar import ScrollBar

from backends.antivirus.values import Caught, Database, Finding, Run, Scanned, Signature, Status, Updated
from backends.errors import Failed, NotPermitted, Refused
from mailtui.antivirus_text import scanned_text
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.demo.antivirus import DemoAntivirus
from mailtui.panes.antivirus.pane import AntivirusPane
from mailtui.panes.antivirus.told import Findings
from mailtui.panes.quarantine.pane import QuarantinePane
from mailtui.panes.queue.pane import QueuePane
from mailtui.screens.ask import AskScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.follow import FollowScreen
from mailtui.screens.help import HelpScreen
from mailtui.settings import Settings
from tests.mailtui.cli.fake import EICAR, HOSTILE
from tests.mailtui.console.test_console import SIZE, Clock, shown, until

SETTINGS = Settings(theme="mailtui", interval=3600)
Patch = pytest.MonkeyPatch


def demo(clock: Clock | None = None, *, running: bool = True) -> DemoHost:
    """A demo host whose clamd runs, or not."""
    clock = clock or Clock()
    host = DemoHost(clock=clock, sleep=lambda _seconds: None)
    host.__dict__["antivirus"] = DemoAntivirus(clock, lambda: running, lambda _seconds: None)
    return host


@asynccontextmanager
async def console(
    host: DemoHost | None = None, settings: Settings = SETTINGS, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[MailtuiApp, Pilot[int], AntivirusPane]]:
    """The console on a demo host, once the antivirus pane is in front and shows something."""
    app = MailtuiApp(host or demo(), settings)
    async with app.run_test(size=size) as pilot:
        await pilot.press("7")
        await until(pilot, lambda: isinstance(app.pane, AntivirusPane) and app.pane.settled)
        await pilot.pause(0.1)
        yield app, pilot, app.query_one(AntivirusPane)


async def followed(app: MailtuiApp, pilot: Pilot[int], said: str) -> None:
    """Wait until the screen that follows something says so."""
    await until(pilot, lambda: isinstance(app.screen, FollowScreen) and said in shown(app))


async def test_the_verdict_comes_first_then_evidence_then_signatures() -> None:
    async with console() as (app, _, pane):
        lines = shown(app).splitlines()
        assert lines[2].startswith(" ● clamd 1.4.3 knows what is on disk; freshclam succeeded 60m ago")
        text = "\n".join(lines)
        assert "2 of 12 threads live, 1 idle · 0 queued · 1.5G memory · up 0s" in text
        assert "daemon · last success 60m ago · next in 24m · 24 a day" in text
        assert "8,797,748 signatures in memory" in text
        daily = next(line for line in lines if "daily.cld" in line)
        assert daily.split()[1:6] == ["official", "27461", "2,076,911", "61M", "2d"]
        assert daily.split()[-1] == "yes"
        assert "61 messages with a virus since" in text
    assert pane.reading is not None


async def test_views_are_gone_through_and_rows_told_exactly() -> None:
    async with console() as (app, pilot, _):
        await pilot.press("v")
        await until(pilot, lambda: "Caught by" in shown(app))
        assert "phish.ndb" in shown(app)
        await pilot.press("down")
        await until(pilot, lambda: "Sanesecurity.Phishing.Fake.30477.UNOFFICIAL · first 2026-" in shown(app))
        await pilot.press("y")
        assert app.clipboard == "Sanesecurity.Phishing.Fake.30477.UNOFFICIAL"
        await pilot.press("v")
        await until(pilot, lambda: "freshclam ran" in shown(app))
        assert "brought daily.cld" in shown(app)
        await pilot.press("v")
        await until(pilot, lambda: "daily.cld" in shown(app) and "freshclam ran" not in shown(app))
        await pilot.press("v", "escape")
        await until(pilot, lambda: "Caught by" not in shown(app))
        await pilot.press("enter")
        assert len(app.screen_stack) == 1


async def test_on_a_high_terminal_all_tables_are_there() -> None:
    async with console(size=(140, 45)) as (app, pilot, _):
        text = shown(app)
        for said in ("daily.cld", "Caught by", "freshclam ran", "clamav-unofficial-sigs"):
            assert said in text
        await pilot.press("tab")
        await until(pilot, lambda: "Win.Malware.Generic-9951234-0 · first" in shown(app))


async def test_clamd_stopped_is_the_verdict_with_what_to_do() -> None:
    async with console(demo(running=False)) as (app, pilot, _):
        text = shown(app)
        assert "✖ clamd does not answer; freshclam succeeded 60m ago" in text
        assert text.index("✖ clamd") < text.index("● official")
        assert "journalctl -u clamav-daemon" in text
        await until(pilot, lambda: "AV 1" in shown(app))
        await pilot.press("t")
        await followed(app, pilot, "✖ clamd does not run: /var/run/clamav/clamd.ctl is not there")
        assert "journalctl -u clamav-daemon" in shown(app)


async def test_a_failed_reading_keeps_the_last_good_one(monkeypatch: Patch) -> None:
    def fail(_stop: object) -> Status:
        raise Failed("clamd.conf cannot be read", hint="ls -l /etc/clamav")

    clock = Clock()
    host = demo(clock)
    async with console(host) as (app, pilot, pane):
        good = host.antivirus.status
        monkeypatch.setattr(host.antivirus, "status", fail)
        clock.now += 90
        await pilot.press("r")
        await until(pilot, lambda: "✖ clamd.conf cannot be read: ls -l" in shown(app))
        assert "daily.cld" in shown(app)
        assert "read 90s ago" in shown(app)
        monkeypatch.setattr(host.antivirus, "status", good)
        await pilot.press("r")
        await until(pilot, lambda: "clamd.conf cannot" not in shown(app))
        assert pane.feed.failures == 0


async def test_a_reading_that_takes_long_blocks_nothing(monkeypatch: Patch) -> None:
    host, answered = demo(), threading.Event()
    good = host.antivirus.status

    def slow(_stop: object) -> Status:
        answered.wait(10)
        return good()

    monkeypatch.setattr(host.antivirus, "status", slow)
    app = MailtuiApp(host, SETTINGS)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("7")
        await until(pilot, lambda: "asking clamd" in shown(app))
        await until(pilot, lambda: "no answer for" in shown(app))
        await pilot.press("v")
        await until(pilot, lambda: "Caught by" in shown(app))
        answered.set()
        await until(pilot, lambda: "knows what is on disk" in shown(app))


async def test_what_is_wrong_is_marked_wherever_it_is_shown(monkeypatch: Patch) -> None:
    host = demo()
    good = host.antivirus.status()
    late = msgspec.structs.replace(good.databases[1], loaded=False)
    failed = Run(Clock().now - 60, Clock().now - 50, "failed", complaint="Can't resolve host")
    wrong = Finding("loaded", "watch", "newer on disk than in memory for 5h: daily.cld", "clamdscan --reload")
    status = msgspec.structs.replace(
        good,
        databases=(good.databases[0], late, Database("bad.ndb", "third-party", 3, 0.0, trouble="cut off")),
        freshclam=msgspec.structs.replace(good.freshclam, runs=(failed, *good.freshclam.runs)),
        findings=(*good.findings[:2], wrong),
    )
    monkeypatch.setattr(host.antivirus, "status", lambda _stop: status)
    async with console(host, size=(100, 24)) as (app, pilot, _):
        text = shown(app)
        assert "▲ clamd answers, but look at: loaded" in text
        assert "clamdscan --reload" in text
        assert "Signatures 2" in text
        assert "Runs ✖" in text
        await pilot.press("down")
        await until(pilot, lambda: "clamd has another in memory" in shown(app))
        await pilot.press("down")
        await until(pilot, lambda: "bad.ndb · cut off" in shown(app))
        await pilot.press("v", "v")
        await until(pilot, lambda: "failed: Can't resolve host" in shown(app))


async def test_the_mail_log_that_may_not_be_read_is_told(monkeypatch: Patch) -> None:
    def refuse() -> Caught:
        raise NotPermitted("mail.log cannot be read", hint="join the group adm")

    host = demo()
    clock = Clock()
    host.__dict__["now"] = clock
    good = host.antivirus.caught
    monkeypatch.setattr(host.antivirus, "caught", refuse)
    async with console(host) as (app, pilot, _):
        assert "Caught ▲" in shown(app)
        await pilot.press("v")
        await until(pilot, lambda: "✖ mail.log cannot be read: join the group adm" in shown(app))
        monkeypatch.setattr(host.antivirus, "caught", good)
        clock.now += 61
        await pilot.press("escape", "v")
        await until(pilot, lambda: "61 messages with a virus" in shown(app))
        assert "▲" not in shown(app)


async def test_nothing_at_all(monkeypatch: Patch) -> None:
    host = demo()
    good = host.antivirus.status()
    empty = msgspec.structs.replace(
        good, databases=(), freshclam=msgspec.structs.replace(good.freshclam, runs=())
    )
    monkeypatch.setattr(host.antivirus, "status", lambda _stop: empty)
    monkeypatch.setattr(host.antivirus, "caught", lambda: Caught(0.0, 0.0, 0, ()))
    async with console(host) as (app, pilot, _):
        assert "There are no signatures; u fetches them" in shown(app)
        await pilot.press("v")
        await until(pilot, lambda: "No signature has caught mail" in shown(app))
        await pilot.press("v")
        await until(pilot, lambda: "log tells of no run" in shown(app))
        await pilot.press("y", "enter")
        assert app.clipboard == ""


# Updating


async def test_an_update_is_asked_for_followed_and_shown() -> None:
    async with console() as (app, pilot, pane):
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "$ mailtui av update" in shown(app)
        assert "freshclam's daemon (process 812) is asked to look now" in shown(app)
        await pilot.press("u", "enter")
        assert isinstance(app.screen, ConfirmScreen), "the key that asks does not confirm"
        await pilot.press("y")
        await followed(app, pilot, "● updated daily.cld; clamd has loaded it")
        assert "daily.cld updated (version: 27463" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await until(pilot, lambda: pane.reading and pane.reading.daemon.daily == 27463)
        await pilot.press("u", "n")
        assert len(app.screen_stack) == 1


async def test_third_parties_sets_are_fetched_by_their_own_key() -> None:
    async with console() as (app, pilot, _):
        await pilot.press("U")
        await until(pilot, lambda: "$ mailtui av update --third-party" in shown(app))
        await pilot.press("y")
        await followed(app, pilot, "● nothing new")


async def test_an_update_that_fails_says_why(monkeypatch: Patch) -> None:
    host = demo()
    results: list[Updated | Failed] = [
        Updated("freshclam", "failed", ("a.ndb",), f"Can't resolve {HOSTILE}"),
        Updated("freshclam", "updated", ("daily.cld",), reloaded=None),
        Updated("freshclam", "updated", ("daily.cld",), reloaded=False, reload="clamd does not run"),
        Failed("freshclam did not begin", hint="clamconf names mistakes"),
    ]

    def update(tell: Callable[[str], None], stop: threading.Event, *, third_party: bool = False) -> Updated:
        tell(f"says {HOSTILE}")
        if isinstance(result := results.pop(0), Failed):
            raise result
        return result

    monkeypatch.setattr(host.antivirus, "update", update)
    async with console(host, size=(120, 30)) as (app, pilot, _):
        for said in (
            "✖ failed: Can't resolve",
            "○ updated daily.cld; clamd loads it the next time it looks",
            "✖ updated daily.cld; clamd does not run",
            "✖ freshclam did not begin",
        ):
            await pilot.press("u")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.press("y")
            await followed(app, pilot, said)
            text = shown(app)
            assert "[bold]" in text
            assert not {char for char in text if not char.isprintable() and char != "\n"}
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
        assert "clamconf names mistakes" in text


async def test_an_update_under_way_is_stopped_by_escape(monkeypatch: Patch) -> None:
    host = demo()

    def update(tell: Callable[[str], None], stop: threading.Event, *, third_party: bool = False) -> Updated:
        tell("ClamAV update process started")
        assert stop.wait(10)
        raise Refused("Stopped before its end", hint="what has come so far is complete files only")

    monkeypatch.setattr(host.antivirus, "update", update)
    async with console(host) as (app, pilot, _):
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await followed(app, pilot, "update process started")
        await pilot.press("escape")
        await followed(app, pilot, "✖ Stopped before its end")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_leaving_the_console_stops_what_is_followed(monkeypatch: Patch) -> None:
    host, stopped = demo(), threading.Event()

    def selftest(each: Callable[[Finding], None], stop: threading.Event) -> list[Finding]:
        if stop.wait(10):
            stopped.set()
        return []

    monkeypatch.setattr(host.antivirus, "selftest", selftest)
    async with console(host) as (app, pilot, _):
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, FollowScreen))
        app.exit()
    assert stopped.wait(5)


async def test_leaving_the_console_ends_the_reading_of_a_hung_clamd(monkeypatch: Patch) -> None:
    host, stopped = demo(), threading.Event()
    good = host.antivirus.status()

    def status(stop: threading.Event) -> Status:
        if stop.wait(10):
            stopped.set()
        return good

    monkeypatch.setattr(host.antivirus, "status", status)
    app = MailtuiApp(host, SETTINGS)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("7")
        await until(pilot, lambda: "asking clamd" in shown(app))
        await pilot.press("q")
    assert stopped.wait(5)


async def test_read_only_offers_no_update_and_the_help_says_why() -> None:
    settings = Settings(theme="mailtui", interval=3600, read_only=True)
    async with console(settings=settings) as (app, pilot, _):
        await pilot.press("u", "U")
        await pilot.pause(0.1)
        assert len(app.screen_stack) == 1
        assert "Update" not in shown(app)
        await pilot.press("t")
        await followed(app, pilot, "all 3 tests are good")
        await pilot.press("escape", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "--read-only" in shown(app))
        assert "Fetch signatures" not in shown(app)


async def test_who_may_not_fetch_has_no_key_for_it_either(monkeypatch: Patch) -> None:
    host = demo()
    monkeypatch.setattr(host.antivirus, "why_not", lambda: "Only root and clamav may fetch signatures")
    async with console(host) as (app, pilot, _):
        await pilot.press("u")
        assert len(app.screen_stack) == 1
        await pilot.press("question_mark")
        await until(
            pilot, lambda: isinstance(app.screen, HelpScreen) and "Only root and clamav may" in shown(app)
        )


# Testing and scanning


async def test_the_selftest_shows_its_steps() -> None:
    async with console() as (app, pilot, _):
        await pilot.press("t")
        await followed(app, pilot, "● clamd finds what it must: all 3 tests are good")
        for said in ("● EICAR test file", "● EICAR in a message", "● a clean message"):
            assert said in shown(app)


async def test_a_selftest_that_fails_says_how_much(monkeypatch: Patch) -> None:
    def selftest(each: Callable[[Finding], None], stop: threading.Event) -> list[Finding]:
        found = [Finding("EICAR", "bad", "clean in 3 ms", "see clamd.conf"), Finding("clean", "good", "x")]
        for one in found:
            each(one)
        return found

    host = demo()
    monkeypatch.setattr(host.antivirus, "selftest", selftest)
    async with console(host) as (app, pilot, _):
        await pilot.press("t")
        await followed(app, pilot, "✖ 1 of 2 tests failed")
        assert "see clamd.conf" in shown(app)


async def test_a_file_is_asked_for_and_scanned(tmp_path: Path) -> None:
    infected = tmp_path / "bad"
    infected.write_bytes(EICAR)
    async with console(size=(120, 24)) as (app, pilot, _):
        for path, said in (
            (infected, "✖ INFECTED: Win.Test.EICAR_HDB-1"),
            (tmp_path / "none", "○ NOT SCANNED:"),
            (Path(__file__), "● clean"),
        ):
            await pilot.press("V")
            await until(pilot, lambda: isinstance(app.screen, AskScreen))
            await pilot.press(*str(path), "enter")
            await followed(app, pilot, said)
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("V", "escape")
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_queued_message_is_scanned_from_its_pane(*, read_only: bool, monkeypatch: Patch) -> None:
    host = demo()
    given: list[tuple[str, bytes]] = []
    real = host.antivirus.scan

    def scan(name: str, chunks: Iterable[bytes], stop: threading.Event | None = None) -> Scanned:
        content = b"".join(chunks)
        given.append((name, content))
        return real(name, [content], stop)

    monkeypatch.setattr(host.antivirus, "scan", scan)
    app = MailtuiApp(host, Settings(theme="mailtui", interval=3600, read_only=read_only))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.pane, QueuePane))
        pane = app.query_one(QueuePane)
        await until(pilot, lambda: pane.view is not None and pane.table.cursor_key)
        queue_id = pane.table.cursor_key
        await pilot.press("V")
        await followed(app, pilot, "● clean")
        assert f"Scan {queue_id}" in shown(app)
    assert [name for name, _ in given] == [queue_id]
    assert queue_id is not None
    assert given[0][1] == b"".join(host.queue.raw(queue_id))


async def test_a_quarantined_message_is_scanned_from_its_pane(monkeypatch: Patch) -> None:
    host = demo()
    app = MailtuiApp(host, SETTINGS)
    async with app.run_test(size=(110, 30)) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: isinstance(app.pane, QuarantinePane) and app.pane.settled)
        await pilot.press("slash", *"kind:virus", "enter")
        await until(pilot, lambda: app.pane and app.pane.settled and "kind:virus" in shown(app))
        path = app.query_one(QuarantinePane).target_under_cursor()
        assert path is not None
        found = scanned_text(host.antivirus.scan("", host.quarantine.chunks(path)))
        await pilot.press("V")
        await followed(app, pilot, found.partition("  (")[0])
        assert f"Scan {path.path}" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)

        def gone(_target: object) -> object:
            raise Failed("the file is damaged", hint="look at the disk")

        monkeypatch.setattr(host.quarantine, "chunks", gone)
        await pilot.press("V")
        await followed(app, pilot, "✖ the file is damaged")


# Whatever is shown, wherever


async def test_what_files_and_logs_say_commands_no_terminal(monkeypatch: Patch) -> None:
    host = demo()
    good = host.antivirus.status()
    run = Run(Clock().now - 60, None, "failed", (HOSTILE,), HOSTILE)
    status = msgspec.structs.replace(
        good,
        databases=(Database(HOSTILE, HOSTILE, 1, 1.0, source=HOSTILE, trouble=HOSTILE),),
        freshclam=msgspec.structs.replace(good.freshclam, state=HOSTILE, runs=(run,)),
        findings=(Finding(HOSTILE, "bad", HOSTILE, HOSTILE),),
        daemon=msgspec.structs.replace(good.daemon, release=HOSTILE),
    )
    caught = Caught(0.0, 0.0, 1, (Signature(HOSTILE, 1, 0.0, 0.0, HOSTILE),))
    monkeypatch.setattr(host.antivirus, "status", lambda _stop: status)
    monkeypatch.setattr(host.antivirus, "caught", lambda: caught)
    async with console(host, size=(140, 45)) as (app, pilot, _):
        texts = [shown(app)]
        await pilot.press("v")
        await pilot.pause(0.1)
        texts.append(shown(app))
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard.isprintable()
    for text in texts:
        assert not {char for char in text if not char.isprintable() and char != "\n"}
        assert "[bold]" in text


async def test_plain_mode_draws_ascii_only(monkeypatch: Patch) -> None:
    monkeypatch.setattr(ScrollBar, "renderer", ScrollBar.renderer)
    settings = Settings(theme="mailtui-16", interval=3600, plain=True)
    async with console(settings=settings, size=(140, 45)) as (app, pilot, _):
        texts = [shown(app)]
        await pilot.press("t")
        await followed(app, pilot, "tests are good")
        texts.append(shown(app))
    assert [{char for char in text if ord(char) > 126} for text in texts] == [set()] * 2


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (180, 50)])
async def test_any_size_of_terminal(size: tuple[int, int]) -> None:
    async with console(demo(running=False), size=size) as (app, pilot, pane):
        await pilot.press("v", "v", "v", "tab")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "journalctl -u clamav-daemon" in shown(app))
        findings = pane.query_one(Findings)
        assert findings.size.height == len(findings._rows)
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: "clamd does not" in shown(app))


def test_the_first_frame_needs_nothing_of_it() -> None:
    code = (
        "import mailtui.app, sys; late = {'mailtui.panes.antivirus.pane', 'mailtui.screens.follow',"
        "'mailtui.screens.scan', 'backends.antivirus.values'}; print(sorted(late & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
