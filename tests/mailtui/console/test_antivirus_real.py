"""The antivirus pane on a real clamd and freshclam: seen, hung, stopped, updated, tested, scanned."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from backends.antivirus.adapter import ClamAntivirus
from backends.runner import LocalRunner
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.panes.antivirus.pane import AntivirusPane
from mailtui.screens.ask import AskScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.settings import Settings
from tests.mailtui.console.test_antivirus import followed
from tests.mailtui.console.test_console import shown, until
from tests.support.clamav import EICAR, PrivateClamd, web_server, why_not

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(why_not()), reason=why_not())]
LOG = (
    "2026-11-25T10:00:00+00:00 mx1 amavis[99]: (99-01) Blocked INFECTED (Eicar-Test-Signature.UNOFFICIAL) "
    "{DiscardedInbound,Quarantined}, [203.0.113.5]:4242 <ann@example.org> -> <bob@example.net>\n"
)


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[PrivateClamd]:
    """A clamd, and a freshclam that gets other.ndb from a web server of `tmp_path`."""
    with PrivateClamd() as running, web_server(tmp_path) as url:
        running.sets_up_freshclam(f"DatabaseCustomURL {url}/other.ndb")
        (tmp_path / "other.ndb").write_text("Test.Other:0:*:deadbeefcafe0001\n")
        yield running


@asynccontextmanager
async def console(clamd: PrivateClamd) -> AsyncIterator[tuple[MailtuiApp, Pilot[int], AntivirusPane]]:
    """The console on a machine whose scanner is this one."""
    host = DemoHost()
    log = clamd.folder / "mail.log"
    log.write_text(LOG)
    host.__dict__["antivirus"] = ClamAntivirus(
        LocalRunner(host.journal),
        clamd_conf=clamd.conf,
        freshclam_conf=clamd.freshclam_conf,
        patience=2.0,
        mail_log=log,
        record=lambda *_words, **_more: None,
    )
    app = MailtuiApp(host, Settings(theme="mailtui", interval=3600))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("7")
        await until(pilot, lambda: isinstance(app.pane, AntivirusPane) and app.pane.settled)
        await pilot.pause(0.1)
        yield app, pilot, app.query_one(AntivirusPane)


async def test_an_update_brings_a_file_and_clamd_has_it(clamd: PrivateClamd) -> None:
    async with console(clamd) as (app, pilot, pane):
        text = shown(app)
        assert "threads live" in text
        assert "eicar.ndb" in text
        assert "1 message with a virus since" in text
        assert "eicar.ndb" in next(line for line in text.splitlines() if "UNOFFICIAL" in line)
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "freshclam is run, and becomes its own user" in shown(app)
        await pilot.press("y")
        await followed(app, pilot, "● updated other.ndb; clamd has loaded it: Database correctly reloaded (2")
        assert "other.ndb updated (version: custom database" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: pane.reading and len(pane.reading.databases) == 2)
        await until(pilot, lambda: "brought other.ndb" in shown(app))
        other = next(line for line in shown(app).splitlines() if line.lstrip("▸ ").startswith("other.ndb"))
        assert " yes " in other
        assert (clamd.signatures / "other.ndb").owner() == "clamav"
        assert any("freshclam" in entry.command for entry in app.host.journal.entries())


async def test_a_freshclam_that_waits_is_stopped_by_escape(clamd: PrivateClamd, tmp_path: Path) -> None:
    answering = threading.Event()
    with web_server(tmp_path, answering) as url:
        clamd.sets_up_freshclam(f"DatabaseCustomURL {url}/other.ndb")
        async with console(clamd) as (app, pilot, _):
            await pilot.press("u")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.press("y")
            await followed(app, pilot, "update process started")
            began = time.monotonic()
            await pilot.press("escape")
            await followed(app, pilot, "✖ Stopped before its end")
            assert time.monotonic() - began < 4
        answering.set()
    assert not (clamd.signatures / "other.ndb").exists()


async def test_a_server_that_is_not_there_is_a_failure_with_its_cause(clamd: PrivateClamd) -> None:
    clamd.sets_up_freshclam("DatabaseCustomURL http://127.0.0.1:1/other.ndb")
    async with console(clamd) as (app, pilot, _):
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await followed(app, pilot, "✖ failed:")
        assert "onnect" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1 and "it failed" in shown(app))


async def test_the_selftest_and_a_file(clamd: PrivateClamd, tmp_path: Path) -> None:
    infected = tmp_path / "it"
    infected.write_bytes(EICAR)
    async with console(clamd) as (app, pilot, _):
        await pilot.press("t")
        await followed(app, pilot, "● clamd finds what it must: all 3 tests are good")
        assert shown(app).count("Eicar-Test-Signature.UNOFFICIAL, infected in") == 2
        await pilot.press("escape", "V")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press(*str(infected), "enter")
        await followed(app, pilot, "✖ INFECTED: Eicar-Test-Signature.UNOFFICIAL")


async def test_hung_and_stopped(clamd: PrivateClamd) -> None:
    async with console(clamd) as (app, pilot, pane):
        with clamd.hung():
            await pilot.press("r")
            await until(pilot, lambda: "no answer for" in shown(app))
            await pilot.press("v", "down", "v", "v")
            await until(pilot, lambda: "did not answer in time" in shown(app), 30)
            assert "✖ clamd does not answer" in shown(app)
            await pilot.press("t")
            await followed(app, pilot, "mailtui av selftest")
            began = time.monotonic()
            await pilot.press("escape")
            await followed(app, pilot, "✖ Stopped before its end")
            assert time.monotonic() - began < 2
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
        clamd.stop()
        await pilot.press("r")
        await until(pilot, lambda: not pane.feed.reading and "clamd does not" in shown(app), 30)
        clamd.start()
        await pilot.press("r")
        await until(pilot, lambda: "threads live" in shown(app), 30)
