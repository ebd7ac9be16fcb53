"""Where the mail log is: the file that there is, over its rotations, or the journal; and whether that file is written."""

import pwd
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from backends.errors import BackendError, Missing
from backends.health.facts import LogFacts, Setup, Written
from backends.health.gather import ports
from backends.health.gather.log.kinds import Nearby
from backends.health.gather.log.reading import read
from backends.maillog import journal
from backends.maillog.files import LOG
from backends.maillog.newest import Newest
from backends.runner import Runner

MINUTES = 20
TAIL = 2 << 20
"""Bytes of a log file that are looked at."""
LINES = 20_000
LOGS = (LOG, Path("/var/log/syslog"))
FACILITY = "SYSLOG_FACILITY=2"
WRITERS = {
    "/usr/sbin/rsyslogd": "rsyslog",
    "/usr/sbin/syslog-ng": "syslog-ng",
    "/usr/sbin/syslogd": "inetutils-syslogd",
}
"""Programs that write the file, and their services."""
LOST = 60.0
"""Seconds by which the log may lag behind the mail."""
QUIET = 600.0
"""Seconds without any line after which the journal is asked whether there are others."""


def log(
    runner: Runner,
    now: float,
    worked: float = 0.0,
    nearby: Nearby = Nearby(),  # noqa: B008 - a tuple
    *,
    logs: tuple[Path, ...] = LOGS,
    journaled: Callable[[], float] | None = None,
) -> LogFacts:
    """The last minutes of the log that there is, over its rotations, else of the journal.

    `worked`: when Postfix last took mail in, whatever the log says. Of a log without a line of that, or without any for long,
    the journal is asked, for its newest line by `journaled`.

    :raises NotPermitted: this user may read neither.
    """
    since = now - MINUTES * 60

    def of_journal() -> LogFacts:
        return read(_journal(runner, since), since, now, nearby)

    for path in logs:
        newest = Newest(path, limit=TAIL)
        if newest.written:
            found = read(newest.lines(), since, now, nearby)
            file = Written(str(path), found.newest or newest.written)
            if worked <= file.newest + LOST and now - file.newest < QUIET:
                return msgspec.structs.replace(found, file=file)
            newest_of_journal = journaled or (lambda: latest_of_journal(runner))
            return _doubted(found, file, worked, newest_of_journal, of_journal)
    return of_journal()


def nearby(setup: Setup) -> Nearby:
    """What Postfix asks on this machine, as it is set up; as Debian's programs have it where that is not known."""
    if not setup.parameters:
        return Nearby()
    filters = tuple(place.port for place in ports.of_postfix(setup) if place.service == "amavis")
    policy = ports.policy_port(setup)
    return Nearby(filters, () if policy is None else (policy,))


def _doubted(
    found: LogFacts,
    file: Written,
    worked: float,
    journaled: Callable[[], float],
    of_journal: Callable[[], LogFacts],
) -> LogFacts:
    """What the file tells, or the journal where the file lacks lines."""
    by = next((name for program, name in WRITERS.items() if Path(program).exists()), "")
    with suppress(BackendError):
        if journaled() > file.newest + LOST:
            file = Written(file.path, file.newest, behind=bool(by), elsewhere=True, by=by)
            return msgspec.structs.replace(of_journal(), file=file)
    lost = worked > file.newest + LOST
    return msgspec.structs.replace(found, file=Written(file.path, file.newest, behind=lost, by=by))


def latest_of_journal(runner: Runner) -> float:
    """When the newest mail line was written to the journal; 0: there is none.

    :raises BackendError: it cannot be read.
    """
    asked = journal.backwards(written_by(), 1, "-1d", timeout=1.5)
    with runner.stream(asked) as stream:
        found = [entry.time / 1e6 for entry in journal.entries(iter(stream.read, b""))]
        journal.check(stream.result())
    return max(found, default=0.0)


def written_by() -> tuple[str, ...]:
    """What matches the entries of the mail services themselves: everybody may log with their tags, not as their users.

    Postfix's daemons run as root or as postfix, and Dovecot's log is root's.
    """
    of_postfix = [FACILITY, "_UID=0"]
    with suppress(KeyError):
        of_postfix.append(f"_UID={pwd.getpwnam('postfix').pw_uid}")
    of_gld = journal.written_by("gld", "postfix-gld", "gld.service")
    return (*of_postfix, "+", *journal.of_amavis(), "+", *of_gld)


def _journal(runner: Runner, since: float) -> list[bytes]:
    asked = journal.backwards(written_by(), LINES, f"@{int(since)}", timeout=1.5)
    try:
        with runner.stream(asked) as stream:
            found = [entry.line for entry in journal.entries(iter(stream.read, b""))]
            journal.check(stream.result())
    except Missing as error:
        raise Missing(
            "There is no mail log", hint="install rsyslog, or run mailtui where systemd runs"
        ) from error
    return found[::-1]
