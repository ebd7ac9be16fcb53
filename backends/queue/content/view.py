"""One message as postcat(1) shows it: envelope, headers, body; bounded, nothing rendered."""

import msgspec

from backends.mail.attachment import Attachment


class MessageView(msgspec.Struct, frozen=True):
    """A queued message, cut at a number of bytes. All of it is the sender's text: escape it before you show it."""

    queue_id: str
    envelope: tuple[tuple[str, str], ...]  # record name and value, as postcat prints them
    headers: tuple[tuple[str, str], ...]  # unfolded, in their order
    body: str
    attachments: tuple[Attachment, ...]
    truncated: bool  # there is more than was read
