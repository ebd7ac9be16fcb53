"""Mail on its way to others: how much of it was delivered, how much failed, and of that the commonest."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from backends.health.facts import Outside, Reason
from backends.queue.listing.reason import normalise
from backends.queue.message import domain_of
from backends.text import visible

MOST = 3
KNOWN = 256
_SENDER = re.compile(rb"([0-9A-Za-z]{6,40}): from=<([^>\n]{0,320})>, size=")
_DELIVERY = re.compile(
    rb"([0-9A-Za-z]{6,40}): to=<([^>\n]{0,320})>,(?: orig_to=<[^>\n]{0,320}>,)? relay=([^,\s]{1,300}),"
    rb"(?: conn_use=\d{1,9},)? delay=[\d.]{1,20}, delays=[\d./]{1,80}, dsn=[\d.]{1,20}, status=(sent|deferred|bounced) \((.*)"
)
_HERE = re.compile(rb"(?:connect to )?(?:127\.|localhost\b|\[?::1|[^\s\[]{1,255}\[/?[\w-]{1,100}/)")
SUSPENDED = b"delivery temporarily suspended: "
"""What error(8) tells of mail for a site that qmgr(8) takes for dead, before the reason."""


class _Failed(NamedTuple):
    first: float
    last: float
    domain: str
    why: str


class Deliveries:
    """Counts messages, not attempts; one that was delivered to any of its recipients got out."""

    def __init__(self, since: float) -> None:
        self._since = since
        self._senders: dict[bytes, bytes] = {}
        self._sent: dict[bytes, float] = {}
        self._failed: dict[bytes, _Failed] = {}
        self._labels: dict[str, str] = {}

    def queued(self, said: bytes) -> None:
        """A line of the queue manager."""
        if (found := _SENDER.match(said)) is not None:
            self._senders[found[1]] = found[2]

    def tried(self, at: float, said: bytes) -> None:
        """A line of the SMTP client, or of error(8) in its place."""
        if at < self._since or (found := _DELIVERY.match(said)) is None:
            return
        queue_id, recipient, relay, status, said_why = found.groups()
        why = said_why.removeprefix(SUSPENDED)
        if _HERE.match(relay) or (relay == b"none" and _HERE.match(why)):
            return  # the content filter
        if status == b"sent":
            self._sent[queue_id] = at
            return
        before = self._failed.get(queue_id)
        domain = domain_of(recipient.decode("utf-8", "replace"))
        self._failed[queue_id] = _Failed(before.first if before else at, at, domain, self._label(why))

    def _label(self, why: bytes) -> str:
        """A reason without what differs between messages."""
        text = visible(why.removesuffix(b")").decode("utf-8", "replace"))
        if (label := self._labels.get(text)) is None:
            label = normalise(text)
            if len(self._labels) < KNOWN:
                self._labels[text] = label
        return label

    def outside(self) -> Outside:
        """What came of it, bounces and notices left out: those to strangers fail on every server, or are asked for by them."""
        sent = {one: at for one, at in self._sent.items() if self._senders.get(one) != b""}
        failed = {
            one: how for one, how in self._failed.items() if one not in sent and self._senders.get(one) != b""
        }
        domains = Counter(how.domain for how in failed.values())
        senders = Counter(
            self._senders[one].decode("utf-8", "replace") for one in failed if one in self._senders
        )
        first = min((how.first for how in failed.values()), default=None)
        last = max(sent.values(), default=None)
        after = [how.domain for how in failed.values() if last is None or how.last > last]
        return Outside(
            len(sent),
            len(failed),
            first,
            len(domains),
            _most(Counter(how.why for how in failed.values())),
            _most(domains),
            _most(senders),
            sum(1 for at in sent.values() if first is not None and at >= first),
            last,
            len(after),
            len(set(after)),
        )


def _most(counted: Mapping[str, int]) -> tuple[Reason, ...]:
    return tuple(Reason(visible(text), count) for text, count in Counter(counted).most_common(MOST))
