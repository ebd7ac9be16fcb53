"""`mailtui maps lookup`: a key looked up as Postfix does, step by step."""

from argparse import ArgumentParser

from mailtui.cli.session import Session
from mailtui.maps_text import looked_lines

DESCRIPTION = """
Look up an address, a domain, a host's name or address, or a local user, as Postfix does for each parameter and
restriction that uses a table: the whole address, without its extension, domain, parent domains, user@, @domain, the
octets of an address. Every step is asked of the real table (postmap -q) and shown with its answer, up to the first
one that answers. proxy: tables are asked directly. Answers of tables that hold passwords, or that others may not read,
are hidden unless you say --secrets. The exit code is 1 when nothing answers.
"""
EXAMPLES = """
EXAMPLES

  mailtui maps lookup ann+lists@example.org
  mailtui maps lookup 192.0.2.7 --parameter check_client_access
  mailtui maps lookup root --map /etc/aliases
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("key", metavar="KEY", help="what is looked up; <> is the empty sender")
    parser.add_argument("--map", metavar="MAP", default="", help="only for what uses this table")
    parser.add_argument(
        "--parameter",
        metavar="NAME",
        default="",
        help="only for this parameter or restriction: transport_maps",
    )
    parser.add_argument("--secrets", action="store_true", help="also answers that are hidden")


def run(session: Session) -> int:
    options, out = session.options, session.out
    whole = bool(options.map or options.parameter)
    found = session.host.maps.look_up(
        options.key, name=options.map, parameter=options.parameter, secrets=options.secrets
    )
    if options.json:
        for looked in found:
            out.json(
                {
                    "use": looked.use,
                    "tables": looked.tables,
                    "answer": looked.answer,
                    "steps": looked.steps,
                    "trouble": looked.trouble,
                }
            )
    else:
        for line in looked_lines(found, whole=whole):
            out.line(line)
    return 0 if any(looked.answer for looked in found) else 1
