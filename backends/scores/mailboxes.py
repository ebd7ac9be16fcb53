"""Rules of delivered mail: what amavis wrote into the headers of messages in the users' Maildirs.

A mailbox is its user's, who can put there what he likes: folders and files are opened step by step, no link is followed,
and only plain files of the user's own are read.
"""

import heapq
import os
import pwd
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from threading import Event
from typing import NamedTuple

from backends.errors import Refused
from backends.mail.headers import text
from backends.scores.told import Ruled

MAILDIR = "Maildir"
BOXES = ("new", "cur")
MOST = 10_000
"""Messages that are read, the latest, and of each mailbox at most MOST_OF_ONE."""
MOST_OF_ONE = 2_000
HEADER = 32 << 10
NEAR, LOOKED_AT = 3600.0, 300
"""A message is looked for among so many that were delivered within so many seconds."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDED = rb"([^\n]*(?:\n[ \t][^\n]*)*)"
_STATUS = re.compile(rb"^X-Spam-Status:" + _FOLDED, re.MULTILINE | re.IGNORECASE)
_FROM = re.compile(rb"^(?:Return-Path|X-Envelope-From):\s*<([^<>\n]*)>", re.MULTILINE | re.IGNORECASE)
_TO = re.compile(rb"^(?:Delivered-To|X-Original-To):[ \t]*<?([^<>\s]*)", re.MULTILINE | re.IGNORECASE)
_SUBJECT = re.compile(rb"^Subject:" + _FOLDED, re.MULTILINE | re.IGNORECASE)
_QUARANTINED = re.compile(rb"^X-Quarantine-ID:[ \t]*<([A-Za-z0-9_+-]{6,40})>", re.MULTILINE | re.IGNORECASE)
_RECEIVED = re.compile(rb"^Received:" + _FOLDED, re.MULTILINE | re.IGNORECASE)
_HERE = re.compile(
    rb"\s*from\s+\S+\s+(?:\([^()\s]*\s*\[(?:127\.0\.0\.1|(?:IPv6:)?::1)\]\)\s|"
    rb"(?:\([^()]*\)\s+)?by\s+\S+\s+(?:\([^()]*\)\s+)?with\s+LMTP\b)"
)
"""From this machine, as amavis gives a mail back to Postfix, or by LMTP, as Postfix gives it to Dovecot."""
_HOPS = 2
_POSTFIX = re.compile(rb"\(Postfix\)(?:\s+with\s+\S+)?\s+id\s+([0-9A-Za-z]{6,40})\b")
_AMAVIS = re.compile(rb"\(amavis[^)]*\)(?:\s+with\s+\S+)?\s+id\s+([A-Za-z0-9_+-]{6,40})[\s;]")
_TESTS = re.compile(r"tests=\[([^\]]*)\]?")
_RULE = re.compile(r"([A-Za-z0-9_]{1,80})=(-?\d{1,6}(?:\.\d{1,6})?)")
_SCORE = re.compile(r"score=(-?\d{1,6}(?:\.\d{1,6})?)\b")
RULES = 300


class Box(NamedTuple):
    """A user's mailbox."""

    home: str
    uid: int


class Delivered(NamedTuple):
    """A message's file."""

    time: float
    box: Box
    folder: str
    name: str


def boxes() -> list[Box]:
    """The mailboxes of all users of this machine."""
    homes = {one.pw_dir: one.pw_uid for one in pwd.getpwall() if one.pw_dir.startswith("/")}
    return [Box(home, uid) for home, uid in homes.items() if home != "/"]


def delivered(found: Iterable[Box], stop: Event | None = None) -> tuple[list[Ruled], list[str]]:
    """The rules of the latest messages, the latest first; and the mailboxes that this user may not read."""
    latest: list[Delivered] = []
    closed: list[str] = []
    for box in found:
        try:
            latest += heapq.nlargest(MOST_OF_ONE, _files(box, stop))
        except PermissionError:
            closed.append(box.home)
        except OSError:  # he has no Maildir
            continue
    messages = []
    for one in heapq.nlargest(MOST, latest):
        _stopped(stop)
        if (found_rules := ruled(_header(one), one.time, _place(one))) is not None:
            messages.append(found_rules)
    return messages, closed


def ruled(header: bytes, time: float, place: str = "") -> Ruled | None:
    """What the header of a delivered message says; None: amavis wrote nothing of rules into it."""
    own, mail_id = _own(header)
    status = _STATUS.search(own)
    if status is None:
        return None
    said = " ".join(text(status[1]).split())
    tests = _TESTS.search(said.replace(", ", ","))
    if tests is None:
        return None
    score = _SCORE.search(said)
    sender, recipients = _FROM.search(header), _TO.findall(header)
    queued = _POSTFIX.search(own)
    return Ruled(
        time=time,
        spam=said.lower().startswith("yes"),
        score=float(score[1]) if score else None,
        rules=tuple((name, float(value)) for name, value in _RULE.findall(tests[1])[:RULES]),
        mail_id=mail_id,
        sender=text(sender[1]) if sender else "",
        recipients=tuple(dict.fromkeys(text(one) for one in recipients[:100])),
        source="mailbox",
        place=place,
        queue_id=queued[1].decode("ascii") if queued else "",
    )


def _own(header: bytes) -> tuple[bytes, str]:
    """What was put on top of what the sender wrote, and amavis's mail_id; empty: it has put none there.

    Postfix and amavis put their fields above those that a mail has, so that the first Received fields are theirs: of the
    hops within this machine, then amavis's own. Where amavis has none (`$insert_received_line = 0`), that is the end.
    """
    received = list(islice(_RECEIVED.finditer(header), _HOPS + 1))
    hops = 0
    for one in received:
        if amavis := _AMAVIS.search(one[1]):
            return header[: one.end()], amavis[1].decode("ascii")
        if hops == _HOPS or not _HERE.match(one[1]):
            break
        hops += 1
    foreign = received[max(1, hops) :]  # without such hops the first one is Postfix's, of taking the mail in
    own = header[: foreign[0].start()] if foreign else header
    kept = _QUARANTINED.search(own) if hops else None
    return own, kept[1].decode("ascii") if kept else ""


def subject_of(header: bytes) -> str:
    """The subject, as it is written."""
    found = _SUBJECT.search(header)
    return " ".join(text(found[1]).split()) if found else ""


def _files(box: Box, stop: Event | None) -> Iterator[Delivered]:
    for name in BOXES:
        with _opened(box, name) as handle, os.scandir(handle) as entries:
            for number, entry in enumerate(entries):
                if number % 1000 == 0:
                    _stopped(stop)
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(found.st_mode):
                    yield Delivered(found.st_mtime, box, name, entry.name)


def find(mail_id: str, time: float, among: Iterable[Box]) -> tuple[Ruled, str] | None:
    """The delivered message that amavis gave a mail_id to about that time, with its subject."""
    near: list[Delivered] = []
    for box in among if mail_id else ():
        try:
            near += (one for one in _files(box, None) if abs(one.time - time) < NEAR)
        except OSError:
            continue
    for one in heapq.nsmallest(LOOKED_AT, near, key=lambda one: abs(one.time - time)):
        header = _header(one)
        found = ruled(header, one.time, _place(one)) if mail_id.encode() in header else None
        if found is not None and found.mail_id == mail_id:
            return found, subject_of(header)
    return None


def _place(one: Delivered) -> str:
    return f"{one.box.home}/{MAILDIR}/{one.folder}/{one.name}"


def _header(one: Delivered) -> bytes:
    """The header of a message; empty: it is none of the user's own, or was moved meanwhile."""
    try:
        with _opened(one.box, one.folder) as folder:
            handle = os.open(one.name, _FILE, dir_fd=folder)
            try:
                found = os.fstat(handle)
                plain = stat.S_ISREG(found.st_mode) and found.st_uid == one.box.uid
                content = os.pread(handle, HEADER, 0) if plain else b""
            finally:
                os.close(handle)
    except OSError:
        return b""
    content = content.replace(b"\r\n", b"\n")
    end = content.find(b"\n\n")
    return content[: end + 1] if end >= 0 else content


@contextmanager
def _opened(box: Box, name: str) -> Iterator[int]:
    """The handle of one folder of a mailbox.

    :raises OSError: it is not there, not to be read, or not the user's own.
    """
    above = os.open(box.home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    handles = [above]
    try:
        for step in (MAILDIR, name):
            handles.append(os.open(step, _FOLDER, dir_fd=handles[-1]))
            if os.fstat(handles[-1]).st_uid != box.uid:
                raise NotADirectoryError
        yield handles[-1]
    finally:
        for handle in handles:
            os.close(handle)


def _stopped(stop: Event | None) -> None:
    if stop is not None and stop.is_set():
        raise Refused("Reading the mailboxes was stopped", hint="press r to read them again")
