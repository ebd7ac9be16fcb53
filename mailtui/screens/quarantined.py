"""One quarantined message: what was found, headers, attachments and text, as text that can do nothing."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.errors import BackendError
from backends.host import Host
from backends.quarantine.content import View
from backends.quarantine.message import Target
from backends.text import visible
from mailtui.quarantine_text import quarantined_lines
from mailtui.widgets.text_view import TextView
from mailtui.work import outcome


class QuarantinedScreen(Screen[None]):
    """Reads the message, bounded, and shows it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="quarantined.back"),
        Binding("v", "raw", "Raw or text", id="quarantined.raw"),
        Binding("y", "copy", "Copy the path", id="quarantined.copy"),
    ]

    def __init__(self, host: Host, target: Target) -> None:
        super().__init__()
        self._host, self._target = host, target
        self._view: View | None = None
        self._raw = False

    def compose(self) -> ComposeResult:
        yield Static(f"{visible(self._target.path)}  reading", classes="screen-title", markup=False)
        yield TextView(id="quarantined-text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(TextView).focus()
        self.run_worker(self._read, thread=True)

    def _read(self) -> None:
        result = outcome(lambda: self._host.quarantine.show(self._target))
        if self.app.is_running:
            self.app.call_from_thread(self._took, result)

    def _took(self, result: View | BackendError) -> None:
        if isinstance(result, BackendError):
            self.query_one(".screen-title", Static).update(visible(self._target.path))
            self.query_one(TextView).show([(visible(str(result)), "warn"), (visible(result.hint), "text")])
        else:
            self._view = result
            self._show(result)

    def _show(self, view: View) -> None:
        subject = visible(view.own.subject[:200])
        self.query_one(".screen-title", Static).update(f"{visible(self._target.kind)}  {subject}")
        self.query_one(TextView).show(quarantined_lines(view, raw=self._raw))

    def action_raw(self) -> None:
        if self._view is not None:
            self._raw = not self._raw
            self._show(self._view)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._target.path)
        self.notify("Path copied")
