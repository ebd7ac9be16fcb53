"""What this machine's amavis scored: its log or the journal, its quarantine, the mailboxes, and its configuration."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import groupby
from pathlib import Path
from threading import Event, Lock

from backends import amavis_files
from backends.errors import BackendError, Missing, Refused
from backends.files import lock
from backends.maillog.files import LOG, Log, opened, rotated
from backends.runner import LocalRunner, Runner
from backends.scores import journaled, mailboxes, thresholds
from backends.scores.kept import Keeping, Segment, folder_of_user
from backends.scores.reading import Early, LogReading, trouble
from backends.scores.rules import once
from backends.scores.scan import Whole
from backends.scores.store import Part, Store
from backends.scores.texts import lines_about, scored, wholes
from backends.scores.told import Copies, Found, Reading, Ruled, Rules, Scored, Thresholds, Trouble

PATIENCE = 20.0
"""Seconds that another mailtui, which reads the same logs, is waited for."""
SILENT = 1 << 20
"""Bytes of log in which amavis should have said something."""
AT_ONCE = 1 << 17
"""Rows whose places are held at a time."""


class AmavisScores:
    """Implements `backends.host.Scores`, where the methods are described.

    `logs`: read these in place of the machine's own `log`; nothing is kept of them. `folder`: where what was read is kept
    between two starts. `boxes`: the mailboxes.
    """

    def __init__(
        self,
        runner: Runner,
        quarantine: Copies | None = None,
        *,
        logs: Sequence[Path] = (),
        log: Path = LOG,
        folder: Path | None = None,
        boxes: Callable[[], list[mailboxes.Box]] = mailboxes.boxes,
        configuration: Sequence[Path] = amavis_files.FOLDERS,
    ) -> None:
        self._runner, self._quarantine = runner, quarantine
        self._given, self._log = tuple(logs), log
        self._folder = None if logs else folder or folder_of_user()
        self._boxes, self._configuration = boxes, configuration
        self._segments: dict[str, Segment] = {}
        self._keeping: Keeping | None = None
        self._lock = Lock()

    def read(self, early: Early = lambda _: None, stop: Event | None = None) -> Reading:
        with self._lock, ExitStack() as ends:
            troubles: list[Trouble] = []
            keeping, segments = self._kept(ends, troubles, stop)
            logs, more = self._logs(ends)
            troubles += more
            if not logs:
                return self._journal(keeping, segments, troubles, stop)
            reading = LogReading(logs, keeping, segments, early, stop).read(troubles)
            self._forget(segments, {log.key for log in logs})
            if not len(reading.store) and sum(log.size for log in logs) > SILENT:
                silent = Trouble(
                    f"None of amavis's messages about mail is in {logs[-1].shown}",
                    "check that amavis runs, and $log_level and $log_templ in its configuration",
                )
                return Reading(reading.store, reading.taken, 1.0, (*reading.troubles, silent))
            return reading

    def messages(
        self, reading: Reading, rows: Sequence[int] | None = None, stop: Event | None = None
    ) -> Iterator[tuple[int, Scored]]:
        with ExitStack() as ends:
            by_key = {log.key: log for log in self._logs(ends)[0]}
            for part, some in _by_part(reading.store, rows):
                log = by_key.get(part.key)
                for row, whole in self._wholes(reading.store, part, log, some, stop):
                    found = scored(whole, log.mtime if log else time.time())
                    if found is not None:
                        yield row, found

    def show(self, reading: Reading, row: int) -> Found:
        with ExitStack() as ends:
            part, _ = reading.store.place(row)
            log = next((log for log in self._logs(ends)[0] if log.key == part.key), None)
            for _, whole in self._wholes(reading.store, part, log, [row], None):
                message = scored(whole, log.mtime if log else time.time())
                if message is not None:
                    lines = (
                        lines_about(log, whole, int(reading.store.row(row)["at"][0]), message) if log else ()
                    )
                    return self._explained(message, lines or _as_line(whole))
        raise Missing(
            f"The line of this message is not in {part.name} any more",
            hint="press r: the log was rotated or cut",
        )

    def rules(self, stop: Event | None = None) -> Rules:
        delivered, closed = mailboxes.delivered(self._boxes(), stop)
        quarantined: list[Ruled] = []
        troubles = []
        if closed:
            troubles.append(
                Trouble(
                    f"{len(closed)} mailboxes cannot be read, so rules of ham are missing",
                    "run mailtui as root",
                )
            )
        try:
            quarantined = self._quarantine.rules(stop) if self._quarantine is not None else []
        except Refused:
            raise
        except BackendError as error:
            troubles.append(trouble(error))
        messages = once([*quarantined, *delivered])  # a copy in the quarantine tells when it was scored
        messages.sort(key=lambda one: -one.time)
        return Rules(tuple(messages), tuple(troubles))

    def thresholds(self) -> tuple[Thresholds, ...]:
        return thresholds.parse(amavis_files.texts(self._configuration))

    def _logs(self, ends: ExitStack) -> tuple[list[Log], list[Trouble]]:
        """The logs, opened; and what is said of those that cannot be.

        :raises BackendError: none can, or one that was named cannot.
        """
        files = rotated(self._log) if not self._given else None
        paths = self._given if files is None else files.paths
        logs, errors = opened(paths, follow=files is None)
        for log in logs:
            ends.callback(log.close)
        if errors and (files is None or not logs):
            raise errors[0]
        if files is None:
            logs.sort(key=lambda log: log.mtime_ns)
        troubles = [trouble(error) for error in errors]
        if files is not None and files.unread:
            names = ", ".join(path.name for path in files.unread)
            troubles.append(Trouble(f"{names} cannot be read", "have logrotate compress with gzip"))
        return logs, troubles

    def _journal(
        self, keeping: Keeping, segments: dict[str, Segment], troubles: list[Trouble], stop: Event | None
    ) -> Reading:
        if self._given:
            return Reading(Store(), time.time(), 1.0, tuple(troubles))
        segment = segments.get(journaled.KEY)
        if segment is None:
            segment = segments[journaled.KEY] = keeping.segment(journaled.KEY)
        try:
            journaled.read_journal(self._runner, segment, stop)
        except Missing as error:
            raise Missing(
                f"There is neither {self._log} nor a journal",
                hint="install rsyslog, or name a log: --log FILE",
            ) from error
        finally:
            segment.refresh()
        if not segment.count and os.geteuid() != 0:
            troubles.append(
                Trouble(
                    f"There is no {self._log}, and nothing of amavis's in the journal that this user may read",
                    "run mailtui as root, or add this user to the group systemd-journal",
                )
            )
        part = Part(journaled.NAME, journaled.KEY, segment.source())
        return Reading(Store([part]), time.time(), 1.0, tuple(troubles))

    def _wholes(
        self, store: Store, part: Part, log: Log | None, rows: Sequence[int], stop: Event | None
    ) -> Iterator[tuple[int, Whole]]:
        """Each of these rows of a log, which ascend, with its message."""
        first = store.first(part)
        at = part.source.rows(rows[0] - first, rows[-1] - first + 1)["at"]
        places = {int(at[row - rows[0]]): row for row in rows}
        if part.key == journaled.KEY:
            for place, row in places.items():
                if (whole := journaled.find_in_journal(self._runner, place)) is not None:
                    yield row, whole
        elif log is not None:
            for place, whole in wholes(log, list(places), stop):
                yield places[place], whole

    def _explained(self, message: Scored, lines: Sequence[bytes]) -> Found:
        """The message with its rules and its subject, of its copy in the quarantine or of the delivered message."""
        texts = tuple(line.decode("utf-8", "replace") for line in lines)
        if message.quarantine and self._quarantine is not None:
            with suppress(BackendError):  # then there is no copy to show, and the log tells the rest
                if (copy := self._quarantine.copy(message.quarantine)) is not None:
                    return Found(message, texts, copy.rules, copy.subject, "quarantine", message.quarantine)
        kept = mailboxes.find(message.mail_id, message.time, self._boxes())
        if kept is not None:
            return Found(message, texts, kept[0].rules, kept[1], "mailbox")
        return Found(message, texts)

    def _kept(
        self, ends: ExitStack, troubles: list[Trouble], stop: Event | None
    ) -> tuple[Keeping, dict[str, Segment]]:
        """Where rows are kept, and those of before; in files without a name while another mailtui has the folder."""
        if self._keeping is None:
            self._keeping = Keeping(self._folder, os.uname().nodename)
        keeping = self._keeping
        if keeping.trouble:
            troubles.append(
                Trouble(f"{keeping.trouble}, so logs are read anew at each start", "look with: ls -ld")
            )
        elif keeping.path is not None:
            try:
                ends.enter_context(_waited_for(keeping.path / "lock", stop))
            except Refused as error:
                if stop is not None and stop.is_set():
                    raise
                troubles.append(trouble(error))
                nameless = Keeping(None, os.uname().nodename)
                return nameless, {}
        for key in [key for key, segment in self._segments.items() if segment.gone]:
            self._segments.pop(key).close()
        for segment in self._segments.values():
            segment.refresh()
        return keeping, self._segments

    def _forget(self, segments: dict[str, Segment], keys: set[str]) -> None:
        """Let go of logs that are gone."""
        for key in [key for key in segments if key not in keys]:
            segments.pop(key).close()
        if segments is self._segments and self._keeping is not None:
            self._keeping.tidy(frozenset(keys))


def scores_of_logs(names: Sequence[str]) -> AmavisScores:
    """What these logs tell, in place of the machine's own; they may be named in any order."""
    return AmavisScores(LocalRunner(), logs=[Path(name) for name in names], boxes=list)


@contextmanager
def _waited_for(path: Path, stop: Event | None) -> Iterator[None]:
    """Hold the lock, after waiting for another that has it.

    :raises Refused: it takes too long.
    """
    deadline = time.monotonic() + PATIENCE
    with ExitStack() as ends:
        while True:
            try:
                ends.enter_context(lock(path))
                break
            except Refused:
                if time.monotonic() > deadline or (stop is not None and stop.wait(0.1)):
                    raise
                if stop is None:
                    time.sleep(0.1)
        yield


def _as_line(whole: Whole) -> tuple[bytes, ...]:
    return (b"%s amavis: (%s) %s" % (whole.stamp, whole.am_id.encode(), whole.text),)


def _by_part(store: Store, rows: Sequence[int] | None) -> Iterator[tuple[Part, Sequence[int]]]:
    """The rows of each log, in its order, at most AT_ONCE at a time."""
    if rows is None:
        for part in store.parts:
            first = store.first(part)
            after = first + len(part.source)
            for start in range(first, after, AT_ONCE):
                yield part, range(start, min(after, start + AT_ONCE))
        return
    for part, some in groupby(sorted(set(rows)), key=lambda row: store.place(row)[0]):
        yield part, list(some)
