"""What the commands have in common that take an act back."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from backends.text import messages_text
from mailtui.cli.confirm import must_confirm
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

T = TypeVar("T")


def add_undo(parser: ArgumentParser, act: str) -> None:
    """Which act: the latest, or that of a number. `act` says in words what one is, with its article."""
    kind = act.partition(" ")[2]
    parser.add_argument("number", metavar="N", nargs="?", type=int, help=f"number of {act} (the latest)")
    parser.add_argument("--list", action="store_true", help=f"only print which {kind}s can be taken back")


def add_empty(parser: ArgumentParser) -> None:
    """Letting go of what is kept, for the room that it takes."""
    parser.add_argument("--empty", action="store_true", help="let go of all deletions for good")
    parser.add_argument("--yes", action="store_true", help="do not ask before --empty")


def list_kept(
    session: Session, columns: Sequence[Column], kept: Iterable[T], cells: Callable[[T], Sequence[str]]
) -> int:
    """Print the acts that can be taken back."""
    if session.options.json:
        for one in kept:
            session.out.json(one)
    elif not print_table(session.out, columns, map(cells, kept)):
        session.out.note("There is nothing to undo")
    return 0


def empty(session: Session, count: Callable[[], int], let_go: Callable[[], int]) -> int:
    """Let go of all that is kept, once that is confirmed.

    :raises Refused: it was not.
    """
    session.must_change()
    kept = count()
    if kept and not session.options.yes:
        must_confirm(session, "forget", kept)
    session.out.line(f"{messages_text(let_go())} let go for good")
    return 0
