"""An answer in lines of text, which may take a while."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.errors import BackendError
from backends.text import visible
from mailtui.widgets.text_view import Line, TextView
from mailtui.work import outcome


class AnswerScreen(Screen[None]):
    """Asks beside the screen, and shows what came; `title` is safe to show."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Back", id="answer.back")]

    def __init__(self, title: str, ask: Callable[[], Sequence[Line]]) -> None:
        super().__init__()
        self._title, self._ask = title, ask

    def compose(self) -> ComposeResult:
        yield Static(f"{self._title}   asking", classes="screen-title", markup=False)
        yield TextView(id="answer-text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(TextView).focus()
        self.run_worker(self._read, thread=True)

    def _read(self) -> None:
        result = outcome(self._ask)
        if self.app.is_running:
            self.app.call_from_thread(self._took, result)

    def _took(self, result: Sequence[Line] | BackendError) -> None:
        if not self.is_attached:
            return
        self.query_one(".screen-title", Static).update(self._title)
        view = self.query_one(TextView)
        if isinstance(result, BackendError):
            view.show([(visible(str(result)), "warn"), (visible(result.hint), "text")])
        else:
            view.show(result)
