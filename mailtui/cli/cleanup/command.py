"""`mailtui cleanup`: what has been kept long enough goes from quarantine, work folders and trash."""

import os
import time
from argparse import ArgumentParser

from backends.errors import BadRequest, Refused
from backends.quarantine.cleanup import Report, Wanted, WholeCleanup
from backends.quarantine.names import KINDS
from backends.text import size_text
from backends.workers import stopping
from mailtui.cli.cleanup.options import add_options, settings_of
from mailtui.cli.cleanup.report import files_text, show
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

  mailtui cleanup --dry-run                          what would go, by which rule, and when the next
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
    wanted = Wanted(
        settings=settings_of(options),
        folder=options.dir,
        work=options.dir is None or options.tmp is not None,
        undo=options.undo,
        any_name=options.any_name,
        really=not options.dry_run,
    )
    with stopping() as stop:
        cleanup = WholeCleanup(wanted, stop, lambda: _queue_trash(session))
        report = cleanup.run()
    for error in cleanup.failures:
        session.out.complain(error)
    _tell(session, report)
    if report.interrupted:
        return 128 + report.interrupted
    left = bool(report.left.count or report.work.left.count)
    return cleanup.failures[0].exit_code if cleanup.failures else int(left)


def _queue_trash(session: Session) -> int:
    """Let go of deletions from the queue that can no longer be undone, where root runs this and Postfix is there."""
    options = session.options
    if options.dir is not None or os.geteuid():
        return 0
    from backends.local import has_mail_stack  # noqa: PLC0415 - not with --dir
    from backends.site.file import load_site  # noqa: PLC0415

    if not has_mail_stack(options.config_dir):
        return 0
    queue, kept = session.host.queue, load_site().queue.kept_for
    if not options.dry_run:
        return queue.empty_trash(kept)
    until = session.host.now() - kept
    return sum(len(batch.messages) for batch in queue.trash() if batch.deleted < until)


def _tell(session: Session, report: Report) -> None:
    """Print what came of it."""
    out = session.out
    for text in report.notes:
        out.note(f"mailtui: {text}")
    for noted, where in ((report.left, report.folder), (report.work.left, "amavis's work folders")):
        for line in noted.first:
            out.note(f"mailtui: left in {where}: {line}")
        if noted.count > len(noted.first):
            out.note(f"mailtui: left in {where}: {noted.count - len(noted.first):,} more")
    if session.options.json:
        out.json(report)
    elif report.dry_run:
        show(out, report, time.time())
    elif out.columns is not None:
        at_least = "at least " if report.at_least else ""
        out.line(f"{at_least}{files_text(report.count)} deleted, {size_text(report.size)}")
