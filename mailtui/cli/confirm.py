"""Having an act confirmed; where nobody can answer, the answer is no."""

import sys
from pathlib import Path

from backends.errors import Refused
from backends.outcome import ASKED_ABOVE
from backends.text import messages_text
from mailtui.cli.session import Session


def must_confirm(
    session: Session, name: str, count: int, counted: str = "", *, stdin_taken: bool = False
) -> None:
    """Have an act on so many confirmed, which are messages unless `counted` says in words what.

    :raises Refused: it was not, or there is no terminal to ask at.
    """
    if count > ASKED_ABOVE:
        what = "rows" if counted else "messages"
        answer = typed(session, f"Type the number of {what} to {name} them: ", stdin_taken=stdin_taken)
        confirmed = answer is not None and answer.replace(",", "") == str(count)
    else:
        question = f"{name.capitalize()} {counted or messages_text(count)}? Type yes: "
        answer = typed(session, question, stdin_taken=stdin_taken)
        confirmed = answer is not None and answer.lower() == "yes"
    must_be(answer, confirmed=confirmed)


def must_be(answer: str | None, *, confirmed: bool) -> None:
    """
    :raises Refused: what was answered does not confirm it, or there was no terminal to ask at.
    """
    if answer is None:
        raise Refused(
            "Not confirmed: nothing was done, for there is no terminal to ask at",
            hint="look with --dry-run, then say --yes",
        )
    if not confirmed:
        raise Refused("Not confirmed: nothing was done", hint="try again, or say --yes")


def typed(session: Session, question: str, *, stdin_taken: bool) -> str | None:
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
