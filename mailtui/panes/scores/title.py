"""The lines above and below the histogram: what there is, what a moved threshold changes, percentiles, the course."""

from typing import TYPE_CHECKING

from backends.scores.percentiles import spreads
from backends.scores.period import name
from backends.scores.tally import KINDS
from backends.text import age_text, messages_text, visible
from mailtui.bars import signs, spark
from mailtui.panes.scores.view import ALL, CHANGED, DOUBTFUL, SOUGHT
from mailtui.scores_text import fitted, moved_text, setting_text, spread_parts, took_text

if TYPE_CHECKING:
    from backends.scores.whatif import Moved
    from mailtui.panes.scores.view import View

LABEL = 9


def totals(view: "View", *, plain: bool) -> str:
    """For instance `7 days  █ 27,014 ham  ░▒ 4,191 spam  ✖ 63 virus  (463 unscored)`: of these so many have no score."""
    tally = view.summary.tally
    parts = [
        f"{sign} {tally.total(kind):,} {word}"
        for kind, (word, sign) in enumerate(zip(KINDS, signs(plain=plain), strict=True))
    ]
    return "  ".join([visible(name(view.wish.period)), *parts, f"({sum(tally.unscored):,} unscored)"])


def whatif_lines(moved: "Moved | None", destiny: str = "", *, listed: bool) -> list[str]:
    """What the active threshold does, or would."""
    if moved is None:
        return ["no threshold is in force: amavis tags and blocks nothing by score", ""]
    if moved.at == moved.was:
        return [moved_text(moved, destiny), ""]
    ham = f"{moved.ham:,} of them ham now; " if moved.more else ""
    lists = "" if listed or not moved.count else f"enter lists the {moved.count:,}; "
    return [
        moved_text(moved, destiny),
        f"{ham}{lists}backspace puts it back; for good: {setting_text(moved)}",
    ]


def list_title(view: "View") -> str:
    """What is listed; of a rule also how many of those that it hit are not, and why."""
    count, wish = f"{len(view.rows):,}", view.wish
    if wish.listed == CHANGED:
        return f"{count} would change side"
    if wish.listed == ALL:
        return f"{count} all messages"
    if wish.listed == DOUBTFUL:
        return f"{count} doubtful, within 1 of {wish.level}"
    rule = visible(wish.rule[:100])
    if wish.filter or len(view.rows) >= view.hits:
        return f"{messages_text(len(view.rows))}: {rule}"
    return f"{count} of {view.hits:,} {'found in the log' if view.hits <= SOUGHT else '(the latest)'}: {rule}"


def figures(view: "View", width: int) -> str:
    """Percentiles of scores and of scan times, as many as fit: of the scan times and of the scores the rarer ones go first."""
    whole = view.summary.course.whole
    parts = [
        *spread_parts(spreads(view.summary.tally)[0]),
        (f" scan p50 {took_text(whole.p50)}", 1),
        (f"p95 {took_text(whole.p95)}", 0),
        (f"max {took_text(whole.most)}", 4),
    ]
    return fitted(parts, width)


def course_lines(view: "View", width: int, *, plain: bool) -> list[str]:
    """Messages, share of spam and scan times over the period, each in a line with its highest value."""
    course = view.summary.course
    slots = course.slots
    every = age_text(course.seconds)
    shares = [slot.spam / slot.count if slot.count else 0.0 for slot in slots]
    took = [float(slot.p95 or 0) for slot in slots]
    rows = (
        ("messages", [float(slot.count) for slot in slots], f"{course.busiest:,} in {every}"),
        ("spam", shares, f"{max(shares, default=0):.0%}"),
        ("scan p95", took, took_text(int(max(took, default=0)))),
    )
    room = max(1, width - LABEL - 21)
    return [
        f"{label:<{LABEL}}{spark(_stretched(values, room), plain=plain)}  up to {told}"
        for label, values, told in rows
    ]


def _stretched(values: list[float], room: int) -> list[float]:
    """The values each as many cells wide as there is room for; of too many the highest of neighbours."""
    if len(values) <= room:
        times = max(1, room // max(1, len(values)))
        return [value for value in values for _ in range(times)]
    return [max(values[len(values) * at // room : len(values) * (at + 1) // room]) for at in range(room)]
