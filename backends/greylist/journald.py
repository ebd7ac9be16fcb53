"""The lines of gld and Postfix out of systemd's journal, where there is no mail.log: as a log file would have them.

Everybody may log as gld, so gld's lines are those that journald knows to be its own.
"""

from collections.abc import Iterator
from threading import Event

from backends.greylist.scanning import stopped
from backends.maillog import journal
from backends.runner import Command, Runner, Stream

DAYS = 7
LINES = 1_000_000
LIMIT = 512 << 20
"""Bytes that are read; an entry has about 500."""
_DAEMONS = ("qmgr", "local", "pipe", "virtual", "lmtp", "smtp", "relay/smtp")
ACCOUNT = "postfix-gld"
"""What Debian's gld runs as."""


def asking() -> Command:
    """The command that gives the lines."""
    of_gld = (*journal.written_by("gld", ACCOUNT, "gld.service"), "+")
    of_postfix = [f"SYSLOG_IDENTIFIER=postfix/{name}" for name in _DAEMONS]
    return journal.latest((*of_gld, *of_postfix), LINES, f"-{DAYS}d")


def journal_lines(runner: Runner, stop: Event | None = None) -> Iterator[bytes]:
    """The lines of the last days, the oldest first; a message of several lines is one.

    :raises NotPermitted: this user sees nobody's messages but their own.
    :raises Failed: journalctl reported an error.
    :raises Refused: it was stopped.
    """
    with runner.stream(asking()) as stream:
        chunks = _Chunks(stream, stop)
        for entry in journal.entries(chunks):
            yield entry.line
        if chunks.left > 0:
            journal.check(stream.result())


class _Chunks:
    """What a stream gives, until LIMIT is reached: then `left` is not above 0."""

    def __init__(self, stream: Stream, stop: Event | None) -> None:
        self._stream, self._stop = stream, stop
        self.left = LIMIT

    def __iter__(self) -> Iterator[bytes]:
        while self.left > 0 and (chunk := self._stream.read()):
            stopped(self._stop)
            self.left -= len(chunk)
            yield chunk
