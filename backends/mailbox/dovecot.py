"""What Dovecot itself says of a user's mail: quota, and how many messages it shows. Nothing where it does not run."""

from typing import TypeVar

import msgspec

from backends.errors import BackendError
from backends.mailbox.maildir import STORAGE, Limit
from backends.runner import Command, Runner

T = TypeVar("T")
PATIENCE = 120.0
"""Seconds; Dovecot looks through all new messages of a folder when it is asked for the first time."""
KIBI = 1024


class _Status(msgspec.Struct):
    mailbox: str
    messages: str


class _Quota(msgspec.Struct):
    type: str
    value: str
    limit: str


def messages(runner: Runner, user: str, steps: tuple[str, ...]) -> int | None:
    """How many messages Dovecot has in a folder; None: it does not say."""
    names = dict.fromkeys((".".join(steps), "/".join(steps))) if steps else ["INBOX"]
    for name in names:
        argv = ("doveadm", "-f", "json", "mailbox", "status", "-u", user, "messages", name)
        found = _asked(runner, argv, list[_Status])
        if found and found[0].messages.isdigit():
            return int(found[0].messages)
    return None


def limits(runner: Runner, user: str) -> list[Limit]:
    """The quotas that Dovecot keeps for a user."""
    found = _asked(runner, ("doveadm", "-f", "json", "quota", "get", "-u", user), list[_Quota])
    return [
        Limit(one.type, int(one.value) * unit, int(one.limit) * unit)
        for one in found or ()
        if one.limit.isdigit() and one.value.isdigit() and (unit := KIBI if one.type == STORAGE else 1)
    ]


def _asked(runner: Runner, argv: tuple[str, ...], kind: type[T]) -> T | None:
    try:
        result = runner.run(Command(argv, timeout=PATIENCE))
        return msgspec.json.decode(result.stdout, type=kind) if result.code == 0 else None
    except (BackendError, msgspec.MsgspecError):
        return None
