"""`mailtui quarantine show`: one message, with nothing in it obeyed or decoded to disk."""

from argparse import ArgumentParser

from mailtui.cli.parser import size
from mailtui.cli.quarantine.selection import one_named
from mailtui.cli.session import Session
from mailtui.quarantine_text import quarantined_lines

DESCRIPTION = """
Show one quarantined message: what amavis found, headers, names, types and SHA-256 of attachments, text. Control
characters are made visible; HTML is shown as it is written.
"""
EXAMPLES = """
EXAMPLES

  mailtui quarantine show eixTQBTbFfJ3
  mailtui quarantine show e/spam-eixTQBTbFfJ3.gz --raw
  mailtui quarantine show virus-0p4b2Z502_-V --json | jq -r '.attachments[].sha256'
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)
    parser.add_argument("id", metavar="MESSAGE", help="path, name or mail_id")
    parser.add_argument("--raw", action="store_true", help="the body as it was sent, undecoded")
    parser.add_argument(
        "--limit", metavar="SIZE", type=size, default=16 << 20, help="read at most that much (16M)"
    )


def run(session: Session) -> int:
    view = session.host.quarantine.show(one_named(session, session.options.id), session.options.limit)
    if session.options.json:
        session.out.json(view)
        return 0
    for text, _ in quarantined_lines(view, raw=session.options.raw):
        session.out.line(text.rstrip())
    return 0
