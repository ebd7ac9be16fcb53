"""Tables asked, their sources read and changes of them planned, wherever the sources are kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from threading import Event
from typing import BinaryIO

from backends.errors import BadRequest, Missing
from backends.maps import index as places
from backends.maps.asking import Ask, asker
from backends.maps.blocks import blocks
from backends.maps.config import Config
from backends.maps.edit import difference, drop, must_be_key, put
from backends.maps.find import find
from backends.maps.hiding import hidden_answers
from backends.maps.index import Index
from backends.maps.judging import must_match
from backends.maps.kinds import KEYED
from backends.maps.looking import lists, look
from backends.maps.programs import Programs
from backends.maps.reading import Entry, entries_of, must_have_entries
from backends.maps.search import Found, search
from backends.maps.values import About, Change, Finding, Looked, Table
from backends.text import visible


class SourcedMaps(ABC):
    """What of the interface `Maps` is the same for files of this machine and for those that are only simulated."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    @abstractmethod
    def hides(self, table: Table) -> bool:
        """Whether a table's values are shown only to who asks."""

    @abstractmethod
    def _config(self) -> Config:
        """The configuration as it is now."""

    @abstractmethod
    def _opened(self, table: Table) -> AbstractContextManager[tuple[BinaryIO, str]]:
        """A table's source, and what tells it from a changed one."""

    @abstractmethod
    def _source(self, table: Table) -> bytes:
        """All of it, to be changed.

        :raises BackendError: it cannot be.
        """

    @abstractmethod
    def _about(self, config: Config, table: Table, stop: Event | None) -> About:
        """All that can be said of a table without changing anything."""

    @abstractmethod
    def _unused(self, config: Config) -> list[Finding]:
        """What nothing refers to."""

    @abstractmethod
    def _notes(self, table: Table) -> tuple[str, ...]:
        """What comes of changing a table besides the change."""

    def tables(self) -> tuple[Table, ...]:
        return self._config().tables

    def check(
        self, each: Callable[[About], None], names: Iterable[str] = (), stop: Event | None = None
    ) -> list[Finding]:
        config = self._config()
        chosen = [find(config.tables, name, config.named) for name in names]
        findings: list[Finding] = []
        for table in chosen or config.tables:
            about = self._about(config, table, stop)
            findings += about.findings
            each(about)
        return findings if chosen else [*findings, *self._unused(config)]

    def entries(self, name: str) -> Iterable[Entry]:
        table = self._named(name)
        must_have_entries(table)
        return self._entries(table)

    def _entries(self, table: Table) -> Iterator[Entry]:
        with self._opened(table) as (file, _mark):
            yield from entries_of(table, blocks(file))

    def index(
        self, table: Table, stop: Event | None = None, progress: Callable[[int], None] | None = None
    ) -> Index:
        must_have_entries(table)
        with self._opened(table) as (file, mark):
            return places.index(file, mark, stop, progress or _ignored)

    def part(self, table: Table, index: Index, number: int) -> tuple[Entry, ...]:
        with self._opened(table) as (file, mark):
            return places.part(table, file, index, number, mark)

    def search(
        self,
        table: Table,
        text: str,
        stop: Event | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Found:
        must_have_entries(table)
        with self._opened(table) as (file, _mark):
            return search(table, file, text, stop, progress or _ignored)

    def look_up(
        self, what: str, *, name: str = "", parameter: str = "", secrets: bool = False
    ) -> list[Looked]:
        config = self._config()
        tables = (find(config.tables, name, config.named),) if name else config.tables
        wanted = [
            (use, found)
            for use, found in lists(config, tables)
            if parameter in {"", use.parameter, use.restriction}
        ]
        if not wanted:
            raise Missing(
                f"No table is used by {visible(parameter)}"
                if parameter
                else f"{visible(name)} is not looked into directly",
                hint="see which ones there are: mailtui maps list",
            )
        closed = frozenset(table.name for table in config.tables if not secrets and self.hides(table))
        return [hidden_answers(one, closed) for one in look(self._ask(config), config, what, wanted)]

    def content(self, name: str) -> bytes:
        return self._source(self._named(name))

    def judge_key(self, name: str, key: str) -> tuple[str, ...]:
        config, table, _before = self._keyed(name)
        must_be_key(key, alias=table.alias)
        return must_match(config, table, key)

    def plan_set(self, name: str, key: str, value: str, *, unused: bool = False) -> Change:
        config, table, before = self._keyed(name)
        notes = () if unused else must_match(config, table, key)
        after = put(before, key, value, alias=table.alias)
        return self._planned(table, "set", before, after, key=key, value=value, notes=notes)

    def plan_remove(self, name: str, key: str) -> Change:
        _config, table, before = self._keyed(name)
        after = drop(before, key, alias=table.alias, name=table.path)
        return self._planned(table, "remove", before, after, key=key)

    def plan_edit(self, name: str, after: bytes) -> Change:
        table = self._named(name)
        return self._planned(table, "edit", self._source(table), after)

    def _planned(
        self,
        table: Table,
        action: str,
        before: bytes,
        after: bytes,
        *,
        key: str = "",
        value: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> Change:
        """A change of a source that is as it is now."""
        hidden = self.hides(table)
        diff = difference(table.path, before, after, hidden=hidden, alias=table.alias)
        told = (*notes, *self._notes(table))
        return Change(table, action, before, after, diff, key=key, value=value, notes=told, hidden=hidden)

    def _keyed(self, name: str) -> tuple[Config, Table, bytes]:
        config = self._config()
        table = find(config.tables, name, config.named)
        before = self._source(table)
        if table.type not in KEYED:
            raise BadRequest(
                f"{table.name} is read in order, the first match wins",
                hint=f"edit it as a whole: mailtui maps edit {table.path}",
            )
        return config, table, before

    def _named(self, name: str) -> Table:
        config = self._config()
        return find(config.tables, name, config.named)

    def _ask(self, config: Config) -> Ask:
        return asker(self._programs, config, self.hides)


def _ignored(_count: int) -> None:
    """Nobody wants to know."""
