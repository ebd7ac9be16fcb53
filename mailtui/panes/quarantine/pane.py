"""The quarantine pane: kinds by age first, then the messages; headers are read of what is on the screen alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from backends.errors import BackendError
from backends.host import Host
from backends.quarantine.listing import Listing
from backends.quarantine.message import Header, Target
from backends.quarantine.plan import ACTIONS
from backends.quarantine.stats import LABELS
from backends.text import visible
from mailtui.panes.feed import Feed
from mailtui.panes.listed.fetching import Fetching
from mailtui.panes.listed.pane import ListedPane
from mailtui.panes.listed.title import Headline
from mailtui.panes.listed.view import Allowed, Selection
from mailtui.panes.quarantine.acts import Acts
from mailtui.panes.quarantine.keys import KEYS
from mailtui.panes.quarantine.sources import COLUMNS, EVERYTHING, Key, Messages, detail, heat_rows
from mailtui.panes.quarantine.title import apart, totals, warning
from mailtui.panes.quarantine.view import Places, View, Wish, compute
from mailtui.settings import Settings
from mailtui.widgets.heat_map import HeatMap
from mailtui.widgets.virtual_table import VirtualTable

LEAST_INTERVAL = 15.0  # s; a listing looks at every file
REMEMBERED = 5000


class QuarantinePane(ListedPane[Listing, Wish, View]):
    """Shows the quarantine of a host and acts on it."""

    key = "5"
    label = "Quarantine"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    what = "quarantine"
    columns = COLUMNS
    fields = "text  !not this  kind: alert: from: to: subject: rule: score>10 newer:1d"
    sorts: ClassVar[dict[str, bool]] = {"age": False, "size": True, "kind": False}
    groups = ("kinds",)
    service = "amavis"
    service_stopped = "amavis is stopped: nothing can be released. systemctl start amavis"
    copies = "paths"

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, Wish(), interval=max(settings.interval, LEAST_INTERVAL))
        self.acts = Acts(self)
        self._places: Places | None = None
        self._known: dict[Key, Header] = {}
        self._fetching = Fetching(self, self._fetch, self._fetched)
        self._drawing = False

    def compose_groups(self) -> ComposeResult:
        yield HeatMap(id="kinds")

    def read(self, feed: Feed[Listing]) -> Listing:
        if self.reading is not None:
            return self.host.quarantine.read()
        return self.host.quarantine.read(feed.early, feed.stopped)

    def count(self, reading: Listing) -> int:
        return len(reading)

    @property
    def settled(self) -> bool:
        return super().settled and not (self._fetching.busy or self._drawing)

    def look(
        self, reading: Listing, wish: Wish, last: View | None, stop: Event, early: Callable[[View], None]
    ) -> View:
        places = self._places
        if places is None or places.listing is not reading:
            self._places = places = Places(reading)
        headers = self.host.quarantine.headers
        return compute(places, wish, headers, now=self.host.now(), stop=stop, early=early)

    def show(self, view: View) -> None:
        now = view.listing.taken
        self.table.swap(
            Messages(view, self.table.marks, self._known, self._fetching.want, now=now, signs=self.glyphs)
        )
        self._drawing = True
        self.call_after_refresh(self._drawn)
        self.query_one(HeatMap).show(LABELS, heat_rows(view), title=f"Kind {self.glyphs.times} age")

    def _drawn(self) -> None:
        """Every row on the screen has been asked for its cells."""
        self._drawing = False

    def _fetch(self, wanted: Sequence[Target]) -> list[Header]:
        return self.host.quarantine.headers(wanted)

    def _fetched(self, wanted: Sequence[Target], found: list[Header] | BackendError) -> None:
        if isinstance(found, BackendError):
            found = [Header(trouble=str(found))] * len(wanted)
        if len(self._known) > REMEMBERED:
            self._known.clear()
        for target, header in zip(wanted, found, strict=True):
            self._known[target.inode, target.mtime] = header
        self.table.refresh_rows()
        self.show_detail()

    # What the lines say

    def headline(self) -> Headline | None:
        if (view := self.view) is None:
            return None
        return Headline(
            totals(view.stats, self.glyphs.dot), view.listing.taken, apart(view.stats), partial=view.partial
        )

    def warning(self) -> str:
        text = warning(self.view.stats, self.view.listing) if self.view else ""
        return text or (visible(self.rights.why_not) if self.rights else "")

    def detail(self) -> str:
        target = self.target_under_cursor()
        if target is None or self.view is None:
            return ""
        header = self._known.get((target.inode, target.mtime))
        return detail(target, header, kept=self.view.listing.is_kept(target), signs=self.glyphs)

    # Moving about

    @on(VirtualTable.CursorMoved, "#kinds")
    def _kind_chosen(self, event: VirtualTable.CursorMoved) -> None:
        kind = event.key or EVERYTHING
        self.wants(replace(self.wish, kind="" if kind == EVERYTHING else kind))

    def open_row(self) -> None:
        from mailtui.screens.quarantined import QuarantinedScreen  # noqa: PLC0415 - when asked for

        source, row = self.table.source, self.table.cursor
        if isinstance(source, Messages) and row is not None:
            shown = Selection(source.view, "the one shown", 1, row=row)
            self.app.push_screen(
                QuarantinedScreen(
                    self.host, source.view.target(row), self.may, lambda act: self.acts.begin_on(act, shown)
                )
            )

    def action_scan(self) -> None:
        from mailtui.screens.scan import scan_screen  # noqa: PLC0415 - when asked for

        if target := self.target_under_cursor():
            host = self.host
            self.app.push_screen(
                scan_screen(
                    host,
                    target.path,
                    lambda stop: host.antivirus.scan(target.path, host.quarantine.chunks(target), stop),
                    plain=self.settings.plain,
                )
            )

    def target_under_cursor(self) -> Target | None:
        """The message under the cursor."""
        source, row = self.table.source, self.table.cursor
        return source.view.target(row) if isinstance(source, Messages) and row is not None else None

    def action_apart(self) -> None:
        from mailtui.screens.apart import ApartScreen  # noqa: PLC0415 - when asked for

        self.app.push_screen(ApartScreen(self.host))

    # Acting

    def ask_rights(self) -> Allowed:
        why_not = self.host.quarantine.why_not()
        return Allowed(set() if why_not else {*ACTIONS, "export", "undo"}, why_not)
