"""The health of the demo host: simulated facts, judged as those of a real machine.

Since 21 minutes before the start the virus scanner does not run, and mail waits for it; the quarantine's disk is full in
three days.
"""

import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from threading import Lock

from backends.antivirus.values import Status
from backends.errors import Refused
from backends.health.adapter import HostHealth
from backends.health.asking import Question
from backends.health.facts import (
    Certificate,
    Clock,
    Database,
    Done,
    LogFacts,
    Outside,
    Port,
    QueueFacts,
    Resolver,
    Resolvers,
    RootMail,
    Seen,
    Service,
    Services,
    Setup,
    Stale,
    Volume,
    Written,
)
from backends.health.gather.maps import tables
from backends.health.gather.queue import queue
from backends.health.ring import Filled, Ring, added
from backends.health.values import Line, Point
from backends.host import Host
from backends.journal import Journal
from backends.runner import Command, Result, Stream

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
GIB = 1 << 30
OUTAGE = 21 * MINUTE
UPTIME = 12 * DAY
UNITS = {
    "postfix": ("postfix", 801, 46),
    "gld": ("gld", 655, 4),
    "amavis": ("amavis", 1290, 412),
    "clamd": ("clamav-daemon", 640, 1_492),
    "dovecot": ("dovecot", 702, 38),
    "mariadb": ("mariadb", 590, 288),
}
"""Each service's unit, process and memory in MiB."""
PORTS = (
    ("postfix", "25", "220 mx1.example.org ESMTP Postfix"),
    ("postfix", "10025", "220 mx1.example.org ESMTP Postfix"),
    ("amavis", "10024", "220 [127.0.0.1] ESMTP amavisd-new service ready"),
    ("gld", "2525", ""),
    ("dovecot", "143", "* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready."),
    ("dovecot", "993", "* OK [CAPABILITY IMAP4rev1] Dovecot ready."),
)
TROUBLE = (
    "amavis: (01290-07) (!)run_av (ClamAV-clamd) FAILED - unexpected , output: "
    '"clamd: Can\'t connect to a UNIX socket /var/run/clamav/clamd.ctl"'
)


class DemoHealth(HostHealth):
    """Implements `backends.host.Health`; `start` is when the demo began, `mended` since when clamd runs, if it does."""

    def __init__(
        self, host: Host, start: float, mended: Callable[[], float | None], mend: Callable[[], None]
    ) -> None:
        sources = _Sources(host, start, mended)
        runner = _Runner(host, mend)
        super().__init__(sources, _Kept(host, start), runner, host.now, record=lambda *_words, **_more: None)


class _Sources:
    """Simulated answers; what the other adapters know is asked of them."""

    def __init__(self, host: Host, start: float, mended: Callable[[], float | None]) -> None:
        self._host, self._start, self._mended = host, start, mended

    def questions(self) -> Mapping[str, Question]:
        return {
            "services": self._services,
            "setup": lambda: Setup({}),
            "ports": lambda: tuple(
                Port(service, where, said, 0.002, right=True) for service, where, said in PORTS
            ),
            "queue": self._queue,
            "log": self._log,
            "greylist": self._database,
            "antivirus": self._antivirus,
            "disks": self._disks,
            "dns": lambda: Resolvers((Resolver("127.0.0.1", 0.0004),)),
            "certificates": self._certificates,
            "clock": lambda: Clock(synchronised=True, error=0.0008, by="systemd-timesyncd"),
            "maps": lambda: Stale(
                tuple(table.name for table in self._host.maps.stale()), len(self._host.maps.tables())
            ),
            "tables": lambda: tables(self._host.maps, lambda _: True),
            "root": lambda: RootMail("alice"),
        }

    def waiting(self) -> int:
        return self._host.greylist.about().rows

    def _services(self) -> Services:
        since, mended = self._start - OUTAGE, self._mended()
        found = []
        for state in self._host.services():
            unit, pid, memory = UNITS[state.name]
            if state.state != "running":
                found.append(
                    Service(state.name, state.state, since=since, restarts=0, wanted=True, unit=unit)
                )
                continue
            started = mended if state.name == "clamd" and mended is not None else self._start - UPTIME
            found.append(
                Service(
                    state.name,
                    "running",
                    pid,
                    memory << 20,
                    started,
                    started,
                    restarts=0,
                    wanted=True,
                    unit=unit,
                    children=8 if state.name == "amavis" else 0,
                    busy=3 if state.name == "amavis" else 0,
                )
            )
        return Services(tuple(found))

    def _queue(self) -> QueueFacts:
        return queue(self._host.queue, self._host.now())

    def _log(self) -> LogFacts:
        now, mended = self._host.now(), self._mended()
        since, until = now - 20 * MINUTE, now if mended is None else mended
        first = max(since, self._start - OUTAGE)
        times = int((until - first) / 3.25)
        when = tuple(first + 3.25 * number for number in range(times))
        seen = tuple(Seen(kind, when, TROUBLE) for kind in ("scanner", "unscanned") if when)
        took = (0.3, 0.4, 0.4, 0.6, 1.9) if mended is None else (0.2, 0.3, 0.3, 0.4, 0.9)
        done = tuple(
            Done(now - at * 7, "spam" if at % 6 == 0 else "ham", took[at % 5]) for at in range(120, 0, -1)
        )
        lines = tuple(
            Line(at, "amavis", TROUBLE.removeprefix("amavis: "), len(when)) for at in when[-1:] if at > since
        )  # mended, it goes when it is older
        file = Written("/var/log/mail.log", now - 3)
        return LogFacts(
            since, now, seen, done, (), Outside(214, 3, now - 700, 3, since=160), now - 3, lines, file
        )

    def _database(self) -> Database:
        about = self._host.greylist.about()
        return Database(about.where, 0.001, speaks=True, err_accept=about.err_accept)

    def _antivirus(self) -> Status:
        return self._host.antivirus.status()

    def _disks(self) -> tuple[Volume, ...]:
        return (
            Volume(
                "8:1",
                {"spool": "/var/spool/postfix", "log": "/var/log"},
                40 * GIB,
                29 * GIB,
                2_621_440,
                2_311_004,
            ),
            Volume(
                "8:16",
                {"quarantine": "/var/lib/amavis"},
                80 * GIB,
                _free(self._host.now() - self._start),
                5_242_880,
                5_184_207,
            ),
            Volume("8:32", {"database": "/var/lib/mysql"}, 20 * GIB, 14 * GIB, 1_310_720, 1_309_522),
        )

    def _certificates(self) -> tuple[Certificate, ...]:
        path = "/etc/letsencrypt/live/mx1.example.org/fullchain.pem"
        return (Certificate(path, ("postfix", "dovecot"), self._start + 61 * DAY, served=True),)


def _free(elapsed: float) -> int:
    """What is left of the quarantine's disk, so many seconds after the start."""
    return max(0, int((19 - 6.3 * elapsed / DAY) * GIB))


class _Kept:
    """A ring in memory: an hour before the start, as the mail that waits came."""

    def __init__(self, host: Host, start: float) -> None:
        self._host, self._start = host, start
        self._lock = Lock()
        self._ring: Ring | None = None

    def load(self) -> Ring:
        with self._lock:
            if self._ring is None:
                self._ring = self._begun()
            return self._ring

    def save(self, kept: Ring) -> None:
        with self._lock:
            self._ring = kept

    def _begun(self) -> Ring:
        deferred = sorted(
            message.arrival_time
            for message in self._host.queue.messages()
            if message.queue_name == "deferred"
        )
        kept = Ring(filled=(Filled(self._start - 2 * DAY, {"8:16": 80 * GIB - _free(-2 * DAY)}),))
        for minute in range(60, 0, -1):
            at = self._start - minute * MINUTE
            wave = minute * 7 % 5
            point = Point(
                at,
                active=18 + wave,
                deferred=bisect_right(deferred, at),
                hold=3,
                incoming=int(wave == 2),
                oldest=at - deferred[0] if deferred else None,
                waiting=36 + wave,
                ham=8 + wave,
                spam=1 + wave % 2,
                virus=0,
                scan=0.4 + wave / 10 if minute > OUTAGE / MINUTE else 1.9,
            )
            kept = added(kept, point, {}, {})
        return kept


class _Runner:
    """Carries out what mends: the scanner is started, or mail that waits tried again."""

    def __init__(self, host: Host, mend: Callable[[], None]) -> None:
        self._host, self._mend = host, mend

    @property
    def journal(self) -> Journal:
        return self._host.journal

    def run(self, command: Command) -> Result:
        began = time.monotonic()
        entry = self.journal.begin(str(command), mutates=command.mutates)
        asked = command.argv[:2] == ("systemctl", "is-failed")
        if not asked and command.argv[0] == "systemctl" and "clamav-daemon" in command.argv:
            self._mend()
        elif command.argv[:2] == ("postqueue", "-f"):
            self._host.queue.flush()
        code = int(asked)  # it has not
        self.journal.end(entry, code, "")
        return Result(code, b"", b"", time.monotonic() - began)

    def stream(self, command: Command) -> AbstractContextManager[Stream]:
        raise Refused("The demo host runs no program", hint="leave out --demo")

    def close(self, *, acts: bool = True) -> None:
        """Nothing runs."""
