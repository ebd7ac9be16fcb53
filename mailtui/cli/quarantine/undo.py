"""`mailtui quarantine undo`: bring a deletion back."""

from argparse import ArgumentParser

from backends.quarantine.plan import Trashed
from backends.text import size_text, time_text
from mailtui.cli.confirm import must_confirm
from mailtui.cli.quarantine.report import report
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = """
Bring deleted messages back to where they were. Deletions are kept for 24 hours, or as long as /etc/mailtui/site.toml
says ([quarantine], undo = "3d"), and so is the disk space they take; what is older goes with the next deletion or the
next `mailtui cleanup`, or with --empty all of it at once. What cannot be brought back, because another file has its name
meanwhile, stays in the trash, and the next undo takes the deletion before.
"""
EXAMPLES = """
EXAMPLES

  mailtui quarantine undo            the latest deletion
  mailtui quarantine undo --list     which deletions there are
  mailtui quarantine undo 7          deletion number 7
  mailtui quarantine undo --empty    let go of all of them for good, to free their space
"""
COLUMNS = (
    Column("number", right=True),
    Column("deleted"),
    Column("until"),
    Column("by"),
    Column("messages", right=True),
    Column("size", right=True),
    Column("undone"),
)


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)
    parser.add_argument("number", metavar="N", nargs="?", type=int, help="number of a deletion (the latest)")
    parser.add_argument("--list", action="store_true", help="only print what can be brought back")
    parser.add_argument("--empty", action="store_true", help="let go of all deletions for good")
    parser.add_argument("--yes", action="store_true", help="do not ask before --empty")


def run(session: Session) -> int:
    if session.options.empty:
        return _empty(session)
    if not session.options.list:
        session.must_change()
        return report(session, session.host.quarantine.undo(session.options.number))
    runs = session.host.quarantine.trash()
    if session.options.json:
        for one in runs:
            session.out.json(one)
    elif not print_table(session.out, COLUMNS, map(_cells, runs)):
        session.out.note("There is no deletion to undo")
    return 0


def _empty(session: Session) -> int:
    session.must_change()
    count = sum(one.count for one in session.host.quarantine.trash())
    if count and not session.options.yes:
        must_confirm(session, "forget", count)
    session.out.line(f"{session.host.quarantine.empty_trash():,} let go for good")
    return 0


def _cells(one: Trashed) -> list[str]:
    return [
        str(one.number),
        time_text(one.deleted),
        time_text(one.until),
        one.user,
        f"{one.count:,}",
        size_text(one.size),
        "but for these" if one.tried else "",
    ]
