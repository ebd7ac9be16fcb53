"""Asking before a file is changed: how it differs then, line by line, to scroll through."""

from collections.abc import Sequence
from typing import ClassVar

from textual.widget import Widget

from mailtui.screens.confirm import ConfirmScreen
from mailtui.widgets.text_view import Line, TextView

STYLES = {"+": "good", "-": "bad"}
TALLEST = 14
"""Lines that are on the screen at once."""


class ChangeScreen(ConfirmScreen):
    """True when confirmed; the lines are those of a unified diff, and behind them what there is to know."""

    AUTO_FOCUS: ClassVar[str] = "TextView"

    def details(self, lines: Sequence[str]) -> Widget:
        view = TextView([styled(line) for line in lines], id="change")
        view.styles.height = max(1, min(len(lines), TALLEST))
        return view


def styled(line: str) -> Line:
    """A line of a diff in its colour; the names of the files stay as they are."""
    style = "dim" if line.startswith(("+++", "---")) else STYLES.get(line[:1], "text")
    return line, style
