"""Fetching signatures now: by freshclam's daemon where it runs, for it holds the lock, else by a run of its own."""

import os
import pwd
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import NamedTuple, Protocol

from backends.antivirus import logs, processes
from backends.antivirus.conf import FreshclamConf
from backends.antivirus.reload import Reload
from backends.antivirus.values import Run, Updated
from backends.errors import Failed, NotAnswering, NotPermitted, Refused
from backends.runner import Command, Runner
from backends.text import visible

SILENCE = 300.0  # s; a whole main.cvd is 170 MB
NOTIFIED = "Clamd successfully notified"
LOCKED = "Failed to lock the log file"

Tell = Callable[[str], None]


class Waiting(Protocol):
    """Waits until clamd has loaded what came: `Reload`, where it is described."""

    def wait(self, tell: Tell, stop: Event | None, *, notified: bool) -> tuple[bool | None, str]: ...


class Machine(NamedTuple):
    """What an update works with; `freshclam_conf` is where freshclam's configuration is, None: where it looks itself."""

    runner: Runner
    conf: FreshclamConf
    freshclam_conf: Path | None


def fetch(machine: Machine, reload: Reload | None, tell: Tell, stop: Event | None) -> Updated:
    """Fetch, and wait until clamd has loaded what came; `tell` is given each line that freshclam writes.

    `reload` is None where there is no clamd to load it.

    :raises NotPermitted: this user may not.
    :raises Refused: another freshclam is at work, or it was stopped.
    :raises BackendError: freshclam failed to start, or wrote nothing.
    """
    permitted(machine.conf)
    log = Path(machine.conf.log) if machine.conf.log else None
    pid = processes.named("freshclam", log)
    if pid is None:
        by, run, notified = "freshclam", *_own(machine, tell, stop)
    elif not processes.is_daemon(pid):
        raise _taken(pid)
    else:
        by, run, notified = f"daemon {pid}", *_asked(machine, pid, log, tell, stop)
    return concluded(by, run, reload, tell, stop, notified=notified)


def concluded(
    by: str, run: Run, reload: Waiting | None, tell: Tell, stop: Event | None, *, notified: bool
) -> Updated:
    """What came of a run, once clamd has loaded what it brought; `notified`: clamd knows of it already.

    :raises Refused: it was stopped.
    """
    reloaded, said = None, ""
    if run.updated and reload is not None:
        reloaded, said = reload.wait(tell, stop, notified=notified)
    return Updated(by, run.outcome, run.updated, run.complaint, reloaded, said)


def permitted(conf: FreshclamConf) -> None:
    """
    :raises NotPermitted: this user may not fetch signatures.
    """
    if os.geteuid() == 0:
        return
    with suppress(KeyError):
        if pwd.getpwnam(conf.owner).pw_uid == os.geteuid():
            return
    owner = visible(conf.owner)
    raise NotPermitted(f"Only root and {owner} may fetch signatures", hint="run mailtui as root")


def _own(machine: Machine, tell: Tell, stop: Event | None) -> tuple[Run, bool]:
    """A run of its own; as root freshclam itself becomes DatabaseOwner."""
    config = (f"--config-file={machine.freshclam_conf}",) if machine.freshclam_conf else ()
    reader, notified, locked = logs.Reader(), False, False
    complaints: list[str] = []
    with machine.runner.stream(
        Command(("freshclam", *config, "--stdout"), timeout=SILENCE, mutates=True)
    ) as stream:
        for line in logs.heard(lambda: stream.read(stop)):
            _stopped(stop)
            reader.read(line)
            notified |= line.text.startswith(NOTIFIED)
            locked |= LOCKED in line.text
            if line.text.startswith("ERROR: "):
                complaints.append(line.text.removeprefix("ERROR: "))
            tell(line.text)
        code = stream.result().code
    if locked:
        raise _taken(None)
    reader.close("failed" if code else None)
    if not reader.runs:
        why = visible(complaints[0]) if complaints else f"exit code {code}"
        raise Failed(
            f"freshclam did not begin: {why}", hint="see freshclam.conf; clamconf names mistakes in it"
        )
    return reader.runs[-1], notified


def _asked(machine: Machine, pid: int, log: Path | None, tell: Tell, stop: Event | None) -> tuple[Run, bool]:
    """Have the daemon look now, and read its log until that run is over."""
    if log is None:
        raise Refused(
            f"freshclam's daemon runs (process {pid}), and keeps no log to follow",
            hint="set UpdateLogFile in freshclam.conf, or: systemctl kill -s USR1 clamav-freshclam",
        )
    following, reader = logs.Log(log), logs.Reader()
    for line in following.new():
        reader.read(line)
    if reader.at_work:
        tell(f"freshclam's daemon (process {pid}) is at work already")
    else:
        machine.runner.journal.note(f"kill -USR1 {pid}  # freshclam's daemon")
        if not processes.wake(pid, "freshclam"):
            raise Refused(f"freshclam (process {pid}) has just ended", hint="try again")
        tell(f"freshclam's daemon (process {pid}) holds the lock: it is asked to look now (SIGUSR1)")
    before, notified = len(reader.runs), False
    for line in logs.follow(following, stop, SILENCE):
        reader.read(line)
        notified |= line.text.startswith(NOTIFIED)
        if not line.text.startswith("-----"):
            tell(line.text)
        if len(reader.runs) > before:
            return reader.runs[-1], notified
    _stopped(stop)
    raise NotAnswering(
        f"freshclam's daemon (process {pid}) has not finished within {SILENCE:g} s of silence",
        hint=f"see {visible(str(log))}; systemctl restart clamav-freshclam",
    )


def _taken(pid: int | None) -> Refused:
    which = f" (process {pid})" if pid else ""
    return Refused(f"Another freshclam{which} is fetching signatures", hint="wait until it is done")


def _stopped(stop: Event | None) -> None:
    if stop is not None and stop.is_set():
        raise Refused("Stopped before its end", hint="what has come so far is complete files only")
