"""What is told of a file in a message."""

import msgspec


class Attachment(msgspec.Struct, frozen=True):
    """A part of a message: its file name (as written by the sender), type and encoded size in bytes.

    `sha256` is that of the decoded content, in hexadecimal, where it was asked for and could be told.
    """

    name: str
    content_type: str
    size: int
    sha256: str = ""
