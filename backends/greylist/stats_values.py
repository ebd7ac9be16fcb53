"""Statistics as values, a part after the other; `done` is the share of the table looked at so far, 0 to 1."""

from typing import Literal

import msgspec

By = Literal["never-domain", "never-network", "network", "domain", "recipient"]
DELAYS = (60, 120, 300, 900, 3600, 4 * 3600, 86400)
"""Bounds of the classes of delay in seconds; the last class is above them all."""


class Totals(msgspec.Struct, frozen=True, tag="totals", kw_only=True):
    """How many triplets there are, and how many in each state; estimates until they are `exact`."""

    done: float
    total: int
    waiting: int
    ready: int
    never: int
    passed: int
    exact: bool


class Day(msgspec.Struct, frozen=True):
    """Triplets first seen on a day (its begin in epoch seconds, UTC), and how many of them have passed."""

    day: int
    total: int
    passed: int


class Course(msgspec.Struct, frozen=True, tag="course"):
    """The days for which there are triplets, in order. `stale`: not used for 90 days, as `gld -c 90` takes them."""

    done: float
    days: tuple[Day, ...]
    stale: int


class Counted(msgspec.Struct, frozen=True):
    """So many triplets of one domain, network or recipient."""

    name: str
    count: int


class Top(msgspec.Struct, frozen=True, tag="top"):
    """The most frequent, most first. Unless `exact`, counts are lower bounds: there are too many different ones."""

    done: float
    by: By
    rows: tuple[Counted, ...]
    exact: bool = True


class Delays(msgspec.Struct, frozen=True, tag="delays"):
    """How long those that passed exactly once had been kept waiting: triplets in each class of DELAYS, one more above.

    Of those that passed more often the table does not tell it.
    """

    done: float
    counts: tuple[int, ...]


class Pool(msgspec.Struct, frozen=True):
    """One sender and recipient that wait from several addresses; `suggest` is a row of the whitelist that frees them."""

    sender: str
    recipient: str
    addresses: tuple[str, ...]
    count: int
    suggest: str


class Pools(msgspec.Struct, frozen=True, tag="pools"):
    """The largest first."""

    done: float
    pools: tuple[Pool, ...]


Part = Totals | Course | Top | Delays | Pools
Wanted = Literal["totals", "never", "course", "delays", "pools", "top"]
ALL: tuple[Wanted, ...] = ("totals", "never", "pools", "delays", "course", "top")
