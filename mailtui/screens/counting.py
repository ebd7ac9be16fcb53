"""Following an act that takes one after the other, and breaking it off."""

from collections.abc import Callable
from threading import Event
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

T = TypeVar("T")


class CountingScreen(ModalScreen[None]):
    """Says how many of `total` are over; goes when the work ends. Escape, or leaving the console, has it stop."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "stop", "Break off", id="counting.stop")]

    class Told(Message):
        """So many are over; None: the work has ended."""

        def __init__(self, over: int | None) -> None:
            super().__init__()
            self.over = over

    def __init__(self, what: str, total: int, told: str = "{over:,} of {total:,}") -> None:
        super().__init__()
        self._what, self._total, self._text = what, total, told
        self._stop = Event()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._what, classes="question", markup=False)
            yield Static(self._counted(0), id="counting-over", markup=False)
            yield Static("esc leaves the rest as it is", classes="answer", markup=False)

    def run(self, work: Callable[[Callable[[int], None], Event], T]) -> T:
        """In a thread: do the work, which tells how many are over and looks whether to stop."""
        try:
            return work(lambda over: self._tell(over), self._stop)  # noqa: PLW0108 - gives nothing back
        finally:
            self._tell(None)

    def _tell(self, over: int | None) -> None:
        self.post_message(self.Told(over))

    @on(Told)
    def _told(self, event: Told) -> None:
        if event.over is None:
            self.dismiss()
        else:
            self.query_one("#counting-over", Static).update(self._counted(event.over))

    def _counted(self, over: int) -> str:
        return self._text.format(over=over, total=self._total)

    def action_stop(self) -> None:
        self._stop.set()
        self.query_one(".answer", Static).update("it stops behind the one under way")

    def on_unmount(self) -> None:
        self._stop.set()
