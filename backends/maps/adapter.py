"""The lookup tables of this machine's Postfix, or of the instance configured in a folder."""

import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event

from backends import audit, files
from backends.apply.checkpoint.store import Store
from backends.errors import BadRequest, Missing, Refused
from backends.maps import acting
from backends.maps import index as places
from backends.maps.blocks import mark, opened
from backends.maps.check import Scans, check, stale
from backends.maps.config import Config
from backends.maps.edit import drop, must_be_key, put
from backends.maps.hiding import hidden_answers, hides
from backends.maps.index import Index
from backends.maps.judging import must_match
from backends.maps.kinds import INDEX, KEYED
from backends.maps.looking import lists, look
from backends.maps.programs import Programs
from backends.maps.reading import Entry, entries, must_have_entries
from backends.maps.search import Found, search
from backends.maps.unused import unused
from backends.maps.values import About, Act, Change, Done, Finding, Looked, Table
from backends.outcome import Outcome
from backends.runner import Runner
from backends.text import visible

STATE = files.STATE / "maps"
RECORD = partial(audit.outcome, area="maps-")


class PostfixMaps:
    """The interface `Maps` on Postfix's own programs; what was changed is kept below `state` to be undone."""

    def __init__(
        self,
        runner: Runner,
        *,
        config_dir: str | None = None,
        state: Path = STATE,
        clock: Callable[[], float] = time.time,
        record: audit.Record = RECORD,
    ) -> None:
        self._programs = Programs(runner, config_dir)
        self._store = Store(state)
        self._clock, self._record = clock, record
        self._scans = Scans()

    def tables(self) -> tuple[Table, ...]:
        return self._config().tables

    def check(
        self, each: Callable[[About], None], names: Iterable[str] = (), stop: Event | None = None
    ) -> list[Finding]:
        config = self._config()
        chosen = [find(config.tables, name) for name in names]
        findings: list[Finding] = []
        for table in chosen or config.tables:
            about = check(self._programs, config, table, self._scans, stop)
            findings += about.findings
            each(about)
        return findings if chosen else [*findings, *unused(config)]

    def hides(self, table: Table) -> bool:
        return hides(table)

    def entries(self, name: str) -> Iterable[Entry]:
        table = find(self._config().tables, name)
        must_have_entries(table)
        return entries(table)

    def index(
        self, table: Table, stop: Event | None = None, progress: Callable[[int], None] | None = None
    ) -> Index:
        must_have_entries(table)
        with opened(Path(table.path)) as file:
            return places.index(file, mark(file), stop, progress or ignored)

    def part(self, table: Table, index: Index, number: int) -> tuple[Entry, ...]:
        with opened(Path(table.path)) as file:
            return places.part(table, file, index, number, mark(file))

    def search(
        self,
        table: Table,
        text: str,
        stop: Event | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Found:
        must_have_entries(table)
        with opened(Path(table.path)) as file:
            return search(table, file, text, stop, progress or ignored)

    def look_up(
        self, what: str, *, name: str = "", parameter: str = "", secrets: bool = False
    ) -> list[Looked]:
        config = self._config()
        tables = (find(config.tables, name),) if name else config.tables
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
        closed = frozenset(table.name for table in config.tables if not secrets and hides(table))
        return [hidden_answers(one, closed) for one in look(self._programs, config, what, wanted)]

    def why_not(self) -> str:
        folder = self._config().folder
        if os.access(folder, os.W_OK):
            return ""
        return f"this user cannot write to {visible(folder)}: run mailtui as root to change tables"

    def content(self, name: str) -> bytes:
        return acting.source(find(self._config().tables, name)).content or b""

    def judge_key(self, name: str, key: str) -> tuple[str, ...]:
        config, table, _before = self._keyed(name)
        must_be_key(key, alias=table.alias)
        return must_match(config, table, key)

    def plan_set(self, name: str, key: str, value: str, *, unused: bool = False) -> Change:
        config, table, before = self._keyed(name)
        notes = () if unused else must_match(config, table, key)
        after = put(before, key, value, alias=table.alias)
        return acting.planned(table, "set", after, key=key, value=value, notes=notes)

    def plan_remove(self, name: str, key: str) -> Change:
        _config, table, before = self._keyed(name)
        return acting.planned(table, "remove", drop(before, key, alias=table.alias), key=key)

    def plan_edit(self, name: str, after: bytes) -> Change:
        return acting.planned(find(self._config().tables, name), "edit", after)

    def carry_out(self, change: Change) -> Done:
        with audit.failures(self._record, change.action):
            done = acting.carry_out(self._programs, self._store, change, self._clock())
        names = [change.table.name, *([change.key] if change.key else [])]
        self._record(Outcome(change.action, 1, 1, undo=done.undo), names)
        return done

    def stale(self) -> list[Table]:
        return [table for table in self._config().tables if not table.cache and table.path and stale(table)]

    def rebuild(self, name: str, *, fewer: bool = False) -> Done:
        with audit.failures(self._record, "rebuild"):
            done = acting.rebuild(self._programs, self._store, find(self._config().tables, name), fewer=fewer)
        self._record(Outcome("rebuild", 1, 1), [done.table])
        return done

    def acts(self) -> list[Act]:
        return [Act(one.number, one.taken, one.why, tuple(one.files)) for one in self._store.history()]

    def plan_undo(self, number: int | None = None) -> Change:
        history = self._store.history()
        act = next((one for one in history if number in {None, one.number}), None)
        if act is None:
            what = "There is nothing to undo" if number is None else f"There is no act {number} to undo"
            raise Missing(what, hint="see what there is: mailtui maps undo --list")
        ((path, was),) = act.files.items()
        config = self._config()
        table = next((one for one in config.tables if one.path == path and one.type in INDEX), None)
        table = table or next((one for one in config.tables if one.path == path), None)
        if table is None:
            raise Refused(
                f"No table of this configuration has the source {path}",
                hint="name the instance with --config-dir",
            )
        now = acting.source(table).content or b""
        if sha256(now).hexdigest() != self._store.bases().get(path) or any(
            path in one.files for one in history if one.number > act.number
        ):
            raise Refused(
                f"{path} has been changed since act {act.number}",
                hint="undo the later acts first, or edit it: mailtui maps edit",
            )
        return acting.planned(table, f"undo {act.number}", self._store.there(was).content or b"")

    def _keyed(self, name: str) -> tuple[Config, Table, bytes]:
        config = self._config()
        table = find(config.tables, name)
        before = acting.source(table).content or b""
        if table.type not in KEYED:
            raise BadRequest(
                f"{table.name} is read in order, the first match wins",
                hint=f"edit it as a whole: mailtui maps edit {table.path}",
            )
        return config, table, before

    def _config(self) -> Config:
        return self._programs.config()


def ignored(_count: int) -> None:
    """Nobody wants to know."""


def find(tables: Iterable[Table], name: str) -> Table:
    """The table of that name: hash:/etc/postfix/virtual, its path, or the last part of that.

    :raises Missing: there is none.
    :raises BadRequest: there are several.
    """
    every = tuple(tables)
    plain = name.removeprefix("proxy:")
    for same in (
        lambda table: plain in {table.name, table.asked},
        lambda table: table.path == plain != "",
        lambda table: Path(table.path).name == plain != "",
    ):
        found = [table for table in every if same(table)]
        if len(found) > 1:
            names = ", ".join(table.name for table in found)
            raise BadRequest(f"{visible(name)} is more than one table", hint=f"name one of {visible(names)}")
        if found:
            return found[0]
    raise Missing(
        f"The configuration uses no table {visible(name)!r}", hint="see which ones it uses: mailtui maps list"
    )
