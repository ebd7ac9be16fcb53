"""What lies beside the quarantined messages, with size and age; nothing is done to it here."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.errors import BackendError
from backends.host import Host
from backends.quarantine.apart import Apart
from backends.text import visible
from mailtui.quarantine_text import apart_lines
from mailtui.widgets.text_view import TextView
from mailtui.work import outcome


class ApartScreen(Screen[None]):
    """Looks through the folder, and shows what it found."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Back", id="apart.back")]

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host

    def compose(self) -> ComposeResult:
        yield Static("Beside the messages   looking", classes="screen-title", markup=False)
        yield TextView(id="apart-text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(TextView).focus()
        self.run_worker(self._read, thread=True)

    def _read(self) -> None:
        result = outcome(lambda: self._host.quarantine.apart())  # noqa: PLW0108 - the property may fail, too
        if self.app.is_running:
            self.app.call_from_thread(self._took, result)

    def _took(self, result: Apart | BackendError) -> None:
        if not self.is_attached:
            return
        view, title = self.query_one(TextView), self.query_one(".screen-title", Static)
        if isinstance(result, BackendError):
            title.update("Beside the messages")
            view.show([(visible(str(result)), "warn"), (visible(result.hint), "text")])
        else:
            title.update(f"Beside the messages   {result.count:,}, never touched unasked")
            view.show(apart_lines(result, self._host.now()))
