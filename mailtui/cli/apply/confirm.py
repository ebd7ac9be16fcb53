"""`mailtui confirm`: what was applied with --confirm-within stays."""

from argparse import ArgumentParser

from mailtui.cli.session import Session

DESCRIPTION = """
Keep what `mailtui --apply --confirm-within TIME` has changed. Without it all files are brought back when the time is
over, also when the session that applied it is gone.
"""
EXAMPLES = """
EXAMPLES

  mailtui --apply --confirm-within 10m --yes
  mailtui confirm
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)


def run(session: Session) -> int:
    session.must_change()
    number = session.host.config.confirm()
    if session.options.json:
        session.out.json({"confirmed": number})
    elif number is None:
        session.out.note("Nothing waits to be confirmed")
    else:
        session.out.line(f"Kept. Back to before it: mailtui rollback {number}")
    return 0
