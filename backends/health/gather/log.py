"""The last minutes of the mail log: troubles counted, and what amavis has done."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from backends.errors import Missing
from backends.health.facts import Done, LogFacts, Seen
from backends.maillog import journal
from backends.maillog.newest import Newest
from backends.maillog.stamp import STAMP, epoch
from backends.maillog.verdict import VERDICT, taken_for
from backends.runner import Runner
from backends.text import visible

MINUTES = 20
TAIL = 2 << 20
"""Bytes of a log file that are looked at."""
LINES = 20_000
LOGS = (Path("/var/log/mail.log"), Path("/var/log/syslog"))
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
_CONTINUED = re.compile(rb"\([\w-]{1,40}\) \.\.\.")
"""The rest of a line that syslog split: somewhere within such a text, for all that is known."""


def log(runner: Runner, now: float, *, logs: tuple[Path, ...] = LOGS) -> LogFacts:
    """The last minutes of the log that there is, over its rotations, else of the journal.

    :raises NotPermitted: this user may read neither.
    """
    since = now - MINUTES * 60
    for path in logs:
        newest = Newest(path, limit=TAIL)
        if newest.written:
            return read(newest.lines(), since, now)
    return read(_journal(runner, since), since, now)


def _journal(runner: Runner, since: float) -> Iterator[bytes]:
    asked = journal.latest(("SYSLOG_FACILITY=2",), LINES, f"@{int(since)}", timeout=1.5)
    try:
        with runner.stream(asked) as stream:
            for entry in journal.entries(iter(stream.read, b"")):
                yield entry.line
            journal.check(stream.result())
    except Missing as error:
        raise Missing(
            "There is no mail log", hint="install rsyslog, or run mailtui where systemd runs"
        ) from error


def read(lines: Iterable[bytes], since: float, now: float) -> LogFacts:
    """What lines tell that are not older than `since`. Pure."""
    found: dict[str, Seen] = {}
    finished: list[Done] = []
    for line in lines:
        head = _LINE.match(line[:2048])
        if head is None:
            continue
        when = epoch(head["stamp"], now)
        if when is None or when < since or when > now + 60:
            continue
        tag, said = head["tag"], head["said"]
        if tag == b"amavis" and (done := _DONE.match(said[:200])) is not None:
            took = _TOOK.search(line[-40:])
            finished.append(
                Done(
                    when,
                    taken_for(done["category"].decode()),
                    int(took[1]) / 1000 if took is not None else None,
                )
            )
            continue
        if _CONTINUED.match(said):
            continue
        own = _STRANGERS.sub(b"<>", said[: LOOKED_AT * 2])[:LOOKED_AT]
        for kind, who, how in KINDS:
            if who.match(tag) and how.search(own):
                before = found.get(kind)
                text = visible(said.decode("utf-8", "replace"))[:240]
                found[kind] = Seen(
                    kind,
                    before.count + 1 if before else 1,
                    before.first if before else when,
                    when,
                    f"{tag.decode('ascii', 'replace')}: {text}",
                )
    return LogFacts(since, now, tuple(found.values()), tuple(finished))


def percentile(values: Iterable[float], share: float) -> float | None:
    """The value that so large a share of all does not exceed; None: there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
