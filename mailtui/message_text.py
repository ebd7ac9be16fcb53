"""One queued message as lines of text, for the console and for the command line."""

from backends.queue.content.view import MessageView
from backends.queue.message import Message
from backends.text import size_text, time_text, visible

RECIPIENTS = 20
Line = tuple[str, str]
"""A text, and its kind: head, text, dim or warn."""


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
    lines += [(visible(line), "text") for line in view.body.expandtabs().replace("\r\n", "\n").split("\n")]
    if view.truncated:
        lines.append(("(there is more; this is where reading stopped)", "dim"))
    lines += [("", "text"), ("Envelope", "head")]
    lines += [(f"{visible(name)}: {visible(value)}", "text") for name, value in view.envelope]
    return lines
