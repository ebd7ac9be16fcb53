"""Choosing one of a few things by number."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

T = TypeVar("T")


class ChooseScreen(ModalScreen[T | None]):
    """The value of the option whose number was pressed, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,n", "dismiss(None)", "Leave", id="choose.leave")]

    def __init__(self, question: str, options: Sequence[tuple[str, T]], lines: Sequence[str] = ()) -> None:
        super().__init__()
        self._question, self._options, self._lines = question, options[:9], lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="question", markup=False)
            if self._lines:
                yield Static("\n".join(self._lines), classes="details", markup=False)
            lines = [f"{number}  {label}" for number, (label, _) in enumerate(self._options, 1)]
            yield Static("\n".join(lines), markup=False)
            yield Static("a number chooses    esc leaves", classes="answer", markup=False)

    def on_key(self, event: Key) -> None:
        if event.key.isdecimal() and 1 <= int(event.key) <= len(self._options):
            event.stop()
            self.dismiss(self._options[int(event.key) - 1][1])
