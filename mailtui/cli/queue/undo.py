"""`mailtui queue undo`: bring a deletion back."""

from argparse import ArgumentParser

from backends.queue.plan import Trashed
from backends.text import size_text, time_text
from mailtui.cli.queue.report import report
from mailtui.cli.session import Session
from mailtui.cli.table import Column
from mailtui.cli.undoing import add_empty, add_undo, empty, list_kept

DESCRIPTION = """
Bring deleted messages back under their own queue IDs, on hold: look at them, then `mailtui queue release` delivers
them. Deletions are kept for 24 hours, and so is the disk space they take: what is older goes with the next deletion,
or with --empty all of it at once. /etc/mailtui/site.toml can name another time:

  [queue]
  undo = "3d"
"""
EXAMPLES = """
EXAMPLES

  mailtui queue undo            the latest deletion
  mailtui queue undo --list     which deletions there are
  mailtui queue undo 7          deletion number 7
  mailtui queue undo --empty    let go of all of them for good, to free their space
"""
COLUMNS = (
    Column("number", right=True),
    Column("deleted"),
    Column("by"),
    Column("messages", right=True),
    Column("size", right=True),
    Column("senders", flexible=True),
)


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    add_undo(parser, "a deletion")
    add_empty(parser)


def run(session: Session) -> int:
    queue = session.host.queue
    if session.options.empty:
        return empty(
            session,
            lambda: sum(len(batch.messages) for batch in queue.trash()),
            lambda: queue.empty_trash(-1.0),
        )
    if session.options.list:
        return list_kept(session, COLUMNS, queue.trash(), _cells)
    session.must_change()
    return report(session, queue.undo(session.options.number))


def _cells(batch: Trashed) -> list[str]:
    senders = list(dict.fromkeys(message.sender for message in batch.messages))
    return [
        str(batch.number),
        time_text(batch.deleted),
        batch.user,
        f"{len(batch.messages):,}",
        size_text(sum(message.message_size for message in batch.messages)),
        " ".join(senders[:3]) + (f" +{len(senders) - 3:,}" if len(senders) > 3 else ""),
    ]
