"""`mailtui maps list`: every table that the configuration uses."""

from argparse import ArgumentParser

from backends.maps.values import About
from backends.text import age_text, size_text
from mailtui.cli.maps.report import MARKS
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table
from mailtui.maps_text import uses_text

DESCRIPTION = """
List every lookup table that main.cf and master.cf use, also those inside pipemap: and unionmap:, with what refers to
it: entries, size and age of its source, and whether something is wrong with it (●, ▲, ✖). Tables that others keep
(mysql:, ldap:, tcp: …) are named; their entries cannot be counted here. With --json each is one object on a line.
"""
EXAMPLES = """
EXAMPLES

  mailtui maps list
  mailtui maps list --problems
  mailtui maps list --json | jq 'select(.entries > 1000)'
"""
COLUMNS = (
    Column(""),
    Column("table"),
    Column("entries", right=True),
    Column("size", right=True),
    Column("age", right=True),
    Column("wrong", right=True),
    Column("used by", flexible=True),
)


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("--problems", action="store_true", help="only tables with something wrong")


def run(session: Session) -> int:
    out, rows = session.out, list[About]()

    def each(about: About) -> None:
        if session.options.problems and not about.findings:
            return
        if session.options.json:
            out.json({**_value(about)})
        else:
            rows.append(about)
            out.passing(about.table.name)

    session.host.maps.check(each)
    now = session.host.now()
    if not session.options.json and not print_table(out, COLUMNS, (_cells(row, now) for row in rows)):
        out.note(
            "No table has anything wrong" if session.options.problems else "The configuration uses no table"
        )
    wrong = sum(bool(row.findings) for row in rows)
    if wrong:
        out.note(f"see what is wrong with {wrong} of them, and what to do: mailtui maps lint")
    return 0


def _value(about: About) -> dict[str, object]:
    return {
        "name": about.table.name,
        "type": about.table.type,
        "path": about.table.path,
        "state": about.state,
        "uses": about.table.uses,
        "cache": about.table.cache,
        "entries": about.entries,
        "size": about.size,
        "modified": about.modified,
        "built": about.built,
        "findings": about.findings,
    }


def _cells(about: About, now: float) -> list[str]:
    return [
        MARKS[about.state],
        about.table.name,
        "cache" if about.table.cache else "" if about.entries is None else f"{about.entries:,}",
        "" if about.size is None else size_text(about.size),
        "" if about.modified is None else age_text(now - about.modified),
        str(len(about.findings)) if about.findings else "",
        uses_text(about.table),
    ]
