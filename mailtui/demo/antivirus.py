"""The simulated virus scanner: signatures of two days ago, and a clamd that does not run until it is mended."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event

import msgspec

from backends.antivirus import fetching, findings, logs, scanning
from backends.antivirus.conf import ClamdConf
from backends.antivirus.values import (
    Caught,
    Daemon,
    Database,
    Finding,
    Freshclam,
    Loaded,
    Run,
    Scanned,
    Signature,
    Stats,
    Status,
    Updated,
)
from backends.errors import Missing, Refused

HOUR, DAY = 3600.0, 86400.0
WHERE = "/var/run/clamav/clamd.ctl"
DOWN = f"clamd does not run: {WHERE} is not there"
HINT = "start it, or see why not: journalctl -u clamav-daemon -n 20"
SIGNATURE = "Win.Test.EICAR_HDB-1"
LOG = "/var/log/clamav/freshclam.log"
SELF_CHECK = 3600
TEST_VIRUS = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!"
TEST_VIRUS_BASE64 = b"WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9"
_SETS = (("phish.ndb", 21_604), ("rogue.hdb", 3_212), ("junk.ndb", 48_117), ("winnow_malware.hdb", 391))
_CAUGHT = (
    ("Win.Malware.Generic-9951234-0", 31, 2.0, "official"),
    ("Sanesecurity.Phishing.Fake.30477.UNOFFICIAL", 17, 0.4, "phish.ndb"),
    ("Doc.Downloader.Emotet-10012345-0", 9, 20.0, "official"),
    ("Sanesecurity.Rogue.0hr.20261124.UNOFFICIAL", 4, 7.0, "rogue.hdb"),
)


class DemoClamd:
    """A clamd that knows one signature, behind what the real adapter asks of it."""

    def __init__(self, running: Callable[[], bool], stop: Event | None = None) -> None:
        self._running, self._stop = running, stop

    def stream(self, chunks: Iterable[bytes], limit: int, patience: float) -> tuple[str | None, int]:
        if not self._running():
            raise Missing(DOWN, hint=HINT)
        size, found, rest = 0, False, b""
        for chunk in chunks:
            _stopped(self._stop)
            size += len(chunk)
            found |= TEST_VIRUS in rest + chunk or TEST_VIRUS_BASE64 in rest + chunk
            rest = chunk[-100:]
        return f"stream: {f'{SIGNATURE} FOUND' if found else 'OK'}", size

    def wait(
        self, tell: Callable[[str], None], stop: Event | None, *, notified: bool
    ) -> tuple[bool | None, str]:
        if not self._running():
            return False, DOWN
        tell("waiting until clamd has loaded them")
        return True, "Database correctly reloaded (8797748 signatures)"


class DemoAntivirus:
    """Implements `backends.host.Antivirus`; `running` tells whether clamd is, by now; `sleep` lets things take their time."""

    def __init__(
        self,
        clock: Callable[[], float],
        running: Callable[[], bool],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._running, self._sleep = clock, running, sleep
        self._start = clock()
        self._version, self._built = 27_461, self._start - 2 * DAY
        self._fetched: float | None = None

    def status(self, stop: Event | None = None) -> Status:
        now = self._clock()
        daemon, files, fetching = self._daemon(), self.databases(), self._freshclam()
        wrong = findings.findings(daemon, files, fetching, SELF_CHECK, now)
        return Status(now, daemon, files, fetching, tuple(wrong))

    def databases(self) -> tuple[Database, ...]:
        loaded = True if self._running() else None
        changed = self._fetched or self._start - 5 * HOUR
        official = (
            Database(
                "bytecode.cvd", "bytecode", 281_702, self._start - 90 * DAY, 335, 86, self._start - 400 * DAY
            ),
            Database("daily.cld", "official", 64_190_464, changed, self._version, 2_076_911, self._built),
            Database(
                "main.cvd", "official", 170_479_789, self._start - 90 * DAY, 62, 6_647_427, 1_631_809_200.0
            ),
        )
        third = (
            Database(
                name,
                "third-party",
                count * 97,
                self._start - 3 * HOUR,
                signatures=count,
                built=self._start - 4 * HOUR,
                source="clamav-unofficial-sigs",
            )
            for name, count in _SETS
        )
        return tuple(
            msgspec.structs.replace(one, loaded=loaded, source=one.source or "freshclam")
            for one in (*official, *third)
        )

    def why_not(self) -> str:
        return ""

    def update(
        self, tell: Callable[[str], None], stop: Event | None = None, *, third_party: bool = False
    ) -> Updated:
        if third_party:
            tell("clamav-unofficial-sigs: no new files")
            return Updated("clamav-unofficial-sigs", "current")
        tell("freshclam's daemon (process 812) holds the lock: it is asked to look now (SIGUSR1)")
        reader = logs.Reader()
        for text in self._fetch():
            self._sleep(0.4)
            _stopped(stop)
            reader.read(logs.Line(self._clock(), text))
            tell(text)
        reader.close()
        run = reader.runs[-1]
        if run.updated:
            self._version, self._built, self._fetched = (
                self._version + 2,
                self._start - 9 * HOUR,
                self._clock(),
            )
        return fetching.concluded("daemon 812", run, DemoClamd(self._running), tell, stop, notified=True)

    def scan(self, name: str, chunks: Iterable[bytes], stop: Event | None = None) -> Scanned:
        return scanning.scan(DemoClamd(self._running, stop), ClamdConf(None), name, chunks)

    def scan_file(self, path: Path, stop: Event | None = None) -> Scanned:
        return self.scan(str(path), scanning.of_file(path), stop)

    def selftest(self, each: Callable[[Finding], None], stop: Event | None = None) -> list[Finding]:
        return scanning.selftest(lambda name, chunks: self.scan(name, chunks, stop), each)

    def caught(self) -> Caught:
        now = self._clock()
        signatures = tuple(
            Signature(name, count, now - 12 * DAY, now - hours * HOUR, file)
            for name, count, hours, file in _CAUGHT
        )
        return Caught(now - 14 * DAY, now, sum(one.count for one in signatures), signatures)

    def _daemon(self) -> Daemon:
        if not self._running():
            return Daemon(WHERE, answers=False, error=DOWN, hint=HINT)
        return Daemon(
            where=WHERE,
            answers=True,
            seconds=0.001,
            release="1.4.3",
            daily=self._version,
            built=self._built,
            stats=Stats(live=2, idle=1, most=12, queue=0, pools_used=1_433 << 20),
            pid=640,
            memory=1_492 << 20,
            started=self._start,
            loaded=Loaded(self._fetched or self._start, 8_797_748),
        )

    def _freshclam(self) -> Freshclam:
        return Freshclam("daemon", 812, 24, self._clock() + 0.4 * HOUR, tuple(self._runs()), log=LOG)

    def _fetch(self) -> Iterator[str]:
        """What freshclam says."""
        yield f"{logs.STARTED}{time.ctime(self._clock())}"
        if self._fetched is None:
            yield f"daily database available for update (local version: {self._version}, remote version: {self._version + 2})"
            yield "Testing database: '/var/lib/clamav/tmp.5d2c/clamav-8d1f.tmp-daily.cld' ..."
            yield "Database test passed."
            yield f"daily.cld updated (version: {self._version + 2}, sigs: 2076911, f-level: 90, builder: raynman)"
        else:
            yield f"daily.cld database is up-to-date (version: {self._version}, sigs: 2076911, f-level: 90)"
        yield "main.cvd database is up-to-date (version: 62, sigs: 6647427, f-level: 90, builder: sigmgr)"
        yield "bytecode.cvd database is up-to-date (version: 335, sigs: 86, f-level: 90, builder: raynman)"
        if self._fetched is None and self._running():
            yield "Clamd successfully notified about the update."

    def _runs(self) -> Iterator[Run]:
        if self._fetched is not None:
            yield Run(self._fetched, self._fetched, "updated", ("daily.cld",))
        for hours in range(1, 6):
            at = self._start - hours * HOUR
            yield Run(at, at + 2, "updated", ("daily.cld",)) if hours == 5 else Run(at, at + 1, "current")


def _stopped(stop: Event | None) -> None:
    if stop is not None and stop.is_set():
        raise Refused("Stopped before its end", hint="what has come so far is complete files only")
