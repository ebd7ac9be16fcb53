"""`mailtui greylist doctor`: what is wrong, and what to do."""

from argparse import ArgumentParser

from backends.greylist.values import Finding
from mailtui.cli.session import Session

DESCRIPTION = """
Look at gld's settings, its database, its tables and whether it listens, and say what is wrong and what to do. Nothing
is changed by it. The exit code is 1 when something is wrong.
"""
EXAMPLES = """
EXAMPLES

  mailtui greylist doctor
  mailtui greylist doctor --json | jq 'select(.state == "bad")'
"""
MARKS = {"good": "●", "note": "○", "bad": "✖"}


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES


def run(session: Session) -> int:
    out = session.out

    def each(finding: Finding) -> None:
        if session.options.json:
            out.json(finding)
            return
        out.line(f"{MARKS[finding.state]} {finding.name}: {finding.said}")
        if finding.hint:
            out.line(f"    {finding.hint}")

    found = session.host.greylist.doctor(each)
    return 1 if any(finding.state == "bad" for finding in found) else 0
