"""One quarantined message: where it is, and what the headers that amavis put on top of it say. Pure.

Amavis writes its own fields before the message that it received, whose first line is a `Received:` of amavis's. What
stands below that is the sender's: an `X-Amavis-Alert` there says nothing. Source: amavis 2.13, `do_quarantine`.
"""

import re

import msgspec

from backends.mail.headers import text

RECIPIENTS = 1000
RULES = 300
FIELDS = (b"X-Amavis-Alert", b"X-Spam-Score", b"X-Spam-Status", b"X-Envelope-From", b"X-Envelope-To")
LONGEST = 8 << 10
NAMELESS = "virus"
"""What is typed for a virus whose name cannot be read."""

Picked = tuple[bytes, ...]
"""The values of FIELDS and of the subject, as they are written; a seventh says why they cannot be read."""

_FOLDED = rb"([^\n]*(?:\n[ \t][^\n]*)*)"
_SUBJECT = re.compile(rb"\n[Ss][Uu][Bb][Jj][Ee][Cc][Tt][ \t]*:" + _FOLDED)
_OWN = re.compile(rb"\n(" + b"|".join(FIELDS) + rb"):" + _FOLDED)
_ADDRESS = re.compile(r"<([^<>]*)>")
_RULE = re.compile(r"([A-Za-z0-9_]+)=(-?\d+(?:\.\d+)?)")
_TESTS = re.compile(r"tests=\[([^\]]*)\]?")
_CONTAINS = re.compile(r"^(INFECTED|BANNED), message contains (?:virus(?:es)?: ?)?")
_VIRUS = re.compile(r"INFECTED, message contains virus(?:es)?:\s*(.+)", re.DOTALL)


class Target(msgspec.Struct, frozen=True, gc=False):
    """A quarantined message: its path in the folder, inode, modification time (ns since the epoch) and size in bytes.

    Inode and time tell it from another that gets its name later; 0: they are not known.
    """

    path: str
    kind: str
    inode: int = 0
    mtime: int = 0
    size: int = 0

    @property
    def seconds(self) -> float:
        """The modification time, in epoch seconds."""
        return self.mtime / 1e9


class Header(msgspec.Struct, frozen=True, gc=False):
    """What amavis found, and the envelope. All of it is others' text. `trouble`: why it cannot be read."""

    alert: str = ""
    score: float | None = None
    rules: tuple[tuple[str, float], ...] = ()
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    trouble: str = ""

    @property
    def virus(self) -> str:
        """The first virus that was found; empty: none."""
        found = _VIRUS.match(self.alert)
        return found[1].split(",")[0].strip() if found else ""

    @property
    def verdict(self) -> str:
        """The alert in few words, else the rules with the highest scores."""
        if self.alert or not self.rules:
            return _CONTAINS.sub(r"\1: ", self.alert, count=1)
        worst = sorted(self.rules, key=lambda rule: -rule[1])[:4]
        return " ".join(f"{name}={score:g}" for name, score in worst)


def pick(content: bytes) -> Picked:
    """The fields out of the beginning of a message."""
    whole = b"\n" + content
    end = whole.find(b"\nReceived:")
    top = whole if end < 0 else whole[:end]
    own = dict(reversed(_OWN.findall(top)))
    subject = _SUBJECT.search(whole)
    values = (*(own.get(name, b"") for name in FIELDS), subject[1] if subject else b"")
    return tuple(value[:LONGEST].strip() for value in values)


def header(picked: Picked) -> Header:
    """What the fields mean."""
    alert, score, status, sender, recipients, subject = [
        _unfolded(part) if part else "" for part in picked[:6]
    ]
    tests = _TESTS.search(status)
    found = _ADDRESS.findall(recipients) or recipients.split()
    return Header(
        alert=alert,
        score=_number(score),
        rules=tuple((name, float(value)) for name, value in _RULE.findall(tests[1])[:RULES]) if tests else (),
        sender=(_ADDRESS.findall(sender) or [sender])[0],
        recipients=tuple(found[:RECIPIENTS]),
        subject=_decoded(subject),
        trouble=text(picked[6]) if len(picked) > 6 else "",
    )


def unreadable(why: str) -> Picked:
    """In place of the fields of a message that cannot be read."""
    return (*[b""] * 6, why.encode("utf-8", "replace"))


def _unfolded(value: bytes) -> str:
    return " ".join(part.strip() for part in text(value).splitlines()) if b"\n" in value else text(value)


def _number(written: str) -> float | None:
    try:
        return float(written) if len(written) < 20 else None
    except ValueError:
        return None


def _decoded(subject: str) -> str:
    if "=?" not in subject:
        return subject
    from backends.mail.mime import decoded  # noqa: PLC0415 - the email package, for what is encoded alone

    return decoded(subject)
