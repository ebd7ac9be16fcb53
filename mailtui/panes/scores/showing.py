"""The scores on the screen: the histogram with its thresholds, what moving one would change, then rules and messages."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event
from time import monotonic
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from backends.errors import BackendError
from backends.host import Host
from backends.scores.told import Reading, Rules, Scored, Thresholds, Trouble
from backends.text import visible
from mailtui.chart import Chart, Mark
from mailtui.panes.feed import Feed
from mailtui.panes.listed.fetching import Fetching
from mailtui.panes.listed.pane import ListedPane
from mailtui.panes.listed.title import Headline
from mailtui.panes.scores.acts import Acts
from mailtui.panes.scores.sources import MESSAGES, RULES, Messages, RuleRows, detail, rule_detail
from mailtui.panes.scores.title import course_lines, figures, list_title, totals, whatif_lines
from mailtui.panes.scores.view import CHANGED, DOUBTFUL, HIT, Known, View, Wish, compute
from mailtui.scores_text import chart_of, levels
from mailtui.settings import Settings
from mailtui.widgets.filter_line import FilterLine
from mailtui.widgets.histogram import Histogram
from mailtui.widgets.marked_table import MarkedTable
from mailtui.widgets.virtual_table import VirtualTable
from mailtui.work import outcome

RULES_EVERY = 300.0  # s; rules are read from every quarantined and many delivered messages
REMEMBERED = 5_000


class ShownScores(ListedPane[Known, Wish, View]):
    """Shows the scores of a host, counted and listed as was asked for."""

    key = "4"
    label = "Scores"
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
        self._texts: dict[str, Scored | None] = {}
        self._looked_up: Reading | None = None
        self._fetching = Fetching(self, self.fetch, self._fetched)
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
            self._rules_due = monotonic() + RULES_EVERY
            self._rules = self._read_rules(feed.stopped)
        return Known(reading, thresholds, note, self._rules)

    def reload(self) -> None:
        """Read all of it again, also the rules."""
        self._rules_due = 0.0
        super().reload()

    def _read_rules(self, stop: Event) -> Rules:
        """The rules; where they cannot be had, those of before, and why."""
        from backends.scores.rules import compacted  # noqa: PLC0415 - after the first frame

        found = outcome(lambda: self.host.scores.rules(stop))
        if not isinstance(found, BackendError):
            return Rules(compacted(found.messages), found.troubles)
        before = self._rules.messages if self._rules else ()
        return Rules(before, (Trouble(f"Rules cannot be read: {found}", found.hint),))

    def _thresholds(self) -> tuple[Thresholds, str]:
        """Those in force of all mail, and what is not sure of them."""
        found = outcome(self.host.scores.thresholds)
        if isinstance(found, BackendError):
            return Thresholds(), f"{found}: Debian's thresholds are shown"
        in_force = found[0] if found else Thresholds()
        if not in_force.understood:
            return in_force, "amavis's configuration sets a threshold by more than a number"
        others = [one.bank for one in found[1:] if levels(one) != levels(in_force)]
        return in_force, f"other thresholds are in force for {', '.join(others)}" if others else ""

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
        if view.known.reading is not self._looked_up:
            self._looked_up = view.known.reading
            self._texts = {key: one for key, one in self._texts.items() if one is not None}
        self._show_chart(view)
        self.query_one("#rules", VirtualTable).swap(RuleRows(view.rules, self.glyphs))
        now = view.known.reading.taken
        self.table.swap(
            Messages(view, self.table.marks, self._texts, self._fetching.want, now=now, signs=self.glyphs)
        )
        self._drawing = True
        self.call_after_refresh(self._drawn)
        self.query_one("#scores-figures", Static).update(figures(view, self.size.width - 2))
        lines = course_lines(view, self.size.width - 2, plain=self.settings.plain)
        self.query_one("#scores-course", Static).update("\n".join(lines))
        self.query_one("#scores-listed", Static).update(list_title(view))

    def _drawn(self) -> None:
        """Every row on the screen has been asked for its cells."""
        self._drawing = False

    def fetch(self, wanted: Sequence[str]) -> dict[str, Scored]:
        """What the log says of these messages, those that are there still; runs in a thread."""
        if (view := self.view) is None:
            return {}
        keys = {number: key for key in wanted if (number := view.number(key)) is not None}
        found = self.host.scores.messages(view.known.reading, sorted(keys))
        return {keys[number]: one for number, one in found}

    def _fetched(self, wanted: Sequence[str], found: dict[str, Scored] | BackendError) -> None:
        if isinstance(found, BackendError):
            found = {}
        if len(self._texts) > REMEMBERED:
            self._texts.clear()
        for key in wanted:
            self._texts[key] = found.get(key)
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
        self.query_one("#scores-moved", Static).update(
            "\n".join(whatif_lines(found, self.view.known.thresholds.destiny, listed=listed))
        )

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
        known = self.view.known
        troubles = (*known.reading.troubles, *(known.rules.troubles if known.rules else ()))
        if troubles:
            more = f" (and {len(troubles) - 1:,} more)" if len(troubles) > 1 else ""
            return f"{visible(troubles[0].what)}: {visible(troubles[0].hint)}{more}"
        return visible(self.view.known.note)

    def detail(self) -> str:
        rules = self.query_one("#rules", VirtualTable)
        if rules.has_focus and isinstance(rules.source, RuleRows) and rules.cursor is not None:
            return rule_detail(rules.source.rules[rules.cursor])
        key = self.table.cursor_key
        return "" if key is None else detail(self._texts.get(key), self.glyphs)

    @on(VirtualTable.CursorMoved, "#rules")
    def _rule_chosen(self) -> None:
        self.show_detail()

    @on(VirtualTable.Opened, "#rules")
    def _list_hits(self, event: VirtualTable.Opened) -> None:
        """List what the rule hit, as far as the log tells of it."""
        self.wants(replace(self.wish, listed=HIT, rule=event.key))
        self.table.focus()

    def on_descendant_focus(self) -> None:
        self.show_detail()

    # Moving about

    def enter(self) -> None:
        self.begin_at("#histogram")

    def _row(self) -> int | None:
        """The row of the store under the cursor."""
        source, row = self.table.source, self.table.cursor
        return int(source.view.rows[row]) if isinstance(source, Messages) and row is not None else None
