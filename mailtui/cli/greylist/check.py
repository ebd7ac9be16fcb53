"""`mailtui greylist check`: what gld would decide."""

from argparse import ArgumentParser

import msgspec

from mailtui.cli.session import Session
from mailtui.greylist_text import step_lines, verdict_lines

DESCRIPTION = """
What would gld decide about this client, sender and recipient? Walks gld's own order of tests with its settings, and
says which one decides and when a wait would end. Nothing is changed by it.

With --live the running gld is asked as well, as Postfix asks it. That stores a triplet which is not known yet.
"""
EXAMPLES = """
EXAMPLES

  mailtui greylist check --client 192.0.2.1 --from ann@example.org --to bob@example.net
  mailtui greylist check --client 2001:db8::25 --from '' --to bob@example.net --live
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("--client", metavar="ADDRESS", required=True, help="the client's address")
    parser.add_argument("--from", metavar="SENDER", dest="sender", required=True, help="'' for a bounce")
    parser.add_argument("--to", metavar="RECIPIENT", dest="recipient", required=True)
    parser.add_argument("--live", action="store_true", help="also ask the running gld")


def run(session: Session) -> int:
    options, out, greylist = session.options, session.out, session.host.greylist
    asked = (options.client, options.sender, options.recipient)
    if options.live:
        session.must_change()
    decision = greylist.check(*asked)
    live = None
    if options.live:
        if not options.json and not decision.passes:
            out.note("mailtui: asking gld itself: a triplet that is not known yet is stored now")
        live = greylist.ask(*asked)
    if options.json:
        out.json(msgspec.structs.asdict(decision) | ({} if live is None else {"live": live}))
        return 0
    for line, _ in (
        *step_lines(decision, plain=out.plain),
        *verdict_lines(decision, session.host.now()),
    ):
        out.line(line)
    if live is not None:
        out.line(f"gld itself says: {live}")
    return 0
