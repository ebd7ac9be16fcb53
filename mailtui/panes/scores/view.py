"""What the pane shows of a reading: counted in a worker, swapped in whole. Knows no widget."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

from backends.errors import BadRequest, Refused
from backends.scores.told import Reading, Ruled, Rules, Scored, Thresholds
from backends.terms import ANYWHERE, WORD, Term, term
from mailtui.panes.listed import view as listed
from mailtui.scores_text import levels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from backends.scores.histogram import Histogram
    from backends.scores.rules import Rule
    from backends.scores.summary import Summary

    Numbers: TypeAlias = NDArray[np.int64]

DOUBTFUL, CHANGED, ALL, HIT = "doubtful", "changed", "all", "hit"
AT_A_TIME = 2000
"""Messages whose texts are looked through between two looks whether nobody wants them any more."""

SOUGHT = 1_000
"""Messages of a rule that are looked for in the log."""

STALE = 60.0
"""Seconds after which is counted again, because what is old has left the period."""

FIELDS = {"from": "sender", "to": "recipient", "verdict": "verdict", "id": "id", "client": "client"}


@dataclass(frozen=True, slots=True)
class Known:
    """What one reading brought: the store, the thresholds in force and what is not sure of them, the rules."""

    reading: Reading
    thresholds: Thresholds
    note: str = ""
    rules: Rules | None = None


@dataclass(frozen=True, slots=True)
class Wish(listed.Wish):
    """What is wanted: a period as typed, a bucket width (None: a fitting one) for so many buckets, and which messages.

    `between`: the scores that change side when a threshold moves; `level`: the one that doubtful messages are near;
    `rule`: the one that hit the messages listed.
    """

    sort: str = "near"
    period: str = "7d"
    width: float | None = None
    buckets: int = 72
    listed: str = DOUBTFUL
    between: tuple[float, float] = (0.0, 0.0)
    level: str = "tag2"
    rule: str = ""
    by_count: bool = False

    @property
    def groups(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class View:
    """A wish fulfilled. `rows` are the messages listed, in their order; of a rule `hits` are known."""

    known: Known
    wish: Wish
    summary: "Summary"
    histogram: "Histogram"
    rules: "Sequence[Rule]"
    rows: "Numbers"
    hits: int = 0
    partial: bool = False

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def levels(self) -> dict[str, float]:
        """The thresholds in force."""
        return levels(self.known.thresholds)

    def key(self, row: int) -> str:
        """What tells the message in a row from all others, in every later reading: its log, and its place there."""
        part, place = self.known.reading.store.place(int(self.rows[row]))
        return f"{place} {part.key}"

    def number(self, key: str) -> int | None:
        """The row of the store that has a key; None: it is not there any more."""
        place, _, log = key.partition(" ")
        return self.known.reading.store.number(log, int(place))

    def keys(self) -> Iterable[str]:
        return map(self.key, range(len(self.rows)))

    def not_shown(self, keys: Set[str]) -> int:
        import numpy as np  # noqa: PLC0415 - after the first frame

        numbers = [number for key in keys if (number := self.number(key)) is not None]
        return len(keys) - int(np.isin(np.array(numbers, np.int64), self.rows).sum())


def rows_of(selection: "listed.Selection[View]") -> list[int]:
    """The rows selected, in the order shown; those marked that are not shown behind them."""
    view = selection.view
    if selection.marks:
        marked = {number for key in selection.marks if (number := view.number(key)) is not None}
        shown = [row for row in view.rows.tolist() if row in marked]
        return shown + sorted(marked.difference(shown))
    return view.rows.tolist() if selection.row is None else [int(view.rows[selection.row])]


Texts: TypeAlias = Callable[[Reading, Sequence[int], Event], Iterator[tuple[int, Scored]]]
"""Gives what the log says of some rows."""


def compute(known: Known, wish: Wish, last: View | None, texts: Texts, *, now: float, stop: Event) -> View:
    """Count, list, filter and sort; what the view before has counted already is taken over.

    :raises BadRequest: the filter or the period cannot be read.
    :raises Refused: `stop` was set; there is a newer wish.
    """
    from backends.scores.histogram import histogram, span  # noqa: PLC0415 - numpy, after the first frame
    from backends.scores.hits import hit_by  # noqa: PLC0415
    from backends.scores.period import period  # noqa: PLC0415
    from backends.scores.rules import tallied  # noqa: PLC0415
    from backends.scores.summary import summary  # noqa: PLC0415

    terms = parse_filter(wish.filter)
    if last is not None and last.wish.period == wish.period and _alike(last.known.reading, known.reading):
        counted = last.summary
    else:
        since, until = period(wish.period, now)
        counted = summary(known.reading.store, since, until if until or since is None else now + 1, stop=stop)
    in_force = tuple(levels(known.thresholds).values())
    low, high, width = span(counted.tally, wish.buckets, wish.width, in_force)
    messages = known.rules.messages if known.rules else ()
    order = "count" if wish.by_count else "sum"
    hits = hit_by(wish.rule, messages, counted.since, counted.until) if wish.listed == HIT else []
    return View(
        known,
        wish,
        counted,
        histogram(counted.tally, low, high, width),
        tallied(messages, counted.since, counted.until, order=order),  # type: ignore[arg-type]
        _rows(known, wish, counted, hits, terms=terms, texts=texts, stop=stop),
        len(hits),
    )


def _alike(one: Reading, other: Reading) -> bool:
    """Whether nothing has come between two readings, nor time enough to matter."""
    return one is other or (len(one.store) == len(other.store) and other.taken - one.taken < STALE)


def parse_filter(text: str) -> list[Term]:
    """The conditions typed.

    :raises BadRequest: there is no such field.
    """
    found = []
    for excluded, field, value in WORD.findall(text):
        if field and field.lower() not in FIELDS:
            raise BadRequest(f"There is no field {field}", hint=f"there are: {' '.join(FIELDS)}")
        if value.strip('"'):
            found.append(term(field.lower(), value.strip('"'), excluded=bool(excluded)))
    return found


def _rows(
    known: Known,
    wish: Wish,
    counted: "Summary",
    hits: Sequence[Ruled],
    *,
    terms: list[Term],
    texts: Texts,
    stop: Event,
) -> "Numbers":
    import numpy as np  # noqa: PLC0415 - after the first frame

    from backends.scores.hits import candidates  # noqa: PLC0415
    from backends.scores.near import doubtful  # noqa: PLC0415
    from backends.scores.whatif import latest, rows_between  # noqa: PLC0415

    store, since, until = known.reading.store, counted.since, counted.until
    if wish.listed == CHANGED:
        rows = rows_between(store, *wish.between, since, until)
    elif wish.listed == ALL:
        rows = latest(store, since, until)
    elif wish.listed == HIT:
        own = {one.mail_id for one in hits if one.mail_id}
        rows = _those(
            known.reading, candidates(store, hits[:SOUGHT]), lambda one: one.mail_id in own, texts, stop
        )
    else:
        level = levels(known.thresholds).get(wish.level)
        rows = np.empty(0, np.int64) if level is None else doubtful(store, level, since, until)
    if terms:
        rows = _those(known.reading, rows, lambda one: matches(one, terms), texts, stop)
    if wish.sort == "time":
        rows = np.sort(rows)[::-1]
    elif wish.sort == "score" and len(rows):
        scores = np.concatenate([store.row(int(row))["score"] for row in rows])
        rows = rows[np.argsort(-scores.astype(np.int64), kind="stable")]
    return rows[::-1] if wish.reverse else rows


def _those(
    reading: Reading, rows: "Numbers", wanted: Callable[[Scored], bool], texts: Texts, stop: Event
) -> "Numbers":
    """Those of the rows whose texts are wanted."""
    import numpy as np  # noqa: PLC0415 - after the first frame

    good: set[int] = set()
    for start in range(0, len(rows), AT_A_TIME):
        if stop.is_set():
            raise Refused("Superseded", hint="nothing to do: a newer view is being made")
        some = rows[start : start + AT_A_TIME].tolist()
        good.update(row for row, one in texts(reading, some, stop) if wanted(one))
    return rows[np.fromiter((row in good for row in rows.tolist()), np.bool_, len(rows))]


def matches(one: Scored, terms: Iterable[Term]) -> bool:
    """Whether a message has all that was typed."""
    texts = {
        "from": one.sender.lower(),
        "to": " ".join(one.recipients).lower(),
        "verdict": f"{one.category} {one.said}".lower(),
        "id": f"{one.mail_id} {one.queue_id} {one.queued_as} {one.message_id}".lower(),
        "client": one.client,
    }
    return all(
        any(condition.found_in(text) for field, text in texts.items() if condition.field in {ANYWHERE, field})
        is not condition.excluded
        for condition in terms
    )
