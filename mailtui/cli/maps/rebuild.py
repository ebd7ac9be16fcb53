"""`mailtui maps rebuild`: indexes built from their sources."""

from argparse import ArgumentParser

from backends.errors import BackendError
from mailtui.cli.maps.report import report
from mailtui.cli.session import Session

DESCRIPTION = """
Build the index of these tables, or of all whose index is missing or older than its source, with the tool that is right
for each: beside the old one, which it then replaces in one step. An index that would lose entries (they were put into
it, not into the source) is left alone unless you say --fewer.
"""
EXAMPLES = """
EXAMPLES

  mailtui maps rebuild            whatever is stale
  mailtui maps rebuild virtual
  mailtui maps rebuild --dry-run
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("names", metavar="MAP", nargs="*", help="a table (all that are stale)")
    parser.add_argument("--fewer", action="store_true", help="also where the index loses entries")
    parser.add_argument("--dry-run", action="store_true", help="only print which ones")


def run(session: Session) -> int:
    options, out, maps = session.options, session.out, session.host.maps
    names = options.names or [table.name for table in maps.stale()]
    if options.dry_run:
        for name in names:
            out.json({"table": name}) if options.json else out.line(f"would build {name}")
        return 0
    session.must_change()
    if not names and not options.json:
        out.line("No index is missing or older than its source")
    code = 0
    for name in names:
        try:
            report(session, maps.rebuild(name, fewer=options.fewer))
        except BackendError as error:
            out.complain(error)
            code = max(code, error.exit_code)
    return code
