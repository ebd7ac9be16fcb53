"""One quarantined message: what was found, headers, attachments and text, as text that can do nothing."""

from collections.abc import Callable
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
    """Reads the message, bounded, and shows it.

    `act` does something to the message, after a question of its own; `may` tells which acts there are.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="quarantined.back"),
        Binding("R", "act('release')", "Release", id="quarantined.release"),
        Binding("x", "act('delete')", "Delete", id="quarantined.delete"),
        Binding("K", "act('keep')", "Keep", id="quarantined.keep"),
        Binding("o", "act('export')", "Export", id="quarantined.export"),
        Binding("v", "raw", "Raw or text", id="quarantined.raw"),
        Binding("y", "copy", "Copy the path", id="quarantined.copy"),
    ]

    def __init__(
        self,
        host: Host,
        target: Target,
        may: Callable[[str], bool] = lambda _: False,
        act: Callable[[str], object] = lambda _: None,
    ) -> None:
        super().__init__()
        self._host, self.target = host, target
        self._may, self._act = may, act
        self._view: View | None = None
        self._raw = False

    def compose(self) -> ComposeResult:
        yield Static(f"{visible(self.target.path)}  reading", classes="screen-title", markup=False)
        yield TextView(id="quarantined-text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(TextView).focus()
        self.run_worker(self._read, thread=True)

    def _read(self) -> None:
        result = outcome(lambda: self._host.quarantine.show(self.target))
        if self.app.is_running:
            self.app.call_from_thread(self._took, result)

    def _took(self, result: View | BackendError) -> None:
        if isinstance(result, BackendError):
            self.query_one(".screen-title", Static).update(visible(self.target.path))
            self.query_one(TextView).show([(visible(str(result)), "warn"), (visible(result.hint), "text")])
        else:
            self._view = result
            self._show(result)

    def _show(self, view: View) -> None:
        subject = visible(view.own.subject[:200])
        self.query_one(".screen-title", Static).update(f"{visible(self.target.kind)}  {subject}")
        self.query_one(TextView).show(quarantined_lines(view, raw=self._raw))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "act" or self._may(str(parameters[0]))

    def action_act(self, act: str) -> None:
        self._act(act)

    def action_raw(self) -> None:
        if self._view is not None:
            self._raw = not self._raw
            self._show(self._view)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.target.path)
        self.notify("Path copied")
