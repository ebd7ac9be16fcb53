"""One line that amavis wrote of a message, by the grammar of its own template (`$log_templ`, Amavis.pm 2.13). Pure.

Only what syslog put before the message tells that amavis wrote it. Addresses and the Message-ID are others' text, so the
fields are read from the left, each in its own grammar: what looks like a field inside one of these does not count.
"""

import re
from math import isnan
from typing import NamedTuple

from backends.maillog.stamp import STAMP
from backends.maillog.verdict import CATEGORIES, VERDICT
from backends.scores.store import DIRECTIONS, HIGHEST, NO_SCORE, THOUSANDTHS
from backends.scores.told import Scored

TAG = b"amavis"
HEAD = re.compile(
    rb"(?P<stamp>"
    + STAMP
    + rb") (?P<host>\S{1,255}) amavis\[(?P<pid>\d{1,10})\]: \((?P<am_id>[^\s()]{1,40})\) "
)
"""What syslog puts before a message, and amavis's own number of the mail."""
JOINT = b"..."
RECIPIENTS = 10_000

_ADDRESS = rb'<(?:"(?:[^"\\]|\\.)*"|[^<>"])*>'
_NUMBER = rb"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:inf|nan)"
_ACTIONS = re.compile(rb" \{(?P<actions>[A-Za-z0-9,]*)\},")
_NAMED = re.compile(rb"\) \{(?P<actions>[A-Za-z0-9,]*)\},")
_TRIED = 20
_WHO = re.compile(
    rb"(?: (?P<banks>[\w/.-]+))??(?: LOCAL)?(?: \[(?P<client>[^\]\s]*)\](?::\d+)?)?(?: \[[^\]\s]*\])?"
    rb"(?: [\w.-]*/[\w.-]*)? (?P<sender>" + _ADDRESS + rb") -> (?P<recipients>" + _ADDRESS + rb"(?:,"
    rb"(?:" + _ADDRESS + rb"|\.\.\.))*)",
    re.DOTALL,
)
_FIELD = re.compile(
    rb", (?:(?P<name>quarantine|Queue-ID|Message-ID|Resent-Message-ID|mail_id|b|tls): (?P<value><[^>]*>|[^,]*)|\([^)]*\))",
    re.DOTALL,
)
_HITS = re.compile(
    rb", Hits: (?:-|(?P<low>"
    + _NUMBER
    + rb")(?:\.\.(?P<high>"
    + _NUMBER
    + rb"))?)(?=,|$)(?:, size: (?P<size>\d+))?"
)
_QUEUED = re.compile(rb"(?:, pt: [^,]*)?, queued_as: (?P<value>[^,]*)")
_TOOK = re.compile(rb", (\d+) ms\s*$")
_USUAL = re.compile(
    rb"(?:, pt: [^,]*)?(?:, queued_as: [^,]*)?(?:, Tests: \[[^\]]*\])?(?:, dkim_\w+=[^,]*)*(?:, \d+ ms)?\s*$"
)
_EACH = re.compile(_ADDRESS, re.DOTALL)


def parse(text: bytes, when: float = 0.0, am_id: str = "") -> Scored | None:
    """What a whole message of amavis's says of a mail; None: it says something else.

    `text` begins behind the number of the mail, and has no line end.
    """
    what = VERDICT.match(text)
    if what is None:
        return None
    read = _read(text, what)
    if read is None:
        return None
    who, fields, hits, at = read.who, read.fields, read.hits, read.end
    queued = _QUEUED.match(text, at)
    took = _TOOK.search(text, at)
    actions = tuple(_text(read.actions).split(",")) if read.actions else ()
    low, high = (_number(hits["low"]), _number(hits["high"])) if hits else (None, None)
    return Scored(
        time=when,
        blocked=what["verb"] == b"Blocked",
        category=_text(what["category"]),
        said=_text(read.names or what["minor"] or b""),
        actions=actions,
        direction=direction(actions),
        client=_text(who["client"] or b"") if who else "",
        sender=_text(who["sender"][1:-1]) if who else "",
        recipients=_recipients(who["recipients"]) if who else (),
        quarantine=_text(fields.get(b"quarantine", b"")),
        queue_id=_text(fields.get(b"Queue-ID", b"")),
        message_id=_text(fields.get(b"Message-ID", b"")),
        mail_id=_text(fields.get(b"mail_id", b"")),
        low=low if high is not None else None,
        score=low if high is None else high,
        size=_whole(hits["size"]) if hits else None,
        queued_as=_text(queued["value"]) if queued else "",
        took=_whole(took[1]) if took else None,
        am_id=am_id,
    )


class _Read(NamedTuple):
    """What stands behind the category, up to the score and the size."""

    names: bytes
    actions: bytes
    who: re.Match[bytes] | None
    fields: dict[bytes, bytes]
    hits: re.Match[bytes] | None
    end: int


def _read(text: bytes, what: re.Match[bytes]) -> _Read | None:
    """The fields in their order. Names of banned parts are others' text and can look like what follows them: of several
    ends of the names the first counts behind which the line has its usual form.
    """
    if text[what.end() : what.end() + 2] != b" (":
        found = _ACTIONS.match(text, what.end())
        return _behind(text, b"", found) if found else None
    start, first = what.end() + 2, None
    for _, found in zip(range(_TRIED), _NAMED.finditer(text, start), strict=False):
        read = _behind(text, text[start : found.start()], found)
        if read.hits and _USUAL.match(text, read.end):
            return read
        first = first or read
    return first


def _behind(text: bytes, names: bytes, actions: re.Match[bytes]) -> _Read:
    who = _WHO.match(text, actions.end())
    at = who.end() if who else actions.end()
    fields: dict[bytes, bytes] = {}
    while found := _FIELD.match(text, at):
        if found["name"]:
            fields.setdefault(found["name"], found["value"])
        at = found.end()
    hits = _HITS.match(text, at)
    if hits is None and (last := text.rfind(b", Hits: ", at)) >= 0:  # behind what is not in the template
        hits = _HITS.match(text, last)
    return _Read(names, actions["actions"], who, fields, hits, hits.end() if hits else at)


def _recipients(written: bytes) -> tuple[str, ...]:
    return tuple(_text(one[1:-1]) for one in _EACH.findall(written)[:RECIPIENTS])


def direction(actions: tuple[str, ...]) -> str:
    """Where the mail went, by what amavis did: RelayedTaggedInbound is Inbound."""
    return next((name for action in actions for name in DIRECTIONS[1:] if action.endswith(name)), "")


def thousandths(score: float | None) -> int:
    """The score as the store keeps it."""
    return NO_SCORE if score is None else round(score * THOUSANDTHS)


def number_of(category: str) -> int:
    """The category's place in CATEGORIES."""
    return CATEGORIES.index(category)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _number(written: bytes | None) -> float | None:
    value = None if written is None else float(written)
    most = HIGHEST / THOUSANDTHS
    return None if value is None or isnan(value) else max(-most, min(most, value))


def _whole(digits: bytes | None) -> int | None:
    return None if digits is None else int(digits[:18])
