"""What crosses the interface Scores: plain values. All texts in them are others', as they were written."""

from threading import Event
from typing import Protocol

import msgspec

from backends.maillog.verdict import taken_for
from backends.scores.store import Store


class Trouble(msgspec.Struct, frozen=True):
    """Something that could not be read: what is missing, and what to do."""

    what: str
    hint: str


class Reading(msgspec.Struct, frozen=True):
    """What is known at one moment (epoch seconds). `done`: the share of the logs that has been read, 1 at the end."""

    store: Store
    taken: float
    done: float = 1.0
    troubles: tuple[Trouble, ...] = ()


class Scored(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What amavis wrote in the log of one message; empty or None: it did not say.

    `time` in epoch seconds, `size` in bytes, `took` in ms. `category` is one of CATEGORIES, `said` what stands behind
    it: the names of viruses or banned parts, the number of a bad header. `score` is the higher of `min..max`, `low`
    the lower; `actions` what stands in braces.
    """

    time: float
    blocked: bool = False
    category: str = "OTHER"
    said: str = ""
    actions: tuple[str, ...] = ()
    direction: str = ""
    client: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    quarantine: str = ""
    queue_id: str = ""
    message_id: str = ""
    mail_id: str = ""
    low: float | None = None
    score: float | None = None
    size: int | None = None
    queued_as: str = ""
    took: int | None = None
    am_id: str = ""

    @property
    def is_spam(self) -> bool:
        """Whether amavis took it for spam."""
        return taken_for(self.category) == "spam"


class Ruled(msgspec.Struct, frozen=True, gc=False):
    """A message whose rules are known: each with the score it gave. `place`: the file, in its folder.

    `mail_id` is amavis's own, `queue_id` that of the Postfix which delivered it; empty: the file does not say.
    """

    time: float
    spam: bool
    score: float | None
    rules: tuple[tuple[str, float], ...]
    mail_id: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    source: str = "quarantine"
    place: str = ""
    queue_id: str = ""


class Rules(msgspec.Struct, frozen=True):
    """Messages whose rules could be read, each once and the latest first, and what could not."""

    messages: tuple[Ruled, ...] = ()
    troubles: tuple[Trouble, ...] = ()


class Copy(msgspec.Struct, frozen=True):
    """What is said on top of a quarantined copy: each rule with the score it gave, and the subject."""

    rules: tuple[tuple[str, float], ...] = ()
    subject: str = ""


class Copies(Protocol):
    """The quarantine, as far as scores are concerned. Either method may raise a BackendError."""

    def rules(self, stop: Event | None = None) -> list[Ruled]:
        """The rules of the latest quarantined messages."""

    def copy(self, path: str) -> Copy | None:
        """What is said on top of one message, by its path in the quarantine; None: it cannot be read."""


class Thresholds(msgspec.Struct, frozen=True):
    """The levels in force, of a policy bank or of all other mail (`bank` is empty); None: switched off.

    `understood` is false where amavis's configuration sets one by more than a plain number: it may be another then.
    `destiny`: what becomes of mail that reaches the kill level (pass, discard, reject, bounce); empty: it is not plain.
    """

    bank: str = ""
    tag: float | None = 2.0
    tag2: float | None = 6.31
    kill: float | None = 6.31
    understood: bool = True
    destiny: str = ""


class Found(msgspec.Struct, frozen=True):
    """All that is known of one message: what the log says, its lines, its rules, its copy in the quarantine.

    `rules` are of the quarantined copy or of the delivered message, as `source` says (quarantine, mailbox or empty);
    `subject` comes with them; `copy` is the path in amavis's quarantine.
    """

    message: Scored
    lines: tuple[str, ...] = ()
    rules: tuple[tuple[str, float], ...] = ()
    subject: str = ""
    source: str = ""
    copy: str = ""
