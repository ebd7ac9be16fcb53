"""One message as postcat(1) shows it: envelope, headers, body; bounded, nothing rendered."""

import msgspec


class Attachment(msgspec.Struct, frozen=True):
    """A part of the message: its file name (as written by the sender), type and encoded size in bytes."""

    name: str
    content_type: str
    size: int


class MessageView(msgspec.Struct, frozen=True):
    """A queued message, cut at a number of bytes. All of it is the sender's text: escape it before you show it."""

    queue_id: str
    envelope: tuple[tuple[str, str], ...]  # record name and value, as postcat prints them
    headers: tuple[tuple[str, str], ...]  # unfolded, in their order
    body: str
    attachments: tuple[Attachment, ...]
    truncated: bool  # there is more than was read
