"""The entries of the table under the cursor: looked for again whenever that, its source or the filter changes."""

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, cast

from backends.errors import BackendError
from backends.maps.reading import Entry
from backends.maps.values import About
from mailtui.panes.fed import error_line
from mailtui.panes.listed.fetching import Fetching
from mailtui.panes.listed.looker import Looker, Viewed
from mailtui.panes.maps.entries import Part, Rows, Shown, Wanted, look

if TYPE_CHECKING:
    from mailtui.panes.maps.showing import ShownMaps
    from mailtui.widgets.virtual_table import VirtualTable


class Following:
    """What of the entries is wanted, and what is there of it; `changed` is called when there is more or other."""

    def __init__(self, pane: "ShownMaps", changed: Callable[[], object]) -> None:
        self._pane, self._changed = pane, changed
        self.shown: Shown | None = None
        self.wanted: Wanted | None = None
        self.error = ""
        self.looked = 0
        self._line = 0
        """The line of the source that the cursor is to go to; 0: none."""
        self._looker: Looker[Shown] = Looker(pane.in_thread, pane.post_message)
        self._fetching: Fetching[Part, list[tuple[Part, Sequence[Entry]]]] = Fetching(
            pane, self._fetch, self._fetched
        )

    @property
    def busy(self) -> bool:
        return self._fetching.busy or bool(self._line)

    @property
    def hidden(self) -> bool:
        """Whether values are shown only where an entry is opened; they are until that is known."""
        return self.shown is None or self.shown.wanted != self.wanted or self.shown.rows.hidden

    def stop(self) -> None:
        self._looker.stop()

    def want(self, about: About | None, *, again: bool = False, text: str | None = None) -> None:
        """Show the entries of this table, as the filter leaves them; `text` is another filter."""
        if about is None:
            self.wanted = None
            return
        kept = self.wanted.filter if self.wanted else ""
        wanted = Wanted(about.table, kept if text is None else text)
        if again or wanted != self.wanted:
            self.wanted, self.looked = wanted, 0
            self._looker.look(lambda stop, _early: self._look(wanted, stop))

    def go_to(self, line: int) -> None:
        """Put the cursor on a line of the source, as soon as it is there."""
        self._line = line
        self._go_to_line()

    def viewed(self, event: Viewed) -> None:
        """Entries are there, or cannot be read."""
        if event.generation != self._looker.generation:
            return
        if isinstance(event.result, BackendError):
            self.error = error_line(event.result, self._pane.glyphs)
            self.shown, self._line = None, 0
            self._table.swap(Rows())
        else:
            before, self.shown = self.shown, cast("Shown", event.result)
            self.error = ""
            self._table.swap(self.shown.rows)
            if before is None or before.wanted != self.shown.wanted:
                self._table.move_cursor(0)
            self._go_to_line()
        self._changed()

    @property
    def _table(self) -> "VirtualTable":
        return self._pane.table("entries")

    def _look(self, wanted: Wanted, stop: Event) -> Shown:
        want, read_only = self._fetching.want, self._pane.settings.read_only
        return look(self._pane.host.maps, wanted, want, stop, self._progress, read_only=read_only)

    def _progress(self, looked: int) -> None:
        self.looked = looked

    def _fetch(self, parts: Sequence[Part]) -> list[tuple[Part, Sequence[Entry]]]:
        part = self._pane.host.maps.part
        return [(one, part(one[0].table, one[0].index, one[1])) for one in dict.fromkeys(parts)]

    def _fetched(
        self, parts: Sequence[Part], found: list[tuple[Part, Sequence[Entry]]] | BackendError
    ) -> None:
        shown = self.shown
        if shown is None or all(rows is not shown.rows for rows, _number in parts):
            return
        if isinstance(found, BackendError):
            self.want(self._pane.about(), again=True)
        else:
            for (rows, number), entries in found:
                rows.put(number, entries)
            self._table.refresh_rows()
            self._changed()

    def _go_to_line(self) -> None:
        shown, line = self.shown, self._line
        if not line or shown is None or shown.wanted != self.wanted:
            return

        def found(row: int) -> None:
            if self.shown is shown:
                self._table.move_cursor(row)

        table, part = shown.wanted.table, self._pane.host.maps.part
        self._line = 0
        self._pane.beside(lambda: shown.rows.row_of_line(line, partial(part, table)), found)
