"""`mailtui greylist release|delete`: acting on triplets named or chosen."""

from argparse import ArgumentParser

from backends.errors import BadRequest, Refused
from backends.greylist.plan import Delete, Release, rows_text
from backends.greylist.values import Key
from mailtui.cli.acting import add_acting, add_cap
from mailtui.cli.greylist.listing import triplets
from mailtui.cli.greylist.options import FILTERS, add_filters, filter_of, keys_of
from mailtui.cli.greylist.report import carry_out
from mailtui.cli.session import Session

DESCRIPTIONS = {
    "release": "Let triplets in as soon as they come back: gld takes their wait to be over. When a client comes back "
    "is its own affair; whitelisting does not free what waits already.",
    "delete": "Forget triplets: who comes back begins anew, and waits again.",
}
MANNER = """
A triplet is named by three words, as `mailtui greylist list` shows it: client, sender, recipient; or triplets are
chosen by filters. `-` reads the lines of `mailtui greylist list --json` from standard input.

{asked} shown and must be confirmed: with `yes`, above 20 triplets by typing their number. Where there is no terminal
to ask at, nothing is done without --yes. `mailtui greylist undo` takes it back for 7 days, or
as long as /etc/mailtui/site.toml says ([greylist], undo = "7d").
"""
EXAMPLES = """
EXAMPLES

  mailtui greylist {name} 192.0.2.1 ann@example.org bob@example.net
  mailtui greylist {name} --sender @example.org --state waiting --dry-run
  mailtui greylist list --json --client 192.0.2. | mailtui greylist {name} - --yes
"""


def configure(parser: ArgumentParser, name: str) -> None:
    asked = (
        "They are" if name == "delete" else "Named triplets are taken at your word; what filters choose is"
    )
    parser.description = f"{DESCRIPTIONS[name]}\n{MANNER.format(asked=asked)}"
    parser.epilog = FILTERS + EXAMPLES.format(name=name)
    parser.add_argument(
        "words", metavar="WORD", nargs="*", help="client, sender, recipient; or - for standard input"
    )
    add_acting(parser)
    add_cap(parser, "refuse to touch more triplets than that")
    add_filters(parser)


def run(session: Session) -> int:
    options = session.options
    if not options.dry_run:
        session.must_change()
    keys = _keys(session)
    act = Release(keys) if options.action == "release" else Delete(keys)
    plan = session.host.greylist.plan(act)
    ask = plan.destructive or not options.words
    return carry_out(session, plan, ask=ask, stdin_taken="-" in options.words)


def _keys(session: Session) -> tuple[Key, ...]:
    """The triplets asked for.

    :raises BadRequest: there is no telling what is asked for.
    :raises Refused: they are more than --max.
    """
    options = session.options
    wanted = filter_of(options)
    if bool(options.words) == (not wanted.is_empty):
        raise BadRequest(
            f"Which triplets are to be {options.action}d?",
            hint="name one by client, sender and recipient, give - for standard input, or give filters",
        )
    if options.words:
        keys = keys_of(options.words)
    else:
        keys = tuple(row.key for row in triplets(session, wanted, options.max + 1))
    if len(keys) > options.max:
        more = "more than" if options.words else "at least"
        raise Refused(
            f"This would touch {more} {rows_text(len(keys), '')}, and --max is {options.max:,}",
            hint="choose fewer, or allow it with --max",
        )
    return keys
