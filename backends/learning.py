"""sa-learn(1) for amavis's SpamAssassin: what it is given, and what it says.

Learning a message as the other kind forgets it as the first. An empty message is learnt, too: it is refused here.
"""

import re
from typing import Literal

from backends.errors import BadRequest, Failed, NotPermitted
from backends.runner import Command, Result
from backends.text import visible

LIMIT = 4 << 20
"""Bytes of a message that are learnt."""

PATIENCE = 180.0  # s; it may have to wait for another's lock
As = Literal["spam", "ham", "forget"]
_AMAVIS = re.compile(
    rb"(?:Return-Path|Delivered-To|X-Envelope-[A-Za-z-]+|X-Quarantine-ID|X-Amavis-[A-Za-z-]+|X-Spam-[A-Za-z-]+)[ \t]*:"
    rb"[^\n]*\n(?:[ \t][^\n]*\n)*"
)
_COUNT = re.compile(r"(?:Learned|Forgot) tokens from (\d+) message")


def become(user: str, group: str) -> tuple[str, ...]:
    """The words before a command that is to run as another user; nobody: as this one."""
    if not user:
        return ()
    return ("setpriv", f"--reuid={user}", f"--regid={group}", "--init-groups", "--reset-env")


def learn(as_: As, user: str, group: str, message: bytes) -> Command:
    """The command that has a message learnt, or forgotten, as amavis's user.

    Only the bare message is given: what amavis put on top of it says how spam is marked, not what it is.

    :raises BadRequest: there is nothing in it.
    """
    stdin = bare(message)
    if not stdin.strip():
        raise BadRequest("The message is empty: there is nothing to learn", hint="choose another one")
    argv = (*become(user, group), "sa-learn", f"--{as_}", f"--max-size={LIMIT}")
    return Command(argv, stdin=stdin, timeout=PATIENCE, mutates=True)


def bare(message: bytes) -> bytes:
    """The message without the header fields that amavis put on top of it."""
    at = 0
    while found := _AMAVIS.match(message, at):
        at = found.end()
    return message[at:]


def learnt(result: Result, lead: str = "") -> str:
    """What sa-learn says; `lead` begins the error.

    :raises NotPermitted: its database cannot be written.
    :raises Failed: it learnt nothing.
    """
    said = result.stdout.decode("utf-8", "replace").strip()
    if result.code != 0 or not said:
        complaint = visible(result.complaint)
        if "Permission denied" in complaint or "Operation not permitted" in complaint:
            raise NotPermitted(f"{lead}sa-learn failed: {complaint}", hint="run mailtui as root")
        hint = "see what is wrong: spamassassin --lint"
        if "use_bayes 0" in complaint:
            hint = "learning is switched off: remove `use_bayes 0` from /etc/spamassassin"
        raise Failed(f"{lead}sa-learn failed: {complaint}", hint=hint)
    return visible(said.splitlines()[-1])[:200]


def count(said: str) -> int:
    """Of how many messages tokens were learnt or forgotten; 0: it knew them already, or never did."""
    found = _COUNT.search(said)
    return int(found[1]) if found else 0
