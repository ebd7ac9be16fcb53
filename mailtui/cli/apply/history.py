"""`mailtui history`: the checkpoints of earlier applies."""

from argparse import ArgumentParser

from backends.apply.told import Moment
from backends.text import time_text
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = """
The checkpoints, the latest first: how files were before each apply and each rollback. Fifty are kept.
"""
EXAMPLES = """
EXAMPLES

  mailtui history
  mailtui rollback 3 --diff     what bringing all files back to checkpoint 3 would change
"""
COLUMNS = (
    Column("number", right=True),
    Column("taken"),
    Column("before"),
    Column("files", right=True),
    Column("which", flexible=True),
)


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)


def run(session: Session) -> int:
    moments = session.host.config.history()
    if session.options.json:
        for moment in moments:
            session.out.json(moment)
    elif not print_table(session.out, COLUMNS, map(_cells, moments)):
        session.out.note("Nothing has been applied yet")
    return 0


def _cells(moment: Moment) -> list[str]:
    names = [path.rpartition("/")[2] for path in moment.files]
    return [str(moment.number), time_text(moment.taken), moment.why, f"{len(names)}", " ".join(names)]
