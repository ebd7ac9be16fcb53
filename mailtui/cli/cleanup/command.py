"""`mailtui cleanup`: quarantine, work folders and trash cleaned one after the other, under one lock."""

import os
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path

from backends import audit
from backends.errors import BackendError, BadRequest, Failed, Missing, Refused
from backends.quarantine import config
from backends.quarantine import run as quarantine
from backends.quarantine.folder import (
    Folder,
    folder_at,
    must_be_a_users,
    must_be_quarantine,
    must_be_writable,
)
from backends.quarantine.names import KINDS, Naming
from backends.quarantine.retention import policy
from backends.quarantine.settings import QuarantineSettings, kept_for
from backends.quarantine.tree import total
from backends.quarantine.work import Leftover, sweep
from backends.text import size_text, visible
from backends.workers import Job, Stop, each, stopping
from mailtui.cli.cleanup.options import add_options, settings_of
from mailtui.cli.cleanup.report import Report, files_text, show, summary
from mailtui.cli.session import Session

DESCRIPTION = """
Delete what has been kept long enough: quarantined messages, amavis's leftover work folders, and what can no longer be
undone in the queue. Only plain files with names that amavis gives are deleted, in its own folder alone, and none that
is younger than ten minutes. It says nothing where all is well but one line in the mail log, so that cron has nothing
to send.

What is too old goes into the trash first with --undo; what has to make room (--max-size, --min-free) goes for good.

What is kept is set in /etc/mailtui/site.toml; options win over it. Kinds: {kinds}.

  [quarantine]
  max_size = "2GiB"
  min_free = "10%"
  [quarantine.keep]
  virus = "90d"
  spam = "14d"
  archive = "forever"
"""
EXAMPLES = """
EXAMPLES

  mailtui cleanup --dry-run                          what would go
  mailtui cleanup --keep virus=90d --keep spam=7d    by age
  mailtui cleanup --max-size 2GiB --min-free 10%     also what takes too much room, the oldest first
  mailtui cleanup --undo 24h                         into the trash first
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION.format(kinds=", ".join(KINDS)), EXAMPLES
    add_options(parser)


def run(session: Session) -> int:
    options = session.options
    if options.demo:
        raise BadRequest("There is no quarantine on the demo host", hint="leave out --demo")
    if options.read_only and not options.dry_run:
        raise Refused("This would delete files", hint="leave out --read-only, or look at it with --dry-run")
    with stopping() as stop:
        return _Run(session, settings_of(options), stop).run()


class _Run:
    """One cleanup: its parts one after the other; what fails in one does not keep from the next."""

    def __init__(self, session: Session, settings: QuarantineSettings, stop: Stop) -> None:
        self._session, self._settings, self._stop = session, settings, stop
        self._options = session.options
        self._report = Report(dry_run=self._options.dry_run)
        self._code = 0

    def run(self) -> int:
        with ExitStack() as ends:
            for part in (self._quarantine, self._work, self._queue_trash):
                if self._stop.number:
                    break
                try:
                    part(ends)
                except BackendError as error:
                    self._failed(error)
                    if error.exit_code == Refused.exit_code and part == self._quarantine:
                        break
            return self._told()

    def _quarantine(self, ends: ExitStack) -> None:
        """Clean the quarantine folder; it stays locked until `ends`."""
        options, report, really = self._options, self._report, not self._options.dry_run
        rules = policy(self._settings)
        path, naming = self._where()
        if path is None:
            return
        report.folder = visible(str(path))
        folder = ends.enter_context(folder_at(path))
        must_be_quarantine(folder, naming)
        if really:
            must_be_writable(folder)
            folder.lock()
        cleanup = quarantine.Cleanup(folder, rules, naming, undo=options.undo, any_name=options.any_name)
        report.trash = cleanup.empty_trash(self._stop, really=really)
        plan = cleanup.plan(self._stop, counted=not really, freed=0 if really else report.trash.size)
        report.kinds, report.ahead, report.kept, report.foreign, report.left = (
            plan.kinds,
            plan.ahead,
            plan.kept,
            plan.foreign,
            plan.unreadable,
        )
        if not really:
            report.count, report.size = plan.going, plan.going_size
            if plan.refused:
                raise Refused(plan.refused, hint="allow it with a larger --max-delete")
            return
        done, report.undo = cleanup.carry_out(plan, self._stop)
        report.count, report.size, report.left = sum(done.counts), total(*done.sizes), done.left
        report.deleted = {kind: count for kind, count in zip(KINDS, done.counts, strict=True) if count}
        if done.broken:
            raise Failed(
                f"Deleting in {report.folder} was given up: {done.broken}",
                hint="look at its file system with findmnt, and in the kernel's log",
            )

    def _where(self) -> tuple[Path | None, Naming]:
        """The quarantine folder and its names; no folder where amavis keeps none.

        :raises ParseFailed: amavis's configuration does not plainly say.
        """
        if self._options.dir is not None:
            try:
                return self._options.dir, config.configured().naming
            except BackendError as error:
                self._session.out.note(f"mailtui: {error}; only names that amavis gives by default are known")
                return self._options.dir, Naming()
        found = config.configured()
        if found.quarantine is None:
            raise config.not_understood()
        return Path(found.quarantine) if found.quarantine else None, found.naming

    def _work(self, ends: ExitStack) -> None:
        """Remove amavis's leftover work folders; not with --dir, unless --tmp is given as well."""
        kept = kept_for(self._settings.tmp) if self._settings.tmp else None
        if kept is None or (self._options.dir is not None and self._options.tmp is None):
            return
        base = config.configured().work
        if not base:
            return
        try:
            folder = ends.enter_context(folder_at(Path(base)))
        except Missing:
            return
        must_be_a_users(folder)
        self._report.work = swept(folder, kept, self._stop, really=not self._options.dry_run)

    def _queue_trash(self, _ends: ExitStack) -> None:
        """Let go of deletions from the queue that can no longer be undone, where root runs this and Postfix is there."""
        if self._options.dir is not None or os.geteuid():
            return
        from backends.local import has_mail_stack  # noqa: PLC0415 - not with --dir
        from backends.site.file import load_site  # noqa: PLC0415

        if not has_mail_stack(self._options.config_dir):
            return
        queue, kept = self._session.host.queue, load_site().queue.kept_for
        if self._options.dry_run:
            now = self._session.host.now()
            self._report.queue_trash = sum(
                len(batch.messages) for batch in queue.trash() if batch.deleted < now - kept
            )
        else:
            self._report.queue_trash = queue.empty_trash(kept)

    def _failed(self, error: BackendError) -> None:
        self._session.out.complain(error)
        self._report.errors.append(str(error))
        self._code = self._code or error.exit_code

    def _told(self) -> int:
        """Print and log what came of it, and give the exit code."""
        out, report = self._session.out, self._report
        report.interrupted = self._stop.number
        for noted, where in ((report.left, report.folder), (report.work.left, "amavis's work folders")):
            for line in noted.first:
                out.note(f"mailtui: left in {where}: {line}")
            if noted.count > len(noted.first):
                out.note(f"mailtui: left in {where}: {noted.count - len(noted.first):,} more")
        if report.left.count or report.work.left.count:
            self._code = self._code or 1
        if self._options.json:
            out.json(report)
        elif report.dry_run:
            show(out, report)
        elif out.columns is not None:
            out.line(f"{files_text(report.count)} deleted, {size_text(report.size)}")
        if not report.dry_run:
            audit.write(summary(report), action="cleanup", well=not self._code and not report.interrupted)
        return 128 + report.interrupted if report.interrupted else self._code


def swept(folder: Folder, kept: float, stop: Stop, *, really: bool) -> Leftover:
    """What was, or would be, removed of amavis's work folders in a folder, as its owner."""
    before = quarantine.now() - kept
    job = Job(folder.owner, lambda ends: sweep(folder.handle, before, ends, really=really))
    return each([job], Leftover, stop)[0]
