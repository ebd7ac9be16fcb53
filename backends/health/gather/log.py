"""The last minutes of the mail log: troubles counted, what amavis has done, mail taken in and sent to others."""

import re
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from backends.errors import BackendError, Missing
from backends.health.facts import Done, LogFacts, Seen, Written
from backends.health.gather.deliveries import SPAN, SUSPENDED, Deliveries
from backends.health.values import Line
from backends.maillog import journal
from backends.maillog.files import LOG
from backends.maillog.newest import Newest
from backends.maillog.stamp import STAMP, epoch
from backends.maillog.verdict import VERDICT, taken_for
from backends.runner import Runner
from backends.text import visible

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
SHOWN = 5
"""Newest warnings and errors that are kept."""
_LINE = re.compile(
    rb"(?P<stamp>" + STAMP + rb") \S{1,255} (?P<tag>[\w./-]{1,80})(?:\[\d{1,10}\])?: (?P<said>.*)"
)
_TOOK = re.compile(rb", (\d{1,9}) ms\s*$")
_DONE = re.compile(rb"\([\w-]{1,40}\) " + VERDICT.pattern)
KINDS: tuple[tuple[str, re.Pattern[bytes], re.Pattern[bytes]], ...] = (
    (
        "scanner",
        re.compile(rb"amavis"),
        re.compile(
            rb"(?i)clam(?:av|d).{0,100}?(?:failed|can't connect|too many retries|timed out)|ALL VIRUS SCANNERS FAILED|virus_scan FAILED"
        ),
    ),
    (
        "disk",
        re.compile(rb"postfix|amavis|dovecot|gld|clamd|mariadb"),
        re.compile(rb"(?i)no space left|disk quota exceeded|insufficient system storage"),
    ),
    (
        "filter",
        re.compile(rb"postfix\S*/(?:smtpd|proxymap|smtp|lmtp)"),
        re.compile(
            rb"(?:connect to|proxy|lost connection with|conversation with|timeout).{0,60}127\.0\.0\.1(?:\]|:|\[127\.0\.0\.1\]:)*10024|proxy-reject: .{0,200} 45\d "
        ),
    ),
    (
        "database",
        re.compile(rb"gld"),
        re.compile(rb"(?i)unable to connect to mysql|mysql error"),
    ),
    (
        "policy",
        re.compile(rb"postfix\S*/smtpd"),
        re.compile(
            rb"(?i)(?:problem talking to server|connect to|timeout).{0,80}?(?:2525|inet:127\.0\.0\.1)|server configuration problem"
        ),
    ),
    (
        "dns",
        re.compile(rb"postfix|amavis|spamd"),
        re.compile(
            rb"(?i)(?:host or domain name not found|name service error|hostname lookup).{0,120}(?:try again|type=\w+: host not found, try again)|temporary lookup failure"
        ),
    ),
    (
        "refused",
        re.compile(rb"postfix\S*/smtpd"),
        re.compile(
            rb"(?:reject|proxy-reject|NOQUEUE): .{0,300} 4(?:51|52) 4\.(?:3|5)\.\d |451 4\.3\.0|queue file write error"
        ),
    ),
)
"""What is counted: its name, who writes it, and how. Looked for in the first bytes of what was said (LOOKED_AT)."""
LOOKED_AT = 400
_STRANGERS = re.compile(rb"<[^>\n]{0,320}(?:>|$)")
"""Addresses, HELO names and message IDs, which are what their senders like them to be."""
_TAKEN = re.compile(
    rb"(?!NOQUEUE)[0-9A-Za-z]{6,40}: client=[^\s\[]{1,255}\[(?!127\.|::1\])|proxy-accept: END-OF-MESSAGE: 2"
)
"""A message, or its first recipient, is taken from outside, on port 25 (postfix/submission/smtpd is another): what asks policy, tables and names has not failed."""
NOTABLE: tuple[tuple[re.Pattern[bytes], re.Pattern[bytes]], ...] = (
    (re.compile(rb"postfix"), re.compile(rb"(?:warning|error|fatal|panic): ")),
    (re.compile(rb"amavis"), re.compile(rb"\([\w-]{1,40}\) \(!{1,2}\)|\([\w-]{1,40}\) TROUBLE")),
    (
        re.compile(rb"dovecot"),
        re.compile(rb"(?:[\w-]{1,40}(?:\([^)]{0,200}\))?(?:<[^>]{0,80}>)*: )?(?:Error|Fatal|Panic): "),
    ),
    (re.compile(rb"gld"), re.compile(rb"(?i)(?:mysql error|unable to|error)")),
)
"""Whose lines are warnings and errors, and which of them."""
_NOISE = re.compile(
    rb"warning: (?:hostname |[^ ]{1,255}\[[\da-fA-F.:]{1,45}\]: |numeric |non-SMTP command|Illegal address syntax|"
    rb"dnsblog_query: lookup error)"
)
"""What every server is told by strangers all day."""
_CONTINUED = re.compile(rb"\([\w-]{1,40}\) \.\.\.")
"""The rest of a line that syslog split: somewhere within such a text, for all that is known."""


def log(
    runner: Runner,
    now: float,
    worked: float = 0.0,
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
    for path in logs:
        newest = Newest(path, limit=TAIL)
        if newest.written:
            found = read(newest.lines(), since, now)
            return _checked(
                runner, found, Written(str(path), found.newest or newest.written), worked, journaled
            )
    return read(_journal(runner, since), since, now)


def _checked(
    runner: Runner, found: LogFacts, file: Written, worked: float, journaled: Callable[[], float] | None
) -> LogFacts:
    """What the file tells, or the journal where the file lacks lines."""
    lost = worked > file.newest + LOST
    if not lost and found.until - file.newest < QUIET:
        return msgspec.structs.replace(found, file=file)
    by = next((name for program, name in WRITERS.items() if Path(program).exists()), "")
    asked = journaled or (lambda: latest_of_journal(runner))
    with suppress(BackendError):
        if asked() > file.newest + LOST:
            told = read(_journal(runner, found.since), found.since, found.until)
            file = Written(file.path, file.newest, behind=bool(by), elsewhere=True, by=by)
            return msgspec.structs.replace(told, file=file)
    return msgspec.structs.replace(found, file=Written(file.path, file.newest, behind=lost, by=by))


def latest_of_journal(runner: Runner) -> float:
    """When the newest mail line was written to the journal; 0: there is none.

    :raises BackendError: it cannot be read.
    """
    asked = journal.backwards((FACILITY,), 1, "-1d", timeout=1.5)
    with runner.stream(asked) as stream:
        found = [entry.time / 1e6 for entry in journal.entries(iter(stream.read, b""))]
        journal.check(stream.result())
    return max(found, default=0.0)


def _journal(runner: Runner, since: float) -> list[bytes]:
    asked = journal.backwards((FACILITY,), LINES, f"@{int(since)}", timeout=1.5)
    try:
        with runner.stream(asked) as stream:
            found = [entry.line for entry in journal.entries(iter(stream.read, b""))]
            journal.check(stream.result())
    except Missing as error:
        raise Missing(
            "There is no mail log", hint="install rsyslog, or run mailtui where systemd runs"
        ) from error
    return found[::-1]


def read(lines: Iterable[bytes], since: float, now: float) -> LogFacts:
    """What lines tell that are not older than `since`. Pure."""
    reading = _Reading(now)
    newest: re.Match[bytes] | None = None
    for line in lines:
        head = _LINE.match(line[:2048])
        if head is None:
            continue
        newest = head
        when = epoch(head["stamp"], now)
        if when is not None and since <= when <= now + 60:
            reading.line(when, head["tag"], head["said"], line)
    last = epoch(newest["stamp"], now) if newest is not None else None
    return reading.facts(since, now, last or 0.0)


class _Reading:
    """What has been found so far."""

    def __init__(self, now: float) -> None:
        self._times: dict[str, list[float]] = {}
        self._said: dict[str, tuple[bytes, bytes]] = {}
        self._done: list[Done] = []
        self._taken: list[float] = []
        self._deliveries = Deliveries(now - SPAN)
        self._notable: deque[tuple[float, bytes, bytes]] = deque(maxlen=SHOWN)
        self._looks: dict[bytes, _Look] = {}

    def line(self, when: float, tag: bytes, said: bytes, line: bytes) -> None:
        if (look := self._looks.get(tag)) is None:
            look = self._looks[tag] = _look(tag)
        if tag == b"amavis" and (done := _DONE.match(said[:200])) is not None:
            took = _TOOK.search(line[-40:])
            kind = taken_for(done["category"].decode())
            self._done.append(Done(when, kind, int(took[1]) / 1000 if took is not None else None))
            return
        if look.part == b"smtp" or (look.part == b"error" and SUSPENDED in said):
            self._deliveries.tried(when, said)
        elif look.part == b"qmgr":
            self._deliveries.queued(said)
        elif look.part == b"smtpd" and tag.count(b"/") == 1 and _TAKEN.match(said) is not None:
            self._taken.append(when)
            return
        if not look.kinds or _CONTINUED.match(said):
            return
        own = _STRANGERS.sub(b"<>", said[: LOOKED_AT * 2])[:LOOKED_AT]
        notable = look.notable is not None and look.notable.match(own) is not None and not _NOISE.match(own)
        for kind, how in look.kinds:
            if how.search(own):
                self._times.setdefault(kind, []).append(when)
                self._said[kind] = tag, said
                notable = True
        if notable:
            self._notable.append((when, tag, said))

    def facts(self, since: float, now: float, newest: float) -> LogFacts:
        seen = tuple(
            Seen(kind, tuple(times), f"{_text(self._said[kind][0])}: {_text(self._said[kind][1])}")
            for kind, times in self._times.items()
        )
        lines = tuple(Line(when, _text(tag), _text(said)) for when, tag, said in self._notable)
        return LogFacts(
            since,
            now,
            seen,
            tuple(self._done),
            tuple(self._taken),
            self._deliveries.outside(),
            newest,
            lines,
        )


class _Look(NamedTuple):
    """What is looked for in the lines of a tag; `part`: which of Postfix's programs it is."""

    part: bytes
    kinds: tuple[tuple[str, re.Pattern[bytes]], ...]
    notable: re.Pattern[bytes] | None


def _look(tag: bytes) -> _Look:
    part = tag.rpartition(b"/")[2] if tag.startswith(b"postfix") else b""
    kinds = tuple((kind, how) for kind, who, how in KINDS if who.match(tag))
    return _Look(part, kinds, next((how for who, how in NOTABLE if who.match(tag)), None))


def _text(said: bytes) -> str:
    return visible(said.rstrip(b"\n").decode("utf-8", "replace"))[:240]
