"""The lookup tables as a host gives them."""

from collections.abc import Callable, Iterable
from threading import Event
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from backends.maps import values as maps
    from backends.maps.index import Index
    from backends.maps.reading import Entry
    from backends.maps.search import Found


class Maps(Protocol):
    """Postfix's lookup tables. Every method may block, and may raise a BackendError.

    A table is named as the configuration names it (hash:/etc/postfix/virtual), by its path, or by the last part of that.
    """

    def tables(self) -> "tuple[maps.Table, ...]":
        """The tables that main.cf and master.cf use."""

    def check(
        self, each: "Callable[[maps.About], None]", names: Iterable[str] = (), stop: Event | None = None
    ) -> "list[maps.Finding]":
        """Look what is wrong with these tables, or with all and beside them; `each` is told each table.

        When `stop` is set meanwhile, what is said is not all that there is.
        """

    def hides(self, table: "maps.Table") -> bool:
        """Whether a table's values are shown only to who asks: passwords, and what others may not read."""

    def entries(self, name: str) -> "Iterable[Entry]":
        """The entries of a table's source, those that Postfix ignores as well.

        :raises BadRequest: it has none that can be read here.
        """

    def index(
        self, table: "maps.Table", stop: Event | None = None, progress: Callable[[int], None] | None = None
    ) -> "Index":
        """Where the entries of a table's source stand; of a part when `stop` is set meanwhile. `progress` counts them.

        :raises BadRequest: it has none that can be read here.
        """

    def part(self, table: "maps.Table", index: "Index", number: int) -> "tuple[Entry, ...]":
        """The entries from one place of the index to the next.

        :raises Refused: the source has been changed since.
        """

    def search(
        self,
        table: "maps.Table",
        text: str,
        stop: Event | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> "Found":
        """The first entries that a filter as typed leaves; `progress` is told how many bytes were looked at.

        :raises BadRequest: the filter cannot be read.
        """

    def look_up(
        self, what: str, *, name: str = "", parameter: str = "", secrets: bool = False
    ) -> "list[maps.Looked]":
        """An address, domain, host or name looked up for each use, of one table, one parameter, or all.

        What tables answer whose values are hidden is told only with `secrets`.

        :raises BadRequest: Postfix could not look it up.
        """

    def why_not(self) -> str:
        """Why this user cannot change tables, in a sentence; empty: he can."""

    def content(self, name: str) -> bytes:
        """A table's source as it is."""

    def judge_key(self, name: str, key: str) -> tuple[str, ...]:
        """Which uses of the table would never find a key that others find, and why, in sentences.

        :raises Refused: Postfix never looks up such a key in this table.
        :raises BadRequest: it is no key, or the table is read in order and must be edited as a whole.
        """

    def plan_set(self, name: str, key: str, value: str, *, unused: bool = False) -> "maps.Change":
        """An entry added or replaced. Changes nothing.

        :raises Refused: Postfix never looks up such a key in this table, and `unused` was not said.
        :raises BadRequest: it is no entry, or the table is read in order and must be edited as a whole.
        """

    def plan_remove(self, name: str, key: str) -> "maps.Change":
        """All entries of a key removed. Changes nothing.

        :raises Missing: there is none.
        """

    def plan_edit(self, name: str, after: bytes) -> "maps.Change":
        """The source replaced. Changes nothing."""

    def plan_undo(self, number: int | None = None) -> "maps.Change":
        """A change taken back, the latest, or the one of that number. Changes nothing.

        :raises Refused: the source has been changed since.
        """

    def carry_out(self, change: "maps.Change") -> "maps.Done":
        """Check a planned change on a copy, put it in its place with its index, and ask the table.

        :raises Refused: the source is not the planned one any more, or Postfix would complain of it.
        """

    def stale(self) -> "list[maps.Table]":
        """The tables whose index is missing or older than their source."""

    def rebuild(self, name: str, *, fewer: bool = False) -> "maps.Done":
        """Build a table's index anew; with fewer entries than it has only if `fewer`."""

    def acts(self) -> "list[maps.Act]":
        """Changes that can be undone, latest first."""
