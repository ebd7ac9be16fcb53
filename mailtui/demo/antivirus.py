"""The simulated virus scanner: signatures of two days ago, and a clamd that does not run until it is mended."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event

import msgspec

from backends.antivirus import findings, scanning
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
from backends.errors import BackendError, Missing

HOUR, DAY = 3600.0, 86400.0
WHERE = "/var/run/clamav/clamd.ctl"
DOWN = f"clamd does not run: {WHERE} is not there"
HINT = "start it, or see why not: journalctl -u clamav-daemon -n 20"
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


class DemoAntivirus:
    """Implements `backends.host.Antivirus`; `running` tells whether clamd is, by now."""

    def __init__(self, clock: Callable[[], float], running: Callable[[], bool]) -> None:
        self._clock, self._running = clock, running
        self._start = clock()
        self._version, self._built = 27_461, self._start - 2 * DAY
        self._fetched: float | None = None

    def status(self) -> Status:
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

    def update(
        self, tell: Callable[[str], None], stop: Event | None = None, *, third_party: bool = False
    ) -> Updated:
        if third_party:
            tell("clamav-unofficial-sigs: no new files")
            return Updated("clamav-unofficial-sigs", "current")
        tell("freshclam's daemon (process 812) holds the lock: it is asked to look now (SIGUSR1)")
        if self._fetched is not None:
            tell(f"daily.cld database is up-to-date (version: {self._version}, sigs: 2076911, f-level: 90)")
            return Updated("daemon 812", "current")
        self._version, self._built, self._fetched = self._version + 2, self._start - 9 * HOUR, self._clock()
        tell(f"daily.cld updated (version: {self._version}, sigs: 2076911, f-level: 90)")
        if not self._running():
            return Updated("daemon 812", "updated", ("daily.cld",), reloaded=False, reload=DOWN)
        tell("Clamd successfully notified about the update.")
        said = "Database correctly reloaded (8797748 signatures)"
        return Updated("daemon 812", "updated", ("daily.cld",), reloaded=True, reload=said)

    def scan(self, name: str, chunks: Iterable[bytes]) -> Scanned:
        if not self._running():
            raise Missing(DOWN, hint=HINT)
        size, found, rest = 0, False, b""
        try:
            for chunk in chunks:
                size += len(chunk)
                found |= TEST_VIRUS in rest + chunk or TEST_VIRUS_BASE64 in rest + chunk
                rest = chunk[-100:]
        except BackendError as error:
            return Scanned(name, "unscanned", why=str(error), size=size)
        if found:
            return Scanned(name, "infected", "Win.Test.EICAR_HDB-1", size=size, seconds=0.004)
        return Scanned(name, "clean", size=size, seconds=0.003)

    def scan_file(self, path: Path) -> Scanned:
        return self.scan(str(path), scanning.of_file(path))

    def selftest(self, each: Callable[[Finding], None]) -> list[Finding]:
        found = []
        for finding in scanning.selftest(self.scan):
            each(finding)
            found.append(finding)
        return found

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

    def _runs(self) -> Iterator[Run]:
        if self._fetched is not None:
            yield Run(self._fetched, self._fetched, "updated", ("daily.cld",))
        for hours in range(1, 6):
            at = self._start - hours * HOUR
            yield Run(at, at + 2, "updated", ("daily.cld",)) if hours == 5 else Run(at, at + 1, "current")
