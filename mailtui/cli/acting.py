"""What commands have in common that act on what is named or chosen."""

from argparse import ArgumentParser

from backends.errors import BadRequest, Refused
from backends.text import messages_text
from mailtui.cli.parser import number

CAP = 1000


def add_acting(parser: ArgumentParser) -> None:
    """The options of what changes something."""
    parser.add_argument("--dry-run", action="store_true", help="only print what would be done")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def add_cap(parser: ArgumentParser, text: str, default: int = CAP) -> None:
    """The option --max; `text` says what it keeps from."""
    parser.add_argument("--max", metavar="N", type=number, default=default, help=f"{text} ({default:,})")


def must_be_one_way(action: str, names: str, *, named: bool, selected: bool, everything: bool) -> None:
    """Have messages named, chosen by selectors, or all of them meant; `names` says what they are named by.

    :raises BadRequest: there is no telling what is asked for.
    """
    ways = named + selected + everything
    if not ways:
        raise BadRequest(
            f"Which messages are to {action}?",
            hint=f"give {names}, - for standard input, a selector, or --all",
        )
    if ways > 1:
        raise BadRequest("Names, selectors and --all exclude one another", hint="give one of them")


def must_be_below(count: int, cap: int) -> None:
    """
    :raises Refused: so many messages are more than --max.
    """
    if count > cap:
        raise Refused(
            f"This would touch {messages_text(count)}, more than --max {cap:,}",
            hint=f"choose fewer, or allow it with --max {count}",
        )
