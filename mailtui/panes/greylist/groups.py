"""The rows of the upper table, view by view: each narrows the triplets below it, or says what to do. No widget."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from backends.errors import BackendError
from backends.greylist.matching import is_address
from backends.greylist.stats_values import DELAYS, By, Counted, Course, Day, Delays, Pool, Pools, Top, Totals
from backends.greylist.values import STATES, VOID, Filter, Listed, Logged, State, Word
from backends.text import age_text, visible
from mailtui.panes.greylist.told import Name, Reading, Told
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.glyphs import Glyphs
from mailtui.widgets.heat_map import bar

BAR = 16
_NUMBER = Column("n", 13, "right", key="n", priority=8)
_SHARE = Column("", 6, "right", key="share", priority=7)
_BAR = Column("", BAR, key="bar", priority=2)
COLUMNS: dict[Name, tuple[Column, ...]] = {
    "States": (
        Column("State", 12, priority=9),
        _NUMBER,
        _SHARE,
        _BAR,
        Column("", key="said", priority=1, min_width=20),
    ),
    "Never back": (
        Column("Never back", 12, priority=9),
        Column("", 40, priority=9, min_width=20),
        _NUMBER,
        _BAR,
    ),
    "Pools": (
        Column("n", 5, "right", priority=9),
        Column("From", priority=8, min_width=14),
        Column("To", priority=7, min_width=12),
        Column("Whitelist row", 20, priority=9),
        Column("Addresses", priority=1, min_width=20),
    ),
    "Days": (
        Column("First seen", 11, priority=9),
        _NUMBER,
        Column("passed", 6, "right", priority=7),
        Column("", 30, key="bar", priority=2, min_width=12),
    ),
    "Delays": (Column("Kept waiting", 14, priority=9), _NUMBER, _SHARE, _BAR),
    "Top": (Column("Most often", 12, priority=9), Column("", 40, priority=9, min_width=20), _NUMBER, _BAR),
    "Whitelist": (
        Column("Row", priority=9, min_width=18),
        Column("From", 6, priority=3),
        Column("Hits", 6, "right", priority=6),
        Column("Comment", priority=5, min_width=12),
        Column("Wrong with it", priority=8, min_width=24),
    ),
    "Doctor": (
        Column("", 1, priority=9),
        Column("What", 18, priority=8, min_width=12),
        Column("Found", priority=9, min_width=24),
        Column("Do", priority=7, min_width=16),
    ),
}
EVERYTHING = Filter()
BOUNCES = VOID.rpartition("@")[2]
SAID: dict[State, str] = {
    "waiting": "refused now, whoever tries again",
    "ready": "let in as soon as they come back",
    "never": "not come back for {never}",
    "passed": "let in at least once",
}
LABELS: dict[By, str] = {
    "never-domain": "domain",
    "never-network": "network",
    "domain": "from domain",
    "network": "network",
    "recipient": "to",
}
_NOT_PASSED = (Word("state", "passed", excluded=True),)


@dataclass(frozen=True, slots=True)
class Group:
    """One row. `narrows`: which triplets it stands for; `label` names them; `allow` is a whitelist row that helps."""

    key: str
    cells: tuple[Cell, ...]
    narrows: Filter = EVERYTHING
    label: str = ""
    allow: str = ""
    why: str = ""
    listed: Listed | None = None

    @property
    def is_all(self) -> bool:
        """Whether it stands for all the others."""
        return self.key in {"pools", "listed"}

    @property
    def whole(self) -> str:
        """All that its cells say, which a narrow table cuts."""
        texts = [cell if isinstance(cell, str) else cell[0] for cell in self.cells]
        return visible("  ".join(text for text in texts if text))


class Groups:
    """The rows of one view as a table wants them."""

    def __init__(self, rows: Sequence[Group]) -> None:
        self.rows = rows
        self._index = {group.key: place for place, group in enumerate(rows)}

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def cells(self, row: int) -> Sequence[Cell]:
        return self.rows[row].cells

    def key(self, row: int) -> str:
        return self.rows[row].key

    def index_of(self, key: str) -> int | None:
        return self._index.get(key)


class Known(NamedTuple):
    """What there is to make rows of, and how to draw them."""

    told: Told
    reading: Reading | None
    signs: Glyphs
    plain: bool

    def bar(self, value: int, most: int) -> Cell:
        return bar(value, most, BAR, ascii_only=self.plain), "accent"


def groups(name: Name, known: Known) -> list[Group]:
    """The rows of a view, as far as they are known."""
    return [*_MAKERS[name](known)]


def _states(known: Known) -> Iterator[Group]:
    reading, signs = known.reading, known.signs
    totals = reading.totals if reading else None
    count = f"{reading.total:,}" if reading else ""
    yield Group("state", ("everything", _about(count, totals), "", "", ""))
    for state in STATES:
        cells: tuple[Cell, ...] = ("", "", "")
        if totals is not None:
            some = getattr(totals, state)
            share = some / max(totals.total, 1)
            cells = (_about(f"{some:,}", totals), f"{share:.1%}", known.bar(some, totals.total))
        never = age_text(reading.about.rules.never_after) if reading else ""
        yield Group(
            f"state:{state}",
            (state_cell(state, signs), *cells, (SAID[state].format(never=never), "dim")),
            Filter(state=state),
            state,
        )


def state_cell(state: State, signs: Glyphs) -> Cell:
    """A state in its shape; the one colour is for what is refused now."""
    sign = {"waiting": signs.part, "ready": signs.gone, "never": signs.dot, "passed": signs.good}[state]
    return f"{sign} {state}", {"waiting": "accent", "never": "dim"}.get(state, "")


def _about(count: str, totals: Totals | None) -> str:
    return count if totals is not None and totals.exact else f"~{count}" if count else ""


def _never(known: Known) -> Iterator[Group]:
    yield Group("never", ("all of them", "", "", ""), Filter(state="never"), "never came back")
    yield from _tops(known)


def _all(known: Known) -> Iterator[Group]:
    yield Group("top", ("everything", "", "", ""))
    yield from _tops(known)


def _tops(known: Known) -> Iterator[Group]:
    """All kinds together, the most frequent first."""
    found = [(top, one) for top in known.told.parts.values() if isinstance(top, Top) for one in top.rows]
    found.sort(key=lambda pair: -pair[1].count)
    for top, one in found:
        yield _top(top, one, known.bar(one.count, found[0][1].count))


def _top(top: Top, one: Counted, drawn: Cell) -> Group:
    state: State | None = "never" if top.by.startswith("never") else None
    allow, shown = "", visible(one.name) or "(none)"
    if top.by.endswith("domain"):
        narrows = Filter(domain=one.name, state=state)
        if one.name == BOUNCES:
            shown = "<> (bounces)"
        else:
            allow = f"@{one.name}"
    elif top.by.endswith("network"):
        within = one.name if is_address(one.name) else one.name + (":" if ":" in one.name else ".")
        narrows, allow = Filter(client=within, state=state), "" if ":" in within else one.name
    else:
        narrows = Filter(recipient=one.name, whole=True, state=state)
    count = f"{one.count:,}" if top.exact else f">={one.count:,}"
    cells: tuple[Cell, ...] = ((LABELS[top.by], "dim"), shown, count, drawn)
    return Group(f"{top.by}:{one.name}", cells, narrows, shown, allow, f"{one.count:,} triplets")


def _pools(known: Known) -> Iterator[Group]:
    waiting = ("", "all not passed", "", "", "")
    yield Group("pools", waiting, Filter(words=_NOT_PASSED), "not passed")
    for part in known.told.parts.values():
        if isinstance(part, Pools):
            yield from map(_pool, part.pools)


def _pool(pool: Pool) -> Group:
    return Group(
        f"pool:{pool.sender}\n{pool.recipient}",
        (
            f"{pool.count:,}",
            visible(pool.sender),
            visible(pool.recipient),
            (visible(pool.suggest), "accent"),
            (visible(", ".join(pool.addresses[:6])), "dim"),
        ),
        Filter(sender=pool.sender, recipient=pool.recipient, whole=True),
        f"{visible(pool.sender)} to {visible(pool.recipient)}",
        pool.suggest,
        f"{visible(pool.sender)} tries from {pool.count:,} addresses",
    )


def _days(known: Known) -> Iterator[Group]:
    days = [day for part in known.told.parts.values() if isinstance(part, Course) for day in part.days]
    most = max((day.total for day in days), default=1)
    drawn, _ = _mixed(1, 2, 10, plain=known.plain)
    yield Group("days", ("every day", "", "", (f"{drawn} passed / not yet", "dim")))
    for day in reversed(days):
        yield _day(day, most, plain=known.plain)


def _day(day: Day, most: int, *, plain: bool) -> Group:
    name = time.strftime("%Y-%m-%d", time.gmtime(day.day))
    share = f"{day.passed / max(day.total, 1):.0%}"
    return Group(
        f"day:{day.day}",
        (name, f"{day.total:,}", share, _mixed(day.passed, day.total, most, plain=plain)),
        Filter(day=day.day),
        name,
    )


def _mixed(passed: int, total: int, most: int, *, plain: bool) -> tuple[str, str]:
    """A bar of the whole, its part that has passed drawn solid."""
    length = max(1, round(20 * total / max(most, 1)))
    solid = round(length * passed / max(total, 1))
    full, rest = ("#", ".") if plain else ("█", "░")
    return full * solid + rest * (length - solid), "accent"


def _delays(known: Known) -> Iterator[Group]:
    delays = next((part for part in known.told.parts.values() if isinstance(part, Delays)), None)
    counts = delays.counts if delays else ()
    total, most = max(sum(counts), 1), max(counts, default=1)
    for place, count in enumerate(counts):
        bound = f"up to {age_text(DELAYS[place])}" if place < len(DELAYS) else "longer"
        cells = (bound, f"{count:,}", f"{count / total:.1%}", known.bar(count, most))
        yield Group(f"delay:{place}", cells)


def _whitelist(known: Known) -> Iterator[Group]:
    told, signs = known.told, known.signs
    hits = told.logged.hits if isinstance(told.logged, Logged) else None
    yield Group("listed", ("all rows", f"{len(told.listed):,}", "", "", ""))
    order = sorted(told.listed, key=lambda row: (not row.problem, row.shipped, row.mail.lower()))
    for row in order:
        hit: Cell = ""
        if hits is not None:
            count = hits.get(row.mail.lower(), 0)
            hit = f"{count:,}" if count else (signs.dot, "dim")
        cells: tuple[Cell, ...] = (
            visible(row.mail),
            ("Debian", "dim") if row.shipped else "own",
            hit,
            (visible(row.comment), "dim"),
            (row.problem, "warn"),
        )
        yield Group(f"listed:{row.mail}", cells, _of_listed(row.mail), visible(row.mail), listed=row)


def _of_listed(mail: str) -> Filter:
    """The triplets that a row of the whitelist would let in."""
    if mail.startswith("@"):
        return Filter(domain=mail[1:])
    if "@" in mail:
        return Filter(sender=mail, whole=True)
    return Filter(client=mail if is_address(mail) else f"{mail}.")


def _findings(known: Known) -> Iterator[Group]:
    signs = known.signs
    shapes: dict[str, Cell] = {
        "good": (signs.good, "good"),
        "note": (signs.gone, "dim"),
        "bad": (signs.bad, "bad"),
    }
    rank = {"bad": 0, "note": 1, "good": 2}
    for finding in sorted(known.told.findings, key=lambda one: rank[one.state]):
        cells = (shapes[finding.state], visible(finding.name), visible(finding.said), visible(finding.hint))
        yield Group(f"finding:{finding.name}:{finding.said}", cells)


def note(name: Name, told: Told, now: float) -> str:
    """How far a view is read, or what else it tells."""
    if told.error is not None:
        return "cannot be read"
    if told.reading:
        return f"reading {told.done:.0%}" if told.done else "reading"
    if name == "Delays" and isinstance(told.logged, Logged) and told.logged.passed:
        median, most, _, longest = map(age_text, told.logged.delays)
        return f"log: median {median}, 90% {most}, longest {longest}"
    if isinstance(told.logged, BackendError):
        return visible(str(told.logged))
    return f"{age_text(max(0.0, now - told.taken))} ago" if told.taken else ""


_MAKERS: dict[Name, Callable[[Known], Iterator[Group]]] = {
    "States": _states,
    "Never back": _never,
    "Pools": _pools,
    "Days": _days,
    "Delays": _delays,
    "Top": _all,
    "Whitelist": _whitelist,
    "Doctor": _findings,
}
