"""`mailtui greylist list`: triplets as they come, and how many there are."""

from argparse import ArgumentParser
from collections.abc import Iterator

import msgspec

from backends.greylist.values import Filter, Rules, Triplet
from backends.text import age_text
from mailtui.cli.greylist.options import FILTERS, add_filters, filter_of
from mailtui.cli.parser import number
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = """
List the triplets of gld's table in the order of its key, all or those that the filters choose: is this mail waiting,
since when, and when will it be let in? `opens` is the time until gld lets it in, if it comes back.

With --json each triplet is one object on a line, with its state and `opens` (epoch seconds; null: never).
"""
EXAMPLES = """
EXAMPLES

  mailtui greylist list --sender ann@example.org
  mailtui greylist list --state waiting --recipient bob@
  mailtui greylist list --client 192.0.2. --json | mailtui greylist release -
  mailtui greylist list --count --state never --never-after 12h
"""
COLUMNS = (
    Column("state"),
    Column("first", right=True),
    Column("last", right=True),
    Column("hits", right=True),
    Column("opens", right=True),
    Column("client", flexible=True),
    Column("sender", flexible=True),
    Column("recipient", flexible=True),
)
PAGE = 1000


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, FILTERS + EXAMPLES
    parser.add_argument("--count", action="store_true", help="only print how many there are")
    parser.add_argument("--limit", metavar="N", type=number, help="list at most so many")
    add_filters(parser)


def run(session: Session) -> int:
    options, out, greylist = session.options, session.out, session.host.greylist
    wanted = filter_of(options)
    if options.count:
        progress = None if options.json else lambda share: out.passing(f"{share:.0%} looked at")
        count = greylist.count(wanted, never_after=options.never_after, progress=progress)
        if options.json:
            out.json({"count": count})
        else:
            out.line(f"{count:,}")
        return 0
    now = session.host.now()
    rules = rules_of(session)
    if options.json:
        for row in triplets(session, wanted, options.limit):
            out.json(triplet_value(row, rules, now))
    elif not print_table(
        out, COLUMNS, (_cells(row, rules, now) for row in triplets(session, wanted, options.limit))
    ):
        out.note("The greylist is empty" if wanted.is_empty else "No triplet matches")
    return 0


def triplets(session: Session, wanted: Filter, limit: int | None) -> Iterator[Triplet]:
    """The triplets page by page, at most so many."""
    after, left = None, limit
    while left is None or left > 0:
        page = session.host.greylist.page(
            wanted,
            after,
            limit=PAGE if left is None else min(PAGE, left),
            never_after=session.options.never_after,
        )
        yield from page.rows
        if not page.more:
            return
        after = page.rows[-1].key
        left = None if left is None else left - len(page.rows)


def rules_of(session: Session) -> Rules:
    """gld's rules, with the threshold that the options give."""
    return msgspec.structs.replace(
        session.host.greylist.about().rules, never_after=session.options.never_after
    )


def triplet_value(row: Triplet, rules: Rules, now: float) -> dict[str, object]:
    """A triplet as a value for JSON."""
    return msgspec.structs.asdict(row) | {"state": rules.state(row, now), "opens": rules.opens(row)}


def _cells(row: Triplet, rules: Rules, now: float) -> list[str]:
    opens = rules.opens(row)
    return [
        rules.state(row, now),
        age_text(now - row.first) if row.first else "-",
        age_text(now - row.last),
        f"{row.n:,}",
        "never" if opens is None else age_text(opens - now) if opens > now else "",
        row.ip,
        row.sender,
        row.recipient,
    ]
