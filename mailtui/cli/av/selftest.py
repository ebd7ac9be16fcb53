"""`mailtui av selftest`: whether clamd finds what it must."""

from argparse import ArgumentParser

from backends.antivirus.values import Finding
from mailtui.cli.av.report import print_finding
from mailtui.cli.session import Session

DESCRIPTION = """
Have clamd scan the test virus of EICAR, plain and attached to a message, and a clean message. Nothing is written to
disk, and no mail is sent. The exit code is 1 when it finds too little or too much.
"""
EXAMPLES = """
EXAMPLES

  mailtui av selftest
  mailtui av selftest --json
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)


def run(session: Session) -> int:
    def each(finding: Finding) -> None:
        if session.options.json:
            session.out.json(finding)
        else:
            print_finding(session.out, finding)

    found = session.host.antivirus.selftest(each)
    return 1 if any(finding.state == "bad" for finding in found) else 0
