"""Triplets, plans and outcomes in words."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from backends.greylist.plan import Plan, Purge, rows_text
from backends.greylist.values import Triplet
from backends.outcome import Outcome
from backends.text import age_text, time_text
from mailtui.cli.confirm import must_confirm
from mailtui.cli.outcome import left_out_lines, report_outcome
from mailtui.cli.session import Session

SHOWN = 20
DAY = 86400.0
INTERRUPTED = 130


def plan_lines(plan: Plan, now: float) -> list[str]:
    """How many rows, the oldest and the newest of them, the statement, and whether it can be undone."""
    lines = [f"{plan.name}: {rows_text(plan.count, plan.name)}"]
    for label, row in (("oldest", plan.oldest), ("newest", plan.newest)):
        if row is not None:
            lines.append(f"  {label}   {_described(row, now)}")
    if isinstance(plan.act, Purge):
        lines.append(f"  before   {time_text(plan.act.before)}")
    lines += [f"  row      {row.mail}  {row.comment}" for row in plan.listed[:SHOWN]]
    lines.append(f"  SQL      {plan.statement}")
    if plan.irreversible:
        lines.append(f"  no undo  {plan.irreversible}")
    return lines


def plan_value(plan: Plan) -> dict[str, object]:
    """The same as a value for JSON."""
    return {
        "action": plan.name,
        "count": plan.count,
        "oldest": plan.oldest,
        "newest": plan.newest,
        "statement": plan.statement,
        "irreversible": plan.irreversible,
        "left_out": plan.left_out,
    }


def print_plan(session: Session, plan: Plan) -> int:
    """Print what would be done, and give the exit code: 1 when something that was asked for would be left out."""
    if session.options.json:
        session.out.json(plan_value(plan))
    else:
        for line in (*plan_lines(plan, session.host.now()), *left_out_lines(plan.left_out)):
            session.out.line(line)
    return 1 if plan.left_out else 0


def carry_out(session: Session, plan: Plan, *, ask: bool, stdin_taken: bool = False) -> int:
    """Have a plan confirmed where that is needed, do it, and print what came of it."""
    options, out = session.options, session.out
    if options.dry_run:
        return print_plan(session, plan)
    if not plan.count:
        asked = len(plan.left_out)
        return report(session, Outcome(plan.name, asked, 0, plan.left_out))
    if ask and not options.yes:
        for line in plan_lines(plan, session.host.now()):
            out.note(line)
        must_confirm(
            session, plan.name, plan.count, rows_text(plan.count, plan.name), stdin_taken=stdin_taken
        )
    elif plan.irreversible:
        out.note(f"mailtui: no undo: {plan.irreversible}")
    progress = None if options.json else lambda share: out.passing(f"{plan.name}: {share:.0%}")
    if not isinstance(plan.act, Purge):
        return report(session, session.host.greylist.carry_out(plan, progress))
    with _interrupts() as stop:
        outcome = session.host.greylist.carry_out(plan, progress, stop)
    code = report(session, outcome)
    if not stop.is_set() or outcome.done == outcome.asked:
        return code
    out.note("mailtui: stopped; the rest is as it was")
    return INTERRUPTED


def report(session: Session, outcome: Outcome) -> int:
    """Print what came of it and give the exit code: 1 when fewer were done than asked for."""
    undo = f"mailtui greylist undo {outcome.undo}"
    return report_outcome(session, outcome, undo, lambda count: rows_text(count, outcome.action))


@contextmanager
def _interrupts() -> Iterator[Event]:
    """An event that the first Ctrl-C or SIGTERM sets; a second one does what it always does."""
    stop = Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        restore()
        stop.set()

    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, interrupted)
    try:
        yield stop
    finally:
        restore()


def _described(row: Triplet, now: float) -> str:
    return (
        f"first {time_text(row.first)}, last used {age_text(now - row.last)} ago, {row.n:,} hits: "
        f"{row.ip} {row.sender} {row.recipient}"
    )
