"""`mailtui maps show`: one table, and its entries as Postfix reads them."""

from argparse import ArgumentParser
from itertools import islice

from backends.errors import BadRequest
from backends.maps.find import find
from backends.maps.hiding import hidden_entry
from backends.maps.values import About
from backends.text import age_text, bytes_text, time_text
from mailtui.cli.maps.report import print_finding
from mailtui.cli.parser import number
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = """
Show one table: what refers to it, its files, what is wrong with it, and its entries as Postfix reads them, with the
lines that it ignores. With --json the entries alone, one object on a line. Values of tables that hold passwords, or that
others may not read, are hidden unless you say --secrets.
"""
EXAMPLES = """
EXAMPLES

  mailtui maps show virtual
  mailtui maps show hash:/etc/aliases --limit 1000
  mailtui maps show transport --json
"""
COLUMNS = (
    Column("line", right=True),
    Column("key", flexible=True),
    Column("value", flexible=True),
    Column("ignored"),
)
LIMIT = 100


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("name", metavar="MAP", help="a table: its name, path, or the last part of that")
    parser.add_argument(
        "--limit", metavar="N", type=number, help=f"show at most so many entries ({LIMIT}; with --json all)"
    )
    parser.add_argument("--secrets", action="store_true", help="also values that are hidden")


def run(session: Session) -> int:
    options, out, maps = session.options, session.out, session.host.maps
    hidden = not options.secrets and maps.hides(find(maps.tables(), options.name))
    if options.json:
        for entry in islice(maps.entries(options.name), options.limit):
            out.json(hidden_entry(entry) if hidden else entry)
        return 0
    maps.check(lambda about: _head(session, about), [options.name])
    try:
        read = maps.entries(options.name)
        entries = map(hidden_entry, read) if hidden else iter(read)
    except BadRequest as error:
        out.line(f"{error}: {error.hint}")
        return 0
    limit = options.limit or LIMIT
    rows = ([str(one.line), one.key, one.value, one.problem] for one in islice(entries, limit))
    if not print_table(out, COLUMNS, rows):
        out.note("The table has no entries")
    elif next(entries, None) is not None:
        out.note(f"There are more than {limit:,}: see --limit")
    return 0


def _head(session: Session, about: About) -> None:
    out, now = session.out, session.host.now()
    out.line(about.table.name)
    for use in dict.fromkeys(map(str, about.table.uses)):
        out.line(f"  used by  {use}")
    if about.size is not None and about.modified is not None:
        counted = "" if about.entries is None else f"{about.entries:,} entries, "
        age = age_text(now - about.modified)
        out.line(
            f"  source   {counted}{bytes_text(about.size)}, changed {age} ago ({time_text(about.modified)})"
        )
    if about.built is not None:
        out.line(f"  index    built {age_text(now - about.built)} ago ({time_text(about.built)})")
    for finding in about.findings:
        print_finding(session, finding)
    out.line()
