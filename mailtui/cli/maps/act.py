"""`mailtui maps set|remove`: one entry."""

from argparse import ArgumentParser

from mailtui.cli.acting import add_acting
from mailtui.cli.maps.report import carry_out
from mailtui.cli.maps.value import value_of
from mailtui.cli.session import Session

DESCRIPTIONS = {
    "set": """Give a key its value in a table: in place of its entry, or at the end. A value that is a password does not
belong on a command line, which everybody on the machine can see: with - it is a line of standard input, and left out
it is asked for. A key that Postfix never looks up in this table is refused.""",
    "remove": "Remove all entries of a key from a table.",
}
MANNER = """
What changes is shown and must be confirmed with `yes`; where there is no terminal to ask at, nothing is done without
--yes. It is done on a copy first, which must build, without a complaint of Postfix that is new, and answer as planned;
then source and index are put in their place in one step each, and the table is asked again. The rest of the file stays
as it is, comments as well. `mailtui maps undo` takes it back. Tables that are read in order (regexp:, pcre:, cidr:) are
changed with `mailtui maps edit`.
"""
EXAMPLES = {
    "set": """
EXAMPLES

  mailtui maps set virtual ann@example.org ann
  mailtui maps set aliases postmaster 'ann, bob' --dry-run
  mailtui maps set sasl_passwd '[mail.example.net]:587'
""",
    "remove": """
EXAMPLES

  mailtui maps remove virtual ann@example.org
""",
}


def configure(parser: ArgumentParser, name: str) -> None:
    parser.description, parser.epilog = f"{DESCRIPTIONS[name]}\n{MANNER}", EXAMPLES[name]
    parser.add_argument("name", metavar="MAP", help="a table: its name, path, or the last part of that")
    parser.add_argument("key", metavar="KEY", help="the key, as it is written in the table")
    if name == "set":
        parser.add_argument(
            "value",
            metavar="VALUE",
            nargs="?",
            help="what the table gives for it; - reads it from standard input (asked for)",
        )
        parser.add_argument(
            "--even-unused", action="store_true", help="also a key that Postfix never looks up"
        )
    add_acting(parser)


def run(session: Session) -> int:
    options, maps = session.options, session.host.maps
    if not options.dry_run:
        session.must_change()
    if options.action == "set":
        if not options.even_unused:
            maps.judge_key(options.name, options.key)
        change = maps.plan_set(options.name, options.key, value_of(session), unused=options.even_unused)
        return carry_out(session, change, stdin_taken=options.value == "-")
    return carry_out(session, maps.plan_remove(options.name, options.key))
