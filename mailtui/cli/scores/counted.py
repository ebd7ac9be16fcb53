"""What the options ask for: the logs read, the time counted, the thresholds known."""

from dataclasses import dataclass

import msgspec

from backends.errors import BackendError
from backends.host import Scores
from backends.scores.histogram import Histogram, histogram, span
from backends.scores.period import moment
from backends.scores.summary import Summary, summary
from backends.scores.told import Reading, Thresholds
from backends.scores.whatif import Moved, moved, parse_level
from mailtui.chart import buckets_that_fit
from mailtui.cli.session import Session
from mailtui.scores_text import levels

WIDTH = 80
"""Columns where the output is no terminal."""

SLOTS = 48
"""Slots of the course: they fit into a line of WIDTH."""


@dataclass(frozen=True, slots=True)
class Counted:
    """All that is printed of one time; `moves` are the thresholds asked about, `note` says what is not sure of them."""

    reading: Reading
    summary: Summary
    thresholds: Thresholds
    levels: dict[str, float]
    moves: tuple[Moved, ...]
    histogram: Histogram
    note: str = ""


def scores_of(session: Session) -> Scores:
    """This machine's scores, or those of the logs that were named."""
    if not session.options.log:
        return session.host.scores
    from backends.scores.adapter import scores_of_logs  # noqa: PLC0415 - for logs that are named

    return scores_of_logs(session.options.log)


def times(session: Session) -> tuple[float | None, float | None]:
    """From when, until when.

    :raises BadRequest: it is no time.
    """
    now, options = session.host.now(), session.options
    return (
        moment(options.since, now) if options.since else None,
        moment(options.until, now) if options.until else None,
    )


def counted(session: Session) -> Counted:
    """Read and count."""
    options = session.options
    asked = [parse_level(text) for text in options.what_if]
    since, until = times(session)
    thresholds, note = _thresholds(session)
    reading = scores_of(session).read()
    found = summary(reading.store, since, until, slots=SLOTS)
    known = levels(thresholds)
    moves = tuple(moved(found.tally, name, known.get(name, at), at) for name, at in dict(asked).items())
    width = min(session.out.columns or WIDTH, 200)
    low, high, bucket = span(found.tally, buckets_that_fit(width), options.width, tuple(known.values()))
    return Counted(reading, found, thresholds, known, moves, histogram(found.tally, low, high, bucket), note)


def _thresholds(session: Session) -> tuple[Thresholds, str]:
    """Those in force, and what is not sure of them."""
    given = dict(parse_level(text) for text in session.options.threshold)
    note = ""
    try:
        found = scores_of(session).thresholds()
        in_force = found[0] if found else Thresholds()
        if session.options.log and not levels(in_force):
            in_force = Thresholds()
            note = (
                ""
                if given
                else "no amavis is set up here: Debian's thresholds are shown; name others with --threshold"
            )
        elif not in_force.understood:
            note = "amavis's configuration sets a threshold by more than a number: name it with --threshold"
        others = [one for one in found[1:] if levels(one) != levels(in_force)]
        if others:
            named = ", ".join(one.bank for one in others)
            note = note or f"other thresholds are in force for the policy banks {named}"
    except BackendError as error:
        if not given:
            note = f"{error}: Debian's thresholds are shown; name others with --threshold"
        in_force = Thresholds()
    return msgspec.structs.replace(in_force, **given), note
