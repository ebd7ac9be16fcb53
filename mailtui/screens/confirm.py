"""Asking before something is done: what it hits, the exact commands, and an answer that no slip gives."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static


class ConfirmScreen(ModalScreen[bool]):
    """True when confirmed: by `y`, or by typing the number or the words that `typed` gives."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss(False)", "No", id="confirm.no"),
        Binding("y", "yes", "Yes", id="confirm.yes"),
    ]

    def __init__(
        self,
        question: str,
        lines: Sequence[str],
        *,
        commands: Sequence[str] = (),
        typed: int | str | None = None,
        danger: bool = False,
    ) -> None:
        super().__init__()
        self._question, self._lines, self._commands, self._typed = question, lines, commands, typed
        self.set_class(danger, "-danger")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="question", markup=False)
            yield self.details(self._lines)
            if self._commands:
                shown = [f"$ {command}" for command in self._commands[:3]]
                if len(self._commands) > len(shown):
                    shown.append(f"  and {len(self._commands) - len(shown)} more like it")
                yield Static("\n".join(shown), classes="commands", markup=False)
            if self._typed is None:
                yield Static("y yes    n no", classes="answer", markup=False)
            else:
                yield Static(
                    f"Type {self._typed} and press enter; esc leaves all as it is",
                    classes="answer",
                    markup=False,
                )
                yield Input(id="confirm-count", type="integer" if isinstance(self._typed, int) else "text")

    def details(self, lines: Sequence[str]) -> Widget:
        """What shows what it hits."""
        return Static("\n".join(lines), classes="details", markup=False)

    def on_mount(self) -> None:
        self.app.clear_notifications()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._typed is None if action == "yes" else True

    def action_yes(self) -> None:
        self.dismiss(True)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.value.strip() == str(self._typed):
            self.dismiss(True)
        else:
            event.input.value = ""
            self.notify(f"That is not {self._typed}; nothing was done", severity="warning")
