"""Asking before a file is changed: how it differs then, line by line, to scroll through."""

from collections.abc import Sequence
from typing import ClassVar

from textual.geometry import Size
from textual.widget import Widget

from mailtui.screens.confirm import ConfirmScreen
from mailtui.widgets.text_view import Line, TextView

STYLES = {"+": "good", "-": "bad"}


class ChangeScreen(ConfirmScreen):
    """True when confirmed; the lines are those of a unified diff without its head, and behind them what there is to know."""

    AUTO_FOCUS: ClassVar[str] = "TextView"

    def details(self, lines: Sequence[str]) -> Widget:
        return Difference([styled(line) for line in lines])


class Difference(TextView):
    """As high as its lines, once they are folded."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__(lines, id="change")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lay_out(max(1, width - self.scrollbar_size_vertical)))


def styled(line: str) -> Line:
    """A line of a diff in its colour."""
    return line, STYLES.get(line[:1], "text")
