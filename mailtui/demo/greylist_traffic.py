"""Who visits the simulated gld: servers that come back, spam that does not, a pool that comes from elsewhere each time.

Its state depends on the seed, the seconds since the start and the acts done, not on how often it was looked at.
"""

from heapq import heappop, heappush
from random import Random

from backends.greylist.conf import GldConf
from backends.greylist.values import DAY, VOID, Key, Triplet
from mailtui.demo.population import HOME, exchanger, outside_sender, person

PAST = 30 * DAY
EVERY = 400.0
"""Seconds between two visits of somebody new, on average."""
POOL = ("news@fabrika.example", f"ann@{HOME}")
POOL_EVERY = 4 * 3600
HOSTILE = "a\x1b[2J\u202e%_'@example.net"
BOTNET = ("203.0.113", "198.51.100")


class Traffic:
    """The table of a gld that started 30 days before `start` (epoch seconds), and its visitors."""

    def __init__(self, seed: int, start: int, conf: GldConf) -> None:
        self._rng, self._conf = Random(seed), conf  # noqa: S311 - has to repeat
        self._rows: dict[Key, Triplet] = {}
        self._events: list[tuple[int, int, Key, int]] = []
        self._count = 0
        self._time = start - PAST
        self._arrives = float(self._time)
        self._pool = self._time
        self.at(start)
        self.visit(Key("198.51.100.77", HOSTILE, f"bob@{HOME}"), start - 40)

    def at(self, now: int) -> dict[Key, Triplet]:
        """The table at a time; an earlier one than before changes nothing."""
        while True:
            due = self._events[0][0] if self._events else now + 1
            if min(due, self._arrives, self._pool) > now:
                return self._rows
            if due <= min(self._arrives, self._pool):
                when, _, key, left = heappop(self._events)
                self._comes_back(key, when, left)
            elif self._pool <= self._arrives:
                address = f"192.0.2.{self._pool // POOL_EVERY % 250 + 1}"
                self._comes(Key(address, *POOL), self._pool, 0)
                self._pool += POOL_EVERY
            else:
                self._somebody(int(self._arrives))
                self._arrives += self._rng.expovariate(1 / EVERY)

    def visit(self, key: Key, when: int) -> None:
        """One request, as gld takes it."""
        row = self._rows.get(key)
        if row is None:
            self._rows[key] = Triplet(key.ip, key.sender, key.recipient, when, when, 1)
        elif when - row.first > self._conf.min_time:
            self._rows[key] = Triplet(key.ip, key.sender, key.recipient, row.first, when, row.n + 1)

    def put(self, row: Triplet) -> None:
        self._rows[row.key] = row

    def forget(self, key: Key) -> None:
        self._rows.pop(key, None)

    def _somebody(self, when: int) -> None:
        rng = self._rng
        recipient = f"{person(rng)}@{HOME}"
        kind = rng.random()
        if kind < 0.55:
            ip = f"{BOTNET[rng.random() < 0.3]}.{rng.randrange(1, 255)}"
            self._comes(
                Key(ip, f"{person(rng)}{rng.randrange(999)}@spam-{rng.randrange(9)}.example", recipient),
                when,
                0,
            )
        elif kind < 0.65:
            self._comes(Key(f"2001:db8:{rng.randrange(4096):x}::25", VOID, recipient), when, 1)
        else:
            sender = outside_sender(rng)
            ip = exchanger(sender.rpartition("@")[2], 0)[1]
            self._comes(Key(ip, sender, recipient), when, 1 + int(rng.expovariate(0.3)))

    def _comes(self, key: Key, when: int, visits: int) -> None:
        """First visit of a triplet that will pass so many times."""
        self.visit(key, when)
        if visits:
            self._plan(key, when + self._conf.min_time + self._rng.randrange(10, 5400), visits)

    def _comes_back(self, key: Key, when: int, left: int) -> None:
        if key in self._rows:
            self.visit(key, when)
            if left > 1:
                self._plan(key, when + int(self._rng.expovariate(1 / (2 * DAY))), left - 1)

    def _plan(self, key: Key, when: int, visits: int) -> None:
        self._count += 1
        heappush(self._events, (when, self._count, key, visits))
