"""What the mail log tells of the greylist, which the table cannot: how long mail was really kept waiting.

gld logs whom it refuses and which whitelist rows hit, not who passes; that a message got in is seen by the queue
manager's line of its sender and a delivery line of its recipient. Sender and recipient alone join the two: a server that
comes back from another address has waited since its first.
"""

import re
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event

from backends.errors import Missing
from backends.greylist.journald import journal_lines
from backends.greylist.values import VOID, Logged
from backends.maillog.files import LOG
from backends.maillog.newest import Newest
from backends.maillog.stamp import STAMP, epoch
from backends.runner import Runner

LATELY = 2 * 86400.0  # s
KEPT = 500_000
"""Triplets and messages that are kept in mind."""
LONGEST = 4096
"""Bytes of a line; longer ones, which neither gld nor Postfix writes, are passed over."""
_ADDRESS = rb"[^>\n]{0,320}"
_LINE = re.compile(
    rb"(?P<when>%(stamp)s) \S{1,255} (?:"
    rb"gld(?:\[\d{1,10}\])?: (?P<what>Greylist activated|Local whitelist hit|DNS whitelist hit) for"
    rb" recipient=<(?P<recipient>%(address)s)> sender=<(?P<sender>[^\n]{0,320})> ip=<(?P<ip>[0-9A-Fa-f.:]{1,45})>"
    rb"|postfix[\w/.-]{0,64}\[\d{1,10}\]: (?P<queue_id>[0-9A-Za-z]{6,40}): (?:from=<(?P<from>%(address)s)>, size="
    rb"|to=<(?P<to>%(address)s)>,(?: orig_to=<(?P<orig>%(address)s)>,)? relay=))"
    % {b"address": _ADDRESS, b"stamp": STAMP}
)
_WORDS = (b" gld", b": from=<", b": to=<")


def read_log(
    path: Path = LOG,
    runner: Runner | None = None,
    *,
    now: float | None = None,
    stop: Event | None = None,
) -> Logged:
    """Read the newest part of the log: of the files, or where nothing writes them of the journal, if there is a `runner`.

    :raises NotPermitted: this user may not read it.
    :raises Refused: it was stopped.
    """
    now = time.time() if now is None else now
    found = Newest(path)
    if runner is not None and found.written < now - LATELY:
        with suppress(Missing):
            found.close()
            return parse(journal_lines(runner, stop), now)
        found = Newest(path)
    return parse(found.lines(stop), now)


def parse(lines: Iterable[bytes], now: float) -> Logged:
    """What the lines tell; `now` (epoch seconds) is for time stamps that have no year."""
    waiting: OrderedDict[tuple[bytes, bytes], float] = OrderedDict()
    senders: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()
    greylisted, delays = 0, []
    hits: Counter[str] = Counter()
    first = last = 0.0
    for line in lines:
        if (
            len(line) > LONGEST
            or not any(word in line for word in _WORDS)
            or (found := _LINE.match(line)) is None
        ):
            continue
        when = epoch(found["when"], now) or 0.0
        first, last = first or when, when
        if found["what"] == b"Greylist activated":
            greylisted += 1
            waiting.setdefault((found["sender"].lower(), found["recipient"].lower()), when)
            _bounded(waiting)
        elif found["what"] == b"Local whitelist hit":
            hits.update(_listed(_text(found["sender"]), _text(found["ip"])))
        elif found["from"] is not None:
            senders[found["queue_id"]] = (found["from"].lower() or VOID.encode(), when)
            _bounded(senders)
        elif found["queue_id"] in senders:
            sender, entered = senders[found["queue_id"]]
            pairs = ((sender, recipient.lower()) for recipient in (found["orig"], found["to"]) if recipient)
            delays += [max(0.0, entered - waiting.pop(pair)) for pair in pairs if pair in waiting]
    return Logged(first, last, greylisted, len(delays), _quantiles(sorted(delays)), dict(hits))


def _quantiles(delays: list[float]) -> tuple[float, float, float, float]:
    """Median, 90th and 99th percentile, and the longest."""
    if not delays:
        return (0.0, 0.0, 0.0, 0.0)
    at = (delays[min(len(delays) - 1, int(share * len(delays)))] for share in (0.5, 0.9, 0.99))
    return (*at, delays[-1])  # type: ignore[return-value]


def _listed(sender: str, ip: str) -> set[str]:
    """The whitelist rows that gld has looked for, in lower case: one of them has hit."""
    domain = sender[sender.find("@") :] if "@" in sender else sender
    return {sender.lower(), domain.lower(), ip, ip.rpartition(".")[0] if "." in ip else ip}


def _bounded(
    table: "OrderedDict[tuple[bytes, bytes], float] | OrderedDict[bytes, tuple[bytes, float]]",
) -> None:
    if len(table) > KEPT:
        table.popitem(last=False)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
