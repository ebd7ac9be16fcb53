"""What the signatures have caught: amavis's lines in the mail log, counted by signature."""

import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from backends.antivirus.values import Caught, Signature
from backends.errors import BackendError, NotPermitted
from backends.maillog import journal
from backends.maillog.files import LOG
from backends.maillog.newest import Newest
from backends.maillog.stamp import STAMP, epoch
from backends.runner import Command, Runner
from backends.text import visible

MOST = 10_000
"""Signatures that are counted."""
LINES = 200_000
"""Entries of the journal that are read, the newest."""
_STAMP = re.compile(STAMP)
_LINE = re.compile(
    rb"(?P<when>" + STAMP + rb") \S+ amavis(?:\[\d+\])?: \([^)]{1,40}\) "
    rb"(?:Blocked|Passed) INFECTED \((?P<names>[^)]{1,4000})\)"
)


def read(runner: Runner, log: Path = LOG) -> Caught:
    """Read the newest part of the log.

    :raises NotPermitted: this user may not read it.
    """
    newest = Newest(log)
    lines = newest.lines() if newest.written else _of_journal(runner)
    return counted(lines, time.time(), whole=newest.whole)


def counted(found: Iterable[bytes], now: float, *, whole: bool = True) -> Caught:
    """What the lines tell, the most frequent first; `now` is for time stamps that have no year."""
    signatures: dict[str, Signature] = {}
    since = until = 0.0
    messages = 0
    for line in found:
        if not since and (begun := _STAMP.match(line)):
            since = epoch(begun[0], now) or 0.0
        if b" INFECTED (" not in line or (match := _LINE.match(line)) is None:
            continue
        when = epoch(match["when"], now) or 0.0
        until = when
        messages += 1
        for name in {
            visible(part.strip().decode("utf-8", "replace"))[:200] for part in match["names"].split(b",")
        }:
            known = signatures.get(name)
            if known is not None:
                signatures[name] = msgspec.structs.replace(known, count=known.count + 1, last=when)
            elif name and len(signatures) < MOST:
                signatures[name] = Signature(name, 1, when, when)
    ranked = sorted(signatures.values(), key=lambda one: (-one.count, one.name))
    return Caught(since, until, messages, tuple(ranked), whole)


def asking() -> Command:
    """The command that gives amavis's lines of the journal."""
    return journal.latest(journal.of_amavis(), LINES, "-365d")


def _of_journal(runner: Runner) -> Iterator[bytes]:
    """The lines of the journal, where there is no such file.

    :raises NotPermitted: this user may not read it, or there is none.
    """
    try:
        with runner.stream(asking()) as stream:
            for entry in journal.entries(iter(stream.read, b"")):
                yield entry.line
            journal.check(stream.result())
    except NotPermitted:
        raise
    except BackendError as error:
        raise NotPermitted(
            f"There is no mail log to be read: {error}", hint="install rsyslog, or run mailtui as root"
        ) from error
