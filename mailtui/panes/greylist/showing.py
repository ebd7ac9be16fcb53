"""The greylist on the screen: what waits and who never came back first, then the triplets, a stretch of them at a time."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from backends.errors import BackendError
from backends.greylist.stats_values import Part, Totals
from backends.greylist.values import DAY, Rules, Triplet
from backends.host import Host
from mailtui.panes.feed import Feed
from mailtui.panes.greylist import rows, window
from mailtui.panes.greylist.groups import COLUMNS, Group, Groups, Known, groups, note
from mailtui.panes.greylist.paging import Counted, Looking, Moved, Paging
from mailtui.panes.greylist.rows import Triplets, detail
from mailtui.panes.greylist.title import place, verdict, warning
from mailtui.panes.greylist.told import NAMES, Name, News, Reading, Teller, Told, pools_of, took
from mailtui.panes.greylist.view import View, Wish, all_keys
from mailtui.panes.listed.looker import Viewed
from mailtui.panes.listed.pane import ListedPane
from mailtui.panes.listed.title import Headline
from mailtui.settings import Settings
from mailtui.widgets.paged_table import PagedTable
from mailtui.widgets.view_line import ViewLine
from mailtui.widgets.virtual_table import VirtualTable

LEAST_INTERVAL = 15.0  # s; all rows are counted each time
UNPROMPTED: tuple[Name, ...] = ("Doctor", "Pools")
"""Views that are read without being looked at: what they find is told above all else."""
LISTS: tuple[Name, ...] = ("Whitelist", "Doctor")
"""Views that are read from top to bottom, and get the room."""
CUT: tuple[Name, ...] = (*LISTS, "Pools")
"""Views whose rows say more than a narrow table shows."""


class ShownGreylist(ListedPane[Reading, Wish, View]):
    """Shows the greylist of a host, narrowed as was asked for."""

    what = "greylist"
    columns = rows.COLUMNS
    table_type = PagedTable
    fields = "text  !not this  client: from: to: domain: state: older:1d newer:1h"
    sorts: ClassVar[dict[str, bool]] = {"": False}
    groups = ("groups",)
    service = "gld"
    service_stopped = "gld is stopped: strangers' mail is deferred (451). systemctl start gld"
    copies = "triplets"

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, Wish(), interval=max(settings.interval, LEAST_INTERVAL))
        self.front: Name = NAMES[0]
        self.told: dict[Name, Told] = {name: Told() for name in NAMES}
        self.teller = Teller(host, self.in_thread, self.post_message)
        self.paging = Paging(host, self.in_thread, self.post_message)
        self.progress = ""
        self._looking = False

    def compose_groups(self) -> ComposeResult:
        yield ViewLine(NAMES, id="greylist-views")
        yield VirtualTable(COLUMNS[self.front], id="groups")

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
        self.paging.stop()
        self.teller.stop()

    def reload(self) -> None:
        """Read all of it again, also the views."""
        for told in self.told.values():
            told.taken = 0.0
        self.read_view(self.front)
        super().reload()
        self._look()

    @property
    def settled(self) -> bool:
        shown = super().settled or bool(self.filter_error)
        if not shown or self.feed.reading or self._looking or self.paging.moving:
            return False
        return self._error is not None or not any(told.reading for told in self.told.values())

    @property
    def upper(self) -> VirtualTable:
        """The table of groups."""
        return self.query_one("#groups", VirtualTable)

    @property
    def rules(self) -> Rules:
        """gld's rules as last read."""
        return self.reading.about.rules if self.reading else Rules(never_after=DAY)

    # Totals and the views of the upper table

    def count(self, reading: Reading) -> int:
        return reading.totals.waiting if reading.totals else 0

    def took(self, reading: Reading) -> None:
        exact = reading.totals is not None and reading.totals.exact
        wanting = self.view is None or self.filter_error or (exact and self._cheap())
        if wanting and not self._looking:
            super().took(reading)
        self.reading = reading
        if self.front == "States":
            self.show_groups()
        if exact:
            self.post_message(self.Badge(self, f"{self.count(reading):,}"))
            if self.view is not None and self.view.wish.is_empty:
                self.view = replace(self.view, total=reading.total)
                self.show_detail()
            for name in UNPROMPTED:
                if not self.told[name].taken:
                    self.read_view(name)

    def _cheap(self) -> bool:
        """Whether the key finds the rows that are shown."""
        return self.current and self.wish.wanted().by_key and not self.paging.moving

    def read_view(self, name: Name) -> None:
        """Read a view, unless that has just been done."""
        if name != "States" and not self.told[name].fresh(self.host.now()):
            self.told[name].reading, self.told[name].error, self.told[name].findings = True, None, []
            self.teller.read(name)

    @on(News)
    def _news(self, event: News) -> None:
        told = self.told[event.name]
        if event.end:
            told.reading, told.taken, told.done = False, self.host.now(), 1.0
            told.error = event.what if isinstance(event.what, BackendError) else None
        else:
            took(told, event.what)
        if event.name == self.front:
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
        known = Known(self.told[self.front], self.reading, self.glyphs, self.settings.plain)
        self.upper.swap(Groups(groups(self.front, known)))
        self.show_detail()

    def show_front(self, name: Name) -> None:
        """Bring a view to the front."""
        self.front = name
        self.set_class(name in LISTS, "-list")
        self.upper.move_cursor(0)
        self.upper.set_columns(COLUMNS[name])
        self.read_view(name)
        self.show_groups()
        self._narrow()
        self.query_one(ViewLine).show(active=name)
        self.show_title()

    def action_view(self, step: int) -> None:
        self.show_front(NAMES[(NAMES.index(self.front) + step) % len(NAMES)])

    @on(ViewLine.Chosen)
    def _view_chosen(self, event: ViewLine.Chosen) -> None:
        self.show_front(next(name for name in NAMES if name == event.name))

    def group(self) -> Group | None:
        """The group under the cursor of the upper table."""
        source, row = self.upper.source, self.upper.cursor
        return source.rows[row] if isinstance(source, Groups) and row is not None else None

    @on(VirtualTable.CursorMoved, "#groups")
    def _narrow(self) -> None:
        group = self.group()
        if group is not None:
            self.wants(replace(self.wish, group=group.narrows, label=group.label))
            self.show_detail()

    def on_descendant_focus(self) -> None:
        self.show_detail()

    # From a wish to a stretch of rows, and along the rows

    def _look(self) -> None:
        self.paging.stop()
        self.progress, self._looking = "", self.reading is not None
        super()._look()

    def look(
        self, _reading: Reading, wish: Wish, last: View | None, stop: Event, early: Callable[[View], None]
    ) -> View:
        del early
        read = self.paging.reader(wish, stop)
        found = window.again(last.window, read) if last and last.wish == wish else window.first(read)
        return View(wish, found, partial(all_keys, self.host.greylist))

    @on(Viewed)
    def _not_looking(self, event: Viewed) -> None:
        if event.generation == self.looker.generation:
            self.progress, self._looking = "", False

    def show(self, view: View) -> None:
        """Swap it into the list, and have it counted where that is not known."""
        source = self.table.source
        another = not isinstance(source, Triplets) or source.wish != view.wish
        if view.wish.is_empty and self.reading and self.reading.totals and self.reading.totals.exact:
            self.view = view = replace(view, total=self.reading.total)
        elif view.window.before is None and not view.window.more:
            self.view = view = replace(view, total=len(view.window.rows))
        elif view.total is None and not view.wish.is_empty:
            self.paging.count(view.wish)
        self._show_rows(view)
        if another:
            self.table.move_cursor(0)
        self.call_after_refresh(self.extend)

    def _show_rows(self, view: View) -> None:
        table = self.table
        now = self.host.now()
        table.swap(Triplets(view.window, view.wish, table.marks, self.rules, now=now, signs=self.glyphs))

    @on(Looking)
    def _looked(self, event: Looking) -> None:
        if event.wish == self.wish and (self._looking or self.paging.moving):
            self.progress = f"looking, {event.share:.0%} (esc stops)"
            self.show_title()

    @on(Counted)
    def _counted(self, event: Counted) -> None:
        if self.view is not None and event.wish == self.view.wish:
            self.view = replace(self.view, total=event.count)
            self.progress = "" if event.count is not None else f"counting, {event.share:.0%}"
            self.show_detail()
            self.show_title()

    @on(Moved)
    def _moved(self, event: Moved) -> None:
        self.paging.moving = False
        if self.view is None or event.wish != self.wish or not self.current:
            return
        self.progress = ""
        if isinstance(event.result, BackendError):
            self.filter_error = f"{event.result} ({event.result.hint})"
        else:
            self.view = replace(self.view, window=event.result)
            self._show_rows(self.view)
            if event.step in {"first", "last"}:
                self.table.move_cursor(0 if event.step == "first" else len(event.result.rows) - 1)
            self.show_detail()
            self.call_after_refresh(self.extend)
        self.show_title()

    @on(PagedTable.Scrolled)
    def extend(self) -> None:
        """Read on at the end that is near, so that nobody has to wait for it."""
        view, table = self.view, self.query_one(PagedTable)
        if view is None or not self.current:
            return
        if table.near_end and view.window.more:
            self.paging.move(view.wish, "further", view.window, view.total)
        elif table.near_start and view.window.before is not None:
            self.paging.move(view.wish, "back", view.window, view.total)

    @on(PagedTable.Leapt)
    def _leapt(self, event: PagedTable.Leapt) -> None:
        view = self.view
        if view is None or not self.current:
            return
        there = not view.window.more if event.to_last else view.window.before is None
        if there:
            self.table.move_cursor(len(view.window.rows) - 1 if event.to_last else 0)
        else:
            self.paging.stop()
            self.paging.move(view.wish, "last" if event.to_last else "first", view.window, view.total)

    def action_back(self) -> None:
        """Stop looking, or let go of the last thing that was asked for."""
        if self._looking and self.view is not None:
            self.looker.stop()
            self.looker.generation += 1
            self._looking, self.progress = False, "stopped; r looks again"
            self.show_title()
        elif self.front == "States" or self.table.marks or self.wish.filter or not self.upper.has_focus:
            super().action_back()
        elif self.upper.cursor:
            self.upper.move_cursor(0)
        else:
            self.show_front("States")

    # What the lines say

    def triplet(self) -> Triplet | None:
        """The triplet under the cursor of the list."""
        source, row = self.table.source, self.table.cursor
        return source.window.rows[row] if isinstance(source, Triplets) and row is not None else None

    def headline(self) -> Headline | None:
        if (reading := self.reading) is None:
            return None
        found = self.progress
        if not found and not self.wish.is_empty and self.view is not None and self.view.total is not None:
            found = f"{self.view.total:,} match"
        exact = reading.totals is not None and reading.totals.exact
        told = verdict(reading, self.glyphs.dot, short=bool(found) or not self.wish.is_empty)
        return Headline(told, reading.taken, [found] if found else [], partial=not exact)

    def warning(self) -> str:
        return warning(self.told["Doctor"], self.told["Pools"])

    def show_title(self) -> None:
        super().show_title()
        told = self.told[self.front]
        self.query_one(ViewLine).show(note=note(self.front, told, self.host.now()))

    def detail(self) -> str:
        if self.front in CUT and self.upper.has_focus and (group := self.group()) and not group.is_all:
            return group.whole
        triplet, row = self.triplet(), self.table.cursor
        if self.view is None:
            return ""
        if triplet is None or row is None:
            return "gld has greylisted nobody yet" if self.wish.is_empty else "no triplet fits"
        where = place(self.view.window, row, self.view.total)
        return f"{where}  {detail(triplet, self.rules, self.host.now())}"
