"""`mailtui greylist whitelist list|add|remove`."""

from argparse import ArgumentParser

from backends.errors import BadRequest
from backends.greylist.lint import FORMS
from backends.greylist.plan import Act, Allow, Disallow
from mailtui.cli.acting import add_acting
from mailtui.cli.greylist.report import carry_out
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = f"""
See and change gld's whitelist: what it lets in without waiting. A row is {FORMS}, and gld compares nothing else.
The list says of each row when gld can never match it, and which ones came with Debian's package.

A row frees what is not waiting yet; what waits already is let in by `mailtui greylist release`.
"""
EXAMPLES = """
EXAMPLES

  mailtui greylist whitelist
  mailtui greylist whitelist list --problems
  mailtui greylist whitelist add @example.org --comment 'our printer, ticket 4711'
  mailtui greylist whitelist remove 192.0.2 @example.org
"""
COLUMNS = (
    Column("row", flexible=True),
    Column("from"),
    Column("comment", flexible=True),
    Column("problem", flexible=True),
)


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument(
        "verb",
        metavar="VERB",
        nargs="?",
        choices=("list", "add", "remove"),
        default="list",
        help="list (also without a word), add or remove",
    )
    parser.add_argument("rows", metavar="ROW", nargs="*", help="what gld compares")
    parser.add_argument("--comment", metavar="TEXT", default="", help="why the row is there")
    parser.add_argument("--problems", action="store_true", help="list only rows with something wrong")
    parser.add_argument("--log", action="store_true", help="list only rows without a hit in the mail log")
    add_acting(parser)


def run(session: Session) -> int:
    options = session.options
    if options.verb == "list":
        return _list(session)
    if not options.dry_run:
        session.must_change()
    plan = session.host.greylist.plan(_act(session))
    return carry_out(session, plan, ask=plan.destructive)


def _act(session: Session) -> Act:
    """
    :raises BadRequest: no row is named, or several to add.
    """
    rows: list[str] = session.options.rows
    if session.options.verb == "remove" and rows:
        return Disallow(tuple(rows))
    if session.options.verb == "add" and len(rows) == 1:
        return Allow(rows[0], session.options.comment)
    raise BadRequest("Which row of the whitelist?", hint=f"give one: {FORMS}")


def _list(session: Session) -> int:
    found = session.host.greylist.whitelist()
    if session.options.problems:
        found = [row for row in found if row.problem]
    if session.options.log:
        hits = session.host.greylist.logged().hits
        found = [row for row in found if row.mail.lower() not in hits]
    if session.options.json:
        for row in found:
            session.out.json(row)
    elif not print_table(
        session.out,
        COLUMNS,
        ([row.mail, "Debian" if row.shipped else "", row.comment, row.problem] for row in found),
    ):
        session.out.note("No row is wrong" if session.options.problems else "The whitelist is empty")
    return 0
