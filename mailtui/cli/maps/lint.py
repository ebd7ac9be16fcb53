"""`mailtui maps lint`: what is wrong with the tables, and what to do."""

from argparse import ArgumentParser

from backends.maps.values import About
from mailtui.cli.maps.report import print_finding
from mailtui.cli.session import Session

DESCRIPTION = """
Say what is wrong with the tables that the configuration uses, or with those named: no index, or one older than its
source or built with the wrong tool; lines that Postfix ignores; the same key twice; keys that are never looked up;
patterns that do not compile, or that an earlier one leaves nothing for; who can write or read the files. Without
names also what nothing refers to. Nothing is changed. The exit code is 1 when something is wrong (✖) or wants to be
watched (▲).
"""
EXAMPLES = """
EXAMPLES

  mailtui maps lint
  mailtui maps lint virtual hash:/etc/aliases
  mailtui maps lint --json | jq 'select(.level == "bad")'
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument(
        "names", metavar="MAP", nargs="*", help="a table: its name, path, or the last part of that"
    )


def run(session: Session) -> int:
    options, out = session.options, session.out
    fine = 0

    def each(about: About) -> None:
        nonlocal fine
        fine += not about.findings
        if not options.json:
            out.passing(about.table.name)

    found = session.host.maps.check(each, options.names)
    for finding in sorted(found, key=lambda one: one.level != "bad"):
        if options.json:
            out.json(finding)
        else:
            print_finding(session, finding)
    if not options.json:
        out.line(f"● nothing is wrong with {fine} {'table' if fine == 1 else 'tables'}")
    return 1 if found else 0
