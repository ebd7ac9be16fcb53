"""All of a cleanup: quarantine, amavis's work folders and the queue's trash, one after the other, under one lock."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from backends import audit
from backends.errors import BackendError, Failed, Missing, Refused
from backends.quarantine import config
from backends.quarantine.folder import (
    Folder,
    folder_at,
    must_be_a_users,
    must_be_quarantine,
    must_be_writable,
)
from backends.quarantine.names import KINDS, Naming
from backends.quarantine.retention import policy
from backends.quarantine.run import Cleanup, KindPlan
from backends.quarantine.settings import QuarantineSettings, kept_for
from backends.quarantine.trash import Emptied
from backends.quarantine.tree import Noted, total
from backends.quarantine.work import Leftover, sweep
from backends.text import visible
from backends.workers import Job, Stop, each


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be cleaned. `folder`: this quarantine instead of amavis's; `work`: amavis's work folders as well.

    `undo`: seconds for which what is too old is kept in the trash. Not `really`: only say what would go.
    """

    settings: QuarantineSettings
    folder: Path | None = None
    work: bool = True
    undo: float = 0.0
    any_name: bool = False
    really: bool = True


class Report(msgspec.Struct, kw_only=True):
    """What was done, or with `dry_run` would be; sizes in bytes. `undo`: the number of the run that can be undone.

    `at_least`: a process failed that may have deleted more. `young`: files that no rule takes yet; `kept`: that stay
    because somebody said so; `ahead`: dated in the future.
    """

    folder: str = ""
    dry_run: bool = False
    kinds: tuple[KindPlan, ...] = ()
    deleted: dict[str, int] = {}
    count: int = 0
    size: int = 0
    at_least: bool = False
    undo: int | None = None
    trash: Emptied = msgspec.field(default_factory=Emptied)
    work: Leftover = msgspec.field(default_factory=Leftover)
    queue_trash: int = 0
    young: int = 0
    ahead: int = 0
    kept: int = 0
    foreign: Noted = msgspec.field(default_factory=Noted)
    left: Noted = msgspec.field(default_factory=Noted)
    notes: list[str] = []
    errors: list[str] = []
    interrupted: int = 0


class WholeCleanup:
    """What fails in one part does not keep from the next. `queue_trash` gives how many messages it let go of."""

    def __init__(self, wanted: Wanted, stop: Stop, queue_trash: Callable[[], int] = lambda: 0) -> None:
        self._wanted, self._stop, self._empty_queue_trash = wanted, stop, queue_trash
        self.report = Report(dry_run=not wanted.really)
        self.failures: list[BackendError] = []

    def run(self) -> Report:
        """Clean, and write a line to the mail log."""
        report = self.report
        with ExitStack() as ends:
            for part in (self._quarantine, self._work, self._queue_trash):
                if self._stop.number:
                    break
                try:
                    part(ends)
                except BackendError as error:
                    self.failures.append(error)
                    report.errors.append(str(error))
                    if error.exit_code == Refused.exit_code and part == self._quarantine:
                        break
            report.interrupted = self._stop.number
            if self._wanted.really:
                well = not (self.failures or report.left.count or report.work.left.count or self._stop.number)
                audit.write(summary(report), action="cleanup", well=well)
        return report

    def _quarantine(self, ends: ExitStack) -> None:
        """Clean the quarantine folder; it stays locked until `ends`."""
        wanted, report, really = self._wanted, self.report, self._wanted.really
        rules = policy(wanted.settings)
        path, naming = self._where()
        if path is None:
            return
        report.folder = visible(str(path))
        folder = ends.enter_context(folder_at(path))
        must_be_quarantine(folder, naming)
        if really:
            must_be_writable(folder)
            folder.lock()
        cleanup = Cleanup(folder, rules, naming, undo=wanted.undo, any_name=wanted.any_name)
        report.trash = cleanup.empty_trash(self._stop, really=really)
        plan = cleanup.plan(self._stop, counted=not really, freed=0 if really else report.trash.size)
        report.kinds, report.foreign, report.left = plan.kinds, plan.foreign, plan.unreadable
        report.young, report.ahead, report.kept = plan.young, plan.ahead, plan.kept
        if not really:
            report.count, report.size = plan.going, plan.going_size
            if plan.refused:
                raise Refused(plan.refused, hint="allow it with a larger --max-delete")
            return
        done, report.undo = cleanup.carry_out(plan, self._stop)
        report.count, report.size, report.left = sum(done.counts), total(*done.sizes), done.left
        report.deleted = {kind: count for kind, count in zip(KINDS, done.counts, strict=True) if count}
        report.at_least = done.lost
        if done.lost:
            raise Failed(
                f"Not all of {report.folder} was cleaned: {done.broken}; at least {report.count:,} were deleted",
                hint=done.hint,
            )
        if done.broken:
            raise Failed(f"Deleting in {report.folder} was given up: {done.broken}", hint=done.hint)

    def _where(self) -> tuple[Path | None, Naming]:
        """The quarantine folder and its names; no folder where amavis keeps none.

        :raises ParseFailed: amavis's configuration does not plainly say.
        """
        if self._wanted.folder is not None:
            try:
                return self._wanted.folder, config.configured().naming
            except BackendError as error:
                self.report.notes.append(f"{error}; only names that amavis gives by default are known")
                return self._wanted.folder, Naming()
        found = config.configured()
        if found.quarantine is None:
            raise config.not_understood()
        return Path(found.quarantine) if found.quarantine else None, found.naming

    def _work(self, ends: ExitStack) -> None:
        """Remove amavis's leftover work folders."""
        wanted = self._wanted
        kept = kept_for(wanted.settings.tmp) if wanted.work and wanted.settings.tmp else None
        base = config.configured().work if kept is not None else ""
        if kept is None or not base:
            return
        try:
            folder = ends.enter_context(folder_at(Path(base)))
        except Missing:
            return
        must_be_a_users(folder)
        self.report.work = _swept(folder, kept, self._stop, really=wanted.really)

    def _queue_trash(self, _ends: ExitStack) -> None:
        self.report.queue_trash = self._empty_queue_trash()


def summary(report: Report) -> str:
    """One line for the mail log."""
    kinds = ",".join(f"{kind}:{count}" for kind, count in report.deleted.items())
    parts = [f"deleted={report.count} size={report.size}"]
    for name, value in (
        ("kinds", kinds),
        ("undo", report.undo),
        ("left", report.left.count + report.work.left.count),
        ("trash", report.trash.count),
        ("work", report.work.folders),
        ("queue", report.queue_trash),
        ("signal", report.interrupted),
        ("folder", report.folder),
        ("errors", "; ".join(report.errors)),
    ):
        if value:
            parts.append(f"{name}={value}")
    return " ".join(parts)


def _swept(folder: Folder, kept: float, stop: Stop, *, really: bool) -> Leftover:
    """What was, or would be, removed of amavis's work folders in a folder, as its owner."""
    before = time.time() - kept
    job = Job(folder.owner, lambda ends: sweep(folder.handle, before, ends, really=really))
    return each([job], Leftover, stop)[0]
