"""Reading what `postcat -q` prints: bytes in, a `MessageView` out. Pure; runs nothing.

postcat(1) prints lines of its own between those of the message:

    *** ENVELOPE RECORDS deferred/A/A001A9031DB ***
    sender: ann@example.org
    *** MESSAGE CONTENTS deferred/A/A001A9031DB ***
    (header, empty line, body)
    *** HEADER EXTRACTED deferred/A/A001A9031DB ***
    *** MESSAGE FILE END deferred/A/A001A9031DB ***

A message may hold such lines as well. So its contents begin at the first of its kind and end at the last.
"""

import re
from collections.abc import Iterable

from backends.errors import ParseFailed
from backends.mail.headers import split, text
from backends.queue.content.view import MessageView

ENVELOPE_LIMIT = 256 << 10

_FIRST = re.compile(rb"\*\*\* ENVELOPE RECORDS ([^\n]{1,1000}) \*\*\*\n")
_CONTENTS = b"\n*** MESSAGE CONTENTS "


def bounded(chunks: Iterable[bytes], limit: int) -> tuple[bytes, bool]:
    """The output so far as it is worth showing, and whether there is more.

    Of the envelope, which names each recipient, 256 KiB are kept, of all behind it `limit` bytes; reading ends
    there.
    """
    envelope, more = bytearray(), False
    contents: bytearray | None = None
    for chunk in chunks:
        if contents is None:
            start = max(0, len(envelope) - len(_CONTENTS))
            envelope += chunk
            if (at := envelope.find(_CONTENTS, start)) >= 0:
                contents = envelope[at:]
                del envelope[at:]
            if len(envelope) > 2 * ENVELOPE_LIMIT:
                more = True
                del envelope[ENVELOPE_LIMIT : -len(_CONTENTS)]
        else:
            contents += chunk
        if contents is not None and len(contents) > limit:
            return _cut(envelope, ENVELOPE_LIMIT) + bytes(contents[:limit]), True
    more |= len(envelope) > ENVELOPE_LIMIT
    return _cut(envelope, ENVELOPE_LIMIT) + bytes(contents or b""), more


def parse(queue_id: str, output: bytes, *, truncated: bool = False) -> MessageView:
    """The message.

    Text is UTF-8 where it can be read as such, otherwise Latin-1, header by header and line by line, so that no
    byte is lost. The records that cleanup(8) took from the header are listed with the envelope.

    :raises ParseFailed: this is not what postcat prints.
    """
    first = _FIRST.match(output)
    if first is None:
        raise ParseFailed(
            "What postcat printed is not a message", hint=f"see what it says: postcat -q {queue_id}"
        )
    head, _, rest = output[first.end() - 1 :].partition(_CONTENTS + first[1] + b" ***\n")
    contents, extracted = _contents(rest, first[1])
    headers, body = split(contents)
    from backends.mail.mime import attachments  # noqa: PLC0415 - the email package, for this alone

    return MessageView(
        queue_id=queue_id,
        envelope=tuple(_records(head) + _records(extracted)),
        headers=headers,
        body=text(body),
        attachments=attachments(headers, body),
        truncated=truncated,
    )


def _cut(envelope: bytearray, limit: int) -> bytes:
    """At most so many bytes, in whole lines."""
    return bytes(envelope if len(envelope) <= limit else envelope[: envelope.rfind(b"\n", 0, limit)])


def _contents(rest: bytes, path: bytes) -> tuple[bytes, bytes]:
    """The message itself, and the records after it; all is the message when its end was not read."""
    ending = b"*** MESSAGE FILE END " + path + b" ***\n"
    if not rest.endswith(ending):
        return rest, b""
    rest = rest.removesuffix(ending)
    contents, found, extracted = rest.rpartition(b"*** HEADER EXTRACTED " + path + b" ***\n")
    return (contents, extracted) if found else (rest, b"")


def _records(block: bytes) -> list[tuple[str, str]]:
    """`name: value` lines; a line of another kind has no name."""
    found = []
    for line in block.split(b"\n"):
        name, colon, value = text(line).partition(": ")
        if line.strip():
            found.append((name, value.strip()) if colon else ("", name))
    return found
