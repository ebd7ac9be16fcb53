"""The scores pane driven by keys: what a moved threshold says and lists, periods, filter, learning, faults."""

import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.scrollbar import ScrollBar
from textual.widgets import Input

from backends.errors import Failed, Missing, NotPermitted
from backends.learning import As
from backends.scores.bayes import Learnt
from backends.scores.store import Store
from backends.scores.told import Found, Reading, Ruled, Rules, Scored, Thresholds, Trouble
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.panes.scores.pane import ScoresPane
from mailtui.panes.scores.view import ALL, CHANGED, DOUBTFUL, HIT
from mailtui.screens.answer import AnswerScreen
from mailtui.screens.ask import AskScreen
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.help import HelpScreen
from mailtui.screens.quarantined import QuarantinedScreen
from mailtui.screens.scored import ScoredScreen
from mailtui.settings import Settings
from mailtui.widgets.virtual_table import VirtualTable
from tests.backends.scores.making import START, scored, store
from tests.mailtui.cli.fake import HOSTILE
from tests.mailtui.console.test_config import toasts
from tests.mailtui.console.test_console import SIZE, Clock, shown, until

SETTINGS = Settings(theme="mailtui", interval=3600)


def demo() -> DemoHost:
    return DemoHost(clock=Clock(), sleep=lambda _seconds: None)


@pytest.fixture
def host() -> DemoHost:
    return demo()


class FakeScores:
    """Scores of a few messages; their texts are hostile."""

    def __init__(self, kept: Store, levels: Thresholds | None = None) -> None:
        self.kept, self.levels = kept, levels or Thresholds()
        self.error: Exception | None = None
        self.troubles: tuple[Trouble, ...] = ()
        self.gone = self.no_rules = False
        self.known = Rules()

    def read(self, *_: object) -> Reading:
        if self.error:
            raise self.error
        return Reading(self.kept, START + 100, troubles=self.troubles)

    def messages(
        self, reading: Reading, rows: Sequence[int] | None = None, stop: threading.Event | None = None
    ) -> Iterator[tuple[int, Scored]]:
        for row in [] if self.gone else range(len(self.kept)) if rows is None else rows:
            yield row, Scored(time=START, sender=HOSTILE, recipients=(HOSTILE,), said=HOSTILE, score=5.0)

    def show(self, reading: Reading, row: int) -> Found:
        if self.gone:
            raise Missing("Its log is gone", hint="look elsewhere")
        return Found(next(self.messages(reading, [row]))[1], lines=(HOSTILE,), subject=HOSTILE)

    def rules(self, stop: threading.Event | None = None) -> Rules:
        if self.no_rules:
            raise Missing("The quarantine is not there", hint="look for it")
        return self.known

    def thresholds(self) -> tuple[Thresholds, ...]:
        return (self.levels,)


def use(host: DemoHost, kept: Store, levels: Thresholds | None = None) -> FakeScores:
    fake = FakeScores(kept, levels)
    host.__dict__["scores"] = fake
    return fake


@asynccontextmanager
async def console(
    host: DemoHost | None = None, settings: Settings = SETTINGS, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[MailtuiApp, Pilot[int], ScoresPane]]:
    """The console on a demo host, once the scores are in front and show something."""
    app = MailtuiApp(host or demo(), settings)
    async with app.run_test(size=size) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.pane, ScoresPane) and app.pane.settled)
        pane = app.query_one(ScoresPane)
        await settled(pilot, pane)
        yield app, pilot, pane


async def settled(pilot: Pilot[int], pane: ScoresPane) -> None:
    await until(pilot, lambda: pane.settled and not pane.feed.reading)
    await pilot.pause(0.1)


def text(pane: ScoresPane, selector: str) -> str:
    return str(pane.query_one(selector).render())


async def test_the_histogram_comes_first_then_what_it_means_then_rules_and_messages() -> None:
    async with console() as (app, _, pane):
        lines = shown(app).splitlines()
        head = next(i for i, line in enumerate(lines) if "7 days" in line and "ham" in line)
        marks = next(i for i, line in enumerate(lines) if "[tag2 6.31]│kill 6.31" in line)
        means = next(i for i, line in enumerate(lines) if "are tagged as spam" in line)
        rules = next(i for i, line in enumerate(lines) if "doubtful, within 1 of tag2" in line)
        assert head < marks < means < rules
        assert any("p95" in line and "scan" in line for line in lines[means:rules])
        assert "BAYES_00" in shown(app)
        assert pane.histogram.has_focus


async def test_moving_a_threshold_says_at_once_what_changes_and_lists_it(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await pilot.press("left", "left", "left")
        assert pane.view is not None
        rows = np.concatenate([block.rows for block in pane.view.known.reading.store.blocks()])
        count = int(
            (
                (rows["score"] >= 6000) & (rows["score"] < 6310) & (rows["time"] >= pane.view.summary.since)
            ).sum()
        )
        assert f"tag2 to 6.00: +{count} would be tagged as spam" in text(pane, "#scores-moved")
        assert pane.wish.listed == DOUBTFUL
        await pilot.press("enter")
        await settled(pilot, pane)
        assert pane.view.wish.listed == CHANGED
        assert len(pane.view.rows) == count
        assert f"{count} would change side" in shown(app)
        assert pane.table.has_focus
        await pilot.press("escape")
        await settled(pilot, pane)
        assert pane.view.wish.listed == DOUBTFUL
        await pilot.press("escape", "backspace")
        await pilot.pause()
        assert "tag2 6.31:" in text(pane, "#scores-moved")


async def test_a_threshold_stays_where_it_was_moved_to_when_new_mail_comes(host: DemoHost) -> None:
    async with console(host) as (_, pilot, pane):
        await pilot.press("tab", *["right"] * 4)
        assert "kill to 6.70" in text(pane, "#scores-moved")
        assert pane.view is not None
        before = len(pane.view.known.reading.store)
        host._clock.now += 600  # type: ignore[attr-defined]
        await pilot.press("r")
        await until(pilot, lambda: pane.view is not None and len(pane.view.known.reading.store) > before)
        await settled(pilot, pane)
        assert "kill to 6.70" in text(pane, "#scores-moved")
        marks = {mark.name: (mark.at, mark.was, mark.active) for mark in pane.histogram.chart.marks}
        assert marks == {"tag2": (6.31, 6.31, False), "kill": (6.7, 6.31, True)}


async def test_the_period_is_chosen_or_typed() -> None:
    async with console() as (app, pilot, pane):
        assert pane.view is not None
        week = pane.view.summary.tally.total()
        await pilot.press("t")
        assert isinstance(app.screen, ChooseScreen)
        await pilot.press("2")
        await settled(pilot, pane)
        day = pane.view.summary.tally.total()
        assert 0 < day < week
        assert "1 day" in shown(app)
        await pilot.press("t", "6")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        app.screen.query_one(Input).value = "3h"
        await pilot.press("enter")
        await settled(pilot, pane)
        assert pane.view.summary.tally.total() < day
        await pilot.press("t", "6")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        app.screen.query_one(Input).value = "soon"
        await pilot.press("enter")
        await until(pilot, lambda: "is no time" in shown(app))


async def test_buckets_get_wider_and_heights_plain() -> None:
    async with console() as (_, pilot, pane):
        assert pane.view is not None
        before = pane.view.histogram.width
        await pilot.press("w")
        await settled(pilot, pane)
        assert pane.view.histogram.width > before
        await pilot.press("W", "W")
        await settled(pilot, pane)
        assert pane.view.histogram.width < before
        root = pane.histogram.chart.root
        await pilot.press("e")
        assert pane.histogram.chart.root is not root


async def test_all_messages_are_listed_sorted_and_filtered() -> None:
    async with console() as (app, pilot, pane):
        await pilot.press("v")
        await settled(pilot, pane)
        assert pane.view is not None
        assert pane.view.wish.listed == ALL
        count = len(pane.view.rows)
        assert count == pane.view.summary.tally.total()
        await pilot.press("t", "1")
        await settled(pilot, pane)
        pane.table.focus()
        await pilot.press("s", "s")
        await settled(pilot, pane)
        store = pane.view.known.reading.store
        scores = [int(store.row(row)["score"][0]) for row in pane.view.rows.tolist()]
        assert scores == sorted(scores, reverse=True)
        assert 0 < len(scores) < count
        await pilot.press("slash", *"verdict:spam")
        await settled(pilot, pane)
        assert 0 < len(pane.view.rows) < len(scores)
        await pilot.press("enter", "escape")
        await settled(pilot, pane)
        assert len(pane.view.rows) == len(scores)
        await pilot.press("slash", *"color:red")
        await until(pilot, lambda: "There is no field color" in shown(app))


async def test_a_message_opens_with_rules_log_and_its_copy() -> None:
    async with console() as (app, pilot, pane):
        await to_a_quarantined_one(pilot, pane)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ScoredScreen) and "in all" in shown(app))
        told = shown(app)
        assert "from its copy in the quarantine" in told
        assert "Log" in told
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, QuarantinedScreen) and "Headers" in shown(app))
        await pilot.press("escape", "escape")
        assert app.screen is app.screen_stack[0]


async def to_a_quarantined_one(pilot: Pilot[int], pane: ScoresPane) -> None:
    """Put the cursor on a message that has a copy."""
    await pilot.press("slash", *"from:bounce", "enter")
    await settled(pilot, pane)
    assert pane.view is not None
    found = dict(pane.host.scores.messages(pane.view.known.reading, pane.view.rows.tolist()))
    row = next(place for place, row in enumerate(pane.view.rows.tolist()) if found[row].quarantine)
    pane.table.focus()
    pane.table.move_cursor(row)
    await pilot.pause(0.1)


async def test_learnt_after_a_question_and_forgotten_again(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await to_a_quarantined_one(pilot, pane)
        before = host.bayes.state()
        await pilot.press("L")
        assert isinstance(app.screen, ChooseScreen)
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "sa-learn --spam" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: "Learn as spam: 1 of 1" in toasts(app))
        assert host.bayes.state().spam == before.spam + 1
        assert any("sa-learn --spam" in entry.command for entry in host.journal.entries())
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "Forget: 1 of 1" in toasts(app))
        assert host.bayes.state() == before


async def test_many_are_learnt_only_where_there_is_a_copy(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        await pilot.press("escape", "asterisk")
        await until(pilot, lambda: bool(pane.table.marks))
        await pilot.press("L", "1")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "have no copy in the quarantine and are left out" in shown(app)
        await pilot.press("n")
        assert host.bayes.state().spam == 2118


async def test_what_sa_learn_refuses_is_told(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_as: As, _message: bytes) -> Learnt:
        raise NotPermitted("The database belongs to amavis", hint="be root")

    monkeypatch.setattr(host.bayes, "learn", refuse)
    async with console(host) as (app, pilot, pane):
        await to_a_quarantined_one(pilot, pane)
        await pilot.press("L", "2")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "belongs to amavis" in toasts(app))


async def test_read_only_learns_nothing(host: DemoHost) -> None:
    async with console(host, Settings(theme="mailtui", interval=3600, read_only=True)) as (app, pilot, pane):
        await to_a_quarantined_one(pilot, pane)
        await pilot.press("L")
        await pilot.pause()
        assert not isinstance(app.screen, ChooseScreen)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ScoredScreen) and "in all" in shown(app))
        await pilot.press("L")
        assert isinstance(app.screen, ScoredScreen)


async def test_bayes_is_told() -> None:
    async with console() as (app, pilot, _):
        await pilot.press("b")
        await until(pilot, lambda: "2,118 spam, 9,640 ham" in shown(app))
        assert isinstance(app.screen, AnswerScreen)
        await pilot.press("escape", "1")
        await until(pilot, lambda: app.screen is app.screen_stack[0])
        assert "2,118 spam" not in shown(app) + toasts(app)


async def test_rules_tell_their_parts(host: DemoHost) -> None:
    async with console(host) as (_, pilot, pane):
        rules = pane.query_one("#rules", VirtualTable)
        rules.focus()
        row = rules.source.index_of("BAYES_99")
        assert row is not None
        rules.move_cursor(row)
        await pilot.pause()
        assert "spam: " in text(pane, ".pane-detail")
        first = rules.source.key(0)
        await pilot.press("c")
        await settled(pilot, pane)
        assert rules.source.key(0) != first or rules.source.row_count == 1


async def test_enter_on_a_rule_lists_what_it_hit(host: DemoHost) -> None:
    async with console(host) as (app, pilot, pane):
        rules = pane.query_one("#rules", VirtualTable)
        row = rules.source.index_of("BAYES_99")
        assert row is not None
        rules.focus()
        rules.move_cursor(row)
        await pilot.press("enter")
        await settled(pilot, pane)
        assert pane.view is not None
        known = {one.mail_id for one in host.scores.rules().messages if "BAYES_99" in dict(one.rules)}
        listed = dict(host.scores.messages(pane.view.known.reading, pane.view.rows.tolist()))
        assert len(listed) > 100
        assert {one.mail_id for one in listed.values()} <= known
        assert len(listed) == pane.view.hits == len(known)
        assert f"{len(listed)} messages: BAYES_99" in shown(app)
        assert pane.table.has_focus
        await pilot.press("slash", *"to:alice", "enter")
        await settled(pilot, pane)
        assert 0 < len(pane.view.rows) < len(listed)
        await pilot.press("escape", "escape")
        await settled(pilot, pane)
        assert pane.view.wish.listed == DOUBTFUL
        for _ in range(2):
            await pilot.press("v")
            await settled(pilot, pane)
        assert pane.view.wish.listed == HIT


async def test_r_reads_the_rules_again(host: DemoHost) -> None:
    fake = use(host, store(scored(5.0)))
    fake.known = Rules((Ruled(START, True, 7.5, (("GTUBE", 7.5),), "one"),))
    async with console(host) as (app, pilot, pane):
        pane.wants(pane.wish.__class__(period="all", buckets=pane.wish.buckets))
        await settled(pilot, pane)
        assert "GTUBE" in shown(app)
        fake.known = Rules((Ruled(START, True, 7.5, (("SINCE_THEN", 7.5),), "two"),))
        await pilot.press("r")
        await until(pilot, lambda: "SINCE_THEN" in shown(app))


async def test_a_rule_whose_messages_the_log_lacks(host: DemoHost) -> None:
    fake = use(host, store(scored(5.0)))
    gone = Ruled(START, True, 7.5, (("GTUBE", 7.5),), "gone")
    fake.known = Rules((gone,))
    async with console(host) as (app, pilot, pane):
        pane.wants(pane.wish.__class__(period="all", buckets=pane.wish.buckets))
        await settled(pilot, pane)
        pane.query_one("#rules", VirtualTable).focus()
        await pilot.press("enter")
        await settled(pilot, pane)
        assert "0 of 1 found in the log: GTUBE" in shown(app)


async def test_the_active_threshold_is_told_without_colour() -> None:
    async with console() as (app, pilot, pane):
        assert "[tag2 6.31]│kill 6.31" in shown(app)
        await pilot.press("tab")
        await pilot.pause()
        assert "tag2 6.31│[kill 6.31]" in shown(app)
        assert "reach it and are delivered all the same" in text(pane, "#scores-moved")


@pytest.mark.parametrize("far", [1001.2, 1_000_000.0, -1_000_000.0])
@pytest.mark.parametrize("plain", [True, False])
async def test_long_figures_fit(
    host: DemoHost, far: float, plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScrollBar, "renderer", ScrollBar.renderer)
    use(host, store([*scored(*[far] * 400), *scored(*[-far] * 30)]))
    settings = Settings(theme="mailtui", interval=3600, plain=plain)
    async with console(host, settings, (80, 24)) as (_, pilot, pane):
        pane.wants(pane.wish.__class__(period="all", buckets=pane.wish.buckets))
        await settled(pilot, pane)
        line = text(pane, "#scores-figures")
        assert len(line) <= 78
        for figure in ("p50 ", "p90 ", "p95 ", "max ", "scan p50 0.10s"):
            assert figure in line
        assert line.endswith("p95 0.10s")


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (Store(), "0 of 0 are tagged as spam"),
        (store(scored(3.5)), "0 of 1 (0.0%) are tagged as spam"),
        (store(scored(*[7.5] * 300)), "300 of 300 (100.0%) are tagged as spam"),
    ],
)
async def test_nothing_one_and_all_the_same(host: DemoHost, kept: Store, says: str) -> None:
    use(host, kept)
    async with console(host) as (app, pilot, pane):
        pane.wants(pane.wish.__class__(period="all", buckets=pane.wish.buckets))
        await settled(pilot, pane)
        assert says in shown(app)
        await pilot.press("left", "enter", "v", "s", "S", "asterisk", "w", "e", "c", "L")
        await settled(pilot, pane)
        assert pane.view is not None


async def test_levels_that_are_switched_off(host: DemoHost) -> None:
    use(host, store(scored(3.5)), Thresholds(tag2=None, kill=None))
    async with console(host) as (app, pilot, _):
        assert "no threshold is in force" in shown(app)
        await pilot.press("left", "enter", "tab")


async def test_hostile_texts_stay_texts(host: DemoHost) -> None:
    use(host, store(scored(*[6.0] * 20)))
    async with console(host) as (app, pilot, pane):
        pane.wants(pane.wish.__class__(period="all", buckets=pane.wish.buckets))
        await settled(pilot, pane)
        pane.table.focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ScoredScreen) and "Log" in shown(app))
        assert "\x1b" not in shown(app)
        assert "^[" in shown(app)


async def test_a_log_that_is_gone_and_one_that_cannot_be_read(host: DemoHost) -> None:
    fake = use(host, store(scored(6.0)))
    fake.gone = True
    fake.troubles = (Trouble("/var/log/mail.log.3.gz is cut off", "the messages behind are not counted"),)
    async with console(host) as (app, pilot, pane):
        pane.wants(pane.wish.__class__(period="all", buckets=pane.wish.buckets))
        await settled(pilot, pane)
        assert "is cut off" in shown(app)
        assert "not in the log" in shown(app)
        pane.table.focus()
        await pilot.press("enter")
        await until(pilot, lambda: "Its log is gone" in shown(app))
        await pilot.press("escape")
        fake.error = Failed("The mail log cannot be read", hint="be in the group adm")
        await pilot.press("r")
        await until(pilot, lambda: "be in the group adm" in shown(app))
        assert pane.view is not None


async def test_rules_that_cannot_be_read_do_not_hide_the_scores(host: DemoHost) -> None:
    use(host, store(scored(6.0))).no_rules = True
    async with console(host) as (app, pilot, pane):
        await until(pilot, lambda: "The quarantine is not there" in shown(app))
        assert pane.view is not None


async def test_plain_is_ascii(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScrollBar, "renderer", ScrollBar.renderer)
    plain = Settings(theme="mailtui-16", interval=3600, plain=True)
    async with console(host, plain) as (app, pilot, pane):
        await pilot.press("left", "left")
        lines = shown(app).splitlines()
        assert "<-> Move" in lines[-1]
        assert "q Quit" in lines[-1]
        assert all(line.isascii() for line in lines), [line for line in lines if not line.isascii()]
        assert pane.histogram.has_focus


@pytest.mark.parametrize("size", [(80, 24), (140, 45), (60, 15), (40, 10)])
async def test_any_size_will_do(host: DemoHost, size: tuple[int, int]) -> None:
    async with console(host, size=size) as (app, pilot, pane):
        await pilot.press("left", "tab", "tab", "tab", "question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        assert pane.view is not None
        assert len(pane.view.histogram.counts) == pane.histogram.fits
