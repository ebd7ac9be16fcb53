"""Asking for a line of text."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class AskScreen(ModalScreen[str | None]):
    """What was typed, or None; `hidden`: it is a password, shown as dots and therefore typed twice."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Leave", id="ask.leave")]

    def __init__(
        self, question: str, lines: Sequence[str] = (), *, guess: str = "", hidden: bool = False
    ) -> None:
        super().__init__()
        self._question, self._lines, self._guess, self._hidden = question, lines, guess, hidden
        self._first = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, id="ask-question", classes="question", markup=False)
            if self._lines:
                yield Static("\n".join(self._lines), classes="details", markup=False)
            yield Input(self._guess, id="ask-text", password=self._hidden)
            yield Static("enter goes on    esc leaves all as it is", classes="answer", markup=False)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if text and self._hidden and text != self._first:
            self._once_more(event.input, text)
        elif text:
            self.dismiss(text)

    def _once_more(self, line: Input, text: str) -> None:
        """Have what nobody sees typed again; after another one than the first, both."""
        differs = bool(self._first)
        self._first = "" if differs else text
        question = (
            f"That was not the same. {self._question}" if differs else "Once more, for it is not shown:"
        )
        self.query_one("#ask-question", Static).update(question)
        line.clear()
