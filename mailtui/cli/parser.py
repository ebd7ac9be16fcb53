"""The options of all commands. Only the command at hand is built in full; the others are names in a list."""

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

from backends.errors import BadRequest
from mailtui.cli.commands import COMMANDS, Command, Group
from mailtui.cli.usage import Parser

APPLY = "--apply"
FORCED = "--forced-command"
EXIT_CODES = """
EXIT CODES

  0    done
  1    it failed, or fewer messages were done than asked for; of what only looks (health, av, maps lint, greylist
       doctor): something is wrong (✖) or wants to be watched (▲, which the doctor does not have)
  2    wrong usage
  3    something needed is missing, not permitted, or does not answer
  4    changes are pending (--apply --check)
  5    refused for safety: not confirmed, over a cap, locked, in conflict, read-only
  6    a virus was found (av scan)
  130  interrupted
"""

DESCRIPTION = """
The operations console for a Postfix mail server. On a terminal it opens the console; without one, or with --json,
it prints the overview once. Where there is no Postfix it shows a demo host with invented messages, and says so.
"""
SETTINGS = """
SETTINGS

  ~/.config/mailtui/config.toml (or below $XDG_CONFIG_HOME) holds what you like of the console:

  theme = "mailtui-16"          mailtui, mailtui-light, mailtui-16, or another one of Textual's
  interval = "10s"              how often it refreshes
  plain = true                  draw with ASCII only
  read_only = true              no keys that change anything
  pane = "4"                    which pane comes first, by its number or name

  [keys]                        other keys; their names stand in the help, ?
  "queue.hold" = "ctrl+h"
  "app.quit" = "q,f10"

  The command line wins over the environment (MAILTUI_THEME, MAILTUI_INTERVAL, MAILTUI_PLAIN, MAILTUI_READ_ONLY,
  MAILTUI_PANE), and that over the file. A file that belongs to another user, or that others can write, is not read.
"""
EXAMPLES = """
EXAMPLES

  mailtui                             the console on this machine
  mailtui | cat                       the overview as text
  mailtui --demo                      the console on the demo host
  mailtui --config-dir /etc/postfix2  another Postfix instance
  mailtui queue list --group reason   why mail waits
  mailtui queue --help                all that can be done with mail
  mailtui --apply --help              build a mail server, or see what differs from the reference
"""


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line; `run` is the command.

    :raises SystemExit: wrong usage (2), or help was asked for (0); it has been printed.
    """
    parser = build_apply() if APPLY in words else build(words)
    options, unknown = parser.parse_known_args(words)
    if unknown:
        before = words[: words.index(options.command)] if options.command in words else ()
        (parser if unknown[0] in before else options.parser).refuse(unknown)
    return options


UNLESS_GIVEN = {"demo": False, "json": False, "config_dir": None, "read_only": False}
"""What `add_common` leaves unset, so that an option before a command counts as well as one behind it."""


def build(words: Sequence[str] | None = None) -> Parser:
    """The parser for these words; None: for every command line, as shell completion wants it."""
    from mailtui import __version__  # noqa: PLC0415 - the package itself; here because nothing else needs it

    parser = Parser(prog="mailtui", description=DESCRIPTION, epilog=EXAMPLES + SETTINGS + EXIT_CODES)
    parser.set_defaults(
        parser=parser,
        run=None,
        any_machine=False,
        **UNLESS_GIVEN,
    )
    parser.add_argument(
        APPLY,
        action="store_true",
        help="build this mail server, or bring it to the reference: see --apply --help",
    )
    parser.add_argument(
        FORCED,
        action="store_true",
        help="for sshd's ForceCommand: the console, or what was asked for, if it only reads",
    )
    parser.add_argument("-V", "--version", action="version", version=f"mailtui {__version__}")
    add_common(parser)
    parser.add_argument(
        "--interval",
        type=interval,
        metavar="SECONDS",
        help="how often the console refreshes (5)",
    )
    parser.add_argument("--theme", metavar="NAME", default="", help="colours of the console")
    parser.add_argument("--plain", action="store_true", help="draw with ASCII only")
    _add(parser, COMMANDS, words, dest="command", required=False)
    return parser


def build_apply() -> Parser:
    """The parser for `mailtui --apply`, an option that has options of its own."""
    from mailtui.cli.apply import options, run  # noqa: PLC0415 - for this command only

    parser = Parser(prog="mailtui", asked=f"mailtui {APPLY} --help")
    parser.add_argument(APPLY, action="store_true", help="bring this machine to the reference configuration")
    options.configure(parser)
    parser.epilog = f"{parser.epilog}\n{EXIT_CODES}"
    parser.set_defaults(
        parser=parser,
        run=run.run,
        command=APPLY,
        any_machine=True,
        **UNLESS_GIVEN,
    )
    add_common(parser)
    parser.add_argument("--plain", action="store_true", help="write with ASCII only")
    return parser


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options that may stand before a command and behind it."""
    common = parser.add_argument_group("on which host, and how")
    hidden: Mapping[str, Any] = {"default": argparse.SUPPRESS}
    common.add_argument("--demo", action="store_true", help="use the demo host: invented messages", **hidden)
    common.add_argument(
        "--config-dir", metavar="DIR", help="use the Postfix instance configured there", **hidden
    )
    common.add_argument(
        "--read-only", action="store_true", help="refuse whatever would change anything", **hidden
    )
    common.add_argument("--json", action="store_true", help="print JSON, one object on a line", **hidden)


def interval(text: str) -> float:
    """Seconds between two refreshes, with or without their unit, at least half a second.

    :raises ArgumentTypeError: it is no such span of time.
    """
    from mailtui.preferences import interval as parsed  # noqa: PLC0415

    try:
        return parsed(text)
    except BadRequest as error:
        raise argparse.ArgumentTypeError(f"{error}; {error.hint}") from error


def age(text: str) -> float:
    """A span of time as an option's value."""
    from backends.text import parse_age  # noqa: PLC0415 - the console's start does without

    try:
        return parse_age(text)
    except BadRequest as error:
        raise argparse.ArgumentTypeError(f"{error}; {error.hint}") from error


def size(text: str) -> int:
    """A number of bytes as an option's value."""
    from backends.text import parse_size  # noqa: PLC0415

    try:
        return parse_size(text)
    except BadRequest as error:
        raise argparse.ArgumentTypeError(f"{error}; {error.hint}") from error


def number(text: str) -> int:
    """A number from 1 on, as an option's value.

    :raises ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError("a number from 1 on")
    return int(text)


def _add(
    parser: argparse.ArgumentParser,
    rows: Mapping[str, Command | Group],
    words: Sequence[str] | None,
    *,
    dest: str,
    required: bool,
) -> None:
    """Add the commands; those that are named are built in full, all of them where `words` is None."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest=dest, required=required)
    for name, row in rows.items():
        added = commands.add_parser(name, help=row.text)
        added.set_defaults(parser=added)
        if words is not None and name not in words:
            continue
        if isinstance(row, Command):
            _configure(added, row.module, name)
        else:
            added.description, added.epilog = row.description, row.examples + EXIT_CODES
            wanted = {word: row.commands[word] for word in _behind(words, name) if word in row.commands}
            if row.default:
                _preset(added, row.commands[row.default].module, row.default)
            _add(added, wanted or row.commands, words, dest="action", required=not row.default)
            if row.default:
                added.set_defaults(action=row.default)


def _preset(parser: argparse.ArgumentParser, module: str, name: str) -> None:
    """Let the parser stand for a command without options of its own as well."""
    command, bare = import_module(module), argparse.ArgumentParser()
    command.configure(bare, name)
    parser.set_defaults(run=command.run, **vars(bare.parse_args([])))
    add_common(parser)


def _behind(words: Sequence[str] | None, name: str) -> list[str]:
    """The words that stand directly behind a name."""
    return [word for before, word in pairwise(words or ()) if before == name]


def _configure(parser: argparse.ArgumentParser, module: str, name: str) -> None:
    command = import_module(module)
    command.configure(parser, name)
    parser.epilog = f"{parser.epilog or ''}\n{EXIT_CODES}"
    parser.set_defaults(run=command.run)
    add_common(parser)
