"""One quarantined message: where it is, and what the headers that amavis put on top of it say. Pure.

Amavis writes its own fields before the message that it received, whose first line is a `Received:` of amavis's. What
stands below that is the sender's: an `X-Amavis-Alert` there says nothing. Source: amavis 2.13, `do_quarantine`.
"""

import re

import msgspec

from backends.mail.headers import text

RECIPIENTS = 1000
RULES = 300
LONGEST = 8 << 10
NAMELESS = "virus"
"""What is typed for a virus whose name cannot be read."""

LEAST_TIME, MOST_TIME = -(1 << 63), (1 << 63) - 1
"""Of the modification times that are told, in ns: the years 1677 to 2262; a file system may tell others."""

_FOLDED = rb"([^\n]*(?:\n[ \t][^\n]*)*)"
_SUBJECT = re.compile(rb"\n[Ss][Uu][Bb][Jj][Ee][Cc][Tt][ \t]*:" + _FOLDED)
_OWN = re.compile(rb"\n(X-(?:Amavis-Alert|Spam-(?:Score|Status)|Envelope-(?:From|To))):" + _FOLDED)
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


def told_time(mtime: int) -> int:
    """A modification time (ns since the epoch), the nearest that is told."""
    return min(max(mtime, LEAST_TIME), MOST_TIME)


class Found(msgspec.Struct, frozen=True, gc=False):
    """What amavis found, and the envelope. All of it is others' text. `trouble`: why it cannot be read."""

    alert: str = ""
    score: float | None = None
    rules: tuple[tuple[str, float], ...] = ()
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    trouble: str = ""


class Header(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """The same as it is written in the file; what it means is worked out when it is asked for, and of most it never is.

    The first six are the values of amavis's fields and of the subject, folded, cut at LONGEST.
    """

    found: bytes = b""
    points: bytes = b""
    status: bytes = b""
    envelope_from: bytes = b""
    envelope_to: bytes = b""
    topic: bytes = b""
    trouble: str = ""

    @property
    def alert(self) -> str:
        return _unfolded(self.found)

    @property
    def score(self) -> float | None:
        try:
            return float(self.points) if 0 < len(self.points) < 20 else None
        except ValueError:
            return None

    @property
    def rules(self) -> tuple[tuple[str, float], ...]:
        tests = _TESTS.search(_unfolded(self.status))
        return tuple((name, float(value)) for name, value in _RULE.findall(tests[1])[:RULES]) if tests else ()

    @property
    def sender(self) -> str:
        sender = _unfolded(self.envelope_from)
        return str((_ADDRESS.findall(sender) or [sender])[0])

    @property
    def recipients(self) -> tuple[str, ...]:
        recipients = _unfolded(self.envelope_to)
        return tuple((_ADDRESS.findall(recipients) or recipients.split())[:RECIPIENTS])

    @property
    def subject(self) -> str:
        return _decoded(_unfolded(self.topic))

    @property
    def virus(self) -> str:
        """The first virus that was found; empty: none."""
        found = _VIRUS.match(self.alert)
        return found[1].split(",")[0].strip() if found else ""

    @property
    def verdict(self) -> str:
        """The alert in few words, else the rules with the highest scores."""
        alert, rules = self.alert, self.rules
        if alert or not rules:
            return _CONTAINS.sub(r"\1: ", alert, count=1)
        worst = sorted(rules, key=lambda rule: -rule[1])[:4]
        return " ".join(f"{name}={score:g}" for name, score in worst)

    def read(self) -> Found:
        """All that it means."""
        return Found(*(getattr(self, name) for name in Found.__struct_fields__))


def pick(content: bytes) -> Header:
    """The fields out of the beginning of a message."""
    whole = b"\n" + content
    end = whole.find(b"\nReceived:")
    found = _OWN.findall(whole, 0, len(whole) if end < 0 else end + 1)
    found.reverse()  # of several the first one counts
    own = dict(found).get
    subject = _SUBJECT.search(whole)
    header = Header(
        own(b"X-Amavis-Alert", b""),
        own(b"X-Spam-Score", b""),
        own(b"X-Spam-Status", b""),
        own(b"X-Envelope-From", b""),
        own(b"X-Envelope-To", b""),
        subject[1] if subject else b"",
    )
    if len(content) > LONGEST:
        whole_ones = msgspec.structs.asdict(header)
        return Header(**{name: value[:LONGEST] for name, value in whole_ones.items()})
    return header


def _unfolded(value: bytes) -> str:
    value = value.strip()
    if b"\n" not in value:
        return text(value)
    return " ".join(part.strip() for part in text(value).splitlines())


def _decoded(subject: str) -> str:
    if "=?" not in subject:
        return subject
    from backends.mail.mime import decoded  # noqa: PLC0415 - the email package, for what is encoded alone

    return decoded(subject)
