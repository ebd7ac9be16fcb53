"""What follows when files were replaced: maps are built, units read, services run with what is there now."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from backends.apply.machine.probe import probe, wait_for
from backends.apply.machine.services import Action, Services
from backends.apply.told import Event
from backends.errors import BackendError, Failed
from backends.reference.manifest import Change, Component, Map, Service, changes_of
from backends.runner import Command, Runner
from backends.text import visible

PATIENCE = 60.0  # s until a service that was started answers
AGAIN = 30.0  # s until a service answers again with files that were brought back
BRIEF = 5.0  # s until a service that its init script would not start is started directly
UNITS = "/etc/systemd/system/"
Tell = Callable[[Event], None]


class Settling:
    """Maps and services of these components; `tell` is told each step."""

    def __init__(
        self,
        runner: Runner,
        services: Services,
        components: Sequence[Component],
        hostname: str,
        tell: Tell,
    ) -> None:
        self._runner, self._services, self._components = runner, services, components
        self._hostname, self.tell = hostname, tell

    @property
    def maps(self) -> list[Map]:
        """Those that are built."""
        return [table for one in self._components for table in one.maps if table.tool]

    @property
    def services(self) -> list[Service]:
        """In the order in which they start."""
        return [service for one in self._components for service in one.services]

    def changes(self, paths: Collection[str]) -> dict[str, Change]:
        """What services need when these files have changed."""
        return changes_of(file for one in self._components for file in one.files if file.path in paths)

    def build(self, maps: Iterable[Map]) -> None:
        """Build these maps; the index of one without a source goes.

        :raises Failed: one cannot be built.
        """
        for table in maps:
            if not Path(table.path).exists():
                index_of(table).unlink(missing_ok=True)
                continue
            argv = (table.tool, f"{table.type}:{table.path}")
            self.tell(Event("map", f"building {table.path}"))
            result = self._runner.run(Command(argv, mutates=True, timeout=60))
            if result.code != 0:
                raise Failed(
                    f"{table.tool} failed: {visible(result.complaint)}",
                    hint=f"try it by hand: {' '.join(argv)}",
                )

    def read_units(self, paths: Iterable[str]) -> None:
        """Have systemd read its units again where one of these files is one.

        :raises Failed: it would not.
        """
        if any(path.startswith(UNITS) for path in paths):
            self._services.read_units()

    def retire(self, gone: Collection[str]) -> set[str]:
        """Stop the services whose units are among the files that go; gives their names."""
        retired = [service for service in self.services if f"{UNITS}{service.name}" in gone]
        for service in retired:
            self.tell(Event("service", f"stop {service.name}"))
            self._services.retire(service)
        return {service.name for service in retired}

    def serve(self, changes: Mapping[str, str], down: Collection[str] = ()) -> None:
        """Have services run with what is there now, and answer; those that were `down` are enabled and started.

        :raises Failed: one does not come up, or another program has its port.
        """
        for service in self.services:
            change = changes.get(service.name)
            if service.name in down:
                self.tell(Event("service", f"start {service.name}"))
                self._services.enable(service)
                self._services.forgive(service)
                change = "restart"
            elif change is not None:
                self.tell(Event("service", f"{change} {service.name}"))
            if change is not None:
                try:
                    self._services.act("reload" if change == "reload" else "restart", service)
                    self._await(service)
                except Failed as error:
                    raise self._taken(service) or error from error

    def running(self, but: Collection[str] = ()) -> set[str]:
        """Services, but for these, that somebody answers for now, whatever name they give themselves."""
        return {one.name for one in self.services if one.name not in but and not self._silent(one, 2.0)}

    def serve_again(
        self, changes: Mapping[str, str], down: Collection[str], ran: Collection[str]
    ) -> list[str]:
        """Have services run with files that were brought back; those that were `down` before stop.

        Those that `ran` must answer again; gives in words which do not.
        """
        trouble = []
        for service in self.services:
            action: Action = "stop" if service.name in down else "restart"
            if service.name not in changes and service.name not in down:
                continue
            self.tell(Event("service", f"{action} {service.name}"))
            try:
                self._services.act(action, service)
            except BackendError as error:
                trouble.append(str(error))
                continue
            if action == "restart" and service.name in ran and (where := self._silent(service, AGAIN)):
                trouble.append(f"{service.name} does not answer on {where}")
        return trouble

    def _silent(self, service: Service, patience: float) -> str:
        """Where nobody answers for it within `patience` seconds; empty: it runs."""
        if not service.listens:
            return "" if self._services.running(service) else "anything: it does not run"
        for listens in service.listens:
            anybody = msgspec.structs.replace(listens, banner="")
            answer = wait_for(anybody, self._hostname, patience)
            if not answer.good:
                return answer.where
        return ""

    def answers(self, service: Service) -> bool:
        """Whether it answers where it should; one that listens nowhere must run."""
        if not service.listens:
            return self._services.running(service)
        return all(probe(listens, self._hostname, 2.0).good for listens in service.listens)

    def _taken(self, service: Service) -> Failed | None:
        """The error that another program has one of its ports, where one has."""
        for listens in service.listens:
            answer = probe(listens, self._hostname, 2.0)
            if answer.there and not answer.good:
                return Failed(
                    f"{service.name} cannot have {answer.where}: another program answers there: {answer.said}",
                    hint=f"see which one with: ss -ltnp sport = :{listens.port}; stop it, and run it again",
                )
        return None

    def _await(self, service: Service) -> None:
        directly = service.direct and not self._services.systemd
        for listens in service.listens:
            answer = wait_for(listens, self._hostname, BRIEF if directly else PATIENCE)
            if not answer.good and directly:
                self._services.start_directly(service)
                answer = wait_for(listens, self._hostname, PATIENCE)
            if not answer.good:
                raise Failed(
                    f"{service.name} does not answer on {answer.where}: {answer.said}",
                    hint=f"see why with: {self._services.why(service)}; who has the port: ss -ltnp",
                )


def index_of(table: Map) -> Path:
    """The file that a map is built into."""
    return Path(f"{table.path}.db")


def stale(table: Map) -> bool:
    """Whether a map's index is missing or older than its source."""
    try:
        return index_of(table).stat().st_mtime < Path(table.path).stat().st_mtime
    except FileNotFoundError:
        return True
