"""The antivirus pane: whether clamd works and knows what is on disk, then its signatures and what they have caught."""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.events import DescendantFocus
from textual.message import Message
from textual.widgets import Static

from backends.antivirus.values import Caught, Status
from backends.errors import BackendError
from backends.host import Host
from backends.text import visible
from mailtui.antivirus_text import caught_text, verdict
from mailtui.panes.antivirus.acts import Acts
from mailtui.panes.antivirus.keys import KEYS
from mailtui.panes.antivirus.sources import (
    CAUGHT,
    COLUMNS,
    RUNS,
    SIGNATURES,
    Databases,
    Rows,
    Runs,
    Signatures,
)
from mailtui.panes.antivirus.told import Findings
from mailtui.panes.fed import FedPane, error_line, read_ago, title_line
from mailtui.panes.feed import Feed
from mailtui.screens.finding_rows import sign
from mailtui.settings import Settings
from mailtui.widgets.view_line import ViewLine
from mailtui.widgets.virtual_table import VirtualTable
from mailtui.work import outcome

LEAST_INTERVAL = 15.0  # s; logs and headers of files are read each time
COUNT_EVERY = 60.0  # s; the mail log may be large
SLOW = 1.0  # s without an answer after which that is told
BELOW = 11
"""Lines of the pane that are not for findings."""
COLOURS = {"good": "$success", "note": "", "watch": "$warning", "bad": "$error"}
VIEWS = (SIGNATURES, CAUGHT, RUNS)


class Listing(VirtualTable):
    """Rows of which there is no more to show."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "open" and super().check_action(action, parameters)


class AntivirusPane(FedPane[Status]):
    """Shows the virus scanner of a host; has signatures fetched, and things scanned."""

    key = "7"
    label = "Antivirus"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    class Counted(Message):
        """What was caught is known, or why not."""

        def __init__(self, result: Caught | BackendError) -> None:
            super().__init__()
            self.result = result

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, interval=max(settings.interval, LEAST_INTERVAL))
        self.reading: Status | None = None
        self.caught: Caught | BackendError | None = None
        self.acts = Acts(self)
        self._counting, self._counted_at = False, 0.0
        self._view = SIGNATURES
        self._why_not: str | None = None

    def compose(self) -> ComposeResult:
        yield Static("", classes="pane-title", markup=False)
        yield Static("", classes="pane-error", markup=False)
        yield Findings(self.glyphs)
        yield ViewLine(VIEWS, id="av-views")
        with Container(id="av-tables"):
            for name in VIEWS:
                yield Listing(COLUMNS[name], id=f"av-{name.lower()}")
        yield Static("", classes="pane-detail", markup=False)

    def on_mount(self) -> None:
        self._show_view()

    def begin(self) -> None:
        self.beside(lambda: self.host.antivirus.why_not(), self._allowed)  # noqa: PLW0108 - making it may fail
        self._count()
        super().begin()

    def read(self, feed: Feed[Status]) -> Status:
        return self.host.antivirus.status(feed.stopped)

    @property
    def settled(self) -> bool:
        read = self.reading is not None or self._error is not None
        return read and not self.feed.reading and not self._counting

    def enter(self) -> None:
        self.begin_at(f"#{self._table.id}")

    def reload(self) -> None:
        super().reload()
        self._count()

    def missing(self) -> list[str]:
        return super().missing() or ([visible(self._why_not)] if self._why_not else [])

    def _allowed(self, why_not: str) -> None:
        self._why_not = why_not
        self.refresh_bindings()

    # What is shown

    def took(self, reading: Status) -> None:
        self.reading = reading
        wrong = sum(one.state in {"bad", "watch"} for one in reading.findings)
        self.post_message(self.Badge(self, str(wrong) if wrong else ""))
        self.query_one(Findings).show(reading)
        now = reading.taken
        self._swap(SIGNATURES, Databases(reading.databases, now, self.glyphs))
        self._swap(RUNS, Runs(reading.freshclam.runs, now, self.glyphs))
        views = self.query_one(ViewLine)
        late = sum(one.loaded is False or bool(one.trouble) for one in reading.databases)
        views.badge(SIGNATURES, str(late) if late else "", warn=True)
        failed = reading.freshclam.runs[:1] and reading.freshclam.runs[0].outcome == "failed"
        views.badge(RUNS, self.glyphs.bad if failed else "", warn=True)
        self._show_detail()

    def show_title(self) -> None:
        now, width = self.host.now(), self.size.width - 2
        if self.reading is None:
            asked = (
                "asking clamd" if self.feed.reading or self._error is None else "nothing is known of clamd"
            )
            self.query_one(".pane-title", Static).update(
                title_line(asked, self._waited(), width, self.glyphs)
            )
        else:
            told = verdict(self.reading)
            mark = f"{sign(told.state, self.glyphs)} "
            right = self._waited() or read_ago(self.reading.taken, now)
            line = title_line(visible(told.said), right, width - len(mark), self.glyphs)
            self.query_one(".pane-title", Static).update(Content.assemble((mark, COLOURS[told.state]), line))
        self.show_line(".pane-error", error_line(self._error, self.glyphs) if self._error else "")

    def _waited(self) -> str:
        return f"no answer for {self.feed.silence:.0f} s" if self.feed.silence > SLOW else ""

    def on_resize(self) -> None:
        """Called by Textual before that of `FedPane`."""
        self.query_one(Findings).bound(max(2, self.size.height - BELOW))

    # What was caught

    def _count(self) -> None:
        if not self._counting:
            self._counting = True
            self._show_note()
            self.in_thread(self._read_caught)

    def _read_caught(self) -> None:
        self.post_message(self.Counted(outcome(lambda: self.host.antivirus.caught())))  # noqa: PLW0108 - making it may fail

    @on(Counted)
    def _counted(self, event: Counted) -> None:
        self._counting, self.caught, self._counted_at = False, event.result, self.host.now()
        if isinstance(event.result, Caught):
            self._swap(CAUGHT, Signatures(event.result.signatures, self.host.now(), self.glyphs))
        self._show_note()
        self._show_detail()

    def _show_note(self) -> None:
        """What the line of views says at its right: of the mail log."""
        failed = isinstance(self.caught, BackendError)
        note = "reading the mail log" if self._counting else ""
        if isinstance(self.caught, Caught):
            note = caught_text(self.caught)
        views = self.query_one(ViewLine)
        views.show(note=note)
        views.badge(CAUGHT, self.glyphs.warn if failed else "", warn=True)

    # Moving about

    @property
    def _table(self) -> VirtualTable:
        """The table in front."""
        return self.query_one(f"#av-{self._view.lower()}", VirtualTable)

    def _swap(self, view: str, source: Rows[Any]) -> None:
        self.query_one(f"#av-{view.lower()}", VirtualTable).swap(source)

    def _show_view(self) -> None:
        for name in VIEWS:
            self.query_one(f"#av-{name.lower()}").set_class(name == self._view, "-front")
        self.query_one(ViewLine).show(active=self._view)

    def action_view(self) -> None:
        self._go(VIEWS[(VIEWS.index(self._view) + 1) % len(VIEWS)])

    @on(ViewLine.Chosen)
    def _view_chosen(self, event: ViewLine.Chosen) -> None:
        self._go(event.name)

    @on(DescendantFocus)
    def _focus_moved(self) -> None:
        """Another table may have been gone to by tab, where all are on the screen."""
        focused = next(
            (name for name in VIEWS if self.query_one(f"#av-{name.lower()}").has_focus), self._view
        )
        if focused != self._view:
            self._view = focused
            self._show_view()
            self._show_detail()

    def _go(self, view: str) -> None:
        self._view = view
        self._show_view()
        self._table.focus()
        if view == CAUGHT and self.host.now() - self._counted_at > COUNT_EVERY:
            self._count()
        self._show_detail()

    @on(VirtualTable.CursorMoved)
    def _show_detail(self) -> None:
        table = self._table
        source, row = table.source, table.cursor
        told = source.told(row) if isinstance(source, Rows) and row is not None else self._nothing()
        if self._view == CAUGHT and isinstance(self.caught, BackendError):
            told = error_line(self.caught, self.glyphs)
        self.query_one(".pane-detail", Static).update(told)

    def _nothing(self) -> str:
        """Why there are no rows."""
        if self._view == CAUGHT:
            return "" if self.caught is None else "No signature has caught mail, by the mail log"
        if self.reading is None:
            return ""
        if self._view == RUNS:
            return "freshclam's log tells of no run"
        return "There are no signatures; u fetches them"

    def action_back(self) -> None:
        self._go(SIGNATURES)

    def action_copy(self) -> None:
        if name := self._table.cursor_key:
            self.app.copy_to_clipboard(visible(name))
            self.notify(f"Copied: {visible(name)}", markup=False)

    # Acting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"update", "third_party"}:
            return not self.settings.read_only and self._why_not == ""
        return True

    def action_update(self) -> None:
        self.acts.update(third_party=False)

    def action_third_party(self) -> None:
        self.acts.update(third_party=True)

    def action_selftest(self) -> None:
        self.acts.selftest()

    def action_scan(self) -> None:
        self.acts.scan()
