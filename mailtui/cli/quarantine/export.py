"""`mailtui quarantine export`: a message as an .eml file, for other programs."""

from argparse import ArgumentParser
from pathlib import Path

from backends.files import create
from backends.text import size_text, visible
from mailtui.cli.quarantine.selection import one_named
from mailtui.cli.session import Session
from mailtui.quarantine_text import eml_name

DESCRIPTION = """
Write a quarantined message, decompressed, into a new file that only you can read. Nothing is overwritten. A virus in it
is as live as before: mind what opens it.
"""
EXAMPLES = """
EXAMPLES

  mailtui quarantine export eixTQBTbFfJ3
  mailtui quarantine export eixTQBTbFfJ3 /root/invoice.eml
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)
    parser.add_argument("id", metavar="MESSAGE", help="path, name or mail_id")
    parser.add_argument(
        "to", metavar="FILE", nargs="?", type=Path, help="the file (its name with .eml, here)"
    )


def run(session: Session) -> int:
    target = one_named(session, session.options.id)
    to = session.options.to or Path(eml_name(target))
    content = session.host.quarantine.raw(target)
    create(to, content)
    if session.options.json:
        session.out.json({"path": target.path, "file": str(to), "size": len(content)})
    else:
        session.out.line(f"{visible(str(to))}: {size_text(len(content))}")
    return 0
