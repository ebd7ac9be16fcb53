"""What every pane is to the app: a numbered part of the console with a headless twin."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual.containers import Vertical
from textual.message import Message

from backends.errors import BackendError
from backends.host import ServiceState
from backends.text import visible
from mailtui.work import outcome

T = TypeVar("T")


class Pane(Vertical):
    """One pane."""

    key: ClassVar[str]
    label: ClassVar[str]
    alone = False
    """Whether nobody has touched a key for a while: then what costs much can be done more seldom."""

    class Badge(Message):
        """The number beside the pane's name has changed."""

        def __init__(self, pane: "Pane", text: str) -> None:
            super().__init__()
            self.pane = pane
            self.text = text

    class Acted(Message):
        """Something was done that services may have noticed."""

    def left(self, alone: bool) -> None:
        """Called by the console: whether it is left alone."""
        self.alone = alone

    @property
    def settled(self) -> bool:
        """Whether what is shown is what was asked for; else nothing acts on it."""
        return True

    def enter(self) -> None:
        """The pane has come to the front: put the focus where work begins."""

    def begin_at(self, selector: str) -> None:
        """Put the focus there, unless it is somewhere in the pane."""
        focused = self.app.focused
        if focused is None or self not in focused.ancestors:
            self.query_one(selector).focus()

    def reload(self) -> None:
        """Read again what the pane shows."""

    def leave(self) -> None:
        """The console is being left: begin nothing any more."""

    def services(self, states: Sequence[ServiceState]) -> None:
        """How the services are now."""

    def in_thread(self, work: Callable[[], None]) -> None:
        """Run blocking work beside the screen; it posts its result."""
        self.run_worker(work, thread=True, group=self.id or "")

    def beside(self, work: Callable[[], T], then: Callable[[T], object]) -> None:
        """Do the work beside the screen, then go on with its result, or tell its error."""

        def deliver(result: T | BackendError) -> None:
            if isinstance(result, BackendError):
                told = f"{visible(str(result))}\n{visible(result.hint)}"
                self.notify(told, severity="error", timeout=12, markup=False)
            else:
                then(result)

        def run() -> None:
            result = outcome(work)
            if self.app.is_running:
                self.app.call_from_thread(deliver, result)

        self.in_thread(run)

    def missing(self) -> list[str]:
        """What can't be done here, and why; for the help."""
        return []
