"""One look at all tables: what there is, what is said of each, what is wrong."""

from collections.abc import Callable, Sequence, Set
from typing import NamedTuple

from backends.errors import Refused
from backends.host.maps import Maps
from backends.maps.kinds import INDEX, KEYED, PATTERNS
from backends.maps.values import About, Finding, Table
from mailtui.panes.feed import Feed


class Reading(NamedTuple):
    """The tables that have entries come first; `seen` are the names of those that were looked at.

    `taken` in epoch seconds.
    """

    abouts: Sequence[About]
    findings: Sequence[Finding]
    seen: Set[str]
    taken: float

    @property
    def complete(self) -> bool:
        return len(self.seen) == len(self.abouts)

    @property
    def bad(self) -> int:
        return sum(one.level == "bad" for one in self.findings)


def read_maps(maps: Maps, feed: Feed[Reading], clock: Callable[[], float], *, first: bool) -> Reading:
    """Look at all tables; at the `first` look each is shown as soon as it was looked at.

    :raises BackendError: the configuration cannot be read.
    """
    abouts = {table.name: About(table) for table in maps.tables()} if first else {}
    found: list[Finding] = []
    seen: set[str] = set()

    def now(findings: Sequence[Finding]) -> Reading:
        ordered = sorted(abouts.values(), key=lambda one: not has_entries(one.table))
        return Reading(ordered, worst_first(findings), frozenset(seen), clock())

    def each(about: About) -> None:
        if feed.stopped.is_set():
            raise Refused("The console is left", hint="look again")
        abouts[about.table.name] = about
        seen.add(about.table.name)
        found.extend(about.findings)
        feed.progress(len(seen))
        if first:
            feed.early(now(found))

    if first:
        feed.early(now(found))
    every = maps.check(each, stop=feed.stopped)
    for name in abouts.keys() - seen:
        del abouts[name]
    return now(every)


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: one.level != "bad")


def has_entries(table: Table) -> bool:
    """Whether it has a file of entries, which can be edited."""
    return bool(table.path) and table.type in KEYED | PATTERNS and not table.cache


def has_keys(table: Table) -> bool:
    """Whether one entry can be set or removed."""
    return has_entries(table) and table.type in KEYED


def is_built(table: Table) -> bool:
    """Whether it has an index that somebody builds."""
    return has_entries(table) and table.type in INDEX
