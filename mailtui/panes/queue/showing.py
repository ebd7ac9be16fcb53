"""The queue on the screen: reasons first, then domain by age, then the messages; each narrows what comes after it."""

from collections.abc import Sequence
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.events import DescendantFocus
from textual.widgets import Static

from backends.errors import BackendError
from backends.host import Host, ServiceState
from backends.queue.message import Message
from mailtui.panes.fed import FedPane
from mailtui.panes.feed import Feed
from mailtui.panes.queue.looker import Looker
from mailtui.panes.queue.message_list import MessageList
from mailtui.panes.queue.news import Viewed
from mailtui.panes.queue.reading import Reading, read_queue
from mailtui.panes.queue.selection import marks_text
from mailtui.panes.queue.sources import (
    AGES,
    ALL_DOMAINS,
    EVERYTHING,
    REASON_COLUMNS,
    Messages,
    Reasons,
    detail,
    heat_rows,
)
from mailtui.panes.queue.title import title, trouble
from mailtui.panes.queue.view import View, Wish
from mailtui.settings import Settings
from mailtui.widgets.filter_line import FilterLine
from mailtui.widgets.heat_map import HeatMap
from mailtui.widgets.virtual_table import VirtualTable

SORTABLE = ("age", "retry", "size", "sender", "recipient", "reason", "queue", "id")


class ShownQueue(FedPane[Reading]):
    """Shows the queue of a host, narrowed and sorted as was asked for."""

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, interval=settings.interval)
        self.reading: Reading | None = None
        self.view: View | None = None
        self.wish = Wish()
        self.looker = Looker(host.now, self.in_thread, self.post_message)
        self._stopped = False
        self._filter_error = ""

    def compose(self) -> ComposeResult:
        yield Static("", id="queue-title", markup=False)
        yield Static("", id="queue-error", markup=False)
        with Container(id="queue-top"):
            yield VirtualTable(REASON_COLUMNS, id="why")
            yield HeatMap(id="where")
        yield MessageList()
        yield Static("", id="queue-detail", markup=False)
        yield Static("", id="queue-marks", markup=False)
        yield FilterLine(
            placeholder="text  !not this  from: to: domain: reason: queue: older:2h larger:1M",
            id="queue-filter",
        )

    def on_mount(self) -> None:
        for table in self.query(VirtualTable):
            table.ascii_only = self.settings.plain
        self.messages.sort_column, self.messages.sort_reverse = self.wish.sort, self.wish.reverse

    def read(self, feed: Feed[Reading]) -> Reading:
        return read_queue(self.host.queue, feed)

    def leave(self) -> None:
        super().leave()
        self.looker.stop()

    @property
    def messages(self) -> MessageList:
        """The list."""
        return self.query_one(MessageList)

    @property
    def settled(self) -> bool:
        return self.view is not None and self.view.wish == self.wish and not self.view.partial

    def enter(self) -> None:
        focused = self.app.focused
        if focused is None or self not in focused.ancestors:
            self.query_one("#why").focus()

    # From a reading to a view

    def took(self, reading: Reading) -> None:
        self.reading = reading
        count = sum(one.count for one in reading.snapshot.store.counts)
        self.post_message(self.Badge(self, f"{count:,}"))
        self._look()

    def wants(self, wish: Wish) -> None:
        """Show something else of the same reading."""
        if wish != self.wish:
            self.wish = wish
            self._look()

    def _look(self) -> None:
        if self.reading is not None:
            self.looker.look(self.reading, self.wish, self.view)

    @on(Viewed)
    def _viewed(self, event: Viewed) -> None:
        if event.generation != self.looker.generation:
            return
        if isinstance(event.result, BackendError):
            self._filter_error = f"{event.result} ({event.result.hint})"
            self.show_title()
            return
        self.view = view = event.result
        now = view.snapshot.taken
        retry = self.reading.retry if self.reading else None
        self.messages.swap(Messages(view, self.messages.marks, retry, now, self.glyphs.mark))
        if not view.partial:
            self._filter_error = ""
            everything = "all that match" if view.wish.filter else "all messages"
            self.query_one("#why", VirtualTable).swap(Reasons(view, now, everything))
            side = "Recipients" if view.wish.side == "recipient" else "Senders"
            self.query_one("#where", HeatMap).show(
                AGES, heat_rows(view), title=f"{side} {self.glyphs.times} age"
            )
        self.show_title()

    # What the lines above and below the tables say

    def show_title(self) -> None:
        """Bring the title, the error and the marks up to date."""
        snapshot = self.reading.snapshot if self.reading else None
        line = title(
            snapshot, self.feed, self.wish, now=self.host.now(), width=self.size.width - 2, glyphs=self.glyphs
        )
        self.query_one("#queue-title", Static).update(line)
        wrong = trouble(
            snapshot,
            self.feed,
            self._error,
            stopped=self._stopped,
            filter_error=self._filter_error,
            glyphs=self.glyphs,
        )
        marks = self.messages.marks
        many = f"{marks_text(self.view, marks)} {self.glyphs.dot} keys act on these; esc unmarks"
        self.show_line("#queue-error", wrong)
        self.show_line("#queue-marks", many if marks else "")

    # Moving about

    @on(DescendantFocus)
    def _focus_moved(self) -> None:
        self.set_class(self.messages.has_focus, "-listing")

    @on(VirtualTable.CursorMoved, "#why")
    def _reason_chosen(self, event: VirtualTable.CursorMoved) -> None:
        self.wants(replace(self.wish, reason=event.key or EVERYTHING))

    @on(VirtualTable.CursorMoved, "#where")
    def _domain_chosen(self, event: VirtualTable.CursorMoved) -> None:
        domain = event.key or ALL_DOMAINS
        self.wants(replace(self.wish, domain="" if domain == ALL_DOMAINS else domain[1:]))

    @on(VirtualTable.Opened, "#why")
    @on(VirtualTable.Opened, "#where")
    def _group_opened(self) -> None:
        self.messages.focus()

    @on(VirtualTable.CursorMoved, "#messages")
    def _message_chosen(self) -> None:
        message = self._message()
        self.query_one("#queue-detail", Static).update(detail(message) if message else "")

    @on(VirtualTable.Opened, "#messages")
    def _message_opened(self) -> None:
        from mailtui.screens.message import MessageScreen  # noqa: PLC0415 - after the first frame

        if message := self._message():
            self.app.push_screen(MessageScreen(self.host, message))

    def _message(self) -> Message | None:
        """The message under the cursor."""
        source, row = self.messages.source, self.messages.cursor
        return source.message(row) if isinstance(source, Messages) and row is not None else None

    def action_back(self) -> None:
        if self.messages.marks:
            self.messages.unmark()
        elif self.wish.filter:
            self.query_one(FilterLine).end()
            self.wants(replace(self.wish, filter=""))
            self.messages.focus()
        elif self.wish.domain:
            self.query_one("#where", HeatMap).move_cursor(0)
        elif self.wish.reason:
            self.query_one("#why", VirtualTable).move_cursor(0)
        else:
            self.query_one("#why").focus()

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
        self._sort(replace(self.wish, sort=order, reverse=order in {"age", "size"}))
        self.notify(f"Sorted by {order}", timeout=2)

    def action_reverse(self) -> None:
        self._sort(replace(self.wish, reverse=not self.wish.reverse))

    def _sort(self, wish: Wish) -> None:
        self.messages.sort_column, self.messages.sort_reverse = wish.sort, wish.reverse
        self.wants(wish)

    def action_side(self) -> None:
        side = "sender" if self.wish.side == "recipient" else "recipient"
        self.wants(replace(self.wish, side=side, domain=""))

    def action_freeze(self) -> None:
        self.feed.frozen = not self.feed.frozen
        self.show_title()

    def action_copy(self) -> None:
        ids = sorted(self.messages.marks) or [key for key in [self.messages.cursor_key] if key]
        self.app.copy_to_clipboard("\n".join(ids))
        self.notify(f"{len(ids):,} queue IDs copied" if ids else "nothing to copy")

    def services(self, states: Sequence[ServiceState]) -> None:
        self._stopped = any(one.name == "postfix" and one.state == "stopped" for one in states)
