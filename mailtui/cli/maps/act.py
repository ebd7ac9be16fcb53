"""`mailtui maps set|remove`: one entry."""

from argparse import ArgumentParser

from mailtui.cli.maps.report import carry_out
from mailtui.cli.session import Session

DESCRIPTIONS = {
    "set": "Give a key its value in a table: in place of its entry, or at the end.",
    "remove": "Remove all entries of a key from a table.",
}
MANNER = """
It is done on a copy first, which must build, without a complaint of Postfix that is new, and answer as planned; then
source and index are put in their place in one step each, and the table is asked again. The rest of the file stays as
it is, comments as well. `mailtui maps undo` takes it back. Tables that are read in order (regexp:, pcre:, cidr:) are
changed with `mailtui maps edit`.
"""
EXAMPLES = {
    "set": """
EXAMPLES

  mailtui maps set virtual ann@example.org ann
  mailtui maps set aliases postmaster 'ann, bob' --dry-run
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
        parser.add_argument("value", metavar="VALUE", help="what the table gives for it")
    parser.add_argument("--dry-run", action="store_true", help="only print what would change")


def run(session: Session) -> int:
    options, maps = session.options, session.host.maps
    if not options.dry_run:
        session.must_change()
    if options.action == "set":
        return carry_out(session, maps.plan_set(options.name, options.key, options.value))
    return carry_out(session, maps.plan_remove(options.name, options.key))
