"""`mailtui maps undo`: take a change back."""

from argparse import ArgumentParser

from backends.maps.values import Act
from backends.text import time_text
from mailtui.cli.acting import add_acting
from mailtui.cli.maps.report import carry_out
from mailtui.cli.session import Session
from mailtui.cli.table import Column
from mailtui.cli.undoing import add_undo, list_kept

DESCRIPTION = """
Take a change of a table back: its source is as it was, and its index is built of it. A source that has been changed
since is left alone. Undoing is a change itself, and can be undone: it does not ask. The last fifty changes are kept.
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
    add_undo(parser, "a change")
    add_acting(parser)


def run(session: Session) -> int:
    options, maps = session.options, session.host.maps
    if options.list:
        return list_kept(session, COLUMNS, maps.acts(), _cells)
    if not options.dry_run:
        session.must_change()
    return carry_out(session, maps.plan_undo(options.number), asks=False)


def _cells(act: Act) -> list[str]:
    return [str(act.number), time_text(act.when), act.what]
