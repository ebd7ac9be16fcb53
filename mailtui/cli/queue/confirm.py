"""Asking before something is done; where nobody can answer, the answer is no."""

import sys
from pathlib import Path

from backends.errors import Refused
from backends.queue.plan import ASKED_ABOVE, Plan
from backends.text import messages_text
from mailtui.cli.queue.report import plan_lines
from mailtui.cli.session import Session


def confirm(session: Session, plan: Plan, *, stdin_taken: bool) -> None:
    """Show the plan and have it confirmed; `stdin_taken`: queue IDs came from there, so ask at the terminal itself.

    :raises Refused: it was not confirmed, or there is no terminal to ask at.
    """
    for line in plan_lines(plan):
        session.out.note(line)
    must_confirm(session, plan.action.name, len(plan.targets), stdin_taken=stdin_taken)


def must_confirm(session: Session, name: str, count: int, *, stdin_taken: bool = False) -> None:
    """Have an act on so many messages confirmed.

    :raises Refused: it was not, or there is no terminal to ask at.
    """
    if count > ASKED_ABOVE:
        answer = _typed(session, f"Type the number of messages to {name} them: ", stdin_taken=stdin_taken)
        confirmed = answer is not None and answer.replace(",", "") == str(count)
    else:
        answer = _typed(
            session, f"{name.capitalize()} {messages_text(count)}? Type yes: ", stdin_taken=stdin_taken
        )
        confirmed = answer is not None and answer.lower() == "yes"
    if answer is None:
        raise Refused(
            "Not confirmed: nothing was done, for there is no terminal to ask at",
            hint="look with --dry-run, then say --yes",
        )
    if not confirmed:
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
