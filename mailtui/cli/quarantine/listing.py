"""`mailtui quarantine list`: the quarantined messages, the newest first."""

from argparse import ArgumentParser
from collections.abc import Iterator

import msgspec

from backends.errors import BadRequest
from backends.quarantine.listing import Listing
from backends.quarantine.message import Header, Target
from backends.text import age_text, size_text
from mailtui.cli.quarantine.selection import SELECTORS, add_selectors, chosen, selector_of
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table
from mailtui.quarantine_text import apart_cells

DESCRIPTION = """
List the quarantined messages, all or those that the selectors choose, the newest first. On a terminal the lines are
cut to its width; elsewhere they are whole. `*` stands before what `mailtui cleanup` leaves.

With --apart it lists what lies beside the messages and is never touched unasked: files that amavis does not name so;
orphans, which have a name of amavis's but are not as amavis makes them; work folders that amavis left in its tmp.

With --json each message is one object on a line; the text is ASCII.
"""
EXAMPLES = """
EXAMPLES

  mailtui quarantine list --kind virus
  mailtui quarantine list --to alice@example.org --newer-than 1d
  mailtui quarantine list --filter 'score>10 !rule:bayes'
  mailtui quarantine list --apart
  mailtui quarantine list --json --kind spam | jq -r .sender | sort | uniq -c
"""
COLUMNS = (
    Column(""),
    Column("message", flexible=True),
    Column("age", right=True),
    Column("size", right=True),
    Column("score", right=True),
    Column("sender", flexible=True),
    Column("recipient", flexible=True),
    Column("subject", flexible=True),
    Column("found", flexible=True),
)

APART = (
    Column("what"),
    Column("path", flexible=True),
    Column("age", right=True),
    Column("size", right=True),
    Column("why", flexible=True),
)


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, SELECTORS + EXAMPLES
    parser.set_defaults(any_machine=True)
    add_selectors(parser)
    parser.add_argument(
        "--apart",
        action="store_true",
        help="list what lies beside them: foreign files, orphans, amavis's leftover work folders",
    )


def run(session: Session) -> int:
    if session.options.apart:
        return _apart(session)
    out, listing = session.out, session.host.quarantine.read()
    found = chosen(session, listing, always=True)
    if session.options.json:
        for target, header in found:
            out.json(value(listing, target, header))
    elif not print_table(out, COLUMNS, _rows(session, listing, found)):
        out.note("No message matches" if len(listing) else "The quarantine is empty")
    for line in listing.unreadable.first:
        out.note(f"mailtui: not read in {listing.folder}: {line}")
    return 1 if listing.unreadable.count else 0


def _apart(session: Session) -> int:
    """Print what lies beside the messages.

    :raises BadRequest: messages were chosen as well.
    """
    if not selector_of(session.options).is_empty:
        raise BadRequest("--apart lists no messages to choose from", hint="leave the selectors out")
    out, now = session.out, session.host.now()
    found = session.host.quarantine.apart()
    if session.options.json:
        for one in found.found:
            out.json(one)
    elif not print_table(out, APART, (apart_cells(one, now) for one in found.found)):
        out.note("Nothing lies beside the messages")
    if found.count > len(found.found):
        out.note(f"mailtui: {found.count - len(found.found):,} more are not named")
    for line in found.unreadable.first:
        out.note(f"mailtui: not looked into: {line}")
    return 1 if found.unreadable.count else 0


def value(listing: Listing, target: Target, header: Header | None) -> dict[str, object]:
    """A message as a value for JSON."""
    found = msgspec.to_builtins(header.read()) if header else {}
    return {**msgspec.to_builtins(target), "kept": listing.is_kept(target), **found}


def _rows(
    session: Session, listing: Listing, found: Iterator[tuple[Target, Header | None]]
) -> Iterator[list[str]]:
    now = session.host.now()
    for target, header in found:
        header = header or Header()  # noqa: PLW2901 - headers were asked for
        yield [
            "*" if listing.is_kept(target) else "",
            target.path,
            age_text(now - target.seconds),
            size_text(target.size),
            "" if header.score is None else f"{header.score:g}",
            header.sender,
            recipients_text(header),
            header.subject,
            header.trouble or header.verdict,
        ]


def recipients_text(header: Header) -> str:
    """The first recipient, and how many more there are."""
    more = len(header.recipients) - 1
    return " ".join((*header.recipients[:1], *([f"+{more:,}"] if more > 0 else [])))
