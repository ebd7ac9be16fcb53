"""The lines of gld and Postfix out of systemd's journal, where there is no mail.log: as a log file would have them.

Everybody may log as gld, so gld's lines are taken by what journald adds by itself: the unit, or the account, for of a
child that has ended already journald cannot tell the unit (2 of 31 lines on a Debian 13).
"""

import pwd
from collections.abc import Iterator
from contextlib import suppress
from threading import Event

from backends.errors import Failed, NotPermitted
from backends.greylist.scanning import stopped
from backends.runner import Command, Runner

DAYS = 7
LINES = 1_000_000
LIMIT = 128 << 20
"""Bytes that are read."""
TIMEOUT = 60.0  # s of silence
_DAEMONS = ("qmgr", "local", "pipe", "virtual", "lmtp", "smtp", "relay/smtp")
ACCOUNT = "postfix-gld"
"""What Debian's gld runs as."""
_HIDDEN = (b"not seeing messages from", b"insufficient permissions")


def asking() -> Command:
    """The command that gives the lines."""
    trusted = ["_SYSTEMD_UNIT=gld.service"]
    with suppress(KeyError):
        trusted.append(f"_UID={pwd.getpwnam(ACCOUNT).pw_uid}")
    options = ("--no-pager", "--output=short-iso-precise", f"--since=-{DAYS}d", f"--lines={LINES}")
    of_gld = [word for one in trusted for word in ("SYSLOG_IDENTIFIER=gld", one, "+")]
    of_postfix = [f"SYSLOG_IDENTIFIER=postfix/{name}" for name in _DAEMONS]
    return Command(("journalctl", *options, *of_gld, *of_postfix), timeout=TIMEOUT)


def journal_lines(runner: Runner, stop: Event | None = None) -> Iterator[bytes]:
    """The lines of the last days, the oldest first. A message's second line is indented, so it is not taken for another.

    :raises NotPermitted: this user sees nobody's messages but their own.
    :raises Refused: it was stopped.
    """
    rest, left = b"", LIMIT
    with runner.stream(asking()) as stream:
        while left > 0 and (piece := stream.read()):
            stopped(stop)
            left -= len(piece)
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
        if left <= 0:
            return
        result = stream.result()
    if any(word in result.stderr for word in _HIDDEN):
        raise NotPermitted(
            "This user may not read the journal",
            hint="run mailtui as root, or add this user to the group systemd-journal",
        )
    if result.code != 0:
        raise Failed(f"journalctl failed: {result.complaint}", hint="see: journalctl -t gld -n 20")
