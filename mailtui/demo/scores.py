"""Simulated scores behind the interface of the real ones, and a Bayes database that learns in memory."""

from collections.abc import Callable, Iterator, Sequence
from threading import Event, Lock
from zlib import crc32

from backends.journal import Journal
from backends.learning import As, learn
from backends.scores.bayes import Learnt, State
from backends.scores.store import Store
from backends.scores.told import Found, Reading, Ruled, Rules, Scored, Thresholds
from mailtui.demo.scored import LEVEL, WEEK, Traffic, log_line

DELIVERED = 4_000
"""Of so many delivered messages the rules are known."""


class DemoScores:
    """What a mid-sized server scored in a week; implements `backends.host.Scores`.

    The same seed, quarantine and clock give the same messages; more come as the clock goes on.
    """

    def __init__(self, seed: int, start: float, quarantined: int, now: Callable[[], float]) -> None:
        self._traffic = Traffic(seed, start, quarantined)
        self._now = now

    def read(self, early: Callable[[Reading], None] = lambda _: None, stop: Event | None = None) -> Reading:
        now = self._now()
        return Reading(Store.of(self._traffic.until(now)), now)

    def messages(
        self, reading: Reading, rows: Sequence[int] | None = None, stop: Event | None = None
    ) -> Iterator[tuple[int, Scored]]:
        for row in sorted(range(len(reading.store)) if rows is None else rows):
            yield row, self._traffic.scored(row)

    def show(self, reading: Reading, row: int) -> Found:
        one, kept = self._traffic.scored(row), self._traffic.kept(row)
        rules = self._traffic.rules(row)
        source = "quarantine" if kept else "mailbox" if rules and not one.is_spam else ""
        return Found(
            one,
            lines=(log_line(one),),
            rules=rules if source else (),
            subject=self._traffic.subject(row) if source else "",
            source=source,
            copy=kept.path if kept else "",
        )

    def rules(self, stop: Event | None = None) -> Rules:
        count = len(self._traffic.until(self._now()))
        found = []
        for row in range(count - 1, max(-1, count - 1 - DELIVERED), -1):
            one = self._traffic.scored(row)
            found.append(
                Ruled(
                    one.time,
                    one.is_spam,
                    one.score,
                    self._traffic.rules(row),
                    one.mail_id,
                    one.sender,
                    one.recipients,
                    "quarantine" if one.quarantine else "mailbox",
                    one.quarantine,
                )
            )
        return Rules(tuple(found))

    def thresholds(self) -> tuple[Thresholds, ...]:
        return (Thresholds(tag=None, tag2=LEVEL, kill=LEVEL, destiny="pass"),)


class DemoBayes:
    """A database that has learnt a while; implements `backends.host.Bayes`."""

    def __init__(self, start: float, journal: Journal) -> None:
        self._journal, self._lock = journal, Lock()
        self._known: dict[int, As] = {}
        self._start = start

    def state(self) -> State:
        with self._lock:
            known = list(self._known.values())
        return State(
            "amavis",
            spam=2_118 + known.count("spam"),
            ham=9_640 + known.count("ham"),
            tokens=148_211 + 60 * len(known),
            oldest=self._start - 30 * WEEK,
            newest=self._start - 60,
            expired=None,
            auto_expire=False,
        )

    def learn(self, as_: As, message: bytes) -> Learnt:
        command = learn(as_, "amavis", "amavis", message)
        self._journal.end(self._journal.begin(str(command), mutates=True), 0, "")
        key = crc32(command.stdin)
        with self._lock:
            if as_ == "forget":
                new = self._known.pop(key, None) is not None
            else:
                new = self._known.get(key) != as_
                self._known[key] = as_
        verb = "Forgot" if as_ == "forget" else "Learned"
        return Learnt(as_, f"{verb} tokens from {int(new)} message(s) (1 message(s) examined)", new)
