"""Releasing by amavisd-release(8): what it is given, and what it says.

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
MOST_RECIPIENTS = 50
_REPLY = re.compile(r"([245]\d\d)[ -](.*)")
_RECIPIENT = re.compile(r"[^\s\x00-\x1f\x7f<>,\"\\@]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
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
