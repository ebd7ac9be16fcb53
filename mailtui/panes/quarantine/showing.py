"""The quarantine on the screen: kinds by age first, then the messages; headers are read of what is on the screen alone."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from backends.errors import BackendError
from backends.host import Host, ServiceState
from backends.quarantine.listing import Listing
from backends.quarantine.message import Header, Target
from backends.quarantine.stats import LABELS
from mailtui.panes.fed import FedPane, error_line
from mailtui.panes.feed import Feed
from mailtui.panes.quarantine.looker import Looker, Viewed
from mailtui.panes.quarantine.selection import not_shown
from mailtui.panes.quarantine.sources import COLUMNS, EVERYTHING, Key, Messages, detail, heat_rows
from mailtui.panes.quarantine.title import title, trouble
from mailtui.panes.quarantine.view import SORTABLE, View, Wish
from mailtui.settings import Settings
from mailtui.widgets.filter_line import FilterLine
from mailtui.widgets.heat_map import HeatMap
from mailtui.widgets.marked_table import MarkedTable
from mailtui.widgets.virtual_table import VirtualTable
from mailtui.work import outcome

LEAST_INTERVAL = 15.0  # s; a listing looks at every file
SOON = 0.01  # s in which what is drawn is gathered, before its headers are read
REMEMBERED = 5000


class ShownQuarantine(FedPane[Listing]):
    """Shows the quarantine of a host, narrowed and sorted as was asked for."""

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, interval=max(settings.interval, LEAST_INTERVAL))
        self.listing: Listing | None = None
        self.view: View | None = None
        self.wish = Wish()
        self.looker = Looker(host, self.in_thread, self.post_message)
        self.known: dict[Key, Header] = {}
        self._wanted: list[Target] = []
        self._fetching = self._drawing = False
        self._stopped = False
        self.refusal = ""
        self._filter_error = ""
        self._hidden = 0

    def compose(self) -> ComposeResult:
        yield Static("", id="quarantine-title", markup=False)
        yield Static("", id="quarantine-error", markup=False)
        yield HeatMap(id="kinds")
        yield MarkedTable(COLUMNS, id="quarantined")
        yield Static("", id="quarantine-detail", markup=False)
        yield Static("", id="quarantine-marks", markup=False)
        yield FilterLine(
            placeholder="text  !not this  kind: alert: from: to: subject: rule: score>10 newer:1d",
            id="quarantine-filter",
        )

    def on_mount(self) -> None:
        for table in self.query(VirtualTable):
            table.ascii_only = self.settings.plain
        self.messages.sort_column, self.messages.sort_reverse = self.wish.sort, self.wish.reverse

    def read(self, feed: Feed[Listing]) -> Listing:
        if self.listing is not None:
            return self.host.quarantine.read()
        return self.host.quarantine.read(feed.early, feed.stopped)

    def leave(self) -> None:
        super().leave()
        self.looker.stop()

    def _tick(self) -> None:
        """Nobody waits for a listing that is not in front."""
        if self.display:
            super()._tick()

    @property
    def messages(self) -> MarkedTable:
        """The list."""
        return self.query_one(MarkedTable)

    @property
    def settled(self) -> bool:
        if self._error is not None and not self.feed.reading:
            return True
        whole = self.view is not None and self.view.wish == self.wish and not self.view.partial
        return whole and not (self._fetching or self._drawing or self._wanted)

    def enter(self) -> None:
        focused = self.app.focused
        if focused is None or self not in focused.ancestors:
            self.query_one("#kinds").focus()

    # From a listing to a view

    def took(self, reading: Listing) -> None:
        self.listing = reading
        self.post_message(self.Badge(self, f"{len(reading):,}"))
        self._look()

    def wants(self, wish: Wish) -> None:
        """Show something else of the same listing."""
        if wish != self.wish:
            self.wish = wish
            self._look()

    def _look(self) -> None:
        if self.listing is not None:
            self.looker.look(self.listing, self.wish)

    @on(Viewed)
    def _viewed(self, event: Viewed) -> None:
        if event.generation != self.looker.generation:
            return
        if isinstance(event.result, BackendError):
            self._filter_error = f"{event.result} ({event.result.hint})"
        else:
            self._filter_error = ""
            self.view = view = event.result
            self.messages.swap(
                Messages(
                    view,
                    self.messages.marks,
                    self.known,
                    self._want,
                    now=view.listing.taken,
                    signs=self.glyphs,
                )
            )
            self._drawing = True
            self.call_after_refresh(self._drawn)
            self.query_one(HeatMap).show(LABELS, heat_rows(view), title=f"Kind {self.glyphs.times} age")
            self.count_hidden()
            self._show_detail()
        self.show_title()

    def _drawn(self) -> None:
        """Every row on the screen has been asked for its cells."""
        self._drawing = False

    # Headers of what is on the screen

    def _want(self, target: Target) -> None:
        """A row without headers was drawn."""
        if not self._wanted and not self._fetching:
            self.set_timer(SOON, self._fetch)
        self._wanted.append(target)

    def _fetch(self) -> None:
        wanted, self._wanted = self._wanted, []
        if wanted and not self._fetching:
            self._fetching = True
            self.in_thread(partial(self._read_headers, wanted))

    def _read_headers(self, wanted: Sequence[Target]) -> None:
        found = outcome(lambda: self.host.quarantine.headers(wanted))
        if self.app.is_running:
            self.app.call_from_thread(self._fetched, wanted, found)

    def _fetched(self, wanted: Sequence[Target], found: list[Header] | BackendError) -> None:
        self._fetching = False
        if isinstance(found, BackendError):
            found = [Header(trouble=str(found))] * len(wanted)
        if len(self.known) > REMEMBERED:
            self.known.clear()
        for target, header in zip(wanted, found, strict=True):
            self.known[target.inode, target.mtime] = header
        self.messages.refresh_rows()
        self._show_detail()
        if self._wanted:
            self._fetch()

    # What the lines above and below the tables say

    def show_title(self) -> None:
        """Bring the title, the error and the marks up to date."""
        line = title(
            self.view,
            self.feed,
            self.wish,
            now=self.host.now(),
            width=self.size.width - 2,
            glyphs=self.glyphs,
        )
        wrong = trouble(
            self.view,
            stopped=self._stopped,
            filter_error=self._filter_error,
            refusal=self.refusal,
            glyphs=self.glyphs,
        )
        if self._error is not None:
            line = line if self.view else "the quarantine cannot be read"
            wrong = error_line(self._error, self.glyphs)
        self.query_one("#quarantine-title", Static).update(line)
        self.show_line("#quarantine-error", wrong)
        self.show_line("#quarantine-marks", self._marks_text())

    def _marks_text(self) -> str:
        marks = self.messages.marks
        more = f", {self._hidden:,} of them not shown here" if self._hidden else ""
        return (
            f"{len(marks):,} marked{more} {self.glyphs.dot} keys act on these; esc unmarks" if marks else ""
        )

    def count_hidden(self) -> None:
        """Count the marked messages that the view leaves out."""
        marks = self.messages.marks
        self._hidden = not_shown(self.view, marks) if self.view and marks else 0

    @on(VirtualTable.CursorMoved, "#quarantined")
    def _show_detail(self) -> None:
        target = self.target_under_cursor()
        text = ""
        if target is not None and self.view is not None:
            header = self.known.get((target.inode, target.mtime))
            text = detail(target, header, kept=self.view.listing.is_kept(target), signs=self.glyphs)
        self.query_one("#quarantine-detail", Static).update(text)

    def services(self, states: Sequence[ServiceState]) -> None:
        self._stopped = any(one.name == "amavis" and one.state == "stopped" for one in states)

    # Moving about

    @on(VirtualTable.CursorMoved, "#kinds")
    def _kind_chosen(self, event: VirtualTable.CursorMoved) -> None:
        kind = event.key or EVERYTHING
        self.wants(replace(self.wish, kind="" if kind == EVERYTHING else kind))

    @on(VirtualTable.Opened, "#kinds")
    def _kind_opened(self) -> None:
        self.messages.focus()

    @on(VirtualTable.Opened, "#quarantined")
    def _message_opened(self) -> None:
        from mailtui.screens.quarantined import QuarantinedScreen  # noqa: PLC0415 - when asked for

        if target := self.target_under_cursor():
            self.app.push_screen(QuarantinedScreen(self.host, target))

    def target_under_cursor(self) -> Target | None:
        """The message under the cursor."""
        source, row = self.messages.source, self.messages.cursor
        return source.view.target(row) if isinstance(source, Messages) and row is not None else None

    def action_back(self) -> None:
        if self.messages.marks:
            self.messages.unmark()
        elif self.wish.filter:
            self.query_one(FilterLine).end()
            self.wants(replace(self.wish, filter=""))
            self.messages.focus()
        elif self.wish.kind:
            self.query_one(HeatMap).move_cursor(0)
        else:
            self.query_one("#kinds").focus()

    def action_filter(self) -> None:
        self.query_one(FilterLine).begin()

    @on(FilterLine.Typed)
    def _filter_typed(self, event: FilterLine.Typed) -> None:
        self.wants(replace(self.wish, filter=event.text))

    @on(FilterLine.Done)
    def _filter_done(self) -> None:
        self.messages.focus()

    def action_sort(self, step: int) -> None:
        order = SORTABLE[(SORTABLE.index(self.wish.sort) + step) % len(SORTABLE)]
        self._sort(replace(self.wish, sort=order, reverse=order == "size"))
        self.notify(f"Sorted by {order}", timeout=2)

    def action_reverse(self) -> None:
        self._sort(replace(self.wish, reverse=not self.wish.reverse))

    def _sort(self, wish: Wish) -> None:
        self.messages.sort_column, self.messages.sort_reverse = wish.sort, wish.reverse
        self.wants(wish)

    def action_freeze(self) -> None:
        self.feed.frozen = not self.feed.frozen
        self.show_title()

    def action_copy(self) -> None:
        paths = sorted(self.messages.marks) or [key for key in [self.messages.cursor_key] if key]
        self.app.copy_to_clipboard("\n".join(paths))
        self.notify(f"{len(paths):,} paths copied" if paths else "nothing to copy")
