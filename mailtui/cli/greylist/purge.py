"""`mailtui greylist purge`: forget what nobody has used for long."""

from argparse import ArgumentParser

from backends.errors import Refused
from backends.greylist.plan import Purge, rows_text
from mailtui.cli.acting import add_acting, add_cap
from mailtui.cli.greylist.report import carry_out
from mailtui.cli.parser import age
from mailtui.cli.session import Session

DESCRIPTION = """
Forget the triplets that were last used longer ago than that, as `gld -c` does; with --one-hit only those that never
passed, as `gld -k` does. gld forgets nothing by itself. It is done in small steps, so that gld answers all the while;
the first Ctrl-C stops it after the step under way, and leaves the rest as it was.
`mailtui greylist undo` takes it back for 7 days, or as long as /etc/mailtui/site.toml says ([greylist], undo = "7d").
"""
EXAMPLES = """
EXAMPLES

  mailtui greylist purge --older-than 90d --dry-run
  mailtui greylist purge --older-than 7d --one-hit --yes
"""
CAP = 100_000_000


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument(
        "--older-than",
        metavar="AGE",
        type=age,
        required=True,
        help="last used longer ago than that: 90d, 36h",
    )
    parser.add_argument("--one-hit", action="store_true", help="only what never passed")
    add_acting(parser)
    add_cap(parser, "refuse to delete more triplets than that", CAP)


def run(session: Session) -> int:
    options = session.options
    if not options.dry_run:
        session.must_change()
    before = int(session.host.now() - options.older_than)
    plan = session.host.greylist.plan(Purge(before, options.one_hit))
    if plan.count > options.max:
        raise Refused(
            f"This would delete {rows_text(plan.count, '')}, more than --max {options.max:,}",
            hint=f"choose a longer time, or allow it with --max {plan.count}",
        )
    return carry_out(session, plan, ask=True)
