"""`mailtui greylist undo`: take an act back."""

from argparse import ArgumentParser

from backends.greylist.plan import Trashed, rows_text
from backends.text import time_text
from mailtui.cli.greylist.report import report
from mailtui.cli.session import Session
from mailtui.cli.table import Column
from mailtui.cli.undoing import add_undo, list_kept

DESCRIPTION = """
Take an act back: deleted triplets return exactly as they were, released ones wait again, the whitelist is as before.
Rows that have changed since are left out; those of them that were taken away stay kept, so that undo can be tried again.
Acts are kept for 7 days, or as long as /etc/mailtui/site.toml says ([greylist], undo = "7d"); what is older goes with
the next one.
"""
EXAMPLES = """
EXAMPLES

  mailtui greylist undo           the latest act
  mailtui greylist undo --list    which acts there are
  mailtui greylist undo 7         act number 7
"""
COLUMNS = (
    Column("number", right=True),
    Column("when"),
    Column("by"),
    Column("what"),
    Column("rows", right=True),
    Column("such as", flexible=True),
)


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    add_undo(parser, "an act")


def run(session: Session) -> int:
    greylist = session.host.greylist
    if session.options.list:
        return list_kept(session, COLUMNS, greylist.trash(), _cells)
    session.must_change()
    return report(session, greylist.undo(session.options.number))


def _cells(act: Trashed) -> list[str]:
    rows = rows_text(act.count, act.action).partition(" ")[0]
    return [str(act.number), time_text(act.when), act.user, act.action, rows, act.sample]
