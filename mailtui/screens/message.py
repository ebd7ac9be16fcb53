"""One message: envelope, headers, attachments and body, as text that can do nothing."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.errors import BackendError
from backends.host import Host
from backends.queue.content.view import MessageView
from backends.queue.message import Message
from backends.text import visible
from mailtui.message_text import Line, message_lines, waiting_lines
from mailtui.widgets.text_view import TextView
from mailtui.work import outcome


class MessageScreen(Screen[None]):
    """Reads the message with postcat and shows it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="message.back"),
        Binding("y", "copy", "Copy the queue ID", id="message.copy"),
    ]

    def __init__(self, host: Host, message: Message) -> None:
        super().__init__()
        self._host, self._message, self._queue_id = host, message, message.queue_id

    def compose(self) -> ComposeResult:
        yield Static(f"{self._queue_id}  reading", id="message-title", markup=False)
        yield TextView(id="message-text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(TextView).focus()
        self.run_worker(self._read, thread=True)

    def _read(self) -> None:
        result = outcome(lambda: self._host.queue.show(self._queue_id))
        if self.app.is_running:
            self.app.call_from_thread(self._show, result)

    def _show(self, result: MessageView | BackendError) -> None:
        title = self.query_one("#message-title", Static)
        lines: list[Line]
        if isinstance(result, BackendError):
            title.update(self._queue_id)
            lines = [(visible(str(result)), "warn"), (visible(result.hint), "text")]
        else:
            subject = next((value for name, value in result.headers if name.lower() == "subject"), "")
            title.update(f"{self._queue_id}  {visible(subject[:200])}")
            lines = message_lines(result)
        lines = [*waiting_lines(self._message), *lines]
        self.query_one(TextView).show(lines)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._queue_id)
        self.notify("Queue ID copied")
