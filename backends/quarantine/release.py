"""Releasing by amavisd-release(8) and learning by sa-learn(1): what they are given, and what they say.

`amavisd-release` prints amavis's SMTP reply to standard error, and leaves with 0 whatever that is.
Source: amavisd-release of amavis 2.13, `release_file`.
"""

import re
from collections.abc import Sequence

from backends.errors import BackendError, BadRequest, Failed, Missing, NotAnswering, NotPermitted, Refused
from backends.runner import Command, Result
from backends.text import visible

PROGRAM = "amavisd-release"
PATIENCE = 120.0  # s; amavis waits for Postfix
LEARN_LIMIT = 4 << 20
LEARN_PATIENCE = 180.0  # s; it may have to wait for another's lock
MOST_RECIPIENTS = 50
_REPLY = re.compile(r"([245]\d\d)[ -](.*)")
_RECIPIENT = re.compile(r"[^\s\x00-\x1f\x7f<>,\"\\@]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
_AMAVIS = re.compile(
    rb"(?:Return-Path|Delivered-To|X-Envelope-[A-Za-z-]+|X-Quarantine-ID|X-Amavis-[A-Za-z-]+|X-Spam-[A-Za-z-]+)[ \t]*:"
    rb"[^\n]*\n(?:[ \t][^\n]*\n)*"
)
_HINT = "see why in the mail log: journalctl -u amavis -n 20"


def checked_recipients(recipients: Sequence[str]) -> tuple[str, ...]:
    """The recipients.

    :raises BadRequest: one is no address, or they are too many.
    """
    for one in recipients:
        if not _RECIPIENT.fullmatch(one) or one.startswith("-"):
            raise BadRequest(f"{visible(one[:80])!r} is no address", hint="for example alice@example.org")
    if len(recipients) > MOST_RECIPIENTS:
        raise BadRequest(f"More than {MOST_RECIPIENTS} recipients", hint="release it in several goes")
    return tuple(recipients)


def release(path: str, recipients: Sequence[str]) -> Command:
    """The command that releases a message, to others than the original recipients if there are any."""
    secret = ("",) if recipients else ()
    return Command((PROGRAM, path, *secret, *recipients), timeout=PATIENCE, mutates=True)


def learn(user: str, group: str, message: bytes) -> Command:
    """The command that teaches amavis's SpamAssassin that a message is no spam, as amavis's user.

    Only the bare message is given: what amavis put on top of it says how spam is marked, not what it is.
    """
    become = ("setpriv", f"--reuid={user}", f"--regid={group}", "--init-groups", "--reset-env")
    argv = (*(become if user else ()), "sa-learn", "--ham", f"--max-size={LEARN_LIMIT}")
    return Command(argv, stdin=bare(message), timeout=LEARN_PATIENCE, mutates=True)


def bare(message: bytes) -> bytes:
    """The message without the header fields that amavis put on top of it."""
    at = 0
    while found := _AMAVIS.match(message, at):
        at = found.end()
    return message[at:]


def reply(result: Result) -> str:
    """Amavis's reply to a release.

    :raises BackendError: it is not that the message was released.
    """
    said = result.stderr.decode("utf-8", "replace").strip()
    replies = [found for line in said.splitlines() if (found := _REPLY.match(line.strip()))]
    refused = [found for found in replies if found[1][0] != "2"]
    if result.code != 0 or not replies:
        raise _failed(said)
    if refused:
        raise _refusal(visible(refused[0][0]))
    return visible("; ".join(found[0] for found in replies))[:500]


def learnt(result: Result) -> str:
    """What sa-learn says.

    :raises Failed: it learnt nothing.
    """
    said = result.stdout.decode("utf-8", "replace").strip()
    if result.code != 0 or not said:
        raise Failed(
            f"It was released, but sa-learn failed: {visible(result.complaint)}",
            hint="see what is wrong: spamassassin --lint",
        )
    return visible(said.splitlines()[-1])[:200]


def _failed(said: str) -> BackendError:
    last = visible((said.splitlines() or ["it printed nothing"])[-1])[:300]
    if "Permission denied" in said:
        return NotPermitted(f"Amavis's socket cannot be used: {last}", hint="run mailtui as root")
    if "Connection refused" in said or "No such file or directory" in said:
        return NotAnswering(f"Amavis does not run: {last}", hint="start it: systemctl start amavis")
    if "Invalid quarantine ID" in said:
        return Refused(f"{PROGRAM} does not know such names: {last}", hint=_HINT)
    return Failed(f"{PROGRAM} failed: {last}", hint=_HINT)


def _refusal(said: str) -> BackendError:
    if "o such file" in said:
        return Missing(f"Amavis does not find the message: {said[:300]}", hint="read the quarantine again")
    return Failed(f"Amavis did not release it: {said[:300]}", hint=_HINT)
