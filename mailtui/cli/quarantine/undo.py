"""`mailtui quarantine undo`: bring a deletion back."""

from argparse import ArgumentParser

from backends.quarantine.plan import Trashed
from backends.text import size_text, time_text
from mailtui.cli.quarantine.report import report
from mailtui.cli.session import Session
from mailtui.cli.table import Column
from mailtui.cli.undoing import add_empty, add_undo, empty, list_kept

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
    add_undo(parser, "a deletion")
    add_empty(parser)


def run(session: Session) -> int:
    quarantine = session.host.quarantine
    if session.options.empty:
        return empty(session, lambda: sum(one.count for one in quarantine.trash()), quarantine.empty_trash)
    if session.options.list:
        return list_kept(session, COLUMNS, quarantine.trash(), _cells)
    session.must_change()
    return report(session, quarantine.undo(session.options.number))


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
