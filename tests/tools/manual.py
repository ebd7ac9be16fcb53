"""Write mailtui/mailtui.1 again: the manual page, made of the same parsers as `--help`."""

import re
import sys
from argparse import SUPPRESS, Action, ArgumentParser, HelpFormatter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from textwrap import wrap

from mailtui import __version__
from mailtui.cli.parser import EXIT_CODES, build, build_apply
from mailtui.cli.usage import hanging

FILE = Path(__file__).parents[2] / "mailtui" / "mailtui.1"
EVERYWHERE = "on which host, and how"  # options of every command, told once
WIDTH = 70  # of what stays as it is written, on 80 columns
HEADING = re.compile(r"[A-Z][A-Z ]+")
DATED = re.compile(r'^\.TH MAILTUI 1 "(.*?)"', re.MULTILINE)
ESCAPES = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"})


def text(date: str) -> str:
    """The whole page; `date` is that of its last change."""
    parser, apply = build(), build_apply()
    lines = [
        r".\" Made of the options themselves by `make docs`.",
        f'.TH MAILTUI 1 "{date}" "mailtui {__version__}" "Mail administration"',
        ".SH NAME",
        r"mailtui \- operations console for a Postfix mail server",
        ".SH SYNOPSIS",
        *_synopsis("mailtui", parser, operands=""),
        *_synopsis(f"mailtui {_plain('--apply')}", apply, operands=""),
        *_synopsis("mailtui", parser, operands=r"\fICOMMAND\fR [\fIargument\fR ...]"),
        ".SH DESCRIPTION",
        *_told(parser.description),
        ".SH OPTIONS",
        *_options(parser, everywhere=True),
        ".PP",
        "Those on which host, and how, may stand behind a command as well.",
        f".SH {_plain('MAILTUI --APPLY')}",
        *_command(apply),
        ".SH COMMANDS",
        *(line for name, one in _commands(parser) for line in _entry(name, one)),
    ]
    lines += _told(parser.epilog, heading=".SH")
    lines += [".SH SEE ALSO", ", ".join(_see_also())]
    shown = [line for before, line in pairwise(["", *lines]) if line != ".PP" or not before.startswith(".S")]
    return "\n".join(shown) + "\n"


def written(path: Path = FILE) -> bool:
    """Write the page where it is not the same but for its date; whether that was so."""
    old = path.read_text() if path.exists() else ""
    found = DATED.search(old)
    if found and text(found[1]) == old:
        return False
    path.write_text(text(datetime.now(UTC).date().isoformat()))
    return True


def subcommands(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    """The parsers of the commands that stand below one."""
    for action in parser._actions:
        if isinstance(action.choices, dict):
            return action.choices
    return {}


def _commands(parser: ArgumentParser, *names: str) -> Iterator[tuple[str, ArgumentParser]]:
    for name, one in subcommands(parser).items():
        yield " ".join((*names, name)), one
        yield from _commands(one, *names, name)


def _entry(name: str, parser: ArgumentParser) -> list[str]:
    lines = [f'.SS "mailtui {_plain(name)}"']
    if not subcommands(parser):
        lines += _synopsis(f"mailtui {_plain(name)}", parser, operands=_operands(parser))
    return lines + _command(parser)


def _command(parser: ArgumentParser) -> list[str]:
    """What a parser says of itself; what every command shares is left out."""
    lines = _told(parser.description)
    if not subcommands(parser):
        lines += _options(parser, everywhere=False)
    return lines + _told((parser.epilog or "").replace(EXIT_CODES, ""))


def _synopsis(name: str, parser: ArgumentParser, *, operands: str) -> list[str]:
    options = r" [\fIoption\fR ...]" if any(action.option_strings for action in parser._actions) else ""
    return [".PP", rf"\fB{name}\fR{options} {operands}".rstrip()]


def _operands(parser: ArgumentParser) -> str:
    shape = HelpFormatter("mailtui")
    words = (
        shape._format_args(action, str(action.metavar or action.dest))
        if action.choices is None
        else "|".join(action.choices)
        for action in parser._actions
        if not action.option_strings
    )
    return " ".join(rf"\fI{_plain(word)}\fR" for word in words)


def _options(parser: ArgumentParser, *, everywhere: bool) -> list[str]:
    lines: list[str] = []
    for group in parser._action_groups:
        if group.title == "commands" or (group.title == EVERYWHERE and not everywhere):
            continue
        shown = [action for action in group._group_actions if everywhere or _is_told(action)]
        if shown and group.title not in {"options", "positional arguments"}:
            lines += [".PP", f"{_plain(str(group.title)[:1].upper())}{_plain(str(group.title)[1:])}:"]
        for action in shown:
            lines += [".TP", _name(action), *_filled(_help(action))]
    return lines


def _help(action: Action) -> str:
    return HelpFormatter("mailtui")._expand_help(action) if action.help else ""


def _is_told(action: Action) -> bool:
    return action.help != SUPPRESS and action.dest != "help"


def _name(action: Action) -> str:
    value = "" if action.nargs == 0 else str(action.metavar or "")
    if not value and action.choices is not None:
        value = "|".join(map(str, action.choices))
    if not action.option_strings:
        return rf"\fI{_plain(value or action.dest)}\fR"
    names = ", ".join(rf"\fB{_plain(one)}\fR" for one in action.option_strings)
    return rf"{names} \fI{_plain(value)}\fR" if value else names


def _told(words: str | None, heading: str = "") -> list[str]:
    """Paragraphs; headings, as sections with `heading`; what is indented stays as it is."""
    lines: list[str] = []
    for block in (words or "").strip("\n").split("\n\n"):
        block = block.strip("\n")  # noqa: PLW2901 - the block itself
        if not block:
            continue
        if HEADING.fullmatch(block):
            lines += [f"{heading} {block}"] if heading else [".PP", f"{block.capitalize()}:"]
        elif block.startswith(" "):
            verbatim = (
                r"\&" * line.startswith(".") + _plain(line.removeprefix("  "))
                for line in hanging(block, WIDTH)
            )
            lines += [".PP", ".RS 4", ".nf", *verbatim, ".fi", ".RE"]
        else:
            lines += [".PP", *_filled(block)]
    return lines


def _filled(words: str) -> list[str]:
    """A paragraph, a sentence a line; what stands in `these` is bold."""
    parts = re.split(r"`([^`]+)`", " ".join(words.split()))
    marked = "".join(rf"\fB{_plain(part)}\fR" if n % 2 else _plain(part) for n, part in enumerate(parts))
    lines = [part for one in re.split(r"(?<=[.:;?]) (?=\S)", marked) for part in _broken(one)]
    return [rf"\&{line}" if line.startswith((".", "'")) else line for line in lines]


def _broken(line: str) -> list[str]:
    return wrap(line, 76, break_long_words=False, break_on_hyphens=False)


def _plain(words: str) -> str:
    return words.translate(ESCAPES)


def _see_also() -> list[str]:
    pages = [
        ("postqueue", 1),
        ("postsuper", 1),
        ("postmap", 1),
        ("qshape", 1),
        ("gld", 8),
        ("clamd", 8),
        ("freshclam", 1),
    ]
    return [rf"\fB{name}\fR({section})" for name, section in sorted(pages)]


if __name__ == "__main__":
    sys.stdout.write(f"{FILE.relative_to(FILE.parents[1])}{'' if written() else ' is as it was'}\n")
