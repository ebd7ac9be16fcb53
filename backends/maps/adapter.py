"""The lookup tables of this machine's Postfix, or of the instance configured in a folder."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import BinaryIO

from backends import audit, files
from backends.apply.checkpoint.store import Store
from backends.errors import Missing, Refused
from backends.maps import acting
from backends.maps.blocks import mark, opened
from backends.maps.check import Scans, check, stale
from backends.maps.config import Config
from backends.maps.hiding import hides
from backends.maps.kinds import INDEX
from backends.maps.programs import Programs
from backends.maps.sourced import SourcedMaps
from backends.maps.unused import unused
from backends.maps.values import About, Act, Change, Done, Finding, Table
from backends.outcome import Outcome
from backends.runner import Runner
from backends.text import visible

NOTHING = "what set, remove and edit change is kept, and nothing was changed by them yet"
STATE = files.STATE / "maps"
RECORD = partial(audit.outcome, area="maps-")


class PostfixMaps(SourcedMaps):
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
        super().__init__(Programs(runner, config_dir))
        self._store = Store(state)
        self._clock, self._record = clock, record
        self._scans = Scans()

    def hides(self, table: Table) -> bool:
        return hides(table)

    def why_not(self) -> str:
        folder = self._config().folder
        if os.access(folder, os.W_OK):
            return ""
        return f"this user cannot write to {visible(folder)}: run mailtui as root to change tables"

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
            done = acting.rebuild(self._programs, self._store, self._named(name), fewer=fewer)
        self._record(Outcome("rebuild", 1, 1), [done.table])
        return done

    def acts(self) -> list[Act]:
        return [Act(one.number, one.taken, one.why, tuple(one.files)) for one in self._store.history()]

    def plan_undo(self, number: int | None = None) -> Change:
        history = self._store.history()
        act = next((one for one in history if number in {None, one.number}), None)
        if act is None:
            if not history:
                raise Missing("There is nothing to undo", hint=NOTHING)
            raise Missing(
                f"There is no act {number} to undo", hint="see what there is: mailtui maps undo --list"
            )
        ((path, was),) = act.files.items()
        config = self._config()
        table = next((one for one in config.tables if one.path == path and one.type in INDEX), None)
        table = table or next((one for one in config.tables if one.path == path), None)
        if table is None:
            raise Refused(
                f"No table of this configuration has the source {path}",
                hint="name the instance with --config-dir",
            )
        now = self._source(table)
        if sha256(now).hexdigest() != self._store.bases().get(path) or any(
            path in one.files for one in history if one.number > act.number
        ):
            raise Refused(
                f"{path} has been changed since act {act.number}",
                hint="undo the later acts first, or edit it: mailtui maps edit",
            )
        return self._planned(table, f"undo {act.number}", now, self._store.there(was).content or b"")

    def _config(self) -> Config:
        return self._programs.config()

    @contextmanager
    def _opened(self, table: Table) -> Iterator[tuple[BinaryIO, str]]:
        with opened(Path(table.path)) as file:
            yield file, mark(file)

    def _source(self, table: Table) -> bytes:
        return acting.source(table).content or b""

    def _about(self, config: Config, table: Table, stop: Event | None) -> About:
        return check(self._ask(config), config, table, self._scans, stop)

    def _unused(self, config: Config) -> list[Finding]:
        return unused(config)

    def _notes(self, table: Table) -> tuple[str, ...]:
        return acting.notes(table)
