"""Panes that have no feed yet: one line that names the command that will feed them."""

from textual.app import ComposeResult
from textual.widgets import Static

from mailtui.panes.base import Pane


class Placeholder(Pane):
    """Says in one line what will be here."""

    def __init__(self, key: str, label: str, command: str) -> None:
        super().__init__(id=f"pane-{key}")
        self._text = f"{label}: not in this version yet; `{command}` will feed it."

    def compose(self) -> ComposeResult:
        yield Static(self._text, classes="placeholder", markup=False)
