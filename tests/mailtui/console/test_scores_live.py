"""The scores pane on a log that is being written: the real reader below it, rotated while somebody looks."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from backends.runner import LocalRunner
from backends.scores.adapter import AmavisScores
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.demo.scored import Traffic, log_line
from mailtui.panes.scores.pane import ScoresPane
from mailtui.settings import Settings
from tests.mailtui.console.test_console import SIZE, Clock, shown, until

SETTINGS = Settings(theme="mailtui", interval=0.5)
COUNT = 400
CONFIG = "$sa_tag2_level_deflt = 5.0;\n$sa_kill_level_deflt = 9.0;\n1;\n"


def lines(clock: Clock, first: int, last: int) -> str:
    """What a simulated amavis wrote of some messages of the last week."""
    traffic = Traffic(1, clock(), 100)
    end = len(traffic.until(clock()))
    found = [log_line(traffic.scored(row)) for row in range(end - 1000 + first, end - 1000 + last)]
    return "".join(f"{line}\n" for line in found if line.isprintable())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/50-user").write_text(CONFIG)
    return tmp_path / "mail.log"


def console(log: Path, clock: Clock) -> MailtuiApp:
    host = DemoHost(clock=clock, sleep=lambda _seconds: None)
    host.__dict__["scores"] = AmavisScores(
        LocalRunner(), log=log, folder=log.parent / "kept", boxes=list, configuration=(log.parent / "conf.d",)
    )
    return MailtuiApp(host, SETTINGS)


def count(pane: ScoresPane) -> int:
    return pane.view.summary.tally.total() if pane.view else 0


async def opened(app: MailtuiApp, pilot: Pilot[int]) -> ScoresPane:
    await pilot.press("4")
    await until(pilot, lambda: isinstance(app.pane, ScoresPane) and app.pane.settled)
    return app.query_one(ScoresPane)


async def test_new_mail_shows_by_itself_and_marks_outlive_a_rotation(log: Path) -> None:
    clock = Clock()
    log.write_text(lines(clock, 0, COUNT))
    whole = log.read_text().count("\n")
    app = console(log, clock)
    async with app.run_test(size=SIZE) as pilot:
        pane = await opened(app, pilot)
        await until(pilot, lambda: count(pane) == whole)
        assert "tag2 5.00" in shown(app)
        assert "kill 9.00" in shown(app)
        await pilot.press("v")
        await until(pilot, lambda: pane.settled and pane.table.source.row_count == whole)
        pane.table.focus()
        pane.table.move_cursor(3)
        await pilot.press("space")
        (marked,) = pane.table.marks
        assert pane.view is not None
        number = pane.view.number(marked)
        assert number is not None
        before = dict(pane.host.scores.messages(pane.view.known.reading, [number]))[number]
        log.rename(log.with_name("mail.log.1"))
        more = lines(clock, COUNT, 2 * COUNT)
        log.write_text(more)
        whole += more.count("\n")
        await until(pilot, lambda: count(pane) == whole)
        await until(pilot, lambda: pane.settled)
        assert pane.table.marks == {marked}
        number = pane.view.number(marked)
        assert number is not None
        assert dict(pane.host.scores.messages(pane.view.known.reading, [number]))[number] == before
        with log.open("a") as file:
            file.write(lines(clock, 2 * COUNT, 2 * COUNT + 10))
        await until(pilot, lambda: count(pane) > whole)
