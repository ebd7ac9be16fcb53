"""Triplets and all that is said of them, as values; they know no SQL."""

from typing import Literal

import msgspec

State = Literal["waiting", "ready", "never", "passed"]
STATES: tuple[State, ...] = ("waiting", "ready", "never", "passed")
VOID = "void@void"
"""gld's name for the empty sender."""
DAY = 86400


class Key(msgspec.Struct, frozen=True, gc=False):
    """What tells a triplet from all others, as gld has stored it."""

    ip: str
    sender: str
    recipient: str

    def __str__(self) -> str:
        return f"{self.ip} {self.sender} {self.recipient}"


class Triplet(msgspec.Struct, frozen=True, gc=False):
    """One row of gld's table: `first` and `last` in epoch seconds, `n` hits (the first and each that passed)."""

    ip: str
    sender: str
    recipient: str
    first: int
    last: int
    n: int

    @property
    def key(self) -> Key:
        return Key(self.ip, self.sender, self.recipient)

    @property
    def has_passed(self) -> bool:
        """Whether it came back late enough at least once, as far as the table tells."""
        return self.n > 1


class Rules(msgspec.Struct, frozen=True):
    """What makes a state of a triplet's times; both in seconds. `min_time` is gld's MINTIME.

    `never_after`: who has not come back for so long is taken not to.
    """

    min_time: int = 60
    never_after: int = DAY

    def opens(self, triplet: Triplet) -> int | None:
        """When gld lets it in (epoch seconds); None: never, for gld takes a row whose `first` is 0 for none."""
        return triplet.first + self.min_time + 1 if triplet.first else None

    def state(self, triplet: Triplet, now: float) -> State:
        """`waiting`: refused now; `ready`: let in as soon as it comes; `never`: has not come back for long."""
        if triplet.has_passed:
            return "passed"
        if triplet.first > int(now) - self.min_time - 1:
            return "waiting"
        return "never" if triplet.first <= int(now) - self.never_after else "ready"


Field = Literal["", "client", "sender", "recipient", "domain", "state"]


class Word(msgspec.Struct, frozen=True):
    """One condition as it is typed: a text in one field, or in any of client, sender and recipient; or not there."""

    field: Field
    text: str
    excluded: bool = False


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which triplets; of several conditions all must hold. An empty one holds for all.

    `client` is a whole address, or what addresses begin with (`192.0.2.`); sender and recipient are looked for anywhere,
    or `whole`, regardless of case; `domain` is the sender's, whole. `older_than`: first seen at least so many seconds
    ago; `newer_than`: less than that; `day`: on the day that begins then (epoch seconds).
    """

    client: str = ""
    sender: str = ""
    recipient: str = ""
    state: State | None = None
    older_than: float | None = None
    newer_than: float | None = None
    domain: str = ""
    day: int | None = None
    whole: bool = False
    words: tuple[Word, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self == Filter()

    @property
    def by_key(self) -> bool:
        """Whether the table's key finds them, without looking at others."""
        return self == Filter(client=self.client)


class Page(msgspec.Struct, frozen=True):
    """Triplets in the order of their keys; `more`: others follow (before them, when read backwards)."""

    rows: tuple[Triplet, ...]
    more: bool


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Where the greylist is, how it is kept, and gld's settings; `rows` is the engine's estimate.

    `schema`: `debian` (45 characters for an address), `upstream` (16) or `other`. `lacking` are
    the rights that the account has not, of those that gld needs.
    """

    where: str
    server: str
    engine: str
    schema: str
    charset: str
    rows: int
    rules: Rules
    lightgrey: bool
    mxgrey: int
    uses_whitelist: bool
    dnswl: str
    training: bool
    err_accept: bool
    port: int
    lacking: tuple[str, ...] = ()


class Listed(msgspec.Struct, frozen=True):
    """One row of the whitelist, and what is wrong with it (nothing, mostly); `shipped`: it is one of Debian's own."""

    mail: str
    comment: str
    shipped: bool = False
    problem: str = ""


class Step(msgspec.Struct, frozen=True):
    """One of gld's tests in its order; the one that `decides` is the last that gld makes."""

    name: str
    said: str
    decides: bool = False


class Decision(msgspec.Struct, frozen=True):
    """What gld would answer: `action` as Postfix is told, `until` (epoch seconds) a wait would end; None: no wait.

    `forever`: however often the client comes, it is not let in.
    """

    steps: tuple[Step, ...]
    action: str
    passes: bool
    until: int | None = None
    forever: bool = False


class Logged(msgspec.Struct, frozen=True):
    """What the mail log tells from `since` to `until` (epoch seconds): refusals by gld, messages that got in later.

    `delays`: how long these had to wait in seconds: the median, the 90th and 99th percentile, the longest. `hits` counts
    for what gld looked up (in lower case) how often the whitelist had it, or another row that matches the same.
    """

    since: float
    until: float
    greylisted: int
    passed: int
    delays: tuple[float, float, float, float]
    hits: dict[str, int]


class Finding(msgspec.Struct, frozen=True):
    """What the doctor has looked at: `good`, `note` (worth knowing) or `bad`; and what to do."""

    name: str
    state: Literal["good", "note", "bad"]
    said: str
    hint: str = ""
