"""The queue pane: reasons first, then domain by age, then the messages; each narrows what comes after it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widgets import Input, Static

from backends.errors import BackendError
from backends.host import Host
from backends.queue.plan import Rights
from backends.text import age_text, clip, visible
from mailtui.panes.base import Pane
from mailtui.panes.queue.acts import Acts
from mailtui.panes.queue.feed import Feed
from mailtui.panes.queue.sources import EVERYTHING, MESSAGE_COLUMNS, REASON_COLUMNS, Messages, Reasons
from mailtui.panes.queue.view import Orders, View, Wish, compute, quick, totals
from mailtui.screens.message import MessageScreen
from mailtui.settings import Settings
from mailtui.widgets.glyphs import glyphs
from mailtui.widgets.heat_map import HeatMap, HeatRow
from mailtui.widgets.virtual_table import VirtualTable
from mailtui.work import outcome

AGES = ("<5m", "10m", "20m", "40m", "80m", "160m", "320m", "640m", "21h", ">21h")
ALL_DOMAINS = "everywhere"
SORTABLE = ("age", "size", "sender", "recipient", "reason", "queue", "id", "retry")


class QueuePane(Pane):
    """Shows the queue of a host and acts on it."""

    key = "2"
    label = "Queue"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", id="queue.mark"),
        Binding("asterisk", "mark_all", "All", key_display="*", id="queue.mark-all"),
        Binding("shift+down", "mark_range(1)", "Mark range down", show=False, id="queue.range-down"),
        Binding("shift+up", "mark_range(-1)", "Mark range up", show=False, id="queue.range-up"),
        Binding("h", "act('hold')", "Hold", id="queue.hold"),
        Binding("H", "act('release')", "Release", id="queue.release"),
        Binding("R", "act('requeue')", "Requeue", show=False, id="queue.requeue"),
        Binding("x", "act('delete')", "Delete", id="queue.delete"),
        Binding("e", "act('expire')", "Expire: back to the sender", show=False, id="queue.expire"),
        Binding(
            "E", "act('force-expire')", "Expire, also what is on hold", show=False, id="queue.force-expire"
        ),
        Binding("F", "flush", "Flush", show=False, id="queue.flush"),
        Binding("z", "undo", "Undo", id="queue.undo"),
        Binding("slash", "filter", "Filter", key_display="/", id="queue.filter"),
        Binding("escape", "back", "Back", show=False, id="queue.back"),
        Binding("s", "sort(1)", "Sort by the next column", show=False, id="queue.sort"),
        Binding("S", "reverse", "Sort the other way round", show=False, id="queue.reverse"),
        Binding("w", "side", "Where: recipients or senders", show=False, id="queue.side"),
        Binding("f", "freeze", "Freeze", show=False, id="queue.freeze"),
        Binding("y", "copy", "Copy queue IDs", show=False, id="queue.copy"),
    ]

    class Loaded(Message):
        """The queue was read, or not."""

        def __init__(self, result: Orders | BackendError) -> None:
            super().__init__()
            self.result = result

    class Viewed(Message):
        """A view is ready, or its filter is wrong."""

        def __init__(self, generation: int, result: View | BackendError) -> None:
            super().__init__()
            self.generation, self.result = generation, result

    class Allowed(Message):
        """What this user may do is known."""

        def __init__(self, rights: Rights | BackendError) -> None:
            super().__init__()
            self.rights = rights

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(id="pane-2")
        self.host, self.settings = host, settings
        self.glyphs = glyphs(plain=settings.plain)
        self.orders: Orders | None = None
        self.view: View | None = None
        self.wish = Wish()
        self.marks: set[str] = set()
        self.rights: Rights | None = None
        self.feed = Feed(
            lambda: host.queue,
            settings.interval,
            self.in_thread,
            lambda result: self.post_message(self.Loaded(result)),
        )
        self.acts = Acts(self)
        self._generation = 0
        self._superseded = Event()
        self._error: BackendError | None = None
        self._filter_error = ""

    def compose(self) -> ComposeResult:
        yield Static("", id="queue-title", markup=False)
        yield Static("", id="queue-error", markup=False)
        with Container(id="queue-top"):
            yield VirtualTable(REASON_COLUMNS, id="why")
            yield HeatMap(id="where")
        yield VirtualTable(MESSAGE_COLUMNS, id="messages")
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

    def on_unmount(self) -> None:
        self.feed.stop()
        self._superseded.set()

    @property
    def messages(self) -> VirtualTable:
        """The list."""
        return self.query_one("#messages", VirtualTable)

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
        self.post_message(self.Allowed(outcome(lambda: self.host.queue.rights())))

    @on(Allowed)
    def _allowed(self, event: Allowed) -> None:
        if not isinstance(event.rights, BackendError):
            self.rights = event.rights
            self.refresh_bindings()

    # From a reading to a view

    @on(Loaded)
    def _loaded(self, event: Loaded) -> None:
        self.feed.done(event.result)
        self._error = event.result if isinstance(event.result, BackendError) else None
        if not isinstance(event.result, BackendError):
            self.orders = event.result
            broken = len(event.result.snapshot.broken)
            count = sum(one.count for one in event.result.snapshot.store.counts)
            self.post_message(self.Badge(self, f"{count:,}"))
            self._filter_error = f"{broken:,} lines of the listing could not be read" if broken else ""
            self._look()
        self.show_title()

    def wants(self, wish: Wish) -> None:
        """Show something else of the same reading."""
        if wish != self.wish:
            self.wish = wish
            self._look()

    def _look(self) -> None:
        if self.orders is None:
            return
        self._generation += 1
        self._superseded.set()
        self._superseded = Event()
        self.in_thread(
            partial(self._compute, self.orders, self.wish, self._generation, self._superseded, self.view)
        )

    def _compute(self, orders: Orders, wish: Wish, generation: int, stop: Event, last: View | None) -> None:
        now = self.host.now()
        if last is not None and last.wish.filter != wish.filter:
            at_once = outcome(lambda: quick(orders, wish, now, last))
            if isinstance(at_once, View):
                self.post_message(self.Viewed(generation, at_once))
        self.post_message(self.Viewed(generation, outcome(lambda: compute(orders, wish, now, stop))))

    @on(Viewed)
    def _viewed(self, event: Viewed) -> None:
        if event.generation != self._generation:
            return
        if isinstance(event.result, BackendError):
            self._filter_error = f"{event.result} ({event.result.hint})"
            self.show_title()
            return
        self.view = view = event.result
        now = view.snapshot.taken
        retry = self.orders.retry if self.orders else None
        self.messages.swap(Messages(view, self.marks, retry, now, self.glyphs.mark))
        if not view.partial:
            self._filter_error = "" if not view.snapshot.broken else self._filter_error
            everything = "all that match" if view.wish.filter else "all messages"
            self.query_one("#why", VirtualTable).swap(Reasons(view.groups, view.matching, now, everything))
            rows = [HeatRow(ALL_DOMAINS, view.shape.total.counts)]
            rows += [HeatRow(visible(row.domain), row.counts) for row in view.shape.rows]
            side = "To" if view.wish.side == "recipient" else "From"
            self.query_one("#where", HeatMap).show(AGES, rows, title=f"{side} {self.glyphs.times} age")
        self.show_title()

    # What the lines above and below the tables say

    def show_title(self) -> None:
        """Bring the title, the error and the marks up to date."""
        if self.orders is None:
            text = f"reading the queue {self.glyphs.dot} {self.feed.count:,}"
        else:
            text = totals(self.orders.snapshot, self.glyphs.dot)
        age = ""
        if self.orders is not None:
            age = f"read {age_text(max(0.0, self.host.now() - self.orders.snapshot.taken))} ago"
            if self.feed.reading and self.feed.count:
                age += f", reading {self.feed.count:,}"
        if self.feed.frozen:
            age += "  FROZEN (f)"
        narrowed = " ".join(
            part for part in (self.wish.filter, self.wish.reason[:40], self.wish.domain) if part
        )
        left = text + (f"   {self.glyphs.part} {visible(narrowed)}" if narrowed else "")
        room = max(10, self.size.width - 4 - len(age))
        self.query_one("#queue-title", Static).update(f"{clip(left, room, self.glyphs.more):<{room}}  {age}")
        error = self.query_one("#queue-error", Static)
        error.display = bool(self._error or self._filter_error)
        if self._error:
            error.update(f"{self.glyphs.bad} {visible(str(self._error))}: {visible(self._error.hint)}")
        elif self._filter_error:
            error.update(f"{self.glyphs.warn} {visible(self._filter_error)}")
        marks = self.query_one("#queue-marks", Static)
        marks.display = bool(self.marks)
        if self.marks:
            marks.update(f"{len(self.marks):,} marked {self.glyphs.dot} acts on these; esc unmarks")

    # Moving about

    @on(VirtualTable.CursorMoved, "#why")
    def _reason_chosen(self, event: VirtualTable.CursorMoved) -> None:
        self.wants(replace(self.wish, reason=event.key or EVERYTHING))

    @on(VirtualTable.CursorMoved, "#where")
    def _domain_chosen(self, event: VirtualTable.CursorMoved) -> None:
        domain = "" if event.key in {None, ALL_DOMAINS} else str(event.key)
        self.wants(replace(self.wish, domain=domain))

    @on(VirtualTable.Opened, "#why")
    @on(VirtualTable.Opened, "#where")
    def _group_opened(self) -> None:
        self.messages.focus()

    @on(VirtualTable.Opened, "#messages")
    def _message_opened(self, event: VirtualTable.Opened) -> None:
        self.app.push_screen(MessageScreen(self.host, event.key))

    def action_back(self) -> None:
        if self.marks:
            self.unmark()
        elif self.wish.filter:
            self.query_one("#queue-filter", Input).value = ""
            self.wants(replace(self.wish, filter=""))
        elif self.wish.domain:
            self.query_one("#where", HeatMap).move_cursor(0)
        elif self.wish.reason:
            self.query_one("#why", VirtualTable).move_cursor(0)
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
        ids = sorted(self.marks) or [key for key in [self.messages.cursor_key] if key]
        self.app.copy_to_clipboard("\n".join(ids))
        self.notify(f"{len(ids):,} queue IDs copied" if ids else "nothing to copy")

    # Marks

    def action_mark(self) -> None:
        self._toggle()
        self.messages.action_cursor_down()

    def action_mark_range(self, step: int) -> None:
        self._toggle(on=True)
        (self.messages.action_cursor_down if step > 0 else self.messages.action_cursor_up)()
        self._toggle(on=True)

    def _toggle(self, *, on: bool = False) -> None:
        row, key = self.messages.cursor, self.messages.cursor_key
        if row is None or key is None:
            return
        if on or key not in self.marks:
            self.marks.add(key)
        else:
            self.marks.discard(key)
        self.messages.refresh_row(row)
        self.show_title()

    def action_mark_all(self) -> None:
        if self.view is not None:
            self.in_thread(partial(self._mark_rows, self.view))

    def _mark_rows(self, view: View) -> None:
        store = view.snapshot.store
        found = {store.queue_id(row) for row in view.rows.tolist()}
        self.app.call_from_thread(self._marked, found)

    def _marked(self, found: set[str]) -> None:
        self.marks |= found
        self.messages.refresh_rows()
        self.show_title()

    def unmark(self) -> None:
        """Let go of all marks."""
        self.marks.clear()
        self.messages.refresh_rows()
        self.show_title()

    # Acting

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
        if action in {"mark", "mark_range"}:
            return self.messages.has_focus
        return True

    def action_act(self, action: str) -> None:
        self.acts.begin(action)

    def action_flush(self) -> None:
        self.acts.flush()

    def action_undo(self) -> None:
        self.acts.undo()
