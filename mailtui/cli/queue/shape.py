"""`mailtui queue shape`: domains by age, the table that qshape(1) prints."""

from argparse import ArgumentParser

from backends.errors import BadRequest
from backends.queue.message import QUEUES
from mailtui.cli.queue.whole import whole
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = """
Count recipients (or with --sender, messages by their sender) per domain and age, as qshape does: each column holds
what is younger than its number of minutes, the last one what is older. A domain with a dot in front stands for all
below it.
"""
EXAMPLES = """
EXAMPLES

  mailtui queue shape
  mailtui queue shape --queue deferred --parents
  mailtui queue shape --sender --json | jq '.rows[:5]'
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("--sender", action="store_true", help="count messages by the domain of their sender")
    parser.add_argument(
        "--parents", action="store_true", help="add parent domains of five and more subdomains"
    )
    parser.add_argument(
        "--queue", metavar="NAME", action="append", help="of this queue only; may be repeated (all queues)"
    )


def run(session: Session) -> int:
    options, host = session.options, session.host
    for name in options.queue or ():
        if name not in QUEUES:
            raise BadRequest(f"{name!r} is not a queue", hint=f"queues are {', '.join(QUEUES)}")
    from backends.queue.query.shape import shape  # noqa: PLC0415 - numpy

    snapshot = host.queue.read()
    found = shape(
        snapshot.store,
        now=host.now(),
        side="sender" if options.sender else "recipient",
        parents=options.parents,
        queues=tuple(options.queue) if options.queue else None,
    )
    if options.json:
        rows = [{"domain": row.domain, "total": row.total, "counts": row.counts} for row in found.rows]
        session.out.json({"limits": found.limits, "total": found.total.total, "rows": rows})
    else:
        labels = ("total", *map(str, found.limits), f"{found.limits[-1]}+")
        columns = (Column("domain", flexible=True), *(Column(label, right=True) for label in labels))
        table = ([row.domain, str(row.total), *map(str, row.counts)] for row in (found.total, *found.rows))
        print_table(session.out, columns, table)
    return whole(snapshot)
