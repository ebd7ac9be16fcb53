"""The systemd journal as lines of a log, where no file is written: `journalctl --output=export`."""

import pwd
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from backends.errors import Failed, NotPermitted
from backends.runner import Command, Result

LONGEST = 1 << 20
"""Bytes of a field that is kept; a longer one is left out."""
MOST_FIELDS = 200
_WANTED = frozenset(
    {
        b"__CURSOR",
        b"__REALTIME_TIMESTAMP",
        b"_SOURCE_REALTIME_TIMESTAMP",
        b"_HOSTNAME",
        b"SYSLOG_IDENTIFIER",
        b"SYSLOG_PID",
        b"_PID",
        b"MESSAGE",
    }
)
_EXPORT = (
    "journalctl",
    "--output=export",
    "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_HOSTNAME",
    "--no-pager",
)
_HIDDEN = (b"not seeing messages from", b"insufficient permissions")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One entry: when journald took it (µs since the epoch), its place, and the line that syslog would have written."""

    time: int
    cursor: str
    line: bytes


def written_by(tag: str, account: str, unit: str) -> tuple[str, ...]:
    """What matches the entries of a daemon, and nothing that somebody else logged with its tag, which everybody may.

    It is known by what journald adds by itself: the unit, or the account, for of a child that has ended already
    journald cannot tell the unit (2 of 31 lines on a Debian 13).
    """
    trusted = [f"_SYSTEMD_UNIT={unit}"]
    with suppress(KeyError):
        trusted.append(f"_UID={pwd.getpwnam(account).pw_uid}")
    words = [word for one in trusted for word in ("+", f"SYSLOG_IDENTIFIER={tag}", one)]
    return tuple(words[1:])


def of_amavis() -> tuple[str, ...]:
    """What matches amavis's own entries."""
    return written_by("amavis", "amavis", "amavis.service")


def command(
    matches: Sequence[str], *, after: str = "", since: int = 0, until: int = 0, timeout: float = 60.0
) -> Command:
    """Entries that match (`FIELD=value`, `+`: or), behind a cursor, or from one second to before another (epoch)."""
    argv = [*_EXPORT, "--quiet"]
    if after:
        argv.append(f"--after-cursor={after}")
    if until:
        argv += [f"--since=@{since}", f"--until=@{until}"]
    return Command((*argv, *matches), timeout=timeout)


def latest(matches: Sequence[str], most: int, since: str, timeout: float = 60.0) -> Command:
    """The newest entries that match (`FIELD=value`, `+`: or), at most so many; `since` as journalctl(1) takes it."""
    return Command((*_EXPORT, f"--lines={most}", f"--since={since}", *matches), timeout=timeout)


def backwards(matches: Sequence[str], most: int, since: str, timeout: float = 60.0) -> Command:
    """The same as `latest`, the newest first: of more than so many `latest` gives the oldest on Debian 12 (seen with systemd 252)."""
    command = latest(matches, most, since, timeout)
    return msgspec.structs.replace(command, argv=(*_EXPORT, "--reverse", *command.argv[len(_EXPORT) :]))


def check(result: Result) -> None:
    """Look how journalctl ended that was not told to be quiet.

    :raises NotPermitted: this user sees nobody's messages but their own.
    :raises Failed: it reported an error.
    """
    if any(word in result.stderr for word in _HIDDEN):
        raise NotPermitted(
            "This user may not read the journal",
            hint="run mailtui as root, or add this user to the group systemd-journal",
        )
    if result.code != 0:
        raise Failed(f"journalctl failed: {result.complaint}", hint="see: journalctl -n 20")


def entries(chunks: Iterable[bytes]) -> Iterator[Entry]:
    """The entries of an export (https://systemd.io/JOURNAL_EXPORT_FORMATS/), in their order; broken ones are left out."""
    fields: dict[bytes, bytes] = {}
    for name, value in _fields(chunks):
        if name:
            if len(fields) < MOST_FIELDS and name in _WANTED:
                fields[name] = value
            continue
        if (entry := _entry(fields)) is not None:
            yield entry
        fields = {}
    if (entry := _entry(fields)) is not None:
        yield entry


def _fields(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Names and values; an empty name between two entries."""
    reader = _Reader(chunks)
    while (line := reader.line()) is not None:
        name, equals, value = line.partition(b"=")
        if equals or not name:
            yield name, value
            continue
        size = reader.take(8)
        if len(size) < 8:
            return
        yield name, reader.take(int.from_bytes(size, "little"))
        reader.take(1)


class _Reader:
    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer, self._at = b"", 0

    def line(self) -> bytes | None:
        """The next line without its end, cut at LONGEST; None at the end."""
        parts: list[bytes] = []
        size = 0
        while (end := self._buffer.find(b"\n", self._at)) < 0:
            if size < LONGEST:
                parts.append(self._buffer[self._at :])
                size += len(parts[-1])
            if not self._more():
                return b"".join(parts) if size else None
        parts.append(self._buffer[self._at : end])
        self._at = end + 1
        return b"".join(parts)[:LONGEST]

    def take(self, size: int) -> bytes:
        """So many bytes, but no more than LONGEST of them; all are passed."""
        parts, left = [], size
        while left > 0:
            part = self._buffer[self._at : self._at + left]
            if size <= LONGEST:
                parts.append(part)
            left, self._at = left - len(part), self._at + len(part)
            if left > 0 and not self._more():
                break
        return b"".join(parts)

    def _more(self) -> bool:
        self._buffer, self._at = next(self._chunks, b""), 0
        return bool(self._buffer)


def _entry(fields: dict[bytes, bytes]) -> Entry | None:
    message = fields.get(b"MESSAGE")
    tag, host = fields.get(b"SYSLOG_IDENTIFIER", b""), fields.get(b"_HOSTNAME", b"")
    pid = fields.get(b"SYSLOG_PID") or fields.get(b"_PID") or b""
    stamp = fields.get(b"__REALTIME_TIMESTAMP", b"")
    if message is None or not stamp.isdigit() or len(stamp) > 18 or not (pid.isdigit() and tag and host):
        return None
    time = int(stamp)
    try:
        when = datetime.fromtimestamp(time // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return None
    start = b"%s.%06d+00:00 %s %s[%s]: " % (when.encode(), time % 1_000_000, _word(host), _word(tag), pid)
    cursor = fields.get(b"__CURSOR", b"").decode("ascii", "replace")
    return Entry(time, cursor, start + message.replace(b"\n", b"#012") + b"\n")


def _word(text: bytes) -> bytes:
    return b"_".join(text.split()) or b"-"
