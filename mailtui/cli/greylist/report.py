"""Triplets, plans and outcomes in words."""

import sys
from contextlib import suppress
from pathlib import Path

from backends.errors import Refused
from backends.greylist.plan import Plan, rows_text
from backends.greylist.values import Triplet
from backends.outcome import ASKED_ABOVE, LeftOut, Outcome
from backends.text import age_text, time_text
from mailtui.cli.session import Session

LEFT_OUT_SHOWN = 20
DAY = 86400.0


def plan_lines(plan: Plan, now: float) -> list[str]:
    """How many rows, the oldest and the newest of them, the statement, and whether it can be undone."""
    lines = [f"{plan.name}: {rows_text(plan.count, plan.name)}"]
    for label, row in (("oldest", plan.oldest), ("newest", plan.newest)):
        if row is not None:
            lines.append(f"  {label}   {_described(row, now)}")
    lines += [f"  row      {row.mail}  {row.comment}" for row in plan.listed[:LEFT_OUT_SHOWN]]
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
        confirm(session, plan.name, plan.count, stdin_taken=stdin_taken)
    elif plan.irreversible:
        out.note(f"mailtui: no undo: {plan.irreversible}")
    progress = None if options.json else lambda share: out.passing(f"{plan.name}: {share:.0%}")
    return report(session, session.host.greylist.carry_out(plan, progress))


def report(session: Session, outcome: Outcome) -> int:
    """Print what came of it and give the exit code: 1 when fewer were done than asked for."""
    out = session.out
    with suppress(BrokenPipeError):  # it was done, whether anybody reads this or not
        if session.options.json:
            out.json(outcome)
        else:
            out.line(f"{outcome.action}: {outcome.done:,} of {rows_text(outcome.asked, outcome.action)}")
            left = outcome.asked - outcome.done
            for line in left_out_lines(outcome.left_out, left):
                out.line(line)
            if outcome.undo is not None and not session.host.demo:
                out.line(f"undo with: mailtui greylist undo {outcome.undo}")
        out.flush()
    return 1 if outcome.done < outcome.asked else 0


def left_out_lines(left_out: tuple[LeftOut, ...], count: int = 0) -> list[str]:
    """Which rows were not done, and why; of very many some."""
    lines = [f"  left out {one.what}: {one.why}" for one in left_out[:LEFT_OUT_SHOWN]]
    more = max(count, len(left_out)) - len(lines)
    return [*lines, f"  and {more:,} more"] if more > 0 and lines else lines


def confirm(session: Session, name: str, count: int, *, stdin_taken: bool = False) -> None:
    """Have an act on so many rows confirmed.

    :raises Refused: it was not, or there is no terminal to ask at.
    """
    many = count > ASKED_ABOVE
    question = (
        f"Type the number of rows to {name} them: "
        if many
        else f"{name.capitalize()} {rows_text(count, name)}? Type yes: "
    )
    answer = _typed(session, question, stdin_taken=stdin_taken)
    if answer is None:
        raise Refused(
            "Not confirmed: nothing was done, for there is no terminal to ask at",
            hint="look with --dry-run, then say --yes",
        )
    if (answer.replace(",", "") != str(count)) if many else (answer.lower() != "yes"):
        raise Refused("Not confirmed: nothing was done", hint="try again, or say --yes")


def _typed(session: Session, question: str, *, stdin_taken: bool) -> str | None:
    """What somebody typed, or None where nobody can see the question or answer it."""
    if not sys.stderr.isatty() or not (stdin_taken or sys.stdin.isatty()):
        return None
    session.out.ask(question)
    if not stdin_taken:
        return sys.stdin.readline().strip()
    try:
        with Path("/dev/tty").open(encoding="utf-8", errors="replace") as terminal:
            return terminal.readline().strip()
    except OSError:
        return None


def _described(row: Triplet, now: float) -> str:
    return (
        f"first {time_text(row.first)}, last used {age_text(now - row.last)} ago, {row.n:,} hits: "
        f"{row.ip} {row.sender} {row.recipient}"
    )
