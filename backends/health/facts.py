"""What was found out of a machine, before it is judged. Times are epoch seconds, spans seconds, sizes bytes."""

from collections.abc import Iterable, Mapping

import msgspec

from backends.health.values import Line


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


class Unit(msgspec.Struct, frozen=True):
    """What systemctl(1) tells of a unit."""

    active: str
    result: str
    restarts: int | None
    wanted: bool | None
    since: float | None


UNREAD = "closes the connection unread"
"""What gld without its database does, in place of what is said at a port."""


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
    """Why mail waits, whose or where to, and how much of what was read."""

    text: str
    count: int


class QueueFacts(msgspec.Struct, frozen=True):
    """The queue. `counts` of messages by queue; unless `whole`, only so many messages as `read` were looked at closer.

    `oldest` (but for mail on hold) and `recent` (deferred of the last 20 minutes) are of those that were read, the reasons as well.
    `domains` and `senders`: the commonest of those that wait for the first reason.
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
    domains: tuple[Reason, ...] = ()
    senders: tuple[Reason, ...] = ()

    def count(self, name: str) -> int:
        return self.counts.get(name, 0)


class Seen(msgspec.Struct, frozen=True):
    """Lines of the log that tell of one trouble: when each was written, in their order, and what the last one says."""

    kind: str
    times: tuple[float, ...]
    said: str

    @property
    def count(self) -> int:
        return len(self.times)

    @property
    def first(self) -> float:
        return self.times[0]

    @property
    def last(self) -> float:
        return self.times[-1]

    def since(self, began: float) -> "Seen | None":
        """Those that are not older; None: there are none."""
        times = tuple(at for at in self.times if at >= began)
        return Seen(self.kind, times, self.said) if times else None


class Done(msgspec.Struct, frozen=True, gc=False):
    """A message that amavis is done with: when, as what (ham, spam, virus), and the seconds that it took, if told.

    `backup`: a backup scanner has scanned it, as no other did. `unscanned`: none could; `passed`: it went on all the same.
    """

    at: float
    kind: str
    seconds: float | None
    backup: bool = False
    unscanned: bool = False
    passed: bool = True


SPAN = 900.0
"""Seconds whose attempts to deliver are counted."""


class Outside(msgspec.Struct, frozen=True):
    """Messages on their way to others in the last quarter of an hour, bounces left out: how many were delivered, and failed.

    `first`: the first failure; `since`: how many were delivered from then on. `reasons`, `domains` and `senders`: the commonest
    of those that failed, with their counts; `places`: how many domains there are in all. `last`: the last delivery; `after` and
    `places_after`: what failed after it, and to how many domains.
    """

    sent: int = 0
    failed: int = 0
    first: float | None = None
    places: int = 0
    reasons: tuple[Reason, ...] = ()
    domains: tuple[Reason, ...] = ()
    senders: tuple[Reason, ...] = ()
    since: int = 0
    last: float | None = None
    after: int = 0
    places_after: int = 0


class Written(msgspec.Struct, frozen=True):
    """The file that the mail log is written to, and when its newest line was.

    `behind`: lines that it should have are missing. `elsewhere`: the journal has them. `by`: which program should write it
    (its service's name), if one is installed.
    """

    path: str
    newest: float
    behind: bool = False
    elsewhere: bool = False
    by: str = ""


class LogFacts(msgspec.Struct, frozen=True):
    """The last minutes of the mail log, from `since` on: troubles, what amavis did, when mail was taken in, mail to others.

    `newest`: when the newest line was written, however old; 0: there is none. `lines`: the newest warnings and errors.
    `file`: where it is; None: it is the journal. Of the journal only what the services themselves have written counts; syslog
    does not tell who wrote a line of a file, and any user of the machine can.
    """

    since: float
    until: float
    seen: tuple[Seen, ...] = ()
    done: tuple[Done, ...] = ()
    taken: tuple[float, ...] = ()
    outside: Outside = Outside()
    newest: float = 0.0
    lines: tuple[Line, ...] = ()
    file: Written | None = None

    def scans(self, since: float = 0.0) -> list[float]:
        """How long amavis took for each message that its own scanner has scanned, in seconds."""
        mine = [one for one in self.done if one.at > since and not (one.backup or one.unscanned)]
        return [one.seconds for one in mine if one.seconds is not None]

    def slowest(self, since: float = 0.0) -> float | None:
        """The 95th percentile of that; None: nothing was scanned."""
        return percentile(self.scans(since), 0.95)

    def count(self, kind: str, since: float) -> int:
        return sum(1 for one in self.done if one.kind == kind and one.at > since)

    @property
    def lost(self) -> bool:
        """Whether what is logged now is written nowhere."""
        return self.file is not None and self.file.behind and not self.file.elsewhere

    @property
    def proven(self) -> bool:
        """Whether it is known that the services themselves have written it."""
        return self.file is None or self.file.elsewhere

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
    """What an apply would change: files, and what else; None of it is known where nothing was ever applied.

    `since`: when the first of the files that somebody changed here was changed, as far as the file tells.
    """

    files: tuple[str, ...]
    todo: tuple[str, ...] = ()
    since: float | None = None


class Stale(msgspec.Struct, frozen=True):
    """The tables whose index is older than their source, and those that have none; how many there are in all."""

    names: tuple[str, ...]
    tables: int
    missing: tuple[str, ...] = ()


class Tables(msgspec.Struct, frozen=True):
    """What is wrong with lookup tables, and what is worth a note, in words, as `mailtui maps lint` tells it.

    `closed`: tables that this user may not read, of which nothing is told.
    """

    bad: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()


def percentile(values: Iterable[float], share: float) -> float | None:
    """The value that so large a share of all does not exceed; None: there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
