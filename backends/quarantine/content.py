"""One quarantined message as it is shown: bounded, nothing rendered, nothing decoded to disk."""

import hashlib
import quopri
import re
from binascii import Error as BadBase64
from binascii import a2b_base64

import msgspec

from backends.mail import headers
from backends.mail.attachment import Attachment
from backends.mail.mime import Leaf, leaves
from backends.quarantine.message import Found, pick

TEXT_LIMIT = 256 << 10
RAW_LIMIT = 256 << 10
_CHARSET = re.compile(
    r"utf-?8|(?:us-)?ascii|iso-?8859-\d{1,2}|(?:windows|cp)-?\d{3,4}|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc-(?:jp|kr)"
    r"|iso-2022-jp",
    re.IGNORECASE,
)
"""Character sets that are decoded as such; the codecs of Python know others that take hours."""


class View(msgspec.Struct, frozen=True):
    """A message, cut at a number of bytes. All of it is the sender's text: escape it before you show it.

    `own`: what amavis found. `text`: the first part that is text, decoded; `raw`: the body as it was sent.
    `truncated`: there is more than was read; `trouble`: what is wrong with the file.
    """

    path: str
    own: Found
    headers: tuple[tuple[str, str], ...]
    text: str
    raw: str
    attachments: tuple[Attachment, ...]
    truncated: bool
    trouble: str = ""


def view(path: str, content: bytes, *, truncated: bool, trouble: str = "") -> View:
    """The message."""
    found, body = headers.split(content)
    parts = leaves(found, body)
    shown = next((part for part in parts if part.content_type == "text/plain" and not part.attached), None)
    shown = shown or next((part for part in parts if part.content_type.startswith("text/")), None)
    return View(
        path=path,
        own=pick(content[: min(len(content) - len(body), headers.LONGEST)]).read(),
        headers=tuple((name, value[: headers.LONGEST]) for name, value in found),
        text=_text(shown, body) if shown else "",
        raw=headers.text(body[:RAW_LIMIT]),
        attachments=tuple(_attachment(part, body, cut=truncated) for part in parts if part.attached),
        truncated=truncated,
        trouble=trouble,
    )


def _attachment(part: Leaf, body: bytes, *, cut: bool) -> Attachment:
    whole = not (cut and part.start + part.size >= len(body))
    content = _decoded(part, body[part.start : part.start + part.size]) if whole else None
    digest = "" if content is None else hashlib.sha256(content).hexdigest()
    return Attachment(part.name, part.content_type, part.size, digest)


def _text(part: Leaf, body: bytes) -> str:
    written = body[part.start : part.start + min(part.size, TEXT_LIMIT)]
    content = _decoded(part, written)
    content = written if content is None else content
    if part.charset and _CHARSET.fullmatch(part.charset):
        try:
            return content.decode(part.charset, "replace")
        except (LookupError, ValueError):
            return headers.text(content)
    return headers.text(content)


def _decoded(part: Leaf, written: bytes) -> bytes | None:
    """The content of a part; None: its encoding cannot be understood."""
    if part.encoding == "base64":
        try:
            return a2b_base64(written[: len(written) // 4 * 4] if len(written) >= TEXT_LIMIT else written)
        except BadBase64:
            return None
    return quopri.decodestring(written) if part.encoding == "quoted-printable" else written
