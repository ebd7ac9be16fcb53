"""`mailtui journal`: who changed what with mailtui."""

import time
from argparse import ArgumentParser

from backends import actions
from backends.errors import BadRequest
from backends.scores.period import moment
from backends.text import time_text
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = """
Who changed what with mailtui, the latest last: the person behind sudo, where their SSH session came from, the act and
what came of it. It is what root has done since `mailtui --apply` first ran here, and is kept in /var/log/mailtui. What
others did, through sudo, is in the mail log, which is told of every act: `grep mailtui /var/log/mail.log`, or
`journalctl -t mailtui`.

A TIME is an age (2h, 7d), a day (2026-11-20), or a moment ('2026-11-20 14:30') in local time.
"""
EXAMPLES = """
EXAMPLES

  mailtui journal
  mailtui journal --since 7d --limit 0
  mailtui journal --json | jq -r 'select(.user == "ann") | .action'
"""
COLUMNS = (
    Column("when"),
    Column("who"),
    Column("from"),
    Column("did"),
    Column("and what came of it", flexible=True),
)


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("--since", metavar="TIME", help="only what was done from then on")
    parser.add_argument("--limit", metavar="N", type=int, default=100, help="at most so many (100); 0: all")
    parser.set_defaults(any_machine=True)


def run(session: Session) -> int:
    options, out = session.options, session.out
    if options.demo:
        raise BadRequest("The demo host keeps no journal", hint="leave out --demo")
    if options.limit < 0:
        raise BadRequest("--limit must not be negative", hint="0 shows all")
    since = moment(options.since, time.time()) if options.since else None
    found = actions.read(since, options.limit)
    if options.json:
        for action in found.actions:
            out.json(action)
    elif not print_table(out, COLUMNS, map(_cells, found.actions)):
        out.note("Nothing was done" + (" since then" if since else ""))
    if found.broken:
        out.note(f"mailtui: {found.broken:,} lines cannot be read as actions")
    for trouble in found.unread:
        out.note(f"mailtui: {trouble}")
    return 1 if found.broken or found.unread else 0


def _cells(action: actions.Action) -> list[str]:
    mark = "" if action.well else "✖ "
    return [time_text(action.at), action.user, action.address or "-", action.action, f"{mark}{action.text}"]
