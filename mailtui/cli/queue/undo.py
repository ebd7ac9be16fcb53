"""`mailtui queue undo`: bring a deletion back."""

from argparse import ArgumentParser

from backends.queue.plan import Trashed
from backends.text import messages_text, size_text, time_text
from mailtui.cli.confirm import must_confirm
from mailtui.cli.queue.report import report
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

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
    parser.add_argument("number", metavar="N", nargs="?", type=int, help="number of a deletion (the latest)")
    parser.add_argument("--list", action="store_true", help="only print what can be brought back")
    parser.add_argument("--empty", action="store_true", help="let go of all deletions for good")
    parser.add_argument("--yes", action="store_true", help="do not ask before --empty")


def run(session: Session) -> int:
    if session.options.empty:
        return _empty(session)
    if not session.options.list:
        session.must_change()
        return report(session, session.host.queue.undo(session.options.number))
    batches = session.host.queue.trash()
    if session.options.json:
        for batch in batches:
            session.out.json(batch)
    elif not print_table(session.out, COLUMNS, map(_cells, batches)):
        session.out.note("There is no deletion to undo")
    return 0


def _empty(session: Session) -> int:
    session.must_change()
    count = sum(len(batch.messages) for batch in session.host.queue.trash())
    if count and not session.options.yes:
        must_confirm(session, "forget", count)
    session.out.line(f"{messages_text(session.host.queue.empty_trash(-1.0))} let go for good")
    return 0


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
