"""The lines above and below the histogram: what there is, what a moved threshold changes, percentiles, the course."""

from typing import TYPE_CHECKING

from backends.scores.percentiles import spreads
from backends.scores.period import name
from backends.scores.tally import KINDS
from backends.text import age_text, visible
from mailtui.bars import ASCII_FILLS, FILLS, spark
from mailtui.scores_text import moved_text, setting_text, spread_text, took_text

if TYPE_CHECKING:
    from backends.scores.whatif import Moved
    from mailtui.panes.scores.view import View

LABEL = 9


def totals(view: "View", *, plain: bool) -> str:
    """For instance `7 days  █ 27,014 ham  ▒ 4,191 spam  ✖ 63 virus  463 unscored`."""
    tally = view.summary.tally
    fills = ASCII_FILLS if plain else FILLS
    parts = [f"{fills[kind][-1]} {tally.total(kind):,} {word}" for kind, word in enumerate(KINDS)]
    return "  ".join([visible(name(view.wish.period)), *parts, f"{sum(tally.unscored):,} unscored"])


def whatif_lines(moved: "Moved | None", *, listed: bool) -> list[str]:
    """What the active threshold does, or would."""
    if moved is None:
        return ["no threshold is in force: amavis tags and blocks nothing by score", ""]
    if moved.at == moved.was:
        return [moved_text(moved), ""]
    ham = f"{moved.ham:,} of them ham now; " if moved.more else ""
    lists = "" if listed or not moved.count else f"enter lists the {moved.count:,}; "
    return [moved_text(moved), f"{ham}{lists}backspace puts it back; for good: {setting_text(moved)}"]


def figures(view: "View") -> str:
    """Percentiles of scores and of scan times."""
    whole = view.summary.course.whole
    scores = spread_text(spreads(view.summary.tally)[0])
    return (
        f"{scores}   scan p50 {took_text(whole.p50)}  p95 {took_text(whole.p95)}  max {took_text(whole.most)}"
    )


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
