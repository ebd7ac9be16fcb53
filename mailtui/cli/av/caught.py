"""`mailtui av caught`: which signatures have caught mail."""

from argparse import ArgumentParser

from backends.text import age_text
from mailtui.antivirus_text import caught_text
from mailtui.cli.parser import number
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = """
Count the messages that each signature has caught, by amavis's lines in the mail log, and say which file of signatures
it is in: so it shows what a third party's set is good for. Where there is a log file, anybody with an account on the
machine can add to it in amavis's name (logger(1)); of the journal only what amavis itself wrote is counted.
"""
EXAMPLES = """
EXAMPLES

  mailtui av caught
  mailtui av caught --json | jq '.signatures[] | select(.file != "official")'
"""
COLUMNS = (
    Column("messages", right=True),
    Column("last", right=True),
    Column("signature", flexible=True),
    Column("in"),
)


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)
    parser.add_argument("--top", metavar="N", type=number, default=30, help="at most so many signatures (30)")


def run(session: Session) -> int:
    found = session.host.antivirus.caught()
    if session.options.json:
        session.out.json(found)
        return 0
    session.out.line(caught_text(found))
    now = session.host.now()
    rows = (
        (f"{one.count:,}", f"{age_text(now - one.last)} ago", one.name, one.file or "?")
        for one in found.signatures[: session.options.top]
    )
    print_table(session.out, COLUMNS, rows)
    if len(found.signatures) > session.options.top:
        session.out.note(f"{len(found.signatures) - session.options.top:,} more; --top shows them")
    return 0
