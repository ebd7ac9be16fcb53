"""Plain `mailtui`: the console on a terminal, elsewhere the overview once, as text or JSON."""

import gc
import os
import sys
from typing import TYPE_CHECKING

import msgspec

from backends.errors import BackendError, Missing, NotAnswering
from backends.health.values import Report
from backends.host import Host, ServiceState
from backends.text import age_text, size_text, time_text
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table
from mailtui.preferences import preferences
from mailtui.settings import Settings

if TYPE_CHECKING:
    from backends.queue.query.groups import Group

TOP = 5
INTERVAL = 5.0  # s
MARKS = {"running": "●", "halted": "✖", "stopped": "✖", "absent": "○"}
QUEUE_COLUMNS = (
    Column("queue"),
    Column("messages", right=True),
    Column("size", right=True),
    Column("oldest", right=True),
)
GROUP_COLUMNS = (Column("messages", right=True), Column("oldest", right=True))


class Line(msgspec.Struct, frozen=True):
    """One count of the overview: messages, bytes, arrival of the oldest (epoch seconds)."""

    label: str
    count: int
    size: int
    oldest: int


class Overview(msgspec.Struct, frozen=True):
    """All that the overview says: the machine's health, and how its queue stands."""

    host: str
    demo: bool
    taken: float
    health: Report
    services: list[ServiceState]
    queues: list[Line]
    reasons: list[Line]
    domains: list[Line]


def run(session: Session) -> int:
    options = session.options
    if not options.json and _on_a_terminal():
        gc.disable()  # until the first frame: all that is made before it stays
        from mailtui.app import run as console  # noqa: PLC0415 - Textual

        return console(session.host, _settings(session))
    host, out = session.host, session.out
    services = _services(session)
    health = host.health.check()
    try:
        overview = read(host, services, health)
    except BackendError as error:
        if options.json:
            out.json(
                {
                    "host": host.name,
                    "demo": host.demo,
                    "health": health,
                    "services": services,
                    "error": str(error),
                    "hint": error.hint,
                }
            )
        else:
            _print_head(session, services, health)
        out.complain(error)
        return 0 if host.demo else Missing.exit_code
    if options.json:
        out.json(overview)
    else:
        _print(session, overview)
    return 0


def _settings(session: Session) -> Settings:
    """The console's: the command line wins over the environment, and that over the user's file."""
    options, liked = session.options, preferences()
    for text in liked.wrong:
        session.out.note(f"mailtui: {text}")
    return Settings(
        read_only=options.read_only or liked.read_only,
        interval=options.interval or liked.interval or INTERVAL,
        theme=options.theme or liked.theme,
        plain=session.out.plain or liked.plain,
        banner=demo_line(asked_for=options.demo) if session.host.demo else "",
        pane=liked.pane,
        keys=liked.keys,
        wrong=liked.wrong,
    )


def read(host: Host, services: list[ServiceState], health: Report) -> Overview:
    """Read the queue once.

    :raises BackendError: it cannot be read.
    """
    from backends.queue.query.groups import group  # noqa: PLC0415 - numpy

    if ServiceState("postfix", "halted") in services:
        raise NotAnswering("Postfix is halted, and does not list its queue", hint="see: mailtui health")
    snapshot = host.queue.read()
    store = snapshot.store
    queues = [Line(one.name, one.count, one.size, one.oldest) for one in store.counts]
    return Overview(
        host.name,
        host.demo,
        host.now(),
        health,
        services,
        queues,
        _lines(group(store, "reason")[:TOP]),
        _lines(group(store, "domain"))[:TOP],
    )


def demo_line(*, asked_for: bool) -> str:
    """What stands above everything the demo host shows."""
    return (
        "DEMO: these are invented messages"
        if asked_for
        else "DEMO: no Postfix here; these are invented messages"
    )


def _print(session: Session, overview: Overview) -> None:
    out = session.out
    _print_head(session, overview.services, overview.health)
    if not overview.queues:
        return
    now = overview.taken
    out.line()
    total = Line(
        "all",
        sum(one.count for one in overview.queues),
        sum(one.size for one in overview.queues),
        min(one.oldest for one in overview.queues),
    )
    rows = (*overview.queues, total)
    print_table(
        out,
        QUEUE_COLUMNS,
        ([q.label, f"{q.count:,}", size_text(q.size), age_text(now - q.oldest)] for q in rows),
    )
    for label, lines in (("why", overview.reasons), ("to", overview.domains)):
        if lines:
            out.line()
            columns = (*GROUP_COLUMNS, Column(label, flexible=True))
            print_table(out, columns, ([f"{g.count:,}", age_text(now - g.oldest), g.label] for g in lines))


def _print_head(session: Session, services: list[ServiceState], health: Report) -> None:
    from mailtui.cli.health.text import lines  # noqa: PLC0415 - not before the console's first frame

    host, out = session.host, session.out
    if host.demo:
        out.fitted(demo_line(asked_for=session.options.demo))
    out.fitted(f"{host.name}  {time_text(host.now())}")
    out.fitted("  ".join(f"{MARKS.get(one.state, '?')} {one.name} {one.state}" for one in services))
    for text in lines(health):
        out.fitted(f" {text}")


def _services(session: Session) -> list[ServiceState]:
    try:
        return session.host.services()
    except BackendError as error:
        session.out.complain(error)
        return []


def _lines(groups: "list[Group]") -> list[Line]:
    return [Line(one.label, one.count, one.size, one.oldest) for one in groups]


def _on_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
