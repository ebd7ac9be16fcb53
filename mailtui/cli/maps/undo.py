"""`mailtui maps undo`: take a change back."""

from argparse import ArgumentParser

from backends.text import time_text
from mailtui.cli.maps.report import carry_out
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = """
Take a change of a table back: its source is as it was, and its index is built of it. A source that has been changed
since is left alone. Undoing is a change itself, and can be undone. The last fifty changes are kept.
"""
EXAMPLES = """
EXAMPLES

  mailtui maps undo           the latest change
  mailtui maps undo --list    which changes there are
  mailtui maps undo 7         change number 7
"""
COLUMNS = (Column("number", right=True), Column("when"), Column("what", flexible=True))


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("number", metavar="N", nargs="?", type=int, help="number of a change (the latest)")
    parser.add_argument("--list", action="store_true", help="only print what can be taken back")
    parser.add_argument("--dry-run", action="store_true", help="only print what would change")


def run(session: Session) -> int:
    options, maps = session.options, session.host.maps
    if not options.list:
        if not options.dry_run:
            session.must_change()
        return carry_out(session, maps.plan_undo(options.number))
    acts = maps.acts()
    if options.json:
        for act in acts:
            session.out.json(act)
    elif not print_table(
        session.out, COLUMNS, ([str(one.number), time_text(one.when), one.what] for one in acts)
    ):
        session.out.note("There is nothing to undo")
    return 0
