"""What is asked of this machine: each question in its own terms, none of them changing anything."""

import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

import msgspec

from backends.antivirus.adapter import ClamAntivirus
from backends.apply.told import RIGHTS
from backends.errors import BackendError, NotAnswering, NotPermitted
from backends.greylist.policy import listens
from backends.greylist.values import Filter
from backends.health.asking import PATIENCE, Asking, Question
from backends.health.facts import (
    Database,
    Drifted,
    LogFacts,
    Port,
    QueueFacts,
    Resolvers,
    RootMail,
    Services,
    Setup,
    Stale,
    Tables,
)
from backends.health.gather import (
    certificates,
    clock,
    disks,
    dns,
    dovecot,
    maps,
    policy,
    ports,
    queue,
    units,
)
from backends.health.gather.log import source
from backends.health.gather.setup import setup
from backends.host import Host
from backends.maps.config import split
from backends.quarantine.config import configured
from backends.runner import Command, Runner
from backends.site.file import SITE_FILE

T = TypeVar("T")
CLAMD_PATIENCE = 1.5  # s
SPOOL = "/var/spool/postfix"
GLD_CONF = Path("/etc/gld.conf")
MARIADB = "/run/mysqld/mysqld.sock"
TIMEOUT = 1.5  # s of a program
IMAPS = 993
LOADED = ("sh", "psutil", "pymysql", "ssl")
"""What questions load, before the clock runs: a busy machine takes long for it, and nothing hangs by that."""
GONE = 15.0
"""Seconds for which settings that were read are taken to be those in force."""
COMPARED = 300.0
"""Seconds between two comparisons with the reference, which knocks at every port, and between two looks at the journal of
a machine that writes a log."""
LINTED = 900.0
"""Seconds between two looks at what is in tables while no file and no setting is another: other servers may answer."""


class LocalSources:
    """This machine; `host` is asked for what its adapters know."""

    def __init__(self, host: Host, runner: Runner, config_dir: str | None = None) -> None:
        self._host, self._runner = host, runner
        self._config_dir = config_dir
        self._instance = ("-c", str(Path(config_dir).absolute())) if config_dir else ()
        self._antivirus = ClamAntivirus(runner, patience=CLAMD_PATIENCE)
        self._setup = _Once(lambda: setup(runner, self._instance))
        self._dovecot = _Once(lambda: dovecot.settings(runner))
        self._drifted = _Once(self._drift, COMPARED)
        self._journaled = _Once(lambda: source.latest_of_journal(runner), COMPARED)
        self._linted = _Once(lambda: maps.tables(host.maps), LINTED)
        self._marks: tuple[object, ...] = ()
        self._of_ports, self._of_dns = Asking(ports.PATIENCE + 0.2), Asking(dns.PATIENCE + 0.2)

    def questions(self) -> Mapping[str, Question]:
        for name in LOADED:
            import_module(name)
        found: dict[str, Question] = {
            "services": self._services,
            "units": lambda: units.units(self._runner),
            "setup": self._asked_setup,
            "ports": self._ports,
            "queue": self._queue,
            "log": self._log,
            "greylist": self._database,
            "antivirus": self._antivirus.status,
            "disks": self._disks,
            "dns": self._dns,
            "certificates": self._certificates,
            "clock": clock.clock,
            "maps": self._maps,
            "tables": self._tables,
            "root": self._root,
            "drift": self._drifted.get,
        }
        return found

    def waiting(self) -> int:
        return self._host.greylist.count(Filter(state="waiting"))

    def _asked_setup(self) -> Setup | None:
        """Nothing where no Postfix is set up."""
        return self._setup.get() if self._is_mail_server() else None

    def _is_mail_server(self) -> bool:
        from backends.local import has_mail_stack  # noqa: PLC0415 - which makes this

        return has_mail_stack(self._config_dir)

    def _known_setup(self) -> Setup:
        """Postfix's settings, or none: that they cannot be read is told by the question for them alone."""
        try:
            return self._setup.get() if self._is_mail_server() else Setup({})
        except BackendError:
            return Setup({})

    def _services(self) -> Services:
        found = units.processes()
        if self._config_dir is not None:
            states = {one.name: one.state for one in self._host.services()}
            found = msgspec.structs.replace(
                found,
                services=tuple(
                    msgspec.structs.replace(one, state=states[one.name]) if one.name == "postfix" else one
                    for one in found.services
                ),
            )
        return msgspec.structs.replace(found, mail=self._is_mail_server())

    def _ports(self) -> tuple[Port, ...]:
        places = []
        wanted = self._known_setup()
        places += list(ports.of_postfix(wanted))
        if (settings := self._dovecot.get()) is not None:
            places += list(ports.of_dovecot(settings))
        found = ports.ports(places, self._of_ports)
        if (port := ports.policy_port(wanted)) is not None:
            found.append(policy.probe(port))
        return tuple(found)

    def _queue(self) -> QueueFacts | None:
        if not self._is_mail_server():
            return None
        return queue.queue(
            self._host.queue, self._host.now(), self._known_setup().parameter("queue_directory")
        )

    def _log(self) -> LogFacts:
        nearby = source.nearby(self._known_setup())
        return source.log(
            self._runner, self._host.now(), self._worked(), nearby, journaled=self._journaled.get
        )

    def _worked(self) -> float:
        """When Postfix last took a message in: its queue tells it, whatever becomes of the log; 0: not known."""
        known = self._setup.known()
        spool = SPOOL if known is None else known.parameter("queue_directory")
        if not spool or (known is None and self._config_dir is not None):
            return 0.0
        try:
            return Path(spool, "incoming").stat().st_mtime
        except OSError:
            return 0.0

    def _database(self) -> Database | None:
        began = time.monotonic()
        if not GLD_CONF.exists():
            return None
        try:
            about = self._host.greylist.about()
        except NotPermitted:
            raise
        except BackendError as error:
            speaks = policy.greets(MARIADB)
            return Database(
                MARIADB,
                time.monotonic() - began,
                str(error),
                error.hint,
                speaks,
                err_accept=policy.accepts(GLD_CONF),
            )
        return Database(about.where, time.monotonic() - began, speaks=True, err_accept=about.err_accept)

    def _disks(self) -> object:
        spool = self._known_setup().parameter("queue_directory")
        try:
            quarantine = configured().quarantine or ""
        except BackendError:
            quarantine = ""
        return disks.disks(disks.folders(spool, quarantine))

    def _dns(self) -> Resolvers:
        return dns.resolvers(self._of_dns, self._known_setup().parameter("queue_directory"))

    def _certificates(self) -> object:
        settings = self._dovecot.get()
        mine = list(certificates.of_dovecot(settings)) if settings is not None else []
        port = IMAPS if mine and listens(IMAPS) else None
        return certificates.certificates(
            self._runner, list(certificates.of_postfix(self._known_setup())), mine, port
        )

    def _maps(self) -> Stale | None:
        if not self._is_mail_server():
            return None
        return maps.maps(self._known_setup())

    def _tables(self) -> Tables | None:
        """Read again when a file or a setting is another, and now and then."""
        if not self._is_mail_server():
            return None
        marks = maps.marks(self._known_setup())
        if marks != self._marks:
            self._marks = marks
            self._linted.forget()
        return self._linted.get()

    def _root(self) -> RootMail | None:
        """Nothing where Postfix delivers nothing to users."""
        wanted = self._known_setup()
        if not wanted.parameter("alias_maps"):
            return None
        for table in split(wanted.parameter("alias_maps")):
            said = self._runner.run(
                Command(("postalias", *self._instance, "-q", "root", table), timeout=TIMEOUT)
            )
            if said.code == 0 and said.stdout.strip():
                return RootMail(said.stdout.decode("utf-8", "replace").strip())
        return RootMail("", wanted.parameter("mailbox_command"))

    def _drift(self) -> Drifted | None:
        """Asked only where something was applied, or is to be."""
        if not SITE_FILE.exists():
            return None
        found = self._host.config.drift()
        changed = {"missing", "changed in the reference", RIGHTS, "conflict"}
        files = tuple(
            f"{file.path}: {file.state}" + (f": {', '.join(file.diff)}" if file.state == RIGHTS else "")
            for one in found.components
            for file in one.files
            if file.state in changed
        )
        here = [
            Path(file.path)
            for one in found.components
            for file in one.files
            if file.state in {RIGHTS, "conflict"}
        ]
        return Drifted(files, found.todo, min(filter(None, map(_changed, here)), default=None))


def _changed(path: Path) -> float | None:
    """When a file, its owner or its mode was changed last: no program can set that time back."""
    try:
        return path.stat().st_ctime
    except OSError:
        return None


class _Once(Generic[T]):
    """What several questions need, read by the first and kept for a while; the others wait for it."""

    def __init__(self, read: Callable[[], T], kept: float = GONE) -> None:
        self._read, self._kept = read, kept
        self._lock = Lock()
        self._known: tuple[float, T | BackendError] | None = None
        self._forgotten = 0

    def get(self) -> T:
        """What was read.

        :raises NotAnswering: the first one hangs.
        :raises BackendError: it cannot be read.
        """
        if not self._lock.acquire(timeout=PATIENCE):
            raise NotAnswering("did not answer in time", hint="look for programs that hang")
        try:
            known = self._known
            if known is None or time.monotonic() - known[0] > self._kept:
                before = self._forgotten
                known = time.monotonic(), self._found()
                self._known = known if before == self._forgotten else None
            found = known[1]
        finally:
            self._lock.release()
        if isinstance(found, BackendError):
            raise found
        return found

    def forget(self) -> None:
        """Have it read again, also what is being read now."""
        self._forgotten += 1
        self._known = None

    def known(self) -> T | None:
        """What was read, if it was; nothing is waited for."""
        known = self._known
        return None if known is None or isinstance(known[1], BackendError) else known[1]

    def _found(self) -> T | BackendError:
        try:
            return self._read()
        except BackendError as error:
            return error
