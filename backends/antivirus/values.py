"""What is told of the virus scanner, as plain values. Times are epoch seconds, spans seconds, sizes bytes."""

from typing import Literal

import msgspec

Verdict = Literal["clean", "infected", "unscanned"]
Outcome = Literal["updated", "current", "failed", "running"]


class Stats(msgspec.Struct, frozen=True):
    """How busy clamd is, of all its pools: threads, waiting jobs, bytes of memory that its engines take."""

    live: int
    idle: int
    most: int
    queue: int
    pools_used: int | None = None


class Loaded(msgspec.Struct, frozen=True):
    """The last loading of signatures that clamd's log tells of."""

    when: float
    signatures: int


class Daemon(msgspec.Struct, frozen=True):
    """clamd as it was just now.

    `answers`: somebody speaks as clamd does; `error` and `hint` are for when nobody does. `withheld` are the commands
    that its configuration does not answer (`COMMAND UNAVAILABLE`), so what they would tell is not known. `daily` and
    `built` are version and build time of the official signatures in memory; 0: there are none, or it is not told.
    """

    where: str
    answers: bool
    error: str = ""
    hint: str = ""
    seconds: float = 0.0
    release: str = ""
    daily: int = 0
    built: float = 0.0
    withheld: tuple[str, ...] = ()
    stats: Stats | None = None
    pid: int | None = None
    memory: int | None = None
    started: float | None = None
    loaded: Loaded | None = None


class Database(msgspec.Struct, frozen=True):
    """One file of signatures on disk.

    `kind`: official, bytecode, unsigned (a container that ClamAV has not signed) or third-party; `signatures` as its
    header says, of a text file its lines; `changed` is when this file came here. `loaded`: whether clamd has it in
    memory as it is on disk; None: that cannot be known. `source`: who brings it. `trouble`: why it cannot be read.
    """

    name: str
    kind: str
    size: int
    changed: float
    version: int | None = None
    signatures: int | None = None
    built: float | None = None
    loaded: bool | None = None
    source: str = ""
    trouble: str = ""


class Run(msgspec.Struct, frozen=True):
    """One run of freshclam: when, what came of it, which files it brought, and what it complained of first."""

    started: float
    ended: float | None
    outcome: Outcome
    updated: tuple[str, ...] = ()
    complaint: str = ""


class Freshclam(msgspec.Struct, frozen=True):
    """What fetches signatures. `state`: daemon, timer, cron, stopped, or absent; runs are the latest first."""

    state: str
    pid: int | None = None
    checks: int = 0
    next_run: float | None = None
    runs: tuple[Run, ...] = ()
    urls: tuple[str, ...] = ()
    log: str = ""
    trouble: str = ""


class Finding(msgspec.Struct, frozen=True):
    """Something looked at: `good`, `note` (worth knowing), `watch` (will want a human) or `bad`, and what to do about it."""

    name: str
    state: str
    said: str
    hint: str = ""


class Status(msgspec.Struct, frozen=True):
    """All of it, and what is wrong with it."""

    taken: float
    daemon: Daemon
    databases: tuple[Database, ...]
    freshclam: Freshclam
    findings: tuple[Finding, ...]


class Updated(msgspec.Struct, frozen=True):
    """What came of fetching signatures. `by`: the daemon that was asked, or the program that was run.

    `reloaded`: whether clamd was seen to have loaded them; None: that cannot be seen, or there was nothing new.
    """

    by: str
    outcome: Outcome
    updated: tuple[str, ...] = ()
    complaint: str = ""
    reloaded: bool | None = None
    reload: str = ""


class Scanned(msgspec.Struct, frozen=True):
    """What clamd says of one thing: the signature that it has, or why it was not looked at whole."""

    name: str
    verdict: Verdict
    signature: str = ""
    why: str = ""
    size: int = 0
    seconds: float = 0.0


class Signature(msgspec.Struct, frozen=True):
    """A signature that was met in mail: in how many messages, the last time, and the file that it is in, if known."""

    name: str
    count: int
    first: float
    last: float
    file: str = ""


class Caught(msgspec.Struct, frozen=True):
    """What the signatures have caught, by the mail log from its first line (`since`) on; `whole`: nothing was left out."""

    since: float
    until: float
    messages: int
    signatures: tuple[Signature, ...]
    whole: bool = True
