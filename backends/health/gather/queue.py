"""The queue: counted whole, and looked at closer for a bounded time."""

import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from backends.health.facts import QueueFacts, Reason
from backends.host import Queue
from backends.queue.listing.reason import normalise
from backends.queue.message import Message, domain_of
from backends.text import visible

LOOKED = 0.9  # s for which messages are read
RECENT = 1200.0  # s
MOST_REASONS = 5
NAMES = ("maildrop", "incoming", "active", "deferred", "hold")
_CACHED = 4096
WIDEST = 255
"""Characters of a sender or a domain that are told."""
FAULTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("scanner", re.compile(r"virus_scan FAILED|ALL VIRUS SCANNERS FAILED")),
    (
        "disk",
        re.compile(r"^(?!host ).*(?:[Nn]o space left|[Ii]nsufficient system storage|queue file write error)"),
    ),
    ("filter", re.compile(r"127\.0\.0\.1[\]:]{1,2}10024|\[127\.0\.0\.1\] said: 4|connect to 127\.0\.0\.1\b")),
    (
        "dns",
        re.compile(
            r"Host or domain name not found\..{0,200}(?:try again)|temporary lookup failure", re.DOTALL
        ),
    ),
    (
        "delivery",
        re.compile(
            r"[Cc]annot set my user|mailbox_command|mail system configuration error|unknown mail transport"
        ),
    ),
)
"""By their delay reasons, messages that wait for this machine itself."""


def queue(source: Queue, now: float, folder: str = "", *, looked: float = LOOKED) -> QueueFacts:
    """The queue as its host tells it; `folder` is where its files are, and counted, if this user may.

    :raises BackendError: it cannot be listed.
    """
    counted = counts(Path(folder)) if folder else None
    facts = read(source.messages(), now, time.monotonic() + looked)
    if counted is None:
        return facts
    rest = sum(counted.values()) > facts.read and not facts.whole
    return msgspec.structs.replace(facts, counts=counted if rest else facts.counts, whole=not rest)


def read(messages: "Iterator[Message]", now: float, deadline: float) -> QueueFacts:
    """What messages tell, read until the deadline (on the clock of `time.monotonic`)."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    domains: Counter[tuple[str, str]] = Counter()
    senders: Counter[tuple[str, str]] = Counter()
    known: dict[str, tuple[str, str]] = {}
    oldest: float | None = None
    recent, first, whole, number = 0, None, True, 0
    with closing(messages):  # type: ignore[type-var]
        for number, message in enumerate(messages, 1):
            name, arrived = message.queue_name, float(message.arrival_time)
            counts[name] += 1
            if name != "hold":
                oldest = arrived if oldest is None else min(oldest, arrived)
            if name == "deferred":
                if now - arrived < RECENT:
                    recent += 1
                    first = arrived if first is None else min(first, arrived)
                label, fault = _told(message.reason, known)
                reasons[label] += 1
                faults[fault] += 1
                senders[label, message.sender] += 1
                if message.recipients:
                    domains[label, domain_of(message.recipients[0].address)] += 1
            if number % 64 == 0 and time.monotonic() > deadline:
                whole = False
                break
    found = tuple(Reason(text, count) for text, count in reasons.most_common(MOST_REASONS) if text)
    del faults[""]
    top = found[0].text if found else ""
    return QueueFacts(
        dict(counts),
        number,
        whole,
        oldest,
        recent,
        first,
        found,
        dict(faults),
        _most(domains, top),
        _most(senders, top),
    )


def _most(counted: Mapping[tuple[str, str], int], label: str) -> tuple[Reason, ...]:
    """The commonest of those that wait for one reason."""
    of_it = Counter({text: count for (one, text), count in counted.items() if one == label})
    return tuple(Reason(visible(text[:WIDEST]), count) for text, count in of_it.most_common(1))


def _told(reason: str, known: dict[str, tuple[str, str]]) -> tuple[str, str]:
    """A reason without what differs between messages, and what of this machine it tells of, if anything."""
    if (told := known.get(reason)) is None:
        told = normalise(reason), next((kind for kind, how in FAULTS if how.search(reason[:1000])), "")
        if len(known) < _CACHED:
            known[reason] = told
    return told


def counts(folder: Path) -> Mapping[str, int] | None:
    """How many files each queue has, hashed or not; None: this user may not see them."""
    found = {}
    for name in NAMES:
        number = 0
        try:
            for path in _levels(folder / name, 2):
                number += path
        except OSError:
            return None
        if number:
            found[name] = number
    return found


def _levels(folder: Path, depth: int) -> Iterator[int]:
    """The number of files in a folder, and in those below it."""
    files, below = 0, []
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(entry.name) == 1 and depth and entry.is_dir(follow_symlinks=False):
                below.append(Path(entry.path))
            elif len(entry.name) > 1:
                files += 1
    yield files
    for one in below:
        with suppress(FileNotFoundError):
            yield from _levels(one, depth - 1)
