"""`mailtui mailbox import`: mbox to Maildir, without losing or doubling a message."""

import os
import pwd
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from backends import audit
from backends.errors import BackendError, BadRequest, Refused
from backends.mailbox.importing import Done, Import, Plan
from backends.mailbox.names import folder_steps
from backends.mailbox.room import must_fit
from backends.mailbox.split import Dialect
from backends.mailbox.target import Target, target_at
from backends.mailbox.tree import Found, mailboxes
from backends.runner import LocalRunner
from backends.text import visible
from backends.workers import Stop, stopping
from mailtui.cli.confirm import must_be, typed
from mailtui.cli.mailbox.report import Progress, Report, asked, row_of, show, summary
from mailtui.cli.session import Session

DESCRIPTION = """
Take mailboxes of the mbox format over into a Maildir. The mbox is only read. Dates and flags (seen, answered, flagged,
deleted, draft) are kept; what is in the Maildir already stays as it is. A second run adds nothing but what is new, even
when messages were read, moved or deleted meanwhile; a run that was broken off goes on where it ended.

How an mbox tells the lines of its letters that begin with `From ` from the beginning of the next letter differs from
program to program. What --format auto finds is right for Postfix, Dovecot, mutt and Thunderbird; choose mboxrd where
`>>From ` stands for `>From `.
"""
EXAMPLES = """
EXAMPLES

  mailtui mailbox import /var/mail/alice --user alice --dry-run
  mailtui mailbox import /var/mail/alice --user alice
  mailtui mailbox import ~/oldmbox --folder Archive/2005
  mailtui mailbox import -R ~/mail --folder Old
  mailtui mailbox import old.mbox --to /srv/mail/example.org/alice/Maildir --yes
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    what = parser.add_argument_group("what")
    what.add_argument("mbox", metavar="MBOX", nargs="*", type=Path, help="an mbox file")
    what.add_argument(
        "-R",
        "--tree",
        metavar="TREE",
        type=Path,
        action="append",
        default=[],
        help="all mailboxes of a folder, each into a folder of its name",
    )
    what.add_argument(
        "--format",
        metavar="FORMAT",
        choices=[str(one) for one in Dialect],
        default="auto",
        help="how it is written: mboxo, mboxrd, mboxcl, mboxcl2 (auto)",
    )
    where = parser.add_argument_group("where to, and how")
    to = where.add_mutually_exclusive_group()
    to.add_argument("--to", metavar="DIR", type=Path, help="this Maildir, as its owner")
    to.add_argument("--user", metavar="NAME", default="", help="the ~/Maildir of this user")
    where.add_argument("--folder", metavar="NAME", default="", help="a folder of it: Archive or Archive/2005")
    where.add_argument("--dry-run", action="store_true", help="only print what would come")
    where.add_argument("-y", "--yes", action="store_true", help="do not ask")


def run(session: Session) -> int:
    options = session.options
    if options.demo:
        raise BadRequest("There are no mailboxes on the demo host", hint="leave out --demo")
    if options.read_only and not options.dry_run:
        raise Refused("This would add messages", hint="leave out --read-only, or look at it with --dry-run")
    found = _found(options.mbox, options.tree, folder_steps(options.folder))
    runner = LocalRunner()
    try:
        with stopping() as stop, _target(session) as target:
            return _Run(session, target, runner, stop).run(found)
    finally:
        runner.close()


class _Run:
    """One import: all mailboxes read and counted, then asked, then written; what fails in one does not keep from the next."""

    def __init__(self, session: Session, target: Target, runner: LocalRunner, stop: Stop) -> None:
        self._out, self._options, self._session = session.out, session.options, session
        self._target, self._stop = target, stop
        self._progress = Progress(session.out)
        self._import = Import(target, runner, stop, Dialect(self._options.format), self._progress.glance)
        self._report = Report(maildir=visible(str(target.path)), dry_run=self._options.dry_run)
        self._code = 0

    def run(self, found: Sequence[Found]) -> int:
        plans = [plan for one in found if (plan := self._planned(one)) is not None]
        if not self._stop.number:
            must_fit(plans, self._target, self._import.limits())
            new = sum(len(plan.rows) for plan in plans)
            if new and not self._options.dry_run and not self._options.yes:
                answer = typed(self._session, asked(plans, self._report.maildir), stdin_taken=False)
                must_be(answer, confirmed=answer is not None and answer.lower() == "yes")
            self._carried_out(plans)
        return self._told()

    def _planned(self, found: Found) -> Plan | None:
        if self._stop.number:
            return None
        self._progress.step("reading", found.path)
        try:
            plan = self._import.plan(found)
        except BackendError as error:
            self._failed(error)
            return None
        if not plan.is_mailbox:
            self._report.skipped.append(visible(str(found.path)))
            if found.path in self._options.mbox:
                self._out.note(
                    f"mailtui: {visible(str(found.path))} is not an mbox: its first line does not begin with From"
                )
                self._code = self._code or 1
            return None
        return plan

    def _carried_out(self, plans: Sequence[Plan]) -> None:
        done: list[tuple[Plan, Done]] = []
        try:
            for plan in plans:
                one = Done()
                if not (plan.is_done or self._options.dry_run or self._stop.number):
                    self._progress.step("writing", plan.path)
                    try:
                        one = self._import.carry_out(plan)
                    except BackendError as error:
                        one = Done(error=str(error))
                        self._failed(error)
                    else:
                        done.append((plan, one))
                        self._incomplete(plan, one)
                self._report.mailboxes.append(row_of(plan, one))
                if one.full:
                    break
        finally:
            if done:
                self._finished(done)
        if not self._options.dry_run:
            self._compared(dict.fromkeys(plan.steps for plan in plans if len(plan.index)))

    def _finished(self, done: Sequence[tuple[Plan, Done]]) -> None:
        """Have it on disk and written down."""
        self._progress.end()
        try:
            self._import.finish(done)
        except BackendError as error:
            self._failed(error)

    def _compared(self, folders: Iterable[tuple[str, ...]]) -> None:
        """Compare what is in the folders with what Dovecot shows."""
        for steps in folders:
            name = "/".join(steps) or "INBOX"
            try:
                held = self._import.held(steps)
            except BackendError as error:
                self._failed(error)
                continue
            if held.shown is None:
                continue
            self._report.shown[name] = held.shown
            if held.shown < held.messages:
                self._code = self._code or 1
                self._out.note(
                    f"mailtui: Dovecot shows {held.shown:,} messages in {name}, {held.messages:,} are there"
                )
                self._out.note(
                    f"  see where it looks: doveadm user {self._target.user}; doveconf -n | grep ^mail"
                )

    def _incomplete(self, plan: Plan, one: Done) -> None:
        if one.error:
            self._code = self._code or 1
            self._out.note(f"mailtui: {visible(str(plan.path))}: {visible(one.error)}")
            self._out.note(
                f"  {len(one.keys):,} of {len(plan.rows):,} messages came; run it again for the others"
            )

    def _failed(self, error: BackendError) -> None:
        self._progress.end()
        self._out.complain(error)
        self._report.errors.append(str(error))
        self._code = self._code or error.exit_code

    def _told(self) -> int:
        self._progress.end()
        report = self._report
        report.interrupted = self._stop.number
        if self._options.json:
            self._out.json(report)
        else:
            show(self._out, report)
        if not report.dry_run:
            well = not self._code and not report.interrupted
            audit.write(summary(report), well=well, action="mailbox-import")
        return 128 + report.interrupted if report.interrupted else self._code


def _found(files: Sequence[Path], trees: Sequence[Path], above: tuple[str, ...]) -> list[Found]:
    """What is to be imported, and into which folder.

    :raises BadRequest: nothing.
    """
    found = [Found(path, above) for path in files]
    for tree in trees:
        found += mailboxes(tree, above)
    if not found:
        raise BadRequest(
            "There is no mailbox to import", hint="name an mbox file, or a folder of them with -R"
        )
    return found


@contextmanager
def _target(session: Session) -> Iterator[Target]:
    """The Maildir that the options name, or this user's own."""
    options = session.options
    user = options.user
    if options.to is None and not user:
        if os.geteuid() == 0:
            raise BadRequest(
                "Whose Maildir is not told", hint="name the user with --user, or a Maildir with --to"
            )
        user = pwd.getpwuid(os.geteuid()).pw_name
    path = Path(os.path.abspath(options.to)) if options.to is not None else Path()  # noqa: PTH100 - links are to be seen
    with target_at(path, user, really=not options.dry_run) as target:
        yield target
