"""One scored message: what was decided and why, its rules, its log lines; its quarantined copy and learning are a key away."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.errors import BackendError
from backends.host import Host
from backends.scores.told import Found, Reading
from backends.text import visible
from mailtui.scores_text import found_lines, score_text, target_of
from mailtui.widgets.text_view import TextView
from mailtui.work import outcome


class ScoredScreen(Screen[None]):
    """Reads what is known of the message, and shows it. `learn` has it learnt; None: nothing may be changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="scored.back"),
        Binding("o", "copy_of", "Quarantined copy", id="scored.open"),
        Binding("L", "learn", "Learn", id="scored.learn"),
        Binding("y", "copy", "Copy the mail ID", id="scored.copy"),
    ]

    def __init__(self, host: Host, reading: Reading, row: int, learn: Callable[[], object] | None) -> None:
        super().__init__()
        self._host, self._reading, self._row, self._learn = host, reading, row, learn
        self._found: Found | None = None

    def compose(self) -> ComposeResult:
        yield Static("reading", classes="screen-title", markup=False)
        yield TextView(id="scored-text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(TextView).focus()
        self.run_worker(self._read, thread=True)

    def _read(self) -> None:
        result = outcome(lambda: self._host.scores.show(self._reading, self._row))
        if self.app.is_running:
            self.app.call_from_thread(self._took, result)

    def _took(self, result: Found | BackendError) -> None:
        title, text = self.query_one(".screen-title", Static), self.query_one(TextView)
        if isinstance(result, BackendError):
            title.update("This message cannot be shown")
            text.show([(visible(str(result)), "warn"), (visible(result.hint), "text")])
            return
        self._found = result
        subject = visible((result.subject or result.message.sender)[:200])
        title.update(f"{score_text(result.message.score)}  {subject}")
        text.show(found_lines(result))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "copy_of":
            return self._found is not None and target_of(self._found.message) is not None
        return self._learn is not None if action == "learn" else True

    def action_copy_of(self) -> None:
        from mailtui.screens.quarantined import QuarantinedScreen  # noqa: PLC0415 - when asked for

        if self._found and (target := target_of(self._found.message)):
            self.app.push_screen(QuarantinedScreen(self._host, target))

    def action_learn(self) -> None:
        if self._learn is not None:
            self._learn()

    def action_copy(self) -> None:
        if self._found:
            self.app.copy_to_clipboard(self._found.message.mail_id)
            self.notify("Mail ID copied")
