"""`mailtui quarantine stats`: each kind by age and size, and until when there is room."""

from argparse import ArgumentParser

from backends.quarantine.stats import LABELS, Stats, stats
from backends.text import age_text, size_text, time_text
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table
from mailtui.quarantine_text import room_text

DESCRIPTION = """
Count the quarantined messages of each kind by age: each column holds what is younger than it says and older than the
one before it, the last one what is older. The disk, and when it is full, if as much comes as in the last week and
nothing is deleted.
"""
EXAMPLES = """
EXAMPLES

  mailtui quarantine stats
  mailtui quarantine stats --json | jq .full_in
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)


def run(session: Session) -> int:
    found = stats(session.host.quarantine.read(), session.host.now())
    if session.options.json:
        session.out.json(found)
        return 0
    out = session.out
    out.line(f"{found.folder}: {found.count:,} files, {size_text(found.size)}; {room_text(found)}")
    labels = ("messages", "size", "oldest", *LABELS)
    print_table(
        out,
        (Column("kind"), *(Column(label, right=True) for label in labels)),
        _rows(found, session.host.now()),
    )
    for count, text in (
        (found.kept, "kept: `mailtui cleanup` leaves them"),
        (
            found.leftovers,
            f"leftover work folders of amavis, {size_text(found.leftover_size)}: `mailtui cleanup` takes them",
        ),
        (found.foreign.count, f"not amavis's: {', '.join(found.foreign.first)}"),
    ):
        if count:
            out.fitted(f"{count:,} {text}")
    if found.leftovers or found.foreign.count:
        out.line("see what is no message: mailtui quarantine list --apart")
    out.line(f"as of {time_text(found.taken)}")
    return 0


def _rows(found: Stats, now: float) -> list[list[str]]:
    return [
        [
            one.kind,
            f"{one.count:,}",
            size_text(one.size),
            age_text(now - one.oldest),
            *(f"{count:,}" if count else "." for count in one.counts),
        ]
        for one in found.kinds
    ]
