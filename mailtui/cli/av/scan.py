"""`mailtui av scan`: files, quarantined and queued messages."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from backends.antivirus.values import Scanned
from backends.errors import BadRequest, Failed
from backends.queue.message import checked_ids
from mailtui.antivirus_text import scanned_text
from mailtui.cli.quarantine.selection import one_named
from mailtui.cli.session import Session

DESCRIPTION = """
Have clamd look at files or messages. They are read here and streamed to it, so that it needs no right to them. What
it would not look at whole, for it is larger than its limits, is never called clean. The exit code is 6 when a virus
was found, 1 when something could not be scanned.
"""
EXAMPLES = """
EXAMPLES

  mailtui av scan invoice.doc *.zip
  mailtui av scan --quarantined eixTQBTbFfJ3
  mailtui av scan --queued 3F2A1166135 --json
  curl -s https://www.example.org/file | mailtui av scan -
"""
INFECTED = 6
MARKS = {"clean": "●", "infected": "✖", "unscanned": "▲"}
CHUNK = 1 << 18


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)
    parser.add_argument("files", metavar="FILE", nargs="*", help="a file; `-` is standard input")
    parser.add_argument(
        "--quarantined",
        metavar="ID",
        action="append",
        default=[],
        help="a quarantined message: its path, name or mail_id; may be repeated",
    )
    parser.add_argument(
        "--queued", metavar="ID", action="append", default=[], help="a queued message; may be repeated"
    )


def run(session: Session) -> int:
    options = session.options
    if not (options.files or options.quarantined or options.queued):
        raise BadRequest("There is nothing to scan", hint="name files, --quarantined ID, or --queued ID")
    verdicts = set()
    for scan in _asked(session):
        found = scan()
        verdicts.add(found.verdict)
        if options.json:
            session.out.json(found)
        else:
            session.out.line(f"{MARKS[found.verdict]} {found.name}: {scanned_text(found)}")
        session.out.flush()
    return INFECTED if "infected" in verdicts else 1 if "unscanned" in verdicts else 0


def _asked(session: Session) -> Iterator[Callable[[], Scanned]]:
    """The scans that were asked for; that all messages have names of such is seen before the first."""
    options, host = session.options, session.host
    queued = checked_ids(options.queued)
    quarantined = [one_named(session, word) for word in options.quarantined]
    for name in options.files:
        if name == "-":
            yield partial(host.antivirus.scan, "-", _typed())
        else:
            yield partial(host.antivirus.scan_file, Path(name))
    for target in quarantined:
        yield partial(host.antivirus.scan, target.path, host.quarantine.chunks(target))
    for queue_id in queued:
        yield partial(host.antivirus.scan, queue_id, host.queue.raw(queue_id))


def _typed() -> Iterator[bytes]:
    """Standard input.

    :raises Failed: it cannot be read.
    """
    while True:
        try:
            chunk = sys.stdin.buffer.read(CHUNK)
        except (OSError, AttributeError) as error:
            raise Failed(
                f"Standard input cannot be read: {error}", hint="give it a file, or a pipe"
            ) from error
        if not chunk:
            return
        yield chunk
