"""One queued message as `postqueue -j` prints it, and the grammar of a queue ID."""

import re
from collections.abc import Iterable
from typing import Annotated

import msgspec

from backends.errors import BadRequest

QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")
QUEUE_ID = re.compile(r"[0-9A-Za-z]{6,40}")
NULL_SENDER = "MAILER-DAEMON"
DOMAIN_LIMIT = 255


class Recipient(msgspec.Struct, frozen=True, gc=False):
    """An address still to be delivered to, and why it was not."""

    address: str
    delay_reason: str = ""


class Message(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One queued message; `arrival_time` in epoch seconds, `message_size` in bytes.

    Source: postqueue(1), "JSON OBJECT FORMAT". The null sender is written MAILER-DAEMON. Members of later
    releases are ignored.
    """

    queue_name: str
    queue_id: Annotated[str, msgspec.Meta(min_length=6, max_length=40)]
    arrival_time: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
    message_size: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
    sender: str
    recipients: tuple[Recipient, ...] = ()
    forced_expire: bool = False

    @property
    def reason(self) -> str:
        """The first delay reason, or nothing."""
        return next((r.delay_reason for r in self.recipients if r.delay_reason), "")


def checked_ids(ids: Iterable[str]) -> list[str]:
    """The IDs in their order, each once.

    :raises BadRequest: one is not a queue ID (an option, `ALL`, anything with spaces or shell characters).
    """
    found = list(dict.fromkeys(ids))
    for queue_id in found:
        if not QUEUE_ID.fullmatch(queue_id):
            raise BadRequest(
                f"{queue_id[:40]!r} is not a queue ID",
                hint="queue IDs are 6 or more letters and digits, as the first column of `mailq` shows them",
            )
    return found


def domain_of(address: str) -> str:
    """The domain as qshape counts it: after the last @, lower case, stray dots gone; a bare name stays itself."""
    domain = address.rpartition("@")[2][:DOMAIN_LIMIT].lower().replace("..", ".")
    domain = domain.removeprefix(".").removesuffix(".") if len(domain) > 1 else domain
    return NULL_SENDER if domain in {"", NULL_SENDER.lower()} else domain
