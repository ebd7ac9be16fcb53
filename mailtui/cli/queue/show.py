"""`mailtui queue show`: one message as postcat shows it, with nothing in it obeyed."""

from argparse import ArgumentParser

from backends.queue.content.view import MessageView
from backends.queue.message import checked_ids
from backends.text import size_text
from mailtui.cli.parser import size
from mailtui.cli.session import Session

DESCRIPTION = """
Show one queued message: envelope, headers, attachments, body. Control characters are made visible.
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
    if session.options.json:
        session.out.json(view)
    else:
        _print(session, view)
    return 0


def _print(session: Session, view: MessageView) -> None:
    line = session.out.line
    line(f"ENVELOPE  {view.queue_id}")
    for name, value in view.envelope:
        line(f"  {name}: {value}")
    line()
    line("HEADERS")
    for name, value in view.headers:
        line(f"  {name}: {value}")
    if view.attachments:
        line()
        line("ATTACHMENTS")
        for part in view.attachments:
            line(f"  {part.name or '(no name)'}  {part.content_type}  {size_text(part.size)}")
    line()
    line("BODY")
    for text in view.body.replace("\r\n", "\n").split("\n"):
        line(f"  {text}".replace("\t", "    ").rstrip(" "))
    if view.truncated:
        session.out.note("There is more; --limit shows it")
