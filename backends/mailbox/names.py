"""The names of a Maildir: of its files, with the message's key, size and flags, and of its folders (Maildir++)."""

import re
from typing import NamedTuple

from backends.errors import BadRequest
from backends.mailbox.content import SEEN
from backends.text import visible

_NAME = re.compile(r"\d{1,12}\.([0-9a-f]{16})\.mbox,S=(\d{1,18})(?::2,[A-Za-z]*)?\Z", re.ASCII)
_PRINTABLE = re.compile(r"[ -~]+")
LONGEST = 200


class Ours(NamedTuple):
    """What the name of an imported message tells."""

    key: int
    size: int


def file_name(when: int, key: int, size: int) -> str:
    """The name of a message without flags; Dovecot shows it as the message's GUID."""
    return f"{when}.{key:016x}.mbox,S={size}"


def placed(name: str, flags: str) -> tuple[str, str]:
    """In which of `new` and `cur` it goes, and its name there."""
    return ("cur", f"{name}:2,{flags.replace(SEEN, '')}") if flags else ("new", name)


def ours(name: str) -> Ours | None:
    """What a name tells; None: it is not one that was given here."""
    found = _NAME.match(name)
    return Ours(int(found[1], 16), int(found[2])) if found else None


def folder_steps(name: str) -> tuple[str, ...]:
    """The steps of a folder's name as a mail reader shows it, `Archive/2005` or `Archive.2005`; none for the inbox.

    :raises BadRequest: there can be no such folder.
    """
    steps = tuple(re.split(r"[/.]", name))
    if name.upper() == "INBOX" or not name:
        return ()
    if steps[0].upper() == "INBOX":
        steps = steps[1:]
    for step in steps:
        if not step or step != step.strip() or not step.isprintable() or step.startswith("~"):
            raise BadRequest(
                f"{visible(name)!r} is not the name of a folder", hint="for example Archive, or Archive/2005"
            )
    if len(directory(steps)) > LONGEST:
        raise BadRequest(f"The folder name {visible(name)[:60]!r} is too long", hint="choose a shorter one")
    return steps


def directory(steps: tuple[str, ...]) -> str:
    """The directory of a folder below the Maildir: `.Archive.2005`; `.` for the inbox."""
    return "".join(f".{encoded(step)}" for step in steps) or "."


def encoded(text: str) -> str:
    """The modified UTF-7 of IMAP (RFC 3501 5.1.3)."""
    parts, at = [], 0
    while at < len(text):
        if plain := _PRINTABLE.match(text, at):
            parts.append(plain[0].replace("&", "&-"))
            at = plain.end()
            continue
        start = at
        while at < len(text) and not " " <= text[at] <= "~":
            at += 1
        parts.append(f"&{_base64(text[start:at])}-")
    return "".join(parts)


def _base64(text: str) -> str:
    from base64 import b64encode  # noqa: PLC0415 - few folders need it

    return b64encode(text.encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",")


def subscribed(content: bytes, steps: tuple[str, ...]) -> bytes | None:
    """Dovecot's file `subscriptions` with a folder more; None: it is there already.

    The second version of the format, which Dovecot has written since 2.2, parts the steps by tabs, the first by dots.
    """
    names = [encoded(step) for step in steps]
    if content and not content.startswith(b"V\t2\n"):
        line, old = ".".join(names).encode(), content if content.endswith(b"\n") else content + b"\n"
    else:
        line, old = "\t".join(names).encode(), content or b"V\t2\n\n"
    if line in old.split(b"\n"):
        return None
    return (old if old.endswith(b"\n") else old + b"\n") + line + b"\n"
