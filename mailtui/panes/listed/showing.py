"""A list on the screen: groups first, each of which narrows what comes after it, then the rows."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import ClassVar, Generic, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from backends.errors import BackendError
from backends.host import Host, ServiceState
from backends.text import visible
from mailtui.panes.fed import FedPane, error_line
from mailtui.panes.listed.looker import Looker, Viewed
from mailtui.panes.listed.title import Headline, title
from mailtui.panes.listed.view import View, Wish
from mailtui.settings import Settings
from mailtui.widgets.cells import Column
from mailtui.widgets.filter_line import FilterLine
from mailtui.widgets.marked_table import MarkedTable
from mailtui.widgets.virtual_table import VirtualTable

R = TypeVar("R")
W = TypeVar("W", bound=Wish)
V = TypeVar("V", bound=View)


class ShownList(FedPane[R], Generic[R, W, V]):
    """Shows a view of what was read: filtered, narrowed by groups and sorted as was wished for."""

    what: ClassVar[str]
    """What is listed, in a word: `queue`."""
    columns: ClassVar[Sequence[Column]]
    table_type: ClassVar[type[MarkedTable]] = MarkedTable
    fields: ClassVar[str]
    """What can be typed as a filter."""
    sorts: ClassVar[Mapping[str, bool]]
    """The columns that can be sorted by in the order of the key, and whether each begins reversed."""
    groups: ClassVar[Sequence[str]]
    """The ids of the tables above the list; the first row of each stands for all that it has."""
    service: ClassVar[str] = ""
    service_stopped: ClassVar[str] = ""
    """What to say when the service is stopped."""

    def __init__(self, host: Host, settings: Settings, wish: W, *, interval: float) -> None:
        super().__init__(host, settings, interval=interval)
        self.reading: R | None = None
        self.view: V | None = None
        self.wish = wish
        self.looker: Looker[V] = Looker(self.in_thread, self.post_message)
        self._stopped = False
        self.filter_error = ""
        """Why the filter is not understood; empty: it is."""
        self._hidden = 0

    # What a pane says of its own

    @abstractmethod
    def compose_groups(self) -> ComposeResult:
        """The tables of groups."""

    @abstractmethod
    def count(self, reading: R) -> int:
        """What is told beside the pane's name."""

    @abstractmethod
    def look(self, reading: R, wish: W, last: V | None, stop: Event, early: Callable[[V], None]) -> V:
        """Make the view of a wish; runs in a thread. `early` may be given partial ones, `last` is the one shown.

        :raises BadRequest: the filter cannot be read.
        :raises Refused: `stop` was set.
        """

    @abstractmethod
    def show(self, view: V) -> None:
        """Swap it into the tables; of a partial one the groups may stay as they are."""

    @abstractmethod
    def headline(self) -> Headline | None:
        """What the title says; None: nothing is known yet."""

    @abstractmethod
    def detail(self) -> str:
        """What the line below the list says of the row under the cursor."""

    @abstractmethod
    def open_row(self) -> None:
        """Show more of the row under the cursor."""

    def warning(self) -> str:
        """What else should be known, empty: nothing."""
        return ""

    # From a reading to a view

    def compose(self) -> ComposeResult:
        yield Static("", classes="pane-title", markup=False)
        yield Static("", classes="pane-error", markup=False)
        yield from self.compose_groups()
        yield self.table_type(self.columns, id=f"{self.what}-list")
        yield Static("", classes="pane-detail", markup=False)
        yield Static("", classes="pane-marks", markup=False)
        yield FilterLine(placeholder=self.fields, id=f"{self.what}-filter")

    def on_mount(self) -> None:
        self.table.sort_column, self.table.sort_reverse = self.wish.sort, self.wish.reverse

    def leave(self) -> None:
        super().leave()
        self.looker.stop()

    @property
    def table(self) -> MarkedTable:
        """The list."""
        return self.query_one(MarkedTable)

    def enter(self) -> None:
        self.begin_at(f"#{self.groups[0]}")

    @property
    def current(self) -> bool:
        """Whether what is shown is what was asked for; else nothing acts on it."""
        return self.view is not None and self.view.wish == self.wish and not self.view.partial

    @property
    def settled(self) -> bool:
        return self.current or (self._error is not None and not self.feed.reading)

    def took(self, reading: R) -> None:
        self.reading = reading
        self.post_message(self.Badge(self, f"{self.count(reading):,}"))
        self._look()

    def wants(self, wish: W) -> None:
        """Show something else of the same reading."""
        if wish != self.wish:
            self.wish = wish
            self._look()

    def _look(self) -> None:
        reading, wish, last = self.reading, self.wish, self.view
        if reading is not None:
            self.looker.look(lambda stop, early: self.look(reading, wish, last, stop, early))

    @on(Viewed)
    def _viewed(self, event: Viewed) -> None:
        if event.generation != self.looker.generation:
            return
        if isinstance(event.result, BackendError):
            self.filter_error = f"{event.result} ({event.result.hint})"
        else:
            self.view = view = cast("V", event.result)
            if not view.partial:
                self.filter_error = ""
            self.show(view)
            self.count_hidden()
            self.show_detail()
        self.show_title()

    # What the lines above and below the tables say

    def show_title(self) -> None:
        line = title(
            self.what,
            self.headline(),
            self.feed,
            self.wish,
            now=self.host.now(),
            width=self.size.width - 2,
            signs=self.glyphs,
            failed=self._error is not None,
            wrong=bool(self.filter_error),
        )
        self.query_one(".pane-title", Static).update(line)
        trouble = self._trouble()
        self.show_line(".pane-error", trouble)
        self.query_one(".pane-error").set_class(trouble.startswith(self.glyphs.warn), "-warning")
        self.show_line(".pane-marks", self._marks_text())

    def _trouble(self) -> str:
        """The worst of what is wrong with what is shown; empty: nothing."""
        if self._error is not None:
            return error_line(self._error, self.glyphs)
        if self.filter_error:
            return f"{self.glyphs.warn} {visible(self.filter_error)}"
        if self._stopped:
            return f"{self.glyphs.bad} {self.service_stopped}"
        warning = self.warning()
        return f"{self.glyphs.warn} {warning}" if warning else ""

    def _marks_text(self) -> str:
        if not self.table.marks:
            return ""
        more = f", {self._hidden:,} of them not shown here" if self._hidden else ""
        return f"{len(self.table.marks):,} marked{more} {self.glyphs.dot} keys act on these; esc unmarks"

    def count_hidden(self) -> None:
        """Count the marked rows that the view leaves out."""
        marks = self.table.marks
        self._hidden = self.view.not_shown(marks) if self.view is not None and marks else 0

    def show_detail(self) -> None:
        """Bring the line below the list up to date."""
        self.query_one(".pane-detail", Static).update(self.detail())

    def services(self, states: Sequence[ServiceState]) -> None:
        self._stopped = any(one.name == self.service and one.state == "stopped" for one in states)

    # Moving about

    @on(VirtualTable.CursorMoved, "MarkedTable")
    def _row_chosen(self) -> None:
        self.show_detail()

    @on(VirtualTable.Opened)
    def _opened(self, event: VirtualTable.Opened) -> None:
        if event.table is self.table:
            self.open_row()
        else:
            self.table.focus()

    def group_tables(self) -> list[VirtualTable]:
        """The tables of groups that are on the screen."""
        tables = [self.query_one(f"#{name}", VirtualTable) for name in self.groups]
        return [table for table in tables if table.display]

    def action_back(self) -> None:
        """Let go of the last thing that was asked for: marks, filter, groups."""
        chosen = [table for table in self.group_tables() if table.cursor]
        if self.table.marks:
            self.table.unmark()
        elif self.wish.filter:
            self.query_one(FilterLine).end()
            self.wants(replace(self.wish, filter=""))
            self.table.focus()
        elif chosen:
            chosen[-1].move_cursor(0)
        else:
            self.query_one(f"#{self.groups[0]}").focus()

    def action_filter(self) -> None:
        self.query_one(FilterLine).begin()

    @on(FilterLine.Typed)
    def _filter_typed(self, event: FilterLine.Typed) -> None:
        self.wants(replace(self.wish, filter=event.text))

    @on(FilterLine.Done)
    def _filter_done(self) -> None:
        self.table.focus()

    def action_sort(self, step: int) -> None:
        orders = [*self.sorts]
        order = orders[(orders.index(self.wish.sort) + step) % len(orders)]
        self._sort(replace(self.wish, sort=order, reverse=self.sorts[order]))
        self.notify(f"Sorted by {order}", timeout=2)

    def action_reverse(self) -> None:
        self._sort(replace(self.wish, reverse=not self.wish.reverse))

    def _sort(self, wish: W) -> None:
        self.table.sort_column, self.table.sort_reverse = wish.sort, wish.reverse
        self.wants(wish)

    def action_freeze(self) -> None:
        self.feed.frozen = not self.feed.frozen
        self.show_title()
