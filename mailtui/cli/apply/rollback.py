"""`mailtui rollback`: all files as they were at a checkpoint."""

import sys
import time
from argparse import SUPPRESS, ArgumentParser

from backends.errors import BackendError, Missing, Refused
from mailtui.cli.apply.telling import Telling
from mailtui.cli.session import Session

TRIES = 720
PAUSE = 5.0  # s
DESCRIPTION = """
Bring all files that `mailtui --apply` changed back to how they were at a checkpoint, the latest one by default, and
have the services run with them. What was changed in these files by hand since then goes as well: see it with --diff.
Packages, gld's database and group memberships stay. A rollback makes a checkpoint of its own, so that it can be taken
back as well.
"""
EXAMPLES = """
EXAMPLES

  mailtui rollback              before the last apply
  mailtui rollback --diff       what that would change; changes nothing
  mailtui rollback 1 --yes      the files as they were before the first apply
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("number", metavar="N", nargs="?", type=int, help="a checkpoint (the latest)")
    parser.add_argument("--diff", action="store_true", help="only show what would change")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--unless-confirmed", action="store_true", help=SUPPRESS)
    parser.add_argument("--after", type=float, default=0.0, help=SUPPRESS)
    parser.set_defaults(any_machine=True)


def run(session: Session) -> int:
    options, out, config = session.options, session.out, session.host.config
    telling = Telling(out, json=options.json)
    if options.unless_confirmed:
        session.must_change()
        time.sleep(max(0.0, options.after))
        return _unless_confirmed(session, telling)
    number = options.number
    if number is None:
        history = config.history()
        if not history:
            raise Missing("Nothing has been applied yet", hint="there is nothing to go back to")
        number = history[0].number
    lines = config.rollback_diff(number)
    if options.diff:
        for line in lines:
            out.line(line)
        return 0
    session.must_change()
    _agreed(session, number, lines)
    applied = config.rollback(number, telling.event)
    if options.json:
        out.json({"applied": applied})
    else:
        out.line(f"All files are as they were at checkpoint {number}: {', '.join(_names(lines))}")
        out.line("Test it with real mail: mailtui --apply --verify-only")
        out.line(f"Back to before this: mailtui rollback {applied.number}")
        for one in applied.trouble:
            out.line(f"▲ {one}")
    return 1 if applied.trouble else 0


def _names(diff: list[str]) -> list[str]:
    """The files that a diff is about."""
    named = [line[4:] for line in diff if line.startswith(("--- /", "+++ /")) and line[4:] != "/dev/null"]
    secret = [line.partition(": ")[0] for line in diff if line.startswith("/")]
    return list(dict.fromkeys([*named, *secret]))


def _unless_confirmed(session: Session, telling: Telling) -> int:
    """Nobody is there to try again: what keeps it from being done may pass."""
    said = ""
    for left in range(TRIES, 0, -1):
        try:
            session.host.config.revert_unconfirmed(session.options.number, telling.event)
        except BackendError as error:
            if str(error) != said:
                session.out.complain(error)
            said = str(error)
            if left == 1:
                raise
            time.sleep(PAUSE)
        else:
            return 0
    return 1


def _agreed(session: Session, number: int, lines: list[str]) -> None:
    if session.options.yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused(
            "Not confirmed: nothing was done, for there is no terminal to ask at",
            hint="look with --diff, then say --yes",
        )
    for line in lines:
        session.out.note(line)
    session.out.ask(f"Bring all files back to checkpoint {number}? Type yes: ")
    if sys.stdin.readline().strip().lower() != "yes":
        raise Refused("Not confirmed: nothing was done", hint="try again, or say --yes")
