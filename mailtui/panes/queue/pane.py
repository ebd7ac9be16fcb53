"""The queue pane: reasons first, then domain by age, then the messages; each narrows what comes after it."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import DescendantFocus

from backends.host import Host
from backends.queue.message import Message
from backends.text import visible
from mailtui.panes.feed import Feed
from mailtui.panes.listed.pane import ListedPane
from mailtui.panes.listed.title import Headline
from mailtui.panes.listed.view import Allowed
from mailtui.panes.queue.acts import Acts
from mailtui.panes.queue.keys import KEYS
from mailtui.panes.queue.reading import Reading, read_queue
from mailtui.panes.queue.sources import (
    AGES,
    ALL_DOMAINS,
    EVERYTHING,
    MESSAGE_COLUMNS,
    REASON_COLUMNS,
    Messages,
    Reasons,
    detail,
    heat_rows,
)
from mailtui.panes.queue.title import totals, warning
from mailtui.panes.queue.view import View, Wish, look
from mailtui.settings import Settings
from mailtui.widgets.heat_map import HeatMap
from mailtui.widgets.virtual_table import VirtualTable

LONGEST = 600
"""Characters of a reason below the list."""


class QueuePane(ListedPane[Reading, Wish, View]):
    """Shows the queue of a host and acts on it."""

    key = "2"
    label = "Queue"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    in_background = True
    what = "queue"
    columns = MESSAGE_COLUMNS
    fields = "text  !not this  from: to: domain: reason: queue: older:2h larger:1M"
    sorts: ClassVar[dict[str, bool]] = {
        "age": True,
        "retry": False,
        "size": True,
        "sender": False,
        "recipient": False,
        "reason": False,
        "queue": False,
        "id": False,
    }
    groups = ("why", "where")
    service = "postfix"
    service_stopped = "Postfix is stopped: nothing is delivered. systemctl start postfix"
    copies = "queue IDs"

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, Wish(), interval=settings.interval)
        self.acts = Acts(self)

    def compose_groups(self) -> ComposeResult:
        with Container(id="queue-top"):
            yield VirtualTable(REASON_COLUMNS, id="why")
            yield HeatMap(id="where")

    def read(self, feed: Feed[Reading]) -> Reading:
        return read_queue(self.host.queue, feed)

    def count(self, reading: Reading) -> int:
        return sum(one.count for one in reading.snapshot.store.counts)

    def look(
        self, reading: Reading, wish: Wish, last: View | None, stop: Event, early: Callable[[View], None]
    ) -> View:
        return look(reading, wish, self.host.now(), last, stop=stop, early=early)

    def show(self, view: View) -> None:
        now = view.snapshot.taken
        retry = self.reading.retry if self.reading else None
        self.table.swap(Messages(view, self.table.marks, retry, now, self.glyphs.mark))
        if not view.partial:
            everything = "all that match" if view.wish.filter else "all messages"
            self.query_one("#why", VirtualTable).swap(Reasons(view, now, everything))
            side = "Recipients" if view.wish.side == "recipient" else "Senders"
            self.query_one("#where", HeatMap).show(
                AGES, heat_rows(view), title=f"{side} {self.glyphs.times} age"
            )

    # What the lines say

    def headline(self) -> Headline | None:
        if self.reading is None:
            return None
        snapshot = self.reading.snapshot
        return Headline(totals(snapshot, self.glyphs.dot), snapshot.taken)

    def warning(self) -> str:
        return warning(self.reading.snapshot if self.reading else None, self.feed.silence)

    def detail(self) -> str:
        reasons = self.query_one("#why", VirtualTable)
        if reasons.has_focus and isinstance(reasons.source, Reasons) and reasons.cursor:
            return visible(reasons.source.groups[reasons.cursor - 1].label[:LONGEST])
        message = self._message()
        return detail(message) if message else ""

    # Moving about

    @on(DescendantFocus)
    def _focus_moved(self) -> None:
        self.set_class(self.table.has_focus, "-listing")
        self.show_detail()

    @on(VirtualTable.CursorMoved, "#why")
    def _reason_chosen(self, event: VirtualTable.CursorMoved) -> None:
        self.wants(replace(self.wish, reason=event.key or EVERYTHING))
        self.show_detail()

    @on(VirtualTable.CursorMoved, "#where")
    def _domain_chosen(self, event: VirtualTable.CursorMoved) -> None:
        domain = event.key or ALL_DOMAINS
        self.wants(replace(self.wish, domain="" if domain == ALL_DOMAINS else domain[1:]))

    def action_side(self) -> None:
        side = "sender" if self.wish.side == "recipient" else "recipient"
        self.wants(replace(self.wish, side=side, domain=""))

    def open_row(self) -> None:
        from mailtui.screens.message import MessageScreen  # noqa: PLC0415 - after the first frame

        if message := self._message():
            self.app.push_screen(MessageScreen(self.host, message))

    def action_scan(self) -> None:
        from mailtui.screens.scan import scan_screen  # noqa: PLC0415 - when asked for

        if message := self._message():
            host, name = self.host, message.queue_id
            self.app.push_screen(
                scan_screen(
                    host,
                    name,
                    lambda stop: host.antivirus.scan(name, host.queue.raw(name), stop),
                    plain=self.settings.plain,
                )
            )

    def _message(self) -> Message | None:
        """The message under the cursor."""
        source, row = self.table.source, self.table.cursor
        return source.message(row) if isinstance(source, Messages) and row is not None else None

    # Acting

    def ask_rights(self) -> Allowed:
        rights = self.host.queue.rights()
        undo = {"undo"} if rights.queue_files else set()
        return Allowed({*rights.actions, "flush", *undo}, rights.why_not)
