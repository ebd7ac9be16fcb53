"""The greylist on the screen: what waits and who never came back first, then the triplets, a stretch of them at a time."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from backends.errors import BackendError
from backends.greylist.stats_values import Part, Totals
from backends.greylist.values import DAY, Rules, Triplet
from backends.host import Host, ServiceState
from backends.text import visible
from mailtui.panes.fed import FedPane, error_line
from mailtui.panes.feed import Feed
from mailtui.panes.greylist import rows
from mailtui.panes.greylist.groups import COLUMNS, Group, Groups, Known, groups, note
from mailtui.panes.greylist.looker import Counted, Looked, Looker, Looking, Step
from mailtui.panes.greylist.rows import Triplets, detail
from mailtui.panes.greylist.title import place, title, trouble
from mailtui.panes.greylist.told import NAMES, Name, News, Reading, Teller, Told, pools_of, took
from mailtui.panes.greylist.window import Window
from mailtui.panes.greylist.wish import Wish
from mailtui.settings import Settings
from mailtui.widgets.filter_line import FilterLine
from mailtui.widgets.paged_table import PagedTable
from mailtui.widgets.view_line import ViewLine
from mailtui.widgets.virtual_table import VirtualTable

LEAST_INTERVAL = 15.0  # s; all rows are counted each time
UNPROMPTED: tuple[Name, ...] = ("Doctor", "Pools")
"""Views that are read without being looked at: what they find is told above all else."""


class ShownGreylist(FedPane[Reading]):
    """Shows the greylist of a host, narrowed as was asked for."""

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, interval=max(settings.interval, LEAST_INTERVAL))
        self.reading: Reading | None = None
        self.window: Window | None = None
        self.wish = self.shown = Wish()
        self.view: Name = NAMES[0]
        self.told: dict[Name, Told] = {name: Told() for name in NAMES}
        self.looker = Looker(host, self.in_thread, self.post_message)
        self.teller = Teller(host, self.in_thread, self.post_message)
        self.count: int | None = None
        self.refusal = ""
        self._found = self._stopped = self._filter_error = ""
        self._acting = ""
        self._rows_error: BackendError | None = None

    def compose(self) -> ComposeResult:
        yield Static("", id="greylist-title", markup=False)
        yield Static("", id="greylist-error", markup=False)
        yield ViewLine(NAMES, id="greylist-views")
        yield VirtualTable(COLUMNS[self.view], id="groups")
        yield PagedTable(rows.COLUMNS, id="triplets")
        yield Static("", id="greylist-detail", markup=False)
        yield Static("", id="greylist-marks", markup=False)
        yield FilterLine(
            placeholder="text  !not this  client: from: to: domain: state: older:1d newer:1h",
            id="greylist-filter",
        )

    def on_mount(self) -> None:
        for table in self.query(VirtualTable):
            table.ascii_only = self.settings.plain

    def read(self, feed: Feed[Reading]) -> Reading:
        about, taken = self.host.greylist.about(), self.host.now()
        told: list[Totals] = []

        def each(part: Part) -> None:
            if isinstance(part, Totals):
                told.append(part)
                feed.early(Reading(about, part, taken))

        if self.reading is None:
            feed.early(Reading(about, None, taken))
        self.host.greylist.stats(each, ["totals"], stop=feed.stopped)
        return Reading(about, told[-1] if told else None, taken)

    def leave(self) -> None:
        super().leave()
        self.looker.stop()
        self.teller.stop()

    def reload(self) -> None:
        self.forget_told()
        super().reload()
        self.look("again")

    def _tick(self) -> None:
        """Nobody waits for a greylist that is not in front."""
        if self.display:
            super()._tick()

    @property
    def triplets(self) -> PagedTable:
        """The list."""
        return self.query_one(PagedTable)

    @property
    def groups(self) -> VirtualTable:
        """The upper table."""
        return self.query_one("#groups", VirtualTable)

    @property
    def rules(self) -> Rules:
        """gld's rules as last read."""
        return self.reading.about.rules if self.reading else Rules(never_after=DAY)

    @property
    def settled(self) -> bool:
        if (self._error or self._rows_error) is not None and not self.feed.reading:
            return not self.looker.busy
        shown = self.window is not None and self.shown == self.wish and not self.looker.busy
        reading = any(told.reading for told in self.told.values())
        return shown and not reading and not self.feed.reading

    def enter(self) -> None:
        focused = self.app.focused
        if focused is None or self not in focused.ancestors:
            self.groups.focus()

    # Totals and views

    def took(self, reading: Reading) -> None:
        before, self.reading = self.reading, reading
        exact = reading.totals is not None and reading.totals.exact
        if reading.totals is not None and exact:
            self.post_message(self.Badge(self, f"{reading.totals.waiting:,}"))
            if self.wish.is_empty:
                self.count = reading.totals.total
                self._show_detail()
        if self.view == "States":
            self.show_groups()
        if before is None or (self._rows_error is not None and not self.looker.busy):
            self.look("first" if self.window is None else "again")
        elif exact and not self.looker.busy and self._cheap():
            self.look("again")
        if exact:
            for name in UNPROMPTED:
                if not self.told[name].taken:
                    self.read_view(name)

    def _cheap(self) -> bool:
        """Whether the key finds the rows that are shown."""
        try:
            return self.shown == self.wish and self.wish.wanted().by_key
        except BackendError:
            return False

    def read_view(self, name: Name) -> None:
        """Read a view, unless that has just been done."""
        if name != "States" and not self.told[name].fresh(self.host.now()):
            self.told[name].reading, self.told[name].error, self.told[name].findings = True, None, []
            self.teller.read(name)

    def forget_told(self) -> None:
        """What the views tell is of before: read the one in front again, the others when they come to the front."""
        for told in self.told.values():
            told.taken = 0.0
        self.read_view(self.view)

    @on(News)
    def _news(self, event: News) -> None:
        told = self.told[event.name]
        if event.end:
            told.reading, told.taken, told.done = False, self.host.now(), 1.0
            told.error = event.what if isinstance(event.what, BackendError) else None
        else:
            took(told, event.what, self.host.now())
        if event.name == self.view:
            self.show_groups()
        self._show_badges()
        self.show_title()

    def _show_badges(self) -> None:
        line, signs = self.query_one(ViewLine), self.glyphs
        pools = pools_of(self.told["Pools"])
        line.badge("Pools", f"{len(pools.pools):,}" if pools and pools.pools else "", warn=True)
        bad = sum(finding.state == "bad" for finding in self.told["Doctor"].findings)
        line.badge("Doctor", f"{signs.bad}{bad}" if bad else "", warn=True)
        wrong = sum(bool(row.problem) for row in self.told["Whitelist"].listed)
        line.badge("Whitelist", f"{signs.warn}{wrong:,}" if wrong else "", warn=True)

    def show_groups(self) -> None:
        """Show what the view in front knows by now."""
        known = Known(self.told[self.view], self.reading, self.glyphs, self.settings.plain)
        self.groups.swap(Groups(groups(self.view, known)))

    def show_view(self, name: Name) -> None:
        """Bring a view to the front."""
        self.view = name
        self.groups.move_cursor(0)
        self.groups.set_columns(COLUMNS[name])
        self.read_view(name)
        self.show_groups()
        self._narrow()
        self.query_one(ViewLine).show(active=name)
        self.show_title()

    def action_view(self, step: int) -> None:
        self.show_view(NAMES[(NAMES.index(self.view) + step) % len(NAMES)])

    @on(ViewLine.Chosen)
    def _view_chosen(self, event: ViewLine.Chosen) -> None:
        self.show_view(next(name for name in NAMES if name == event.name))

    def group(self) -> Group | None:
        """The group under the cursor of the upper table."""
        source, row = self.groups.source, self.groups.cursor
        return source.rows[row] if isinstance(source, Groups) and row is not None else None

    @on(VirtualTable.CursorMoved, "#groups")
    def _narrow(self) -> None:
        group = self.group()
        if group is not None:
            self.wants(replace(self.wish, group=group.narrows, label=group.label))

    @on(VirtualTable.Opened, "#groups")
    def _group_opened(self) -> None:
        self.triplets.focus()

    # From a wish to rows

    def wants(self, wish: Wish) -> None:
        """Show other triplets."""
        if wish != self.wish:
            self.wish = wish
            self.look("first")

    def look(self, step: Step) -> None:
        """Read rows for the wish: its first, or another stretch of those that are shown."""
        known = self.window if self.shown == self.wish else None
        if known is None and step != "last":
            step = "first"
        if step == "first" or known is None:
            self._found, self.count = "", None
        if self.wish.is_empty and self.reading is not None and self.reading.totals is not None:
            self.count = self.reading.totals.total if self.reading.totals.exact else None
        self.looker.look(self.wish, step, known, self.count)

    @on(Looking)
    def _looking(self, event: Looking) -> None:
        if event.generation == self.looker.generation and self.looker.busy:
            self._found = f"looking, {event.share:.0%} (esc stops)"
            self.show_title()

    @on(Looked)
    def _looked(self, event: Looked) -> None:
        if event.generation != self.looker.generation:
            return
        self.looker.busy = False
        self._filter_error, self._rows_error, self._found = "", None, ""
        if isinstance(event.result, BackendError):
            self._failed(event.result)
        else:
            self._show_rows(event.result, event)
        self.show_title()

    def _failed(self, error: BackendError) -> None:
        try:
            self.wish.wanted()
        except BackendError:
            self._filter_error = f"{error} ({error.hint})"
        else:
            self._rows_error = error

    def _show_rows(self, window: Window, event: Looked) -> None:
        self.window, self.shown = window, event.wish
        table = self.triplets
        table.swap(Triplets(window, table.marks, self.rules, now=self.host.now(), signs=self.glyphs))
        if event.step in {"first", "last"}:
            table.move_cursor(0 if event.step == "first" else len(window.rows) - 1)
        if self.count is None and not self.wish.is_empty:
            if window.more or window.before is not None:
                self.looker.count(event.wish)
            else:
                self.count = len(window.rows)
        self._show_detail()
        self.call_after_refresh(self._extend)

    @on(Counted)
    def _counted(self, event: Counted) -> None:
        if event.generation == self.looker.generation:
            self.count = event.count
            self._found = "" if event.count is not None else f"counting, {event.share:.0%}"
            self._show_detail()
            self.show_title()

    @on(PagedTable.Scrolled)
    def _extend(self) -> None:
        """Read on at the end that is near, so that nobody has to wait for it."""
        window, table = self.window, self.triplets
        if window is None or self.looker.busy or self.shown != self.wish:
            return
        if table.near_end and window.more:
            self.look("further")
        elif table.near_start and window.before is not None:
            self.look("back")
        self.show_title()

    @on(PagedTable.Leapt)
    def _leapt(self, event: PagedTable.Leapt) -> None:
        window = self.window
        whole = window is not None and window.before is None and not window.more
        if whole and window is not None:
            self.triplets.move_cursor(len(window.rows) - 1 if event.to_last else 0)
        else:
            self.look("last" if event.to_last else "first")

    def triplet(self) -> Triplet | None:
        """The triplet under the cursor of the list."""
        source, row = self.triplets.source, self.triplets.cursor
        return source.window.rows[row] if isinstance(source, Triplets) and row is not None else None

    # What the lines above and below the tables say

    def show_title(self) -> None:
        now = self.host.now()
        found = self._acting or self._found or ("" if self.count is None else f"{self.count:,}")
        line = title(
            self.reading, self.feed, self.wish, found, now=now, width=self.size.width - 2, glyphs=self.glyphs
        )
        wrong = trouble(
            filter_error=self._filter_error,
            stopped=self._stopped,
            accepts=self.reading.about.err_accept if self.reading else None,
            doctor=self.told["Doctor"],
            pools=self.told["Pools"],
            glyphs=self.glyphs,
        )
        if (error := self._error or self._rows_error) is not None and not self._stopped:
            wrong = error_line(error, self.glyphs)
        if self.reading is None and (self._error or self._stopped):
            line = "the greylist cannot be read"
        self.query_one("#greylist-title", Static).update(line)
        self.show_line("#greylist-error", wrong)
        self.query_one(ViewLine).show(note=note(self.view, self.told[self.view], now))
        self.show_line("#greylist-marks", self._marks_text())

    def _marks_text(self) -> str:
        marks = self.triplets.marks
        return f"{len(marks):,} marked {self.glyphs.dot} keys act on these; esc unmarks" if marks else ""

    @on(VirtualTable.CursorMoved, "#triplets")
    def _show_detail(self) -> None:
        triplet = self.triplet()
        text = self._empty()
        if triplet is not None:
            where = place(self.window, self.triplets.cursor, self.count)
            text = f"{where}  {detail(triplet, self.rules, self.host.now())}"
        self.query_one("#greylist-detail", Static).update(text)

    def _empty(self) -> str:
        if self.window is None or self.reading is None:
            return ""
        return "no triplet fits" if not self.wish.is_empty else "gld has greylisted nobody yet"

    def services(self, states: Sequence[ServiceState]) -> None:
        stopped = [one.name for one in states if one.name in {"gld", "mariadb"} and one.state == "stopped"]
        here = (
            self.reading is None or "localhost" in self.reading.about.where or "/" in self.reading.about.where
        )
        self._stopped = next((name for name in stopped if name == "gld" or here), "")

    def acting(self, text: str) -> None:
        """Say how far an act is."""
        self._acting = text
        self.show_title()

    # Keys that move about

    def action_filter(self) -> None:
        self.query_one(FilterLine).begin()

    @on(FilterLine.Typed)
    def _filter_typed(self, event: FilterLine.Typed) -> None:
        self.wants(replace(self.wish, typed=event.text))

    @on(FilterLine.Done)
    def _filter_done(self) -> None:
        self.triplets.focus()

    def action_back(self) -> None:
        if self.looker.busy and self.window is not None:
            self.looker.stop()
            self.looker.generation += 1
            self._found = "stopped; r looks again"
            self.show_title()
        elif self.triplets.marks:
            self.triplets.unmark()
        elif self.wish.typed:
            self.query_one(FilterLine).end()
            self.wants(replace(self.wish, typed=""))
            self.triplets.focus()
        elif not self.groups.has_focus:
            self.groups.focus()
        elif self.groups.cursor:
            self.groups.move_cursor(0)
        else:
            self.show_view("States")

    def action_freeze(self) -> None:
        self.feed.frozen = not self.feed.frozen
        self.show_title()

    def action_copy(self) -> None:
        marked = [rows.key_of(text) for text in sorted(self.triplets.marks)]
        keys = marked or [triplet.key for triplet in [self.triplet()] if triplet]
        self.app.copy_to_clipboard("\n".join(msgspec.json.encode(key).decode() for key in keys))
        self.notify(f"{len(keys):,} triplets copied" if keys else "nothing to copy")

    def missing(self) -> list[str]:
        if self.settings.read_only:
            return ["Nothing can be changed here: the console was opened with --read-only."]
        return [visible(self.refusal)] if self.refusal else []
