"""How help and wrong usage are told, of every command in the same way."""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from backends.text import visible

LEAST_ROOM = 20
"""Columns that a second column needs for what is too long to go on below it; else it goes on at the left."""
_GAP = re.compile(r" +\S+(?: \S+)* {2,}(?=\S)")


class Formatter(argparse.HelpFormatter):
    """Wraps paragraphs to the terminal; headings and indented lines stay as they are written, as far as they fit."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        wrap = super()._fill_text
        blocks = text.strip("\n").split("\n\n")
        return "\n\n".join(
            "\n".join(hanging(block, width)) if block.startswith(" ") else wrap(block, width, indent)
            for block in blocks
        )


class Parser(argparse.ArgumentParser):
    """Tells wrong usage as everything that goes wrong is told: one sentence what, one what to do.

    `asked`: how its help is asked for, unless that is by the name of its command.
    """

    def __init__(self, *, asked: str = "", **options: Any) -> None:
        super().__init__(formatter_class=Formatter, allow_abbrev=False, **options)
        self._asked = asked or f"{self.prog} --help"

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {visible(message)}\n  see what there is: {self._asked}\n")

    def refuse(self, words: Iterable[str]) -> NoReturn:
        """Tell that these words are nothing that the command knows, and which options may be meant.

        :raises SystemExit: always.
        """
        from difflib import get_close_matches  # noqa: PLC0415 - for a slip alone

        words = list(words)
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        meant = [one for word in options for one in get_close_matches(word, self._option_string_actions, 1)]
        guess = f"; perhaps {', '.join(meant)}?" if meant else ""
        self.error(f"this is not known here: {' '.join(words)}{guess}")


def hanging(block: str, width: int) -> Iterator[str]:
    """The lines of an indented block; what is too long goes on below its own second column."""
    from textwrap import wrap  # noqa: PLC0415 - help alone needs it

    for line, column in _items(block):
        indent = len(line) - len(line.lstrip())
        longest = max(map(len, line[column:].split()), default=0)
        hang = column if column and width - column >= max(LEAST_ROOM, longest) else indent + 2
        yield from wrap(
            line, width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
        )


def _items(block: str) -> list[tuple[str, int]]:
    """Each line with where its second column begins (0: it has none), joined with those that only go on with it."""
    found: list[tuple[str, int]] = []
    for line in block.split("\n"):
        indent = len(line) - len(line.lstrip())
        if found and indent == found[-1][1] > 0:
            found[-1] = (f"{found[-1][0]} {line.strip()}", indent)
        else:
            gap = _GAP.match(line)
            found.append((line, gap.end() if gap else 0))
    return found
