"""Mboxes made as each dialect writes them, split by what is tested, and Maildirs looked at."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from backends.mailbox.content import Content
from backends.mailbox.split import Dialect, Place, Splitter
from backends.mailbox.window import Window

FROM = b"From ann@example.org Tue Nov 24 10:00:00 2026\n"
HEADER = b"From: ann@example.org\nTo: bob@example.net\nSubject: a letter\n"


def letter(body: bytes = b"text\n", header: bytes = HEADER) -> bytes:
    return header + b"\n" + body


def joined(messages: Sequence[bytes], dialect: Dialect, *, newline: bytes = b"\n") -> bytes:
    """An mbox of messages as a program of that dialect writes it; each ends with a newline."""
    parts = []
    for message in messages:
        head, blank, body = message.partition(b"\n\n")
        if dialect == Dialect.MBOXRD:
            body = re.sub(rb"(?m)^(>*From )", rb">\1", body)
        elif dialect in {Dialect.MBOXO, Dialect.MBOXCL, Dialect.AUTO}:
            body = re.sub(rb"(?m)^From ", b">From ", body)
        if dialect in {Dialect.MBOXCL, Dialect.MBOXCL2}:
            head += b"\nContent-Length: %d" % len(body)
        parts.append(FROM + head + blank + body + b"\n")
    return b"".join(parts).replace(b"\n", newline)


def places(content: bytes, dialect: Dialect = Dialect.AUTO) -> list[Place]:
    """Where the messages are."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        splitter = Splitter(Window(file.fileno(), len(content)), dialect)
        first = splitter.first()
        return [] if first is None else list(splitter.messages(first, len(content)))


def split(content: bytes, dialect: Dialect = Dialect.AUTO) -> list[bytes]:
    """The messages as they are written into a Maildir; what they are known by must fit that."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        window = Window(file.fileno(), len(content))
        splitter, reader = Splitter(window, dialect), Content(window, dialect, 0)
        first = splitter.first()
        found = []
        for place in [] if first is None else splitter.messages(first, len(content)):
            known = reader.known(place)
            whole = b"".join(reader.parts(place))
            assert known.size == len(whole)
            found.append(whole)
        return found


def files(folder: Path) -> dict[str, bytes]:
    """What is in a Maildir's `new` and `cur`, by place and name."""
    return {
        f"{place}/{path.name}": path.read_bytes()
        for place in ("new", "cur")
        for path in sorted((folder / place).iterdir())
    }
