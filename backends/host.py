"""One machine's adapters behind one interface. `LocalHost` is this machine; the demo host simulates another.

All that crosses it is a plain value, so that a host at the other end of a pipe can stand behind it as well.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Protocol

import msgspec

from backends.apply import told
from backends.apply.told import Applied, Check, Drift, Moment, Take
from backends.journal import Journal
from backends.outcome import Outcome
from backends.queue.content.view import MessageView
from backends.queue.message import Message
from backends.queue.plan import Plan, Rights, Target, Trashed

if TYPE_CHECKING:
    from backends.antivirus import values as antivirus
    from backends.greylist import plan as grey
    from backends.greylist import stats_values, values
    from backends.learning import As
    from backends.maps import values as maps
    from backends.maps.reading import Entry
    from backends.quarantine import plan as quarantine
    from backends.quarantine.apart import Apart
    from backends.quarantine.content import View
    from backends.quarantine.listing import Listing
    from backends.quarantine.message import Header as Found
    from backends.quarantine.message import Target as Quarantined
    from backends.queue.listing.snapshot import QueueSnapshot
    from backends.reference.explain import Row
    from backends.scores import bayes
    from backends.scores import told as scores
    from backends.site.file import Setting


class ServiceState(msgspec.Struct, frozen=True):
    """One service of the stack: `running`, `stopped`, `absent` (not installed), or `unknown` (hidden from this user)."""

    name: str
    state: str


class Queue(Protocol):
    """The mail queue. Every method may block, and may raise a BackendError."""

    def rights(self) -> Rights:
        """What this user may do here; asks sudo once and remembers."""

    def read(
        self, progress: Callable[[int], None] | None = None, stop: Event | None = None
    ) -> "QueueSnapshot":
        """The whole queue; `progress` is told the number of messages read so far; `stop` ends it early.

        :raises Refused: it was stopped.
        """

    def messages(self) -> Generator[Message, None, None]:
        """The queue as a stream, for the command line; nothing is kept.

        :raises ParseFailed: at the end, when lines could not be read.
        """

    def next_retry(self, queue_id: str, queue_name: str) -> float | None:
        """When Postfix tries a deferred message again (epoch seconds); None where that cannot be known."""

    def retry_times(self) -> dict[str, float]:
        """The next retry of every deferred message (epoch seconds); empty where that cannot be known."""

    def show(self, queue_id: str, limit: int = 1 << 20) -> MessageView:
        """One message, at most `limit` bytes of it."""

    def raw(self, queue_id: str) -> Iterator[bytes]:
        """One message as it would be delivered, in chunks.

        :raises NotPermitted: this user may not read it.
        """

    def plan(self, action: str, targets: list[Target]) -> Plan:
        """What the action would do. Changes nothing.

        :raises NotPermitted: this user may not.
        :raises BadRequest: a target is not a queue ID.
        """

    def carry_out(self, plan: Plan) -> Outcome:
        """Do what was planned. Messages that are not the planned ones any more are left out and reported."""

    def flush(self, queue_id: str = "", *, site: str = "") -> Outcome:
        """Try delivery now: of one message, of one site, or of all; of a site (a domain in `fast_flush_domains`)."""

    def trash(self) -> list[Trashed]:
        """Deletions that can be undone, latest first."""

    def undo(self, number: int | None = None) -> Outcome:
        """Bring a deletion back, on hold; the latest, or the one of that number."""

    def empty_trash(self, older_than: float) -> int:
        """Let go of deletions older than so many seconds; gives the number of messages."""


class Config(Protocol):
    """The machine beside the reference configuration. Every method may block, and may raise a BackendError."""

    def drift(
        self,
        settings: "Mapping[str, Setting] | None" = None,
        take: Take = Take.NEITHER,
        site: bytes | None = None,
    ) -> Drift:
        """Compare the machine with the reference, with these settings and this site file. Changes nothing.

        :raises BadRequest: the site's settings do not do.
        """

    def apply(
        self,
        take: Take,
        tell: Callable[[told.Event], None],
        *,
        settings: "Mapping[str, Setting] | None" = None,
        site: bytes | None = None,
        keep: bool = False,
        confirm_within: float | None = None,
    ) -> Applied:
        """Bring the machine to the reference, and verify it; `tell` is told each step.

        `settings` go into the site file, `site` takes its place. `keep` leaves what does not pass verification; `confirm_within` seconds later
        all files are brought back, unless `confirm` was called.

        :raises Refused: another apply runs, a change waits to be confirmed, or files were changed both here and in the
            reference and `take` does not say which side wins.
        :raises BackendError: it failed; files are as they were.
        """

    def verify(self, each: Callable[[Check], None]) -> list[Check]:
        """Look whether the machine does what the reference promises, by real mail; `each` is told each check."""

    def broken_off(self) -> bool:
        """Whether an apply was broken off, or not confirmed in time; the next one finishes or undoes it."""

    def confirm(self) -> int | None:
        """What was applied last stays; gives its checkpoint, None where nothing waits to be confirmed."""

    def revert_unconfirmed(self, number: int, tell: Callable[[told.Event], None]) -> bool:
        """Take the change after that checkpoint back, unless it was confirmed; gives whether it was taken back."""

    def history(self) -> list[Moment]:
        """The checkpoints, the latest first."""

    def rollback_diff(self, number: int) -> list[str]:
        """What bringing all files back to a checkpoint would change, as the lines of a diff.

        :raises Missing: there is no such checkpoint.
        """

    def rollback(self, number: int, tell: Callable[[told.Event], None]) -> Applied:
        """Bring all files back to how they were at a checkpoint, and the services with them.

        :raises Missing: there is no such checkpoint.
        """

    def explain(self) -> "list[Row]":
        """What differs from the page that the reference was made of, and why."""


class Greylist(Protocol):
    """gld's greylist. Every method may block, and may raise a BackendError; each may be called in any thread.

    Where a method is given `progress`, it is told the share done, 0 to 1; `stop` ends it early with Refused.
    """

    def about(self) -> "values.About":
        """Where it is and how gld is set up, with the engine's estimate of the number of triplets: at once."""

    def page(
        self,
        wanted: "values.Filter",
        after: "values.Key | None" = None,
        *,
        limit: int = 100,
        backwards: bool = False,
        never_after: int = 86400,
        progress: Callable[[float], None] | None = None,
        stop: Event | None = None,
    ) -> "values.Page":
        """The triplets that follow a key (`backwards`: stand before it) in the order of the key.

        Of all triplets, and of one client's, at once; others are looked for. `never_after` seconds after its first
        visit a client that has not come back is taken not to.
        """

    def count(
        self,
        wanted: "values.Filter",
        *,
        never_after: int = 86400,
        progress: Callable[[float], None] | None = None,
        stop: Event | None = None,
    ) -> int:
        """How many triplets there are, exactly."""

    def stats(
        self,
        each: "Callable[[stats_values.Part], None]",
        parts: "Sequence[stats_values.Wanted]" = ("totals", "never", "pools", "delays", "course", "top"),
        *,
        never_after: int = 86400,
        top: int = 10,
        stop: Event | None = None,
    ) -> None:
        """Tell the parts one after the other, each again and again as it grows, until its `done` is 1."""

    def logged(self, stop: Event | None = None) -> "values.Logged":
        """What the mail log tells of the greylist: delays that senders really had, and hits of the whitelist.

        :raises NotPermitted: this user may not read it.
        """

    def whitelist(self) -> "list[values.Listed]":
        """The whitelist, with what is wrong in it."""

    def check(self, client: str, sender: str, recipient: str) -> "values.Decision":
        """What gld would decide about a request, by its own order of tests. Changes nothing.

        :raises BadRequest: Postfix would not ask that.
        """

    def ask(self, client: str, sender: str, recipient: str) -> str:
        """What the running gld answers; an unknown triplet is stored by that."""

    def plan(self, act: "grey.Act", stop: Event | None = None) -> "grey.Plan":
        """What an act would touch. Changes nothing.

        :raises BadRequest: a row for the whitelist that gld could never match.
        """

    def carry_out(
        self,
        plan: "grey.Plan",
        progress: Callable[[float], None] | None = None,
        stop: Event | None = None,
    ) -> Outcome:
        """Do what was planned; rows that are not the planned ones any more are left out and reported.

        A purge that is stopped leaves the rest, and does not raise.
        """

    def trash(self) -> "list[grey.Trashed]":
        """Acts that can be undone, latest first."""

    def undo(self, number: int | None = None) -> Outcome:
        """Take an act back, the latest, or the one of that number; rows that have changed since are left out."""

    def doctor(self, each: "Callable[[values.Finding], None]") -> "list[values.Finding]":
        """Look what is wrong with it; `each` is told each finding."""


class Quarantine(Protocol):
    """Amavis's quarantine. Every method may block, and may raise a BackendError."""

    def why_not(self) -> str:
        """Why this user may not act on it; empty: that is permitted."""

    def read(
        self, early: "Callable[[Listing], None]" = lambda _: None, stop: Event | None = None
    ) -> "Listing":
        """All files, none of them opened; of many, `early` is given the first before the rest."""

    def headers(self, targets: "Sequence[Quarantined]", stop: Event | None = None) -> "list[Found]":
        """What amavis found in each, remembered for as long as the file is the same.

        :raises Refused: `stop` was set.
        """

    def show(self, target: "Quarantined", limit: int = 16 << 20) -> "View":
        """One message, at most `limit` bytes of it.

        :raises Missing: it is not there any more.
        """

    def raw(self, target: "Quarantined") -> bytes:
        """The whole message, decompressed.

        :raises Refused: it is too large.
        """

    def chunks(self, target: "Quarantined") -> Iterator[bytes]:
        """The whole message, decompressed, piece by piece, however large it is.

        :raises Missing: it is not there any more.
        :raises Failed: it is damaged.
        """

    def plan(
        self, action: str, targets: "Sequence[Quarantined]", recipients: Sequence[str] = ()
    ) -> "quarantine.Plan":
        """What the action would do. Changes nothing.

        :raises NotPermitted: this user may not.
        :raises Refused: different viruses would be let out together.
        """

    def carry_out(
        self,
        plan: "quarantine.Plan",
        progress: Callable[[int], None] = lambda _: None,
        stop: Event | None = None,
    ) -> Outcome:
        """Do what was planned. Files that are not the planned ones any more are left out and reported.

        Releases are made one by one: `progress` is told how many are over, and `stop` has the rest left out.
        """

    def apart(self) -> "Apart":
        """What lies beside the messages: foreign files, orphans, amavis's leftover work folders."""

    def trash(self) -> "list[quarantine.Trashed]":
        """Deletions that can be undone, latest first."""

    def undo(self, number: int | None = None) -> Outcome:
        """Bring a deletion back; the latest, or the one of that number."""

    def empty_trash(self) -> int:
        """Let go of all deletions; gives the number of files."""


class Antivirus(Protocol):
    """clamd, its signatures, and what fetches them. Every method may block, and may raise a BackendError."""

    def status(self) -> "antivirus.Status":
        """clamd, the files of signatures, freshclam, and what is wrong with them; what does not answer is told."""

    def databases(self) -> "tuple[antivirus.Database, ...]":
        """The files of signatures on disk, and whether clamd has them in memory.

        :raises Missing: there is no such folder.
        """

    def update(
        self, tell: Callable[[str], None], stop: Event | None = None, *, third_party: bool = False
    ) -> "antivirus.Updated":
        """Fetch signatures now, and wait until clamd has loaded them; `tell` is told each line of freshclam.

        `third_party`: by clamav-unofficial-sigs instead.

        :raises NotPermitted: this user may not.
        :raises Refused: another freshclam is at work, or it was stopped.
        """

    def scan(self, name: str, chunks: Iterable[bytes]) -> "antivirus.Scanned":
        """What clamd says of a content; a BackendError that the content raises is told as why it was not looked at.

        :raises NotAnswering: clamd does not answer.
        """

    def scan_file(self, path: Path) -> "antivirus.Scanned":
        """What clamd says of a file of this machine."""

    def selftest(self, each: "Callable[[antivirus.Finding], None]") -> "list[antivirus.Finding]":
        """Whether clamd finds the test virus of EICAR; `each` is told each finding."""

    def caught(self) -> "antivirus.Caught":
        """What the signatures have caught, by the mail log.

        :raises NotPermitted: this user may not read it.
        """


class Maps(Protocol):
    """Postfix's lookup tables. Every method may block, and may raise a BackendError.

    A table is named as the configuration names it (hash:/etc/postfix/virtual), by its path, or by the last part of that.
    """

    def tables(self) -> "tuple[maps.Table, ...]":
        """The tables that main.cf and master.cf use."""

    def check(self, each: "Callable[[maps.About], None]", names: Iterable[str] = ()) -> "list[maps.Finding]":
        """Look what is wrong with these tables, or with all and beside them; `each` is told each table."""

    def entries(self, name: str) -> "Iterable[Entry]":
        """The entries of a table's source, those that Postfix ignores as well.

        :raises BadRequest: it has none that can be read here.
        """

    def look_up(self, what: str, *, name: str = "", parameter: str = "") -> "list[maps.Looked]":
        """An address, domain, host or name looked up for each use, of one table, one parameter, or all.

        :raises BadRequest: Postfix could not look it up.
        """

    def content(self, name: str) -> bytes:
        """A table's source as it is."""

    def plan_set(self, name: str, key: str, value: str) -> "maps.Change":
        """An entry added or replaced. Changes nothing.

        :raises BadRequest: it is no entry, or the table is read in order and must be edited as a whole.
        """

    def plan_remove(self, name: str, key: str) -> "maps.Change":
        """All entries of a key removed. Changes nothing.

        :raises Missing: there is none.
        """

    def plan_edit(self, name: str, after: bytes) -> "maps.Change":
        """The source replaced. Changes nothing."""

    def plan_undo(self, number: int | None = None) -> "maps.Change":
        """A change taken back, the latest, or the one of that number. Changes nothing.

        :raises Refused: the source has been changed since.
        """

    def carry_out(self, change: "maps.Change") -> "maps.Done":
        """Check a planned change on a copy, put it in its place with its index, and ask the table.

        :raises Refused: the source is not the planned one any more, or Postfix would complain of it.
        """

    def stale(self) -> "list[maps.Table]":
        """The tables whose index is missing or older than their source."""

    def rebuild(self, name: str, *, fewer: bool = False) -> "maps.Done":
        """Build a table's index anew; with fewer entries than it has only if `fewer`."""

    def acts(self) -> "list[maps.Act]":
        """Changes that can be undone, latest first."""


class Scores(Protocol):
    """What amavis scored. Every method may block, and may raise a BackendError; `stop` ends it early with Refused."""

    def read(
        self, early: "Callable[[scores.Reading], None]" = lambda _: None, stop: Event | None = None
    ) -> "scores.Reading":
        """All that the logs tell, the latest first: `early` is given more and more of it.

        Called again it reads only what is new. What could not be read is said in the reading, and does not raise.
        """

    def messages(
        self, reading: "scores.Reading", rows: "Sequence[int] | None" = None, stop: Event | None = None
    ) -> "Iterator[tuple[int, scores.Scored]]":
        """What the log says of these rows (None: of all), in the order of the log, each with its row.

        Rows whose log is gone or has changed are left out.
        """

    def show(self, reading: "scores.Reading", row: int) -> "scores.Found":
        """All that is known of one message.

        :raises Missing: its log is gone.
        """

    def rules(self, stop: Event | None = None) -> "scores.Rules":
        """The rules of messages in the quarantine and of delivered ones."""

    def thresholds(self) -> "tuple[scores.Thresholds, ...]":
        """The levels in force, those of all other mail first, then each policy bank that sets its own.

        :raises NotPermitted: this user may not read amavis's configuration.
        """


class Bayes(Protocol):
    """SpamAssassin's Bayes database as amavis uses it. Every method may block, and may raise a BackendError."""

    def state(self) -> "bayes.State":
        """What it has learnt, and how it is set up.

        :raises NotPermitted: this user cannot read it.
        """

    def learn(self, as_: "As", message: bytes) -> "bayes.Learnt":
        """Have a whole message learnt as spam or ham, or forgotten again; what amavis put on top of it is left out.

        :raises NotPermitted: this user cannot.
        """


class Host(Protocol):
    """One machine."""

    name: str
    demo: bool
    journal: Journal

    @property
    def queue(self) -> Queue: ...

    @property
    def config(self) -> Config: ...

    @property
    def greylist(self) -> Greylist: ...

    @property
    def quarantine(self) -> Quarantine: ...

    @property
    def antivirus(self) -> Antivirus: ...

    @property
    def maps(self) -> Maps: ...

    @property
    def scores(self) -> Scores: ...

    @property
    def bayes(self) -> Bayes: ...

    def services(self) -> list[ServiceState]:
        """The services of a mail stack in their order: postfix, gld, amavis, clamd, dovecot, mariadb."""

    def now(self) -> float:
        """Epoch seconds on that machine."""

    def close(self, *, acts: bool = True) -> None:
        """End all that still runs for it, but acts under way when `acts` is false."""
