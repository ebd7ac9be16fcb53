"""Plan, staged checks, checkpoint, replace, services, probes: one apply, or all as it was before."""

import grp
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from backends.apply.check.postfix import check_postfix
from backends.apply.checkpoint.change import New, replace_all, roll_back
from backends.apply.checkpoint.store import Store
from backends.apply.database import GreylistDatabase
from backends.apply.plan import Plan
from backends.apply.probe import probe, wait_for
from backends.apply.services import Services
from backends.errors import BackendError, Failed, Refused
from backends.reference.manifest import Change, Component, Map, Membership, Service
from backends.reference.values import Values
from backends.runner import Command, Runner
from backends.text import visible

PATIENCE = 60.0  # s until a service that was started answers
Tell = Callable[[str], None]


class Machine(NamedTuple):
    """What an apply acts with."""

    runner: Runner
    services: Services
    store: Store
    database: GreylistDatabase
    password: str


class Work(NamedTuple):
    """What is to be done beside files: maps to build, memberships, what gld's database lacks, services to change."""

    maps: tuple[Map, ...]
    groups: tuple[Membership, ...]
    database: tuple[str, ...]
    services: Mapping[str, Change]
    down: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        return not any(self)


class Engine:
    """One machine on its way to the reference; `tell` is told each step in words, `clock` gives epoch seconds."""

    def __init__(
        self,
        machine: Machine,
        components: Sequence[Component],
        values: Values,
        *,
        tell: Tell,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._machine, self._components, self._values = machine, components, values
        self._tell, self._clock = tell, clock

    def look(self, plan: Plan) -> Work:
        """What is to be done beside files. Changes nothing.

        :raises BackendError: the machine cannot be looked at.
        """
        changed = {one.file.path for one in plan.files if one.changed}
        tables = (table for one in self._components for table in one.maps if table.tool)
        maps = tuple(one for one in tables if one.path in changed or stale(Path(one.path)))
        groups = tuple(one for each in self._components for one in each.groups if not _is_member(one))
        need = self._machine.database.need(self._machine.password)
        down = tuple(one.name for one in self._services() if not self._answers(one))
        services: dict[str, Change] = dict(plan.services)
        for group in groups:
            services |= group.changes
        return Work(maps, groups, (*need.database, *([need.login] if need.login else [])), services, down)

    def carry_out(self, plan: Plan, work: Work, why: str) -> int | None:
        """Do it; gives the number of the checkpoint before it, None where no file changed.

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
        self._check_staged(plan)
        if work.database:
            self._tell("gld's database")
            self._machine.database.make(self._machine.password)
        for group in work.groups:
            self._tell(f"{group.user} joins the group {group.group}")
            self._run(("adduser", "--quiet", group.user, group.group))
        changed = [one for one in plan.files if one.changed]
        number = None
        if changed:
            self._tell(f"replacing {len(changed)} files")
            new = {Path(one.file.path): New(one.new, one.base) for one in changed}
            number = replace_all(self._machine.store, new, why=why, now=self._clock())
        try:
            for table in work.maps:
                self._run((table.tool, f"{table.type}:{table.path}"))
            for service in self._services():
                self._serve(service, work)
        except BackendError as error:
            if number is not None:
                self._tell(f"{error}; bringing all files back")
                self._bring_back(number, work)
                error.hint += "; all files are as they were before"
            raise
        return number

    def _check_staged(self, plan: Plan) -> None:
        """Have the programs themselves look at what is to be, in a folder of its own.

        :raises Failed: they complain; nothing was changed.
        """
        files = {one.file.path: one.new.content or b"" for one in plan.files if one.file.check == "postfix"}
        if not any(one.changed for one in plan.files if one.file.check == "postfix"):
            return
        self._tell("checking the staged Postfix")
        maps = [table for one in self._components for table in one.maps]
        with tempfile.TemporaryDirectory(prefix="mailtui-") as folder:
            found = check_postfix(self._machine.runner, files, maps, Path(folder), domain=self._values.domain)
        if found:
            raise Failed(
                f"The staged configuration is not right, nothing was changed: {'; '.join(found[:5])}",
                hint="mend what is named, in /etc/postfix or in site.toml, and run it again",
            )

    def _bring_back(self, number: int, work: Work) -> None:
        machine = self._machine
        roll_back(machine.store, number, now=self._clock())
        for table in work.maps:
            machine.runner.run(Command((table.tool, f"{table.type}:{table.path}"), mutates=True))
        for service in self._services():
            if service.name in work.services:
                machine.services.act("restart", service)

    def _serve(self, service: Service, work: Work) -> None:
        """Have a service run with what is there now, and answer."""
        change = work.services.get(service.name)
        if service.name in work.down:
            self._machine.services.enable(service)
            change = "restart"
        if change is None:
            return
        self._tell(f"{change} {service.name}")
        self._machine.services.act(change, service)
        for listens in service.listens:
            answer = wait_for(listens, self._values.hostname, PATIENCE)
            if not answer.good:
                raise Failed(
                    f"{service.name} does not answer on {answer.where}: {answer.said}",
                    hint=f"see why with: journalctl -u {service.name} -n 20; who has the port: ss -ltnp",
                )

    def _answers(self, service: Service) -> bool:
        return all(probe(listens, self._values.hostname, 2.0).good for listens in service.listens)

    def _services(self) -> list[Service]:
        return [service for one in self._components for service in one.services]

    def _run(self, argv: tuple[str, ...]) -> None:
        result = self._machine.runner.run(Command(argv, mutates=True, timeout=60))
        if result.code != 0:
            raise Failed(
                f"{argv[0]} failed: {visible(result.complaint)}", hint=f"try it by hand: {' '.join(argv)}"
            )


def stale(path: Path) -> bool:
    """Whether a map's index is missing or older than its source."""
    index = path.with_name(f"{path.name}.db")
    try:
        return index.stat().st_mtime < path.stat().st_mtime
    except FileNotFoundError:
        return True


def _is_member(membership: Membership) -> bool:
    try:
        return membership.user in grp.getgrnam(membership.group).gr_mem
    except KeyError:
        return False
