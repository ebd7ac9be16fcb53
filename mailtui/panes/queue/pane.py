"""The queue pane: reasons first, then domain by age, then the messages; each narrows what comes after it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import DescendantFocus
from textual.widgets import Input, Static

from backends.errors import BackendError
from backends.host import Host, ServiceState
from backends.queue.message import Message
from backends.queue.plan import Rights
from backends.text import visible
from mailtui.panes.base import Pane
from mailtui.panes.queue.acts import Acts
from mailtui.panes.queue.feed import Feed
from mailtui.panes.queue.keys import KEYS
from mailtui.panes.queue.looker import Looker
from mailtui.panes.queue.message_list import MessageList
from mailtui.panes.queue.news import Allowed, Loaded, Viewed
from mailtui.panes.queue.selection import Selection
from mailtui.panes.queue.sources import EVERYTHING, REASON_COLUMNS, Messages, Reasons, detail
from mailtui.panes.queue.title import title
from mailtui.panes.queue.view import Reading, View, Wish, not_shown
from mailtui.settings import Settings
from mailtui.widgets.glyphs import glyphs
from mailtui.widgets.heat_map import HeatMap, HeatRow
from mailtui.widgets.virtual_table import VirtualTable
from mailtui.work import outcome

AGES = ("<5m", "10m", "20m", "40m", "80m", "160m", "320m", "640m", "21h", ">21h")
ALL_DOMAINS = "*"
MOST_DOMAINS = 2000
SILENCE = 10.0  # s after which a reading that brings nothing is spoken of
SORTABLE = ("age", "retry", "size", "sender", "recipient", "reason", "queue", "id")


class QueuePane(Pane):
    """Shows the queue of a host and acts on it."""

    key = "2"
    label = "Queue"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(id="pane-2")
        self.host, self.settings = host, settings
        self.glyphs = glyphs(plain=settings.plain)
        self.reading: Reading | None = None
        self.view: View | None = None
        self.wish = Wish()
        self.rights: Rights | None = None
        self.feed = Feed(
            lambda: host.queue,
            settings.interval,
            self.in_thread,
            lambda result, last: self.post_message(Loaded(result, last)),
        )
        self.looker = Looker(host.now, self.in_thread, self.post_message)
        self.acts = Acts(self)
        self._error: BackendError | None = None
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
        yield Input(
            placeholder="text  !not this  from: to: domain: reason: queue: older:2h larger:1M",
            id="queue-filter",
        )

    def on_mount(self) -> None:
        for table in self.query(VirtualTable):
            table.ascii_only = self.settings.plain
        self.messages.sort_column, self.messages.sort_reverse = self.wish.sort, self.wish.reverse
        self.query_one("#queue-filter").display = False
        self.query_one("#queue-error").display = False
        self.query_one("#queue-marks").display = False
        self.show_title()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.in_thread(self._ask_rights)
        self.feed.tick()
        self.set_interval(0.5, self._tick)

    def leave(self) -> None:
        self.feed.stop()
        self.looker.stop()

    @property
    def messages(self) -> MessageList:
        """The list."""
        return self.query_one(MessageList)

    @property
    def settled(self) -> bool:
        """Whether what is shown is what was asked for; else nothing acts on it."""
        return self.view is not None and self.view.wish == self.wish and not self.view.partial

    def in_thread(self, work: Callable[[], None]) -> None:
        """Run blocking work beside the screen; it posts its result."""
        self.run_worker(work, thread=True, group="queue")

    def enter(self) -> None:
        focused = self.app.focused
        if focused is None or self not in focused.ancestors:
            self.query_one("#why").focus()

    def reload(self) -> None:
        self.feed.read()

    def _tick(self) -> None:
        self.feed.tick()
        self.show_title()

    def _ask_rights(self) -> None:
        rights = outcome(lambda: self.host.queue.rights())  # noqa: PLW0108 - getting the queue may fail, too
        self.post_message(Allowed(rights))

    @on(Allowed)
    def _allowed(self, event: Allowed) -> None:
        if isinstance(event.rights, BackendError):
            self.rights = Rights({}, None, False, f"{event.rights}: {event.rights.hint}")
        else:
            self.rights = event.rights
        self.refresh_bindings()

    # From a reading to a view

    @on(Loaded)
    def _loaded(self, event: Loaded) -> None:
        if event.last:
            self.feed.done(event.result)
        self._error = event.result if isinstance(event.result, BackendError) else None
        if not isinstance(event.result, BackendError):
            self.reading = event.result
            count = sum(one.count for one in event.result.snapshot.store.counts)
            self.post_message(self.Badge(self, f"{count:,}"))
            self._look()
        self.show_title()

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
            rows = [HeatRow("everywhere", view.shape.total.counts, ALL_DOMAINS)]
            rows += [
                HeatRow(visible(row.domain[:255]), row.counts, f"={row.domain}")
                for row in view.shape.rows[:MOST_DOMAINS]
            ]
            side = "Recipients" if view.wish.side == "recipient" else "Senders"
            self.query_one("#where", HeatMap).show(AGES, rows, title=f"{side} {self.glyphs.times} age")
        self.show_title()

    # What the lines above and below the tables say

    def show_title(self) -> None:
        """Bring the title, the error and the marks up to date."""
        snapshot = self.reading.snapshot if self.reading else None
        line = title(
            snapshot, self.feed, self.wish, now=self.host.now(), width=self.size.width - 2, glyphs=self.glyphs
        )
        self.query_one("#queue-title", Static).update(line)
        trouble = ""
        if self._error:
            trouble = f"{self.glyphs.bad} {visible(str(self._error))}: {visible(self._error.hint)}"
        elif self.feed.silence > SILENCE:
            trouble = f"{self.glyphs.warn} postqueue has been silent for {self.feed.silence:.0f} s"
        elif self._stopped:
            trouble = f"{self.glyphs.bad} Postfix is stopped: nothing is delivered. systemctl start postfix"
        elif self._filter_error:
            trouble = f"{self.glyphs.warn} {visible(self._filter_error)}"
        elif snapshot and snapshot.broken:
            trouble = f"{self.glyphs.warn} {len(snapshot.broken):,} lines of the listing could not be read"
        marks = len(self.messages.marks)
        hidden = not_shown(self.view, self.messages.marks) if self.view and marks else 0
        marked = f"{marks:,} marked" + (f", {hidden:,} of them not shown here" if hidden else "")
        for name, text in (
            ("#queue-error", trouble),
            (
                "#queue-marks",
                f"{marked} {self.glyphs.dot} keys act on these; esc unmarks" if marks else "",
            ),
        ):
            line_below = self.query_one(name, Static)
            line_below.display = bool(text)
            line_below.update(text)

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
            line = self.query_one("#queue-filter", Input)
            line.value, line.display = "", False
            self.wants(replace(self.wish, filter=""))
            self.messages.focus()
        elif self.wish.domain:
            self.query_one("#where", HeatMap).move_cursor(0)
        elif self.wish.reason:
            self.query_one("#why", VirtualTable).move_cursor(0)
        else:
            self.query_one("#why").focus()

    def action_filter(self) -> None:
        line = self.query_one("#queue-filter", Input)
        line.display = True
        line.focus()

    @on(Input.Changed, "#queue-filter")
    def _filter_typed(self, event: Input.Changed) -> None:
        self.wants(replace(self.wish, filter=event.value.strip()))

    @on(Input.Submitted, "#queue-filter")
    def _filter_done(self, event: Input.Submitted) -> None:
        event.input.display = bool(event.value.strip())
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

    # Marks

    @on(MessageList.Marked)
    def _marked(self) -> None:
        self.show_title()

    def action_mark_all(self) -> None:
        if self.view is not None and self.settled:
            self.in_thread(partial(self._mark_rows, self.view))

    def _mark_rows(self, view: View) -> None:
        store = view.snapshot.store
        found = {store.queue_id(row) for row in view.rows.tolist()}
        self.app.call_from_thread(self.messages.mark, found)

    # Acting

    def selection(self) -> Selection | None:
        """What a key would hit now; None while the screen is behind what was asked for."""
        view = self.view
        if view is None or not self.settled:
            return None
        if self.messages.marks:
            marks = frozenset(self.messages.marks)
            hidden = not_shown(view, marks)
            label = "those that are marked" + (f"; {hidden:,} of them are not shown here" if hidden else "")
            return Selection(view, label, marks=marks)
        if self.query_one("#why").has_focus or self.query_one("#where").has_focus:
            parts = (view.wish.reason[1:], view.wish.domain, view.wish.filter)
            narrowed = [visible(part) for part in parts if part]
            return Selection(view, f"those with: {', '.join(narrowed)}" if narrowed else "the whole queue")
        return Selection(view, "the one under the cursor", row=self.messages.cursor or 0)

    def services(self, states: Sequence[ServiceState]) -> None:
        self._stopped = any(one.name == "postfix" and one.state == "stopped" for one in states)

    def missing(self) -> list[str]:
        if self.settings.read_only:
            return ["Nothing can be changed here: the console was opened with --read-only."]
        if self.rights is None:
            return []
        return [visible(self.rights.why_not)] if self.rights.why_not else []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "act":
            return self.acts.may(str(parameters[0]))
        if action == "undo":
            return self.acts.can_undo and not self.settings.read_only
        if action == "flush":
            return not self.settings.read_only
        return True

    def action_act(self, action: str) -> None:
        self.acts.begin(action)

    def action_flush(self) -> None:
        self.acts.flush()

    def action_undo(self) -> None:
        self.acts.undo()
