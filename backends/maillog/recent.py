"""The latest lines of the mail log: of its files, also over a rotation, or of the journal where nothing writes them.

It is for whoever looks every few seconds: a few megabytes at most, in less than two seconds.
"""

import re
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from backends.errors import Missing
from backends.maillog import journal
from backends.maillog.files import LOG, Log, key_of, opened, rotated
from backends.maillog.stamp import STAMP, epoch
from backends.runner import Runner, Stream

MOST = 4 << 20
"""Bytes of files that are read, the newest."""
PACKED = 8 << 20
"""Bytes of a compressed file; a larger one takes too long to be decompressed."""
ENTRIES = 20_000
PATIENCE = 0.9
"""Seconds of silence of journalctl, and seconds after which no more is asked of it."""
LATELY = 2 * 86400.0
"""Seconds after which a file that was not written to is taken as one that nothing writes."""
LONGEST = 1 << 16
"""Bytes of a line; of a longer one the beginning is taken."""
TAIL = 64
"""Bytes before a place that it is told by."""
AHEAD = 60.0
"""Seconds that a line may be ahead of our clock."""
_LINE = re.compile(
    rb"(?P<stamp>" + STAMP + rb") \S{1,255} (?P<tag>[^\s\[\]:]{1,80})(?:\[\d{1,10}\])?: ?(?P<text>[^\n]*)"
)


class Said(NamedTuple):
    """A line: when it was written (epoch seconds), by which program as its syslog tag says, and what."""

    when: float
    tag: str
    text: bytes


class Place(NamedTuple):
    """Up to where was read: how far, and what the bytes before are told by; or an entry of the journal by its cursor."""

    offset: int = 0
    tail: str = ""
    cursor: str = ""


class Recent(msgspec.Struct, frozen=True):
    """Lines, the oldest first. All that were written from `since` on (epoch seconds) are there; `place`: where they end."""

    since: float
    lines: tuple[Said, ...]
    place: Place


def recent(
    runner: Runner,
    programs: Collection[str],
    since: float,
    *,
    after: Place | None = None,
    log: Path = LOG,
    now: float | None = None,
) -> Recent:
    """What programs have written from `since` on, and behind the place `after` as long as that is there.

    A program is named by how its syslog tag begins: `postfix` writes as `postfix/smtpd`, and as `postfix-out/smtp`.

    :raises NotPermitted: this user may not read it.
    :raises Missing: there is neither a log nor a journal.
    :raises NotAnswering: journalctl is silent.
    :raises Failed: it reported an error, or the log is no plain file.
    """
    now, after = time.time() if now is None else now, after or Place()
    logs, errors = opened(rotated(log).paths[-2:])
    try:
        if logs and logs[-1].mtime > now - LATELY:
            return _of_files(logs, programs, (since, now), after)
        if errors:
            raise errors[-1]
        with suppress(*((Missing,) if logs else ())):
            return _of_journal(runner, programs, (since, now), after)
        return _of_files(logs, programs, (since, now), after)
    except Missing as error:
        raise Missing(f"There is neither {log} nor a journal", hint="install rsyslog") from error
    finally:
        for one in logs:
            one.close()


def _of_files(
    logs: list[Log], programs: Collection[str], between: tuple[float, float], after: Place
) -> Recent:
    """The lines of the files, of which the last is read first."""
    found: list[Said] = []
    place, left, begun, whole = after, MOST, between[1], True
    for log in reversed(logs):
        if log.mtime < between[0]:
            break
        whole = left > 0 and (not log.packed or log.size <= PACKED)
        if not whole:
            break
        end = log.length()
        known = 0 < after.offset <= end and key_of(log.before(after.offset, TAIL)) == after.tail
        start = after.offset if known else 0
        content = log.before(end, min(left, end - start))
        used = content.rfind(b"\n") + 1
        if log is logs[-1]:
            offset = end - len(content) + used
            place = Place(offset, key_of(log.before(offset, TAIL)))
        whole = len(content) == end - start
        lines = content[:used].split(b"\n")[0 if whole else 1 : -1]
        if lines and (first := said_in(lines[0][:LONGEST], between[1])) is not None:
            begun = first.when
        found = [*_wanted(lines, programs, between), *found]
        left -= len(content)
        if known or not whole or begun < between[0]:
            break
    return Recent(between[0] if whole else max(between[0], begun), tuple(found), place)


def _of_journal(
    runner: Runner, programs: Collection[str], between: tuple[float, float], after: Place
) -> Recent:
    """The entries of facility mail and of these programs, the newest first, as many as there is time for."""
    matches = ["SYSLOG_FACILITY=2"]
    for program in sorted(programs):
        matches += ["+", f"SYSLOG_IDENTIFIER={program}"]
    asked = journal.latest(matches, ENTRIES, since=f"@{int(between[0])}", reverse=True, timeout=PATIENCE)
    found: list[Said] = []
    place, whole = after, False
    earliest, count = between[1], 0
    with runner.stream(asked) as stream:
        chunks = _Chunks(stream)
        for number, entry in enumerate(journal.entries(chunks)):
            if chunks.late or (whole := entry.cursor == after.cursor):
                break
            place = place if number else Place(cursor=entry.cursor)
            found += _wanted([entry.line], programs, between)
            earliest, count = entry.time / 1e6, number + 1
        if not chunks.late and not whole:
            journal.check(stream.result())
            whole = count < ENTRIES
    return Recent(between[0] if whole else max(between[0], earliest), tuple(reversed(found)), place)


class _Chunks:
    """What a stream gives within PATIENCE; `late`: there is more, and the last of it may be cut."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._until = stream, time.monotonic() + PATIENCE
        self.late = False

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._stream.read():
            yield chunk
            if time.monotonic() > self._until:
                self.late = True
                return


def _wanted(
    lines: Iterable[bytes], programs: Collection[str], between: tuple[float, float]
) -> Iterator[Said]:
    """The lines of these programs, of that time."""
    since, now = between
    begins = tuple(f"{program}{mark}" for program in programs for mark in "/-")
    for line in lines:
        said = said_in(line[:LONGEST], now)
        if said is None or not since <= said.when <= now + AHEAD:
            continue
        if said.tag in programs or said.tag.startswith(begins):
            yield said


def said_in(line: bytes, now: float) -> Said | None:
    """A line taken apart, about when it was `now`; None: it is none of syslog's."""
    found = _LINE.match(line)
    when = epoch(found["stamp"], now) if found else None
    if found is None or when is None:
        return None
    return Said(when, found["tag"].decode("ascii", "replace"), found["text"])
