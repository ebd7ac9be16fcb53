"""Asking before something is done to queued messages."""

from backends.queue.plan import Plan
from mailtui.cli.confirm import must_confirm
from mailtui.cli.queue.report import plan_lines
from mailtui.cli.session import Session


def confirm(session: Session, plan: Plan, *, stdin_taken: bool) -> None:
    """Show the plan and have it confirmed; `stdin_taken`: queue IDs came from there, so ask at the terminal itself.

    :raises Refused: it was not confirmed, or there is no terminal to ask at.
    """
    for line in plan_lines(plan):
        session.out.note(line)
    must_confirm(session, plan.action.name, len(plan.targets), stdin_taken=stdin_taken)
