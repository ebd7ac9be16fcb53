"""`mailtui queue flush`: try delivery now."""

from argparse import ArgumentParser

from backends.errors import BadRequest
from backends.queue.message import checked_ids
from mailtui.cli.queue.report import report
from mailtui.cli.session import Session

DESCRIPTION = """
Try to deliver now, instead of at the next retry: all deferred mail, the messages named, or all mail for a site that
Postfix keeps such a list for (`fast_flush_domains`). It changes no message; mail on hold stays there.
"""
EXAMPLES = """
EXAMPLES

  mailtui queue flush
  mailtui queue flush 3F2A1166135 3F2A4166137
  mailtui queue flush --site example.org
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("ids", metavar="ID", nargs="*", help="queue IDs; without any, all mail")
    parser.add_argument("--site", metavar="DOMAIN", help="mail for this domain")


def run(session: Session) -> int:
    session.must_change()
    ids, site = checked_ids(session.options.ids), session.options.site
    if ids and site is not None:
        raise BadRequest("Queue IDs and --site together", hint="give one or the other")
    if site == "":
        raise BadRequest("--site is empty", hint="give a domain, for example --site example.org")
    return max(_flush(session, queue_id, site or "") for queue_id in ids or [""])


def _flush(session: Session, queue_id: str, site: str) -> int:
    outcome = session.host.queue.flush(queue_id, site=site)
    if session.options.json or outcome.left_out:
        return report(session, outcome)
    session.out.line(f"Postfix was asked to deliver now: {queue_id or site or 'all deferred mail'}")
    return 0
