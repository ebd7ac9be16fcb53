"""ClamAV on this machine: implements `backends.host.Antivirus`, where the methods are described."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event

import msgspec

from backends import audit
from backends.antivirus import caught, conf, databases, fetching, findings, scanning, sets, status
from backends.antivirus.clamd import PATIENCE, Clamd
from backends.antivirus.conf import ClamdConf, FreshclamConf, Where
from backends.antivirus.reload import Reload
from backends.antivirus.values import Caught, Daemon, Database, Finding, Freshclam, Scanned, Status, Updated
from backends.errors import BackendError, Missing, NotPermitted
from backends.maillog.files import LOG
from backends.runner import Runner

FILES_SOUGHT = 50
"""Signatures whose files are looked for."""
UNOFFICIAL = ".UNOFFICIAL"
OFFICIAL = "official"


class ClamAntivirus:
    """clamd and freshclam as these configuration files set them up; both are read again for each call.

    `patience` is for how many seconds clamd may answer; `logs` are the mail log's files, oldest first; `record` tells
    who did what (syslog).
    """

    def __init__(
        self,
        runner: Runner,
        *,
        clamd_conf: Path = conf.CLAMD,
        freshclam_conf: Path = conf.FRESHCLAM,
        patience: float = PATIENCE,
        mail_log: Path = LOG,
        record: Callable[..., None] = audit.write,
    ) -> None:
        self._runner, self._patience, self._log, self._record = runner, patience, mail_log, record
        self._clamd_conf, self._freshclam_conf = clamd_conf, freshclam_conf

    def status(self, stop: Event | None = None) -> Status:
        now, trouble = time.time(), list[Finding]()
        found, check = self._daemon(stop)
        try:
            files = self.databases(found)
        except BackendError as error:
            files, trouble = (), [Finding("files", "watch", str(error), error.hint)]
        fetching = self._freshclam()
        wrong = findings.findings(found, files, fetching, check, now)
        return Status(now, found, files, fetching, (*trouble, *wrong))

    def databases(self, asked: Daemon | None = None) -> tuple[Database, ...]:
        asked = self._daemon()[0] if asked is None else asked
        return status.on_disk(self._clamd(), self._settings().urls, asked)

    def update(
        self, tell: Callable[[str], None], stop: Event | None = None, *, third_party: bool = False
    ) -> Updated:
        settings = conf.freshclam_conf(self._freshclam_conf)
        fetching.permitted(settings)
        if third_party:
            done = sets.fetch(self._runner, Path(self._clamd().folder), self._reload(stop), tell, stop)
        else:
            done = fetching.fetch(self._machine(settings), self._reload(stop), tell, stop)
        self._record(
            f"by={done.by.split()[0]} outcome={done.outcome}",
            well=done.outcome != "failed",
            action="av-update",
        )
        return done

    def why_not(self) -> str:
        try:
            fetching.permitted(self._settings())
        except NotPermitted as error:
            return f"{error}: {error.hint}"
        return ""

    def scan(self, name: str, chunks: Iterable[bytes], stop: Event | None = None) -> Scanned:
        settings = self._clamd()
        return scanning.scan(self._connection(settings, stop), settings, name, chunks)

    def scan_file(self, path: Path, stop: Event | None = None) -> Scanned:
        return self.scan(str(path), scanning.of_file(path), stop)

    def selftest(self, each: Callable[[Finding], None], stop: Event | None = None) -> list[Finding]:
        return scanning.selftest(lambda name, chunks: self.scan(name, chunks, stop), each)

    def caught(self) -> Caught:
        counted = caught.read(self._runner, self._log)
        sought = {
            one.name.removesuffix(UNOFFICIAL)
            for one in counted.signatures[:FILES_SOUGHT]
            if _is_third(one.name)
        }
        files: dict[str, str] = {}
        with suppress(BackendError):
            files = databases.files_of(Path(self._clamd().folder), sought)
        named = (
            msgspec.structs.replace(
                one,
                file=files.get(one.name.removesuffix(UNOFFICIAL), "") if _is_third(one.name) else OFFICIAL,
            )
            for one in counted.signatures
        )
        return msgspec.structs.replace(counted, signatures=tuple(named))

    # What is set up here

    def _clamd(self) -> ClamdConf:
        return conf.clamd_conf(self._clamd_conf)

    def _settings(self) -> FreshclamConf:
        """freshclam's settings, the program's own where there are none."""
        try:
            return conf.freshclam_conf(self._freshclam_conf)
        except BackendError:
            return FreshclamConf()

    def _connection(self, settings: ClamdConf, stop: Event | None) -> Clamd:
        return Clamd(self._where(settings), self._patience, stop)

    def _where(self, settings: ClamdConf) -> Where:
        if settings.where is None:
            raise Missing(
                f"{self._clamd_conf} names neither LocalSocket nor TCPSocket",
                hint="dpkg-reconfigure clamav-daemon, or add: LocalSocket /run/clamav/clamd.ctl",
            )
        return settings.where

    def _daemon(self, stop: Event | None = None) -> tuple[Daemon, int]:
        """clamd as it is, and how often it looks for new files itself (s)."""
        try:
            settings = self._clamd()
            clamd = self._connection(settings, stop)
        except BackendError as error:
            return Daemon("", answers=False, error=str(error), hint=error.hint), 0
        return status.daemon(clamd, settings), settings.self_check

    def _freshclam(self) -> Freshclam:
        try:
            settings = conf.freshclam_conf(self._freshclam_conf)
        except Missing:
            return Freshclam("absent")
        except BackendError as error:
            return Freshclam("stopped", trouble=str(error))
        return status.freshclam(settings, self._runner)

    def _machine(self, settings: FreshclamConf) -> fetching.Machine:
        own = self._freshclam_conf if self._freshclam_conf != conf.FRESHCLAM else None
        return fetching.Machine(self._runner, settings, own)

    def _reload(self, stop: Event | None) -> Reload | None:
        """What waits until clamd has loaded something; None where there is no clamd."""
        try:
            settings = self._clamd()
            return Reload(self._connection(settings, stop), settings)
        except BackendError:
            return None


def _is_third(name: str) -> bool:
    return name.endswith(UNOFFICIAL)
