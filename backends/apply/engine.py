"""Staged checks, checkpoint, replace, services, verification: one apply, or all as it was before."""

import grp
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from backends.apply.back import bring_back
from backends.apply.check.staged import check_staged
from backends.apply.checkpoint.change import Hook, New, replace_all
from backends.apply.checkpoint.store import Store
from backends.apply.machine.database import GreylistDatabase
from backends.apply.machine.services import Services
from backends.apply.machine.signatures import fetch, present
from backends.apply.planning.plan import FilePlan, Plan
from backends.apply.settle import Settling, Tell, stale
from backends.apply.told import Applied, Check, Event
from backends.errors import BackendError, Failed, Refused
from backends.reference.manifest import Component, Map, Membership
from backends.reference.values import Values
from backends.runner import Command, Runner
from backends.text import visible

MARIADB = "mariadb"
FRESHCLAM = "clamav-freshclam"
NOT_RUNNING = "MariaDB does not run"
Verify = Callable[[Callable[[Check], None]], list[Check]]


class Machine(NamedTuple):
    """What an apply acts with."""

    runner: Runner
    services: Services
    store: Store
    database: GreylistDatabase
    password: str


class Work(NamedTuple):
    """What is to be done beside files: maps to build, memberships, what gld's database lacks, services to change.

    `down` are services that do not answer; `signatures`: ClamAV has none yet.
    """

    maps: tuple[Map, ...]
    groups: tuple[Membership, ...]
    database: tuple[str, ...]
    services: Mapping[str, str]
    down: tuple[str, ...]
    signatures: bool = False

    @property
    def nothing(self) -> bool:
        return not any(self)

    @property
    def words(self) -> tuple[str, ...]:
        """Each thing to do, in words."""
        return (
            *(f"gld's database: {one}" for one in self.database),
            *(f"{one.user} joins the group {one.group}" for one in self.groups),
            *(["the first virus signatures are fetched"] if self.signatures else []),
            *(f"build {one.path}" for one in self.maps),
            *(f"{change} {name}" for name, change in self.services.items() if name not in self.down),
            *(
                f"restart {name}" if name in self.services else f"start {name}: it does not answer"
                for name in self.down
            ),
        )


class Engine:
    """One machine on its way to the reference; `tell` is told each step, `clock` gives epoch seconds."""

    def __init__(
        self,
        machine: Machine,
        components: Sequence[Component],
        values: Values,
        *,
        tell: Tell,
        step: Hook = lambda _name: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._machine, self._components, self._values = machine, components, values
        self._tell, self._step, self._clock = tell, step, clock
        self._settling = Settling(machine.runner, machine.services, components, values.hostname, tell)

    def look(self, plan: Plan) -> Work:
        """What is to be done beside files. Changes nothing.

        :raises BackendError: the machine cannot be looked at.
        """
        changed = {one.file.path for one in plan.files if one.changed}
        maps = tuple(one for one in self._settling.maps if one.path in changed or stale(one))
        groups = tuple(one for each in self._components for one in each.groups if not _is_member(one))
        down = tuple(one.name for one in self._settling.services if not self._settling.answers(one))
        services: dict[str, str] = {**self._machine.store.owed(), **plan.services}
        for group in groups:
            services |= group.changes
        signatures = self._values.signatures == "official" and not present()
        return Work(maps, groups, self._database(down), services, down, signatures)

    def carry_out(
        self, plan: Plan, work: Work, why: str, verify: Verify | None = None, *, keep: bool = False
    ) -> Applied:
        """Do it, and have it verified. `keep` leaves what does not pass verification.

        The store must be locked, and no change that was broken off be in it.

        :raises Refused: files were changed both here and in the reference.
        :raises BackendError: it failed; all files are as they were, and services run with them again.
        """
        if plan.conflicts:
            names = ", ".join(one.file.path for one in plan.conflicts)
            raise Refused(
                f"Changed both here and in the reference: {names}",
                hint="see it with --diff; --take mine or --take reference decides",
            )
        self._check(plan)
        work = self._make_ready(work)
        changed = [one for one in plan.files if one.changed]
        remembered = [one for one in plan.files if not one.changed and one.old.content is not None]
        number = self._replace(changed, remembered, work, why)
        checks: list[Check] = []
        try:
            self._settle(changed, work)
            if verify is not None and (changed or not work.nothing):
                checks = self._verified(verify, keep=keep)
        except (BackendError, KeyboardInterrupt, SystemExit) as error:
            if number is not None and not keep:
                why = f"{error}" if isinstance(error, BackendError) else "interrupted"
                self._tell(Event("revert", f"{why}; bringing all files back"))
                trouble = self._bring_back(number, work)
                if isinstance(error, BackendError):
                    error.hint += "; all files are as they were before"
                    error.hint += "".join(f", but {one}" for one in trouble)
            raise
        return Applied(number, len(changed) + len(work.words), tuple(checks))

    def _check(self, plan: Plan) -> None:
        """Have the programs themselves look at what is to be, in a folder of its own.

        :raises Failed: they complain; nothing was changed.
        """
        names = {one.file.check for one in plan.files if one.changed and one.file.check}
        staged = {
            name: {
                one.file.path: one.new.content
                for one in plan.files
                if one.file.check == name and one.new.content is not None
            }
            for name in sorted(names)
        }
        if not staged:
            return
        self._tell(Event("check", f"checking what is staged: {', '.join(staged)}"))
        maps = [table for one in self._components for table in one.maps]
        found = check_staged(self._machine.runner, staged, maps, domain=self._values.domain)
        if found:
            raise Failed(
                f"The staged configuration is not right, nothing was changed: {'; '.join(found[:5])}",
                hint="mend what is named, in the file itself or in site.toml, and run it again",
            )

    def _make_ready(self, work: Work) -> Work:
        """What files need to be there before them; gives what is left to do."""
        if work.database:
            if MARIADB in work.down:
                self._settling.serve({}, (MARIADB,))
                work = work._replace(down=tuple(name for name in work.down if name != MARIADB))
            if self._database(()):
                self._tell(Event("database", "making gld's database"))
                self._machine.database.make(self._machine.password)
        for group in work.groups:
            self._tell(Event("group", f"{group.user} joins the group {group.group}"))
            argv = ("adduser", "--quiet", group.user, group.group)
            result = self._machine.runner.run(Command(argv, mutates=True))
            if result.code != 0:
                raise Failed(f"adduser failed: {visible(result.complaint)}", hint=f"try {' '.join(argv)}")
        if work.signatures:
            self._tell(Event("signatures", "freshclam fetches the first virus signatures"))
            freshclam = next(one for one in self._settling.services if one.name == FRESHCLAM)
            fetch(self._machine.runner, self._machine.services, freshclam)
        return work

    def _replace(
        self, changed: Sequence[FilePlan], remembered: Sequence[FilePlan], work: Work, why: str
    ) -> int | None:
        store = self._machine.store
        store.remember({one.file.path: one.base for one in remembered})
        owed = store.owed()
        store.owe(work.services)
        if not changed:
            return None
        self._tell(Event("replace", f"replacing {_files(len(changed))}"))
        new = {Path(one.file.path): New(one.new, one.base) for one in changed}
        try:
            return replace_all(store, new, why=why, now=self._clock(), step=self._step)
        except BackendError:
            store.owe(owed)
            raise

    def _settle(self, changed: Sequence[FilePlan], work: Work) -> None:
        self._settling.build(work.maps)
        self._settling.read_units(one.file.path for one in changed)
        self._settling.serve(work.services, work.down)
        self._machine.store.owe({})

    def _bring_back(self, number: int, work: Work) -> tuple[str, ...]:
        store = self._machine.store
        return bring_back(store, self._settling, number, now=self._clock(), down=work.down).trouble

    def _verified(self, verify: Verify, *, keep: bool) -> list[Check]:
        checks = verify(lambda check: self._tell(Event("verify", check.name, check=check)))
        failed = [one for one in checks if not one.good]
        if failed and not keep:
            names = "; ".join(f"{one.name}: {one.evidence}" for one in failed[:3])
            raise Failed(f"Verification failed: {names}", hint=failed[0].hint or "see it with --verify-only")
        return checks

    def _database(self, down: Sequence[str]) -> tuple[str, ...]:
        if MARIADB in down:
            return (NOT_RUNNING,)
        need = self._machine.database.need(self._machine.password)
        return (*need.database, *([need.login] if need.login else []))


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _is_member(membership: Membership) -> bool:
    try:
        return membership.user in grp.getgrnam(membership.group).gr_mem
    except KeyError:
        return False
