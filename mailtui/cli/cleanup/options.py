"""The options of a cleanup, and the site's settings with them put in."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from backends.errors import BadRequest
from backends.quarantine.names import KINDS
from backends.quarantine.settings import QuarantineSettings, kept_for, reserve
from backends.text import parse_size
from mailtui.cli.parser import age


def add_options(parser: ArgumentParser) -> None:
    what = parser.add_argument_group("what goes")
    add: Any = what.add_argument
    add(
        "--keep",
        metavar="KIND=AGE",
        type=_keep,
        action="append",
        default=[],
        help="for how long a kind is kept (30d, spam, badh and clean 14d, archive forever)",
    )
    add("--max-size", metavar="SIZE", type=_text(parse_size), help="that all files together take")
    add(
        "--min-free",
        metavar="SHARE",
        type=_text(reserve),
        help="of the file system and its inodes, or a size",
    )
    add("--order", metavar="KINDS", type=_order, help="which kinds make room first, with commas")
    add(
        "--tmp",
        metavar="AGE",
        type=_text(kept_for),
        help="leftover work folders of amavis that are older (2d)",
    )
    add("--max-delete", metavar="N", type=_cap, help="delete nothing where it would be more files than that")
    how = parser.add_argument_group("where, and how")
    add = how.add_argument
    add("--dir", metavar="DIR", type=Path, help="clean this quarantine folder alone")
    add(
        "--any-name",
        action="store_true",
        help="also files with names that amavis does not give, as kind other",
    )
    add("--undo", metavar="AGE", type=age, default=0.0, help="keep what is too old for so long in the trash")
    add("--dry-run", action="store_true", help="only print what would go")


def settings_of(options: Namespace) -> QuarantineSettings:
    """The site's settings, and the options' where they are given."""
    from backends.site.file import load_site  # noqa: PLC0415 - not for --help

    settings = load_site().quarantine
    given = {
        name: value
        for name in ("max_size", "min_free", "order", "tmp", "max_delete")
        if (value := getattr(options, name)) is not None
    }
    keep = msgspec.structs.replace(settings.keep, **dict(options.keep))
    return msgspec.structs.replace(settings, keep=keep, **given)


def _keep(text: str) -> tuple[str, str]:
    kind, equals, kept = text.partition("=")
    if not equals or kind not in KINDS:
        raise ArgumentTypeError(f"write KIND=AGE, such as spam=14d; kinds are {', '.join(KINDS)}")
    return kind, _text(kept_for)(kept)


def _order(text: str) -> tuple[str, ...]:
    kinds = tuple(part.strip() for part in text.split(",") if part.strip())
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ArgumentTypeError(f"{unknown[0]!r} is no kind; kinds are {', '.join(KINDS)}")
    return kinds


def _cap(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ArgumentTypeError("a number; 0 is no limit")
    return int(text)


def _text(parse: Callable[[str], object]) -> Callable[[str], str]:
    """A value that is kept as it is written, when it can be understood."""

    def value(text: str) -> str:
        try:
            parse(text)
        except BadRequest as error:
            raise ArgumentTypeError(f"{error}; {error.hint}") from error
        return text

    return value
