"""`mailtui queue list`: the queued messages as they come, or groups of them."""

from argparse import ArgumentParser
from collections.abc import Iterator

from backends.host import Host
from backends.queue.message import Message
from backends.text import age_text, size_text
from mailtui.cli.queue.selection import SELECTORS, add_selectors, selector_of
from mailtui.cli.queue.whole import whole
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

DESCRIPTION = """
List the queued messages, all or those that the selectors choose. On a terminal the lines are cut to its width;
elsewhere they are whole. `next` is the time until Postfix tries again.

With --json each message is one object on a line, as `postqueue -j` prints it, and `next_retry` (epoch seconds)
where that is known; the text is ASCII.
"""
EXAMPLES = """
EXAMPLES

  mailtui queue list --group reason
  mailtui queue list --domain gmail.com --older-than 2h
  mailtui queue list --sender 're:^(bounce|news)-' --larger-than 1M
  mailtui queue list --json --queue deferred | jq -r .sender | sort | uniq -c
"""
COLUMNS = (
    Column("queue"),
    Column("ID"),
    Column("age", right=True),
    Column("next", right=True),
    Column("size", right=True),
    Column("sender", flexible=True),
    Column("recipient", flexible=True),
    Column("reason", flexible=True),
)
GROUP_COLUMNS = (
    Column("messages", right=True),
    Column("size", right=True),
    Column("oldest", right=True),
    Column("newest", right=True),
    Column("", flexible=True),
)
GROUPS = ("reason", "domain", "sender", "queue")


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, SELECTORS + EXAMPLES
    parser.add_argument(
        "--group",
        metavar="BY",
        choices=GROUPS,
        help=f"print groups instead, by falling count: {', '.join(GROUPS)}",
    )
    add_selectors(parser)


def run(session: Session) -> int:
    return _groups(session) if session.options.group else _messages(session)


def _messages(session: Session) -> int:
    selector = selector_of(session.options)
    host, out = session.host, session.out
    now = host.now()
    chosen = host.queue.messages() if selector.is_empty else _chosen(session, now)
    if session.options.json:
        for message in chosen:
            retry = _retry(host, message)
            out.json(message, b"" if retry is None else b'"next_retry":%d' % retry)
        return 0
    if not print_table(out, COLUMNS, (_cells(host, message, now) for message in chosen)):
        out.note("The queue is empty" if selector.is_empty else "No message matches")
    return 0


def _chosen(session: Session, now: float) -> Iterator[Message]:
    selector = selector_of(session.options)
    return (message for message in session.host.queue.messages() if selector.matches(message, now))


def _groups(session: Session) -> int:
    from backends.queue.query.groups import group  # noqa: PLC0415 - numpy
    from backends.queue.query.search import find  # noqa: PLC0415

    selector, by = selector_of(session.options), session.options.group
    host, out = session.host, session.out
    now, snapshot = host.now(), host.queue.read()
    found = group(snapshot.store, by, None if selector.is_empty else find(snapshot.store, selector, now))
    if session.options.json:
        for one in found:
            out.json({by: one.label} | {n: getattr(one, n) for n in ("count", "size", "oldest", "newest")})
    elif found:
        ages = ((one, age_text(now - one.oldest), age_text(now - one.newest)) for one in found)
        columns = (*GROUP_COLUMNS[:-1], Column(by, flexible=True))
        print_table(
            out, columns, ([f"{g.count:,}", size_text(g.size), old, new, g.label] for g, old, new in ages)
        )
    else:
        out.note("The queue is empty" if selector.is_empty else "No message matches")
    return whole(snapshot)


def _cells(host: Host, message: Message, now: float) -> list[str]:
    retry = _retry(host, message)
    more = len(message.recipients) - 1
    return [
        message.queue_name,
        message.queue_id,
        age_text(now - message.arrival_time),
        _until(None if retry is None else retry - now),
        size_text(message.message_size),
        message.sender,
        (message.recipients[0].address if message.recipients else "") + (f" +{more:,}" if more > 0 else ""),
        message.reason,
    ]


def _until(seconds: float | None) -> str:
    return "" if seconds is None else age_text(seconds) if seconds > 0 else "now"


def _retry(host: Host, message: Message) -> float | None:
    if message.queue_name != "deferred":
        return None
    return host.queue.next_retry(message.queue_id, message.queue_name)
