"""`mailtui queue show`: one message, and why it waits, with nothing in it obeyed."""

from argparse import ArgumentParser
from contextlib import closing, suppress

import msgspec

from backends.errors import BackendError
from backends.queue.message import Message, checked_ids
from mailtui.cli.parser import size
from mailtui.cli.session import Session
from mailtui.message_text import message_lines, waiting_lines

DESCRIPTION = """
Show one queued message: for whom it waits and why, headers, attachments, body, envelope records. Control characters
are made visible.
"""
EXAMPLES = """
EXAMPLES

  mailtui queue show 3F2A1166135
  mailtui queue show 3F2A1166135 --limit 16k
  mailtui queue show 3F2A1166135 --json | jq -r .body
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("id", metavar="ID", help="queue ID")
    parser.add_argument(
        "--limit", metavar="SIZE", type=size, default=1 << 20, help="read at most that much (1M)"
    )


def run(session: Session) -> int:
    queue_id = checked_ids([session.options.id])[0]
    view = session.host.queue.show(queue_id, session.options.limit)
    waiting = _listed(session, queue_id)
    if session.options.json:
        session.out.json({**msgspec.to_builtins(view), "waiting": waiting})
        return 0
    lines = [] if waiting is None else waiting_lines(waiting)
    for text, _ in (*lines, *message_lines(view)):
        session.out.line(text.rstrip())
    if view.truncated:
        session.out.note("There is more; --limit shows it")
    return 0


def _listed(session: Session, queue_id: str) -> Message | None:
    """The message as the queue lists it now: postcat does not tell why it waits."""
    with suppress(BackendError), closing(session.host.queue.messages()) as messages:
        return next((message for message in messages if message.queue_id == queue_id), None)
    return None
