"""`mailtui scores`: the histogram of spam scores with its thresholds, and what else the log tells of them."""

from argparse import ArgumentParser

from backends.errors import BadRequest
from mailtui.cli.scores import drawing, listing, report
from mailtui.cli.scores.counted import counted
from mailtui.cli.session import Session

DESCRIPTION = """
How the spam scores of amavis spread, with the thresholds drawn in, ham, spam and viruses apart: from the mail log or
the journal. Percentiles, scan times, the course over time; what another threshold would have done, and to which
messages; the rules that decide, for which a message counts once, though it lies in the quarantine and in mailboxes.
Where there is a log file, anybody with an account on the machine can add to it in amavis's name (logger(1)); of the
journal only what amavis itself wrote is read.

A TIME is an age (2h, 7d), a day (2026-11-20), or a moment ('2026-11-20 14:30') in local time; --since includes it,
--until does not.
"""
EXAMPLES = """
EXAMPLES

  mailtui scores --since 7d
  mailtui scores --what-if tag2=5.0 --limit 50
  mailtui scores --by domain --since 1d
  mailtui scores --by rule
  mailtui scores --log /var/log/mail.log --log /var/log/mail.log.1 --json
  mailtui scores --svg scores.svg --since 2026-11-01 --until 2026-12-01
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument(
        "--log",
        metavar="FILE",
        action="append",
        default=[],
        help="read this log, not this machine's; may be repeated",
    )
    parser.add_argument("--since", metavar="TIME", help="only what was scored from then on")
    parser.add_argument("--until", metavar="TIME", help="only what was scored before then")
    parser.add_argument(
        "--by",
        choices=("domain", "recipient", "rule"),
        metavar="WHAT",
        help="list by sender's domain, recipient or rule (not of a --log)",
    )
    parser.add_argument(
        "--what-if",
        metavar="NAME=SCORE",
        action="append",
        default=[],
        help="what would change if tag2 or kill stood there, and which messages",
    )
    parser.add_argument(
        "--threshold",
        metavar="NAME=SCORE",
        action="append",
        default=[],
        help="take this for the tag2 or kill in force, not what amavis's configuration says",
    )
    parser.add_argument("--doubtful", action="store_true", help="list the messages nearest to the threshold")
    parser.add_argument(
        "--bayes", action="store_true", help="also what SpamAssassin's Bayes database has learnt"
    )
    parser.add_argument("--svg", metavar="FILE", help="draw the histogram into a file; - is standard output")
    parser.add_argument("--width", metavar="SCORE", type=float, help="width of the histogram's buckets")
    parser.add_argument(
        "--limit", metavar="N", type=int, default=20, help="list at most so many (20); 0: all"
    )
    parser.set_defaults(any_machine=True)


def run(session: Session) -> int:
    options = session.options
    if options.width is not None and not 0.01 <= options.width <= 100:
        raise BadRequest("--width is out of bounds", hint="give a score from 0.01 to 100")
    if options.limit < 0:
        raise BadRequest("--limit is out of bounds", hint="give a number from 1 on, or 0 for all")
    if options.by == "rule" and options.log:
        raise BadRequest(
            "A log names no rules",
            hint="leave --log out: rules are read from the quarantine and from delivered mail",
        )
    if options.by == "rule":
        return listing.rules(session)
    found = counted(session)
    if options.by:
        listing.groups(session, found)
    elif options.svg:
        drawing.write(session, found)
    elif options.json:
        report.as_json(session, found)
    else:
        report.as_text(session, found)
    report.notes(session, found)
    return 1 if found.reading.troubles else 0
