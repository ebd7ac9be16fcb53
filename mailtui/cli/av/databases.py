"""`mailtui av databases`: the signatures on disk and in memory."""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence

from backends.antivirus.values import Database
from backends.text import age_text, size_text
from mailtui.antivirus_text import LOADED
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = """
List the files of signatures: of official ones version, signatures and build time by their header, of third parties'
the lines; who brings each, and whether clamd has it in memory as it is on disk.
"""
EXAMPLES = """
EXAMPLES

  mailtui av databases
  mailtui av databases --json | jq -r 'select(.loaded == false) | .name'
"""
COLUMNS = (
    Column("name"),
    Column("kind"),
    Column("version", right=True),
    Column("signatures", right=True),
    Column("size", right=True),
    Column("built", right=True),
    Column("here", right=True),
    Column("loaded"),
    Column("from", flexible=True),
)


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)


def run(session: Session) -> int:
    found = session.host.antivirus.databases()
    if session.options.json:
        for one in found:
            session.out.json(one)
        return 0
    if not print_table(session.out, COLUMNS, _rows(found, session.host.now())):
        session.out.note("There are no signatures; fetch them with: mailtui av update")
    return 0


def _rows(found: Sequence[Database], now: float) -> Iterator[tuple[str, ...]]:
    for one in found:
        yield (
            one.name,
            one.kind,
            "-" if one.version is None else str(one.version),
            "-" if one.signatures is None else f"{one.signatures:,}",
            size_text(one.size),
            "-" if one.built is None else age_text(now - one.built),
            age_text(now - one.changed) if one.changed else "-",
            LOADED[one.loaded],
            one.trouble or one.source or "-",
        )
