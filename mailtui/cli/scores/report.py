"""The scores as text in 80 columns, and as JSON."""

import msgspec

from backends.scores.course import Course
from backends.scores.percentiles import Spread, spreads
from backends.scores.tally import KINDS
from backends.scores.told import Thresholds
from backends.scores.whatif import Moved, moved
from backends.text import age_text, time_text, visible
from mailtui.bars import signs, spark
from mailtui.chart import Chart, Mark, draw
from mailtui.cli.scores.counted import WIDTH, Counted
from mailtui.cli.scores.listing import messages, rows_of
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table
from mailtui.scores_text import bayes_text, chart_of, moved_text, score_short, setting_text, took_text

HEIGHT = 14
COLUMNS = (
    Column(""),
    *(
        Column(label, right=True)
        for label in ("messages", "scored", "p50", "p90", "p95", "p99", "lowest", "highest")
    ),
)


class Told(msgspec.Struct, frozen=True):
    """What --json prints."""

    host: str
    since: float
    until: float
    count: int
    scored: int
    thresholds: Thresholds
    histogram: object
    spreads: tuple[Spread, ...]
    course: Course
    what_if: tuple[Moved, ...]
    messages: list[object]
    bayes: object = None
    troubles: tuple[object, ...] = ()
    note: str = ""


def marked(found: Counted) -> Chart:
    """The chart with its thresholds; those that were asked about stand where they would."""
    asked = {one.name: one.at for one in found.moves}
    marks = [
        Mark(name, asked.get(name, level), level, active=name in asked)
        for name, level in found.levels.items()
    ]
    return chart_of(found.histogram, marks)


def as_text(session: Session, found: Counted) -> None:
    """Print it."""
    out, options = session.out, session.options
    tally, plain = found.summary.tally, session.out.plain
    unscored = sum(tally.unscored)
    if not tally.total():
        out.line(f"amavis has scored nothing{' of that time' if options.since or options.until else ''}")
    else:
        start, end = time_text(found.summary.since)[:16], time_text(found.summary.until)[:16]
        out.fitted(f"{start} to {end}: {tally.scored():,} scored, {unscored:,} not")
        width = min(out.columns or WIDTH, 200)
        for line in draw(marked(found), width, HEIGHT, plain=plain):
            out.line("".join(text for text, _ in line).rstrip())
        shapes = signs(plain=plain)
        legend = [f"{shapes[kind]} {name} {tally.total(kind):,}" for kind, name in enumerate(KINDS)]
        out.fitted("      " + "   ".join(legend) + "   (height: square root)")
    out.line()
    for one in found.moves or _standing(found):
        out.fitted(moved_text(one, found.thresholds.destiny))
        if one.at != one.was:
            out.fitted(f"  for good: {setting_text(one)},")
            out.fitted("  then systemctl restart amavis")
    _messages(session, found)
    if tally.total():
        out.line()
        print_table(out, COLUMNS, [_cells(spread) for spread in spreads(tally) if spread.count])
        out.line()
        _course(session, found.summary.course)
    if options.bayes:
        out.line()
        for text, _ in bayes_text(session.host.bayes.state(), session.host.now()):
            out.fitted(text)


def as_json(session: Session, found: Counted) -> None:
    """Print it as one object."""
    tally = found.summary.tally
    told = Told(
        host=session.host.name,
        since=found.summary.since,
        until=found.summary.until,
        count=tally.total(),
        scored=tally.scored(),
        thresholds=found.thresholds,
        histogram=found.histogram,
        spreads=spreads(tally),
        course=found.summary.course,
        what_if=found.moves,
        messages=[{"row": row, **msgspec.to_builtins(one)} for row, one in messages(session, found)],
        bayes=session.host.bayes.state() if session.options.bayes else None,
        troubles=found.reading.troubles,
        note=found.note,
    )
    session.out.json(told)


def _standing(found: Counted) -> list[Moved]:
    """The thresholds where they are."""
    return [moved(found.summary.tally, name, level, level) for name, level in found.levels.items()]


def _messages(session: Session, found: Counted) -> None:
    if not (found.moves or session.options.doubtful):
        return
    session.out.line()
    shown = rows_of(session, found, messages(session, found))
    if not shown:
        session.out.line("no message changes side" if found.moves else "no message is doubtful")


def _cells(spread: Spread) -> list[str]:
    figures = (spread.p50, spread.p90, spread.p95, spread.p99, spread.least, spread.most)
    shown = ("" if value is None else score_short(value) for value in figures)
    return [spread.kind, f"{spread.count:,}", f"{spread.scored:,}", *shown]


def _course(session: Session, course: Course) -> None:
    out, slots, whole = session.out, course.slots, course.whole
    rows: tuple[tuple[str, list[float], str], ...] = (
        ("messages", [slot.count for slot in slots], f"{course.busiest:,} in {age_text(course.seconds)}"),
        (
            "spam",
            [slot.spam / slot.count if slot.count else 0.0 for slot in slots],
            f"{max((s.spam / s.count for s in slots if s.count), default=0):.1%}",
        ),
        (
            "scan p95",
            [slot.p95 or 0 for slot in slots],
            took_text(max((s.p95 or 0 for s in slots), default=0)),
        ),
    )
    out.fitted(f"{'':9}{'':{len(slots)}}  highest")
    for name, values, text in rows:
        out.fitted(f"{name:<9}{spark(values, plain=out.plain):<{len(slots)}}  {text}")
    times = (("p50", whole.p50), ("p95", whole.p95), ("longest", whole.most))
    out.fitted(f"{'scan':<9}{'  '.join(f'{name} {took_text(took)}' for name, took in times)}")


def notes(session: Session, found: Counted) -> None:
    """Say what could not be read, and what is not sure."""
    if found.note:
        session.out.note(f"mailtui: {found.note}")
    for one in found.reading.troubles:
        session.out.note(f"mailtui: {visible(one.what)}")
        session.out.note(f"  {visible(one.hint)}")
