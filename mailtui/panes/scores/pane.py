"""The scores pane: the histogram with its thresholds first, what moving one would change, then rules and messages."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event
from time import monotonic
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from backends.errors import BackendError
from backends.host import Host
from backends.scores.told import Rules, Scored, Thresholds
from backends.text import visible
from mailtui.chart import Chart, Mark
from mailtui.panes.feed import Feed
from mailtui.panes.listed.fetching import Fetching
from mailtui.panes.listed.pane import ListedPane
from mailtui.panes.listed.title import Headline
from mailtui.panes.listed.view import Allowed
from mailtui.panes.scores.acts import Acts
from mailtui.panes.scores.keys import KEYS
from mailtui.panes.scores.sources import MESSAGES, RULES, Messages, RuleRows, detail, rule_detail
from mailtui.panes.scores.title import course_lines, figures, totals, whatif_lines
from mailtui.panes.scores.view import ALL, CHANGED, DOUBTFUL, Known, View, Wish, compute
from mailtui.scores_text import bayes_text, chart_of
from mailtui.screens.ask import AskScreen
from mailtui.screens.choose import ChooseScreen
from mailtui.settings import Settings
from mailtui.widgets.filter_line import FilterLine
from mailtui.widgets.histogram import Histogram
from mailtui.widgets.marked_table import MarkedTable
from mailtui.widgets.virtual_table import VirtualTable
from mailtui.work import outcome

RULES_EVERY = 300.0  # s; rules are read from every quarantined and many delivered messages
REMEMBERED = 20_000
PERIODS = (
    ("last hour", "1h"),
    ("last day", "1d"),
    ("last 7 days", "7d"),
    ("last 30 days", "30d"),
    ("all there is", "all"),
)
TYPED = "typed"
LISTS = {DOUBTFUL: "doubtful, within 1 of {level}", CHANGED: "would change side", ALL: "all messages"}


class ScoresPane(ListedPane[Known, Wish, View]):
    """Shows the scores of a host, and what other thresholds would do."""

    key = "4"
    label = "Scores"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    what = "scores"
    columns = MESSAGES
    fields = "text  !not this  from: to: verdict: id: client:"
    sorts: ClassVar[dict[str, bool]] = {"near": False, "time": False, "score": False}
    groups = ("rules",)
    service = "amavis"
    service_stopped = "amavis is stopped: nothing is scored. systemctl start amavis"
    copies = "mail IDs"
    acts: Acts

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, Wish(), interval=settings.interval)
        self.acts = Acts(self)
        self.histogram = Histogram(plain=settings.plain, id="histogram")
        self._at: dict[str, float] = {}
        self._active = "tag2"
        self._root = True
        self._texts: dict[int, Scored | None] = {}
        self._fetching = Fetching(self, self._fetch, self._fetched)
        self._drawing = False
        self._rules: Rules | None = None
        self._rules_due = 0.0

    def compose(self) -> ComposeResult:
        yield Static("", classes="pane-title", markup=False)
        yield Static("", classes="pane-error", markup=False)
        yield self.histogram
        yield Static("", id="scores-moved", markup=False)
        yield Static("", id="scores-figures", markup=False)
        yield Static("", id="scores-course", markup=False)
        with Horizontal(id="scores-lists"):
            yield VirtualTable(RULES, id="rules")
            with Vertical():
                yield Static("", id="scores-listed", markup=False)
                yield MarkedTable(self.columns, id="scores-list")
        yield Static("", classes="pane-detail", markup=False)
        yield Static("", classes="pane-marks", markup=False)
        yield FilterLine(placeholder=self.fields, id="scores-filter")

    def compose_groups(self) -> ComposeResult:
        yield from ()

    # Reading

    def read(self, feed: Feed[Known]) -> Known:
        thresholds, note = self._thresholds()
        reading = self.host.scores.read(
            lambda some: feed.early(Known(some, thresholds, note, self._rules)), feed.stopped
        )
        if monotonic() >= self._rules_due:
            feed.early(Known(reading, thresholds, note, self._rules))
            self._rules = self.host.scores.rules(feed.stopped)
            self._rules_due = monotonic() + RULES_EVERY
        return Known(reading, thresholds, note, self._rules)

    def _thresholds(self) -> tuple[Thresholds, str]:
        """Those in force of all mail, and what is not sure of them."""
        found = outcome(self.host.scores.thresholds)
        if isinstance(found, BackendError):
            return Thresholds(), f"{found}: Debian's thresholds are shown"
        in_force = found[0] if found else Thresholds()
        note = "" if in_force.understood else "amavis's configuration sets a threshold by more than a number"
        return in_force, note

    def count(self, reading: Known) -> int:
        return len(reading.reading.store)

    def took(self, reading: Known) -> None:
        self.reading = reading
        self._look()

    @property
    def settled(self) -> bool:
        return super().settled and not (self._fetching.busy or self._drawing)

    def look(
        self, reading: Known, wish: Wish, last: View | None, stop: Event, early: Callable[[View], None]
    ) -> View:
        return compute(reading, wish, last, self.host.scores.messages, now=self.host.now(), stop=stop)

    def show(self, view: View) -> None:
        if self.view is not None and self.view.known.reading.store is not view.known.reading.store:
            self._texts = {row: one for row, one in self._texts.items() if one is not None}
        self._show_chart(view)
        self.query_one("#rules", VirtualTable).swap(RuleRows(view.rules, self.glyphs))
        now = view.known.reading.taken
        self.table.swap(
            Messages(view, self.table.marks, self._texts, self._fetching.want, now=now, signs=self.glyphs)
        )
        self._drawing = True
        self.call_after_refresh(self._drawn)
        self.query_one("#scores-figures", Static).update(figures(view))
        lines = course_lines(view, self.size.width - 2, plain=self.settings.plain)
        self.query_one("#scores-course", Static).update("\n".join(lines))
        name = LISTS[view.wish.listed].format(level=view.wish.level)
        self.query_one("#scores-listed", Static).update(f"{len(view.rows):,} {name}")

    def _drawn(self) -> None:
        """Every row on the screen has been asked for its cells."""
        self._drawing = False

    def _fetch(self, wanted: Sequence[int]) -> dict[int, Scored]:
        reading = self.view.known.reading if self.view else None
        return dict(self.host.scores.messages(reading, sorted(set(wanted)))) if reading else {}

    def _fetched(self, wanted: Sequence[int], found: dict[int, Scored] | BackendError) -> None:
        if isinstance(found, BackendError):
            found = {}
        if len(self._texts) > REMEMBERED:
            self._texts.clear()
        for row in wanted:
            self._texts[row] = found.get(row)
        self.table.refresh_rows()
        self.show_detail()

    # The histogram and its thresholds

    def _show_chart(self, view: View) -> None:
        levels = view.levels
        if self._active not in levels:
            self._active = next(iter(levels), "")
        marks = [
            Mark(name, self._at.get(name, level), level, active=name == self._active)
            for name, level in levels.items()
        ]
        self.histogram.show(chart_of(view.histogram, marks, root=self._root))
        self._show_moved()

    @on(Histogram.Moved)
    def _mark_moved(self, event: Histogram.Moved) -> None:
        self._remember(event.chart)
        self._show_moved()

    def _remember(self, chart: Chart) -> None:
        for mark in chart.marks:
            self._at[mark.name] = mark.at
            if mark.was == mark.at:
                del self._at[mark.name]
            if mark.active:
                self._active = mark.name

    def _show_moved(self) -> None:
        from backends.scores.whatif import moved  # noqa: PLC0415 - numpy, after the first frame

        if self.view is None:
            return
        level = self.view.levels.get(self._active)
        found = None
        if level is not None:
            found = moved(self.view.summary.tally, self._active, level, self._at.get(self._active, level))
        listed = found is not None and self.wish.listed == CHANGED and self.wish.between == found.between
        self.query_one("#scores-moved", Static).update("\n".join(whatif_lines(found, listed=listed)))

    @on(Histogram.Opened)
    def _list_moved(self) -> None:
        """List what changes side; of a threshold that was not moved the doubtful ones."""
        level = self.view.levels.get(self._active) if self.view else None
        if level is None:
            return
        at = self._at.get(self._active, level)
        if at == level:
            self.wants(replace(self.wish, listed=DOUBTFUL, level=self._active))
        else:
            between = min(at, level), max(at, level)
            self.wants(replace(self.wish, listed=CHANGED, level=self._active, between=between))
        self._show_moved()
        self.table.focus()

    def on_resize(self) -> None:
        super().on_resize()
        if fits := self.histogram.fits:
            self.wants(replace(self.wish, buckets=fits))

    # What the lines say

    def headline(self) -> Headline | None:
        if (view := self.view) is None:
            return None
        done = view.known.reading.done
        more = [] if done >= 1 else [f"{done:.0%} of the logs read"]
        return Headline(
            totals(view, plain=self.settings.plain), view.known.reading.taken, more, partial=view.partial
        )

    def warning(self) -> str:
        if self.view is None:
            return ""
        troubles = self.view.known.reading.troubles
        if troubles:
            more = f" (and {len(troubles) - 1:,} more)" if len(troubles) > 1 else ""
            return f"{visible(troubles[0].what)}: {visible(troubles[0].hint)}{more}"
        return visible(self.view.known.note)

    def detail(self) -> str:
        rules = self.query_one("#rules", VirtualTable)
        if rules.has_focus and isinstance(rules.source, RuleRows) and rules.cursor is not None:
            return rule_detail(rules.source.rules[rules.cursor])
        row = self._row()
        return "" if row is None else detail(self._texts.get(row), self.glyphs)

    @on(VirtualTable.CursorMoved, "#rules")
    def _rule_chosen(self) -> None:
        self.show_detail()

    def on_descendant_focus(self) -> None:
        self.show_detail()

    # Moving about

    def enter(self) -> None:
        self.begin_at("#histogram")

    def _row(self) -> int | None:
        """The row of the store under the cursor."""
        source, row = self.table.source, self.table.cursor
        return int(source.view.rows[row]) if isinstance(source, Messages) and row is not None else None

    def open_row(self) -> None:
        from mailtui.screens.scored import ScoredScreen  # noqa: PLC0415 - when asked for

        row = self._row()
        if row is not None and self.view is not None:
            learn = self.acts.choose if self.may("learn") else None
            self.app.push_screen(ScoredScreen(self.host, self.view.known.reading, row, learn))

    def action_back(self) -> None:
        if self.table.marks or self.wish.filter:
            super().action_back()
        elif self.wish.listed != DOUBTFUL:
            self.wants(replace(self.wish, listed=DOUBTFUL))
        else:
            self.histogram.focus()

    def action_period(self) -> None:
        def chosen(value: str | None) -> None:
            if value == TYPED:
                lines = [
                    "an age (3h, 2d), a day (2026-11-20), or two moments: 2026-11-20 08:00..2026-11-20 12:00"
                ]
                self.app.push_screen(AskScreen("Which period?", lines, guess=self.wish.period), self._period)
            else:
                self._period(value)

        self.app.push_screen(ChooseScreen("Which period?", [*PERIODS, ("typed", TYPED)]), chosen)

    def _period(self, text: str | None) -> None:
        if text is not None:
            self.wants(replace(self.wish, period=text))

    def action_width(self, step: int) -> None:
        from backends.scores.histogram import WIDTHS  # noqa: PLC0415 - numpy, after the first frame

        now = self.view.histogram.width if self.view else 0.5
        place = min(range(len(WIDTHS)), key=lambda number: abs(WIDTHS[number] - now))
        width = WIDTHS[min(max(place + step, 0), len(WIDTHS) - 1)]
        self.wants(replace(self.wish, width=width))
        self.notify(f"Buckets {width:g} wide", timeout=2)

    def action_heights(self) -> None:
        self._root = not self._root
        self.histogram.show(replace(self.histogram.chart, root=self._root))
        self.notify("Heights: square root of the count" if self._root else "Heights: the count", timeout=2)

    def action_listed(self) -> None:
        lists = [DOUBTFUL, ALL] + ([CHANGED] if self.wish.between != (0.0, 0.0) else [])
        wanted = lists[(lists.index(self.wish.listed) + 1) % len(lists)]
        self.wants(replace(self.wish, listed=wanted))

    def action_by_count(self) -> None:
        self.wants(replace(self.wish, by_count=not self.wish.by_count))
        self.notify("Rules by what they gave" if not self.wish.by_count else "Rules by hits", timeout=2)

    def action_bayes(self) -> None:
        def told(lines: list[tuple[str, str]]) -> None:
            self.notify("\n".join(text for text, _ in lines), timeout=12, markup=False, title="Bayes")

        self.beside(lambda: bayes_text(self.host.bayes.state(), self.host.now()), told)

    # Acting

    def ask_rights(self) -> Allowed:
        why_not = self.host.quarantine.why_not()
        return Allowed(set() if why_not else {"learn", "undo"}, why_not)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.may("learn") if action == "learn" else super().check_action(action, parameters)

    def action_learn(self) -> None:
        self.acts.choose()
