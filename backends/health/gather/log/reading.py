"""Lines of the mail log read: troubles counted, what amavis has done, mail taken in and sent to others. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from backends.health.facts import SPAN, Done, LogFacts, Seen
from backends.health.gather.log.deliveries import SUSPENDED, Deliveries
from backends.health.gather.log.kinds import Nearby, kinds
from backends.health.gather.log.notable import NOISE, NOTABLE, Notable
from backends.health.values import Line
from backends.maillog.stamp import STAMP, epoch
from backends.maillog.verdict import VERDICT, taken_for
from backends.text import visible

LOOKED_AT = 400
"""Bytes of what was said in which troubles are looked for."""
_LINE = re.compile(
    rb"(?P<stamp>" + STAMP + rb") \S{1,255} (?P<tag>[\w./-]{1,80})(?:\[\d{1,10}\])?: (?P<said>.*)"
)
_TOOK = re.compile(rb", (\d{1,9}) ms\s*$")
_DONE = re.compile(rb"\((?P<mail>[\w-]{1,40})\) " + VERDICT.pattern)
_MAIL = re.compile(rb"\(([\w-]{1,40})\) \(!{1,2}\)")
_BACKUPS = b"WARN: all primary virus scanners failed, considering backups"
"""amavis turns to its backup scanners (AV.pm); it says so as well where it has none."""
_STRANGERS = re.compile(rb"<[^>\n]{0,320}(?:>|$)")
"""Addresses, HELO names and message IDs, which are what their senders like them to be."""
_TAKEN = re.compile(
    rb"(?!NOQUEUE)[0-9A-Za-z]{6,40}: client=[^\s\[]{1,255}\[(?!127\.|::1\])|proxy-accept: END-OF-MESSAGE: 2"
)
"""A message, or its first recipient, is taken from outside, on port 25 (postfix/submission/smtpd is another): what asks policy, tables and names has not failed."""
_CONTINUED = re.compile(rb"\([\w-]{1,40}\) \.\.\.")
"""The rest of a line that syslog split: somewhere within such a text, for all that is known."""


def read(lines: Iterable[bytes], since: float, now: float, nearby: Nearby = Nearby()) -> LogFacts:  # noqa: B008 - a tuple
    """What lines tell that are not older than `since`."""
    reading = _Reading(now, nearby)
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

    def __init__(self, now: float, nearby: Nearby) -> None:
        self._nearby = nearby
        self._times: dict[str, list[float]] = {}
        self._said: dict[str, tuple[bytes, bytes]] = {}
        self._done: list[Done] = []
        self._backups, self._unscanned = set[bytes](), set[bytes]()
        self._taken: list[float] = []
        self._deliveries = Deliveries(now - SPAN)
        self._notable = Notable()
        self._looks: dict[bytes, _Look] = {}

    def line(self, when: float, tag: bytes, said: bytes, line: bytes) -> None:
        if (look := self._looks.get(tag)) is None:
            look = self._looks[tag] = _look(tag, self._nearby)
        if tag == b"amavis" and (done := _DONE.match(said[:200])) is not None:
            took = _TOOK.search(line[-40:])
            seconds = int(took[1]) / 1000 if took is not None else None
            kind = taken_for(done["category"].decode())
            mail = done["mail"]
            failed = mail in self._unscanned
            backup = mail in self._backups and not failed
            self._done.append(Done(when, kind, seconds, backup, failed, done["verb"] == b"Passed"))
            return
        if look.part == b"smtp" or (look.part == b"error" and SUSPENDED in said):
            self._deliveries.tried(when, said)
        elif look.part == b"qmgr":
            self._deliveries.queued(said)
        elif look.part == b"smtpd" and tag.count(b"/") == 1 and _TAKEN.match(said) is not None:
            self._taken.append(when)
            return
        if look.kinds and not _CONTINUED.match(said):
            self._trouble(when, tag, said, look)

    def _trouble(self, when: float, tag: bytes, said: bytes, look: "_Look") -> None:
        own = _STRANGERS.sub(b"<>", said[: LOOKED_AT * 2])[:LOOKED_AT]
        found = [kind for kind, how in look.kinds if how.search(own)]
        if tag == b"amavis" and (mail := _MAIL.match(said)) is not None:
            if _BACKUPS in said[: mail.end() + 100]:
                self._backups.add(mail[1])
            if "unscanned" in found:
                self._unscanned.add(mail[1])
        for kind in found:
            self._times.setdefault(kind, []).append(when)
            self._said[kind] = tag, said
        notable = look.notable is not None and look.notable.match(own) is not None and not NOISE.match(own)
        if found or notable:
            self._notable.add(when, tag, said, own, found[0] if found else "")

    def facts(self, since: float, now: float, newest: float) -> LogFacts:
        seen = tuple(
            Seen(kind, tuple(times), f"{_text(self._said[kind][0])}: {_text(self._said[kind][1])}")
            for kind, times in self._times.items()
        )
        lines = tuple(
            Line(one.at, _text(one.tag), _text(one.said), one.times) for one in self._notable.lines()
        )
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


def _look(tag: bytes, nearby: Nearby) -> _Look:
    part = tag.rpartition(b"/")[2] if tag.startswith(b"postfix") else b""
    of_tag = tuple((kind, how) for kind, who, how in kinds(nearby) if who.match(tag))
    return _Look(part, of_tag, next((how for who, how in NOTABLE if who.match(tag)), None))


def _text(said: bytes) -> str:
    return visible(said.rstrip(b"\n").decode("utf-8", "replace"))[:240]
