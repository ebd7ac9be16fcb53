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
from backends.text import size_text, time_text, visible
from mailtui.widgets.text_view import Line, TextView
from mailtui.work import outcome

RECIPIENTS = 20


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


def waiting_lines(message: Message) -> list[Line]:
    """Since when the message waits, in which queue, for whom and why, as last listed."""
    lines: list[Line] = [
        (f"In the queue {visible(message.queue_name)} since {time_text(message.arrival_time)}", "head"),
        (f"From {visible(message.sender)}", "text"),
    ]
    for recipient in message.recipients[:RECIPIENTS]:
        lines.append((f"To {visible(recipient.address)}", "text"))
        if recipient.delay_reason:
            lines.append((f"   {visible(recipient.delay_reason)}", "warn"))
    if len(message.recipients) > RECIPIENTS:
        lines.append((f"and {len(message.recipients) - RECIPIENTS:,} more recipients", "dim"))
    return [*lines, ("", "text")]


def message_lines(view: MessageView) -> list[Line]:
    """The message as lines, its control characters visible."""
    lines: list[Line] = [("Headers", "head")]
    lines += [(f"{visible(name)}: {visible(value)}", "text") for name, value in view.headers]
    if view.attachments:
        lines += [("", "text"), (f"Attachments ({len(view.attachments)})", "head")]
        lines += [
            (
                f"{visible(one.name) or '(no name)'}  {visible(one.content_type)}  {size_text(one.size)}",
                "text",
            )
            for one in view.attachments
        ]
    lines += [("", "text"), ("Body", "head")]
    lines += [(visible(line), "text") for line in view.body.split("\n")]
    if view.truncated:
        lines.append(("(there is more; this is where reading stopped)", "dim"))
    lines += [("", "text"), ("Envelope", "head")]
    lines += [(f"{visible(name)}: {visible(value)}", "text") for name, value in view.envelope]
    return lines
