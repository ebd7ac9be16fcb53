"""What was found out of a machine, before it is judged. Times are epoch seconds, spans seconds, sizes bytes."""

from collections.abc import Mapping

import msgspec


class Service(msgspec.Struct, frozen=True):
    """One service of the stack. `state`: running, stopped, absent, unknown (hidden from this user).

    `halted`: its main process is stopped by a signal. `restarts`: how often systemd has started it again by itself.
    `since`: from when on it is in that state. `wanted`: whether it is to be started with the machine; None: not known.
    `unit`: what systemctl(1) or service(8) calls it; `process_unit`: the unit that its processes belong to. `children`: processes that do its work, and how many of them are at it.
    """

    name: str
    state: str
    pid: int | None = None
    memory: int | None = None
    started: float | None = None
    since: float | None = None
    halted: bool = False
    restarts: int | None = None
    wanted: bool | None = None
    unit: str = ""
    process_unit: str = ""
    result: str = ""
    children: int = 0
    busy: int = 0


class Services(msgspec.Struct, frozen=True):
    """All of them; `systemd`: whether systemctl(1) or service(8) starts them here; `mail`: whether a Postfix is set up."""

    services: tuple[Service, ...]
    systemd: bool = True
    mail: bool = True


class Port(msgspec.Struct, frozen=True):
    """Where a service of the stack should answer, as the configuration says.

    `said`: its first line; `error`: why there is none, `silent` when it was waited for in vain. `right`: it speaks as it should.
    """

    service: str
    where: str
    said: str = ""
    seconds: float = 0.0
    error: str = ""
    silent: bool = False
    right: bool = False


class Setup(msgspec.Struct, frozen=True):
    """What Postfix is set up to do: parameters, inet services of master.cf (port, program), and unused parameters."""

    parameters: Mapping[str, str]
    listening: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    def parameter(self, name: str) -> str:
        return self.parameters.get(name, "")


class Reason(msgspec.Struct, frozen=True):
    """Why mail waits, and how much of what was read."""

    text: str
    count: int


class QueueFacts(msgspec.Struct, frozen=True):
    """The queue. `counts` of messages by queue; unless `whole`, only so many messages as `read` were looked at closer.

    `oldest` (but for mail on hold) and `recent` (deferred of the last 20 minutes) are of those that were read, the reasons as well.
    """

    counts: Mapping[str, int]
    read: int
    whole: bool
    oldest: float | None = None
    recent: int = 0
    first_recent: float | None = None
    reasons: tuple[Reason, ...] = ()
    faults: Mapping[str, int] = {}
    """Messages that wait for something of this machine: scanner, filter, disk, dns, delivery."""

    def count(self, name: str) -> int:
        return self.counts.get(name, 0)


class Seen(msgspec.Struct, frozen=True):
    """Lines of the log that tell of one trouble: how many, first and last, and what the last one says."""

    kind: str
    count: int
    first: float
    last: float
    said: str


class Done(msgspec.Struct, frozen=True, gc=False):
    """A message that amavis is done with: when, as what (ham, spam, virus), and the seconds that it took, if told."""

    at: float
    kind: str
    seconds: float | None


class LogFacts(msgspec.Struct, frozen=True):
    """The last minutes of the mail log, from `since` on: troubles, and what amavis did."""

    since: float
    until: float
    seen: tuple[Seen, ...] = ()
    done: tuple[Done, ...] = ()

    def scans(self, since: float = 0.0) -> list[float]:
        """How long amavis took for each message, in seconds."""
        return [one.seconds for one in self.done if one.seconds is not None and one.at > since]

    def count(self, kind: str, since: float) -> int:
        return sum(1 for one in self.done if one.kind == kind and one.at > since)

    def of(self, kind: str) -> Seen | None:
        return next((one for one in self.seen if one.kind == kind), None)


class Database(msgspec.Struct, frozen=True):
    """gld's database as gld's own login finds it; `error`: why it does not, `speaks`: a server is there all the same."""

    where: str
    seconds: float
    error: str = ""
    hint: str = ""
    speaks: bool = False
    err_accept: bool = True


class Volume(msgspec.Struct, frozen=True):
    """A file system and what the stack keeps there: `folders` by their role (spool, quarantine, log, database).

    `used` and `free` as an unprivileged writer sees them; `inodes` 0: it has no fixed number. `device` tells it from others.
    """

    device: str
    folders: Mapping[str, str]
    size: int
    free: int
    inodes: int
    inodes_free: int
    read_only: bool = False


class Growth(msgspec.Struct, frozen=True):
    """How a file system has filled: bytes a day, over so many seconds."""

    a_day: float
    over: float


class Certificate(msgspec.Struct, frozen=True):
    """A certificate that a service uses; `error`: why it cannot be looked at. `served`: whether it is the one in the file."""

    where: str
    services: tuple[str, ...]
    expires: float | None = None
    error: str = ""
    served: bool | None = None


class Clock(msgspec.Struct, frozen=True):
    """The machine's clock: whether something keeps it right, by how much it may be wrong, who does it.

    `own`: False in a container, whose clock is its host's.
    """

    synchronised: bool
    error: float
    by: str = ""
    own: bool = True


class Resolver(msgspec.Struct, frozen=True):
    """A DNS server that is asked here; `error`: why it does not answer."""

    address: str
    seconds: float
    error: str = ""


class Resolvers(msgspec.Struct, frozen=True):
    """All of them; `copy`: Postfix's own resolv.conf, where it differs from the machine's."""

    servers: tuple[Resolver, ...]
    copy: str = ""


class RootMail(msgspec.Struct, frozen=True):
    """Where mail to root goes: its alias, or nothing; `delivers`: the mailbox_command that would get it then."""

    alias: str
    delivers: str = ""


class Drifted(msgspec.Struct, frozen=True):
    """What an apply would change: files, and what else; None of it is known where nothing was ever applied."""

    files: tuple[str, ...]
    todo: tuple[str, ...] = ()


class Stale(msgspec.Struct, frozen=True):
    """The tables whose index is older than their source, and those that have none; how many there are in all."""

    names: tuple[str, ...]
    tables: int
    missing: tuple[str, ...] = ()
