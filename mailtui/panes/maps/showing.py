"""What the maps pane shows: what is wrong with the lookup tables, the tables, and the entries of one of them."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import DescendantFocus
from textual.widgets import Static

from backends.host import Host
from backends.maps.kinds import HIDDEN
from backends.maps.reading import Entry
from backends.maps.values import About, Finding
from backends.text import clip, visible
from mailtui.maps_text import ignored_text, said
from mailtui.panes.fed import FedPane, error_line
from mailtui.panes.feed import Feed
from mailtui.panes.listed.looker import Viewed
from mailtui.panes.maps.entries import ENTRY_COLUMNS, Rows
from mailtui.panes.maps.following import Following
from mailtui.panes.maps.reading import Reading, read_maps
from mailtui.panes.maps.sources import FINDING_COLUMNS, TABLE_COLUMNS, Findings, Tables, about_lines
from mailtui.panes.maps.title import entries_line, title
from mailtui.settings import Settings
from mailtui.widgets.filter_line import FilterLine
from mailtui.widgets.virtual_table import VirtualTable

LEAST_INTERVAL = 60.0  # s; every source is read whole
COLOURS = {"good": "$success", "note": "$warning", "bad": "$error"}
LONGEST = 4000


class FindingList(VirtualTable):
    """What is wrong."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Go there", key_display="enter", id="findings.open")
    ]


class ShownMaps(FedPane[Reading]):
    """Every table that the configuration uses; the entries follow the table under the cursor."""

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, interval=max(settings.interval, LEAST_INTERVAL))
        self.reading: Reading | None = None
        self.following = Following(self, self._entries_changed)

    def compose(self) -> ComposeResult:
        yield Static("", classes="pane-title", markup=False)
        yield Static("", classes="pane-error", markup=False)
        yield FindingList(FINDING_COLUMNS, id="findings")
        yield VirtualTable(TABLE_COLUMNS, id="tables")
        yield Static("", id="entries-title", markup=False)
        yield VirtualTable(ENTRY_COLUMNS, id="entries")
        yield Static("", classes="pane-detail", markup=False)
        yield FilterLine(placeholder="words  !without  key:  value:  re:", id="maps-filter")

    def read(self, feed: Feed[Reading]) -> Reading:
        return read_maps(self.host.maps, feed, self.host.now, first=self.reading is None)

    @property
    def settled(self) -> bool:
        if self.feed.reading or self.following.busy:
            return False
        return self._error is not None or bool(self.following.error) or self._current

    @property
    def _current(self) -> bool:
        """Whether the entries are those of the table under the cursor."""
        shown = self.following.shown.wanted if self.following.shown else None
        return self.reading is not None and shown == self.following.wanted

    def enter(self) -> None:
        self.begin_at("#tables")

    def leave(self) -> None:
        super().leave()
        self.following.stop()

    # What is shown

    def took(self, reading: Reading) -> None:
        before, self.reading = self.about(), reading
        self.post_message(self.Badge(self, f"{reading.bad:,}" if reading.bad else ""))
        findings, tables = self.table("findings"), self.table("tables")
        findings.swap(Findings(reading.findings, self.glyphs))
        findings.set_class(not reading.findings, "-none")
        tables.swap(Tables(reading, self.host.now(), self.glyphs))
        self._share_room()
        again = bool(self.following.error) or _file_of(before) != _file_of(self.about())
        self.following.want(self.about(), again=again)
        self.show_detail()
        self.refresh_bindings()

    def _share_room(self) -> None:
        """A third of the room at most for what is wrong, and for the tables; the entries have the rest."""
        most = max(2, self.size.height // 4)
        for name in ("findings", "tables"):
            table = self.table(name)
            table.styles.height = min(table.source.row_count, most) + 1

    def on_resize(self) -> None:
        super().on_resize()
        self._share_room()
        self.show_detail()

    def show_title(self) -> None:
        line = title(
            self.reading, self.feed, now=self.host.now(), width=self.size.width - 2, signs=self.glyphs
        )
        sign = (line.sign, COLOURS.get(line.kind, ""))
        self.query_one(".pane-title", Static).update(Content.assemble(sign, line.rest))
        wrong = error_line(self._error, self.glyphs) if self._error else self.following.error
        self.show_line(".pane-error", wrong)
        told = entries_line(self.about(), self.following, self.glyphs)
        self.query_one("#entries-title", Static).update(clip(told, self.size.width - 2, self.glyphs.more))

    def show_detail(self) -> None:
        """Say more of the row under the cursor of the table that has the focus."""
        lines = [
            clip(line, max(10, self.size.width - 2), self.glyphs.more) for line in self._detail() if line
        ]
        self.query_one(".pane-detail", Static).update("\n".join(lines[:2]))

    def _detail(self) -> Sequence[str]:
        focused = self.app.focused.id if self.app.focused else ""
        if focused == "findings" and (finding := self.finding()):
            return [visible(said(finding)), visible(finding.hint)]
        if focused == "entries" and (entry := self.entry()):
            why = ignored_text(entry)
            return [f"Postfix ignores this line: {visible(why)}"] if why else [self._told(entry)]
        about = self.about()
        return about_lines(about, self.host.now()) if about else []

    def table(self, name: str) -> VirtualTable:
        return self.query_one(f"#{name}", VirtualTable)

    def finding(self) -> Finding | None:
        """What is wrong under the cursor."""
        table = self.table("findings")
        source, row = table.source, table.cursor
        return source.findings[row] if isinstance(source, Findings) and row is not None else None

    def about(self) -> About | None:
        """The table under the cursor."""
        table = self.table("tables")
        source, row = table.source, table.cursor
        return source.abouts[row] if isinstance(source, Tables) and row is not None else None

    def entry(self) -> Entry | None:
        """The entry under the cursor as it is shown, if it is there and of the table under the cursor."""
        found = self._row()
        return found[0].entry(found[1]) if found else None

    def written(self) -> Entry | None:
        """The same as it is in the source, for who asks for it; who only reads cannot ask."""
        if self.hidden and self.settings.read_only:
            return self.entry()
        found = self._row()
        return found[0].written(found[1]) if found else None

    def _row(self) -> tuple[Rows, int] | None:
        table = self.table("entries")
        source, row = table.source, table.cursor
        if not isinstance(source, Rows) or row is None or not self._current:
            return None
        return source, row

    def entry_in_focus(self) -> Entry | None:
        """The same, where the cursor is worked with."""
        return self.entry() if self.table("entries").has_focus else None

    @property
    def hidden(self) -> bool:
        """Whether the values of the table under the cursor are shown only where an entry is opened."""
        return not self._current or self.following.hidden

    def _told(self, entry: Entry) -> str:
        value = visible(entry.value[:LONGEST])
        if self.hidden and not self.settings.read_only:
            value = f"{HIDDEN}: enter shows it"
        return f"{visible(entry.key[:LONGEST])}  {value}"

    @on(Viewed)
    def _viewed(self, event: Viewed) -> None:
        self.following.viewed(event)

    def _entries_changed(self) -> None:
        self.show_title()
        self.show_detail()
        self.refresh_bindings()

    # Moving about

    @on(VirtualTable.CursorMoved, "#tables")
    def _table_chosen(self) -> None:
        self.following.want(self.about())
        self.show_title()
        self.show_detail()
        self.refresh_bindings()

    @on(VirtualTable.CursorMoved, "#findings,#entries")
    @on(DescendantFocus)
    def _row_chosen(self) -> None:
        self.show_detail()
        self.refresh_bindings()

    @on(VirtualTable.Opened, "#findings")
    def _finding_opened(self) -> None:
        finding, tables = self.finding(), self.table("tables")
        row = tables.source.index_of(finding.table) if finding else None
        if finding is None or row is None:
            self.notify("No table of the configuration; see what to do below")
            return
        self._end_filter()
        tables.move_cursor(row)
        self.following.want(self.about())
        (self.table("entries") if finding.line else tables).focus()
        self.following.go_to(finding.line)

    @on(VirtualTable.Opened, "#tables")
    def _table_opened(self) -> None:
        self.table("entries").focus()

    def action_filter(self) -> None:
        self.query_one(FilterLine).begin()

    @on(FilterLine.Typed)
    def _filter_typed(self, event: FilterLine.Typed) -> None:
        self.following.want(self.about(), text=event.text)
        self.show_title()

    @on(FilterLine.Done)
    def _filter_done(self) -> None:
        self.table("entries").focus()

    def _end_filter(self) -> None:
        if self.following.wanted and self.following.wanted.filter:
            self.query_one(FilterLine).end()
            self.following.want(self.about(), text="")

    def action_back(self) -> None:
        """Let go of the filter, staying on the entry; else one table up."""
        entry = self.entry()
        if self.query_one(FilterLine).display:
            self._end_filter()
            self.query_one(FilterLine).end()
            self.following.go_to(entry.line if entry else 0)
            self.table("entries").focus()
        else:
            self.table("tables").focus()


def _file_of(about: About | None) -> tuple[object, ...]:
    """What tells a table's source from a changed one, as far as the pane knows."""
    return (about.table, about.size, about.modified, about.entries) if about else ()
