"""The messages that are sent: a clean one, spam, a virus. The last two are the harmless ones that all filters know."""

import secrets
import time
from email.utils import formatdate
from typing import NamedTuple

from backends.apply.verify.folder import File

WHAT = "Comments: sent by mailtui to see that mail arrives as it must; mailtui takes it away again, and so may you"

# In pieces, so that no scanner takes this file for what it tests scanners with.
GTUBE = ("XJS*C4JDBQADN1.NSBN3*2IDNEN*", "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X")
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
CLEAN = ("This message was sent by mailtui to see that mail arrives.",)


class Letter(NamedTuple):
    """A message of ours, and the Message-ID that no other has, with a mark in it."""

    mark: str
    message_id: str
    content: bytes

    def is_it(self, content: bytes) -> bool:
        """Whether this is the message, as it was delivered or quarantined."""
        return header(content, "Message-ID") == self.message_id

    def is_told_of(self, content: bytes) -> bool:
        """Whether this is amavis's or Postfix's notice of it to the postmaster."""
        amavis = header(content, "Message-ID").startswith("<VA")
        postfix = header(content, "Subject").startswith("Postfix SMTP server: errors from ")
        return (amavis or postfix) and self.mark.encode() in content


def letter(address: str, subject: str, text: tuple[str, ...], now: float | None = None) -> Letter:
    """A message from an address to the same; `now` in epoch seconds."""
    domain = address.rpartition("@")[2]
    mark = f"mailtui-verify.{secrets.token_hex(16)}"
    message_id = f"<{mark}@{domain}>"
    lines = (
        f"From: <{address}>",
        f"To: <{address}>",
        f"Subject: mailtui verification: {subject}",
        f"Date: {formatdate(time.time() if now is None else now)}",
        f"Message-ID: {message_id}",
        "Auto-Submitted: auto-generated",
        WHAT,
        "",
        "".join(text),
    )
    return Letter(mark, message_id, "".join(f"{line}\r\n" for line in lines).encode())


def header(content: bytes, name: str) -> str:
    """The first header field of a name, its lines joined; empty: there is none. A From_ line before it is passed over."""
    wanted, found = f"{name.lower()}:".encode(), b""
    for line in content.splitlines():
        if not line:
            break
        if found:
            if line[:1] not in b" \t":
                break
            found += b" " + line.strip()
        elif line.lower().startswith(wanted):
            found = line[len(wanted) :].strip() or b" "
    return found.strip().decode("utf-8", "replace")


def tagged(file: File, tag: str) -> bool:
    """Whether a delivered message is marked as spam."""
    return (
        header(file.content, "Subject").startswith(tag)
        and header(file.content, "X-Spam-Flag").upper() == "YES"
    )
