"""Mail to others that does not get out, by the mail log. Pure."""

from collections.abc import Iterator

from backends.health.facts import SPAN, LogFacts, Outside
from backends.health.judge import whose
from backends.health.judge.known import Facts, Judged
from backends.health.values import Check, Evidence, Level, Measure, Mend
from backends.text import messages_text, time_text

FEW = 5
"""Messages that failed which are no longer a single sender's trouble."""
MANY, PLACES = 20, 3
"""So many messages to so many domains: the fault is not theirs."""
MOST, ALMOST_ALL = 0.5, 0.9
"""Of what was tried since the first failure: so large a share of many, or of few, is no longer everyday."""
PAUSE, PAUSES = 120.0, 6.0
"""Seconds without a delivery, and how many times the usual pause between two, from which on there is none any more."""


def outgoing(facts: Facts) -> Iterator[Judged]:
    """Whether mail to others gets out, by what was tried in the last quarter of an hour."""
    log = facts.value("log", LogFacts)
    if log is None:
        return
    out = log.outside
    measures = (Measure("outgoing-sent", out.sent), Measure("outgoing-failed", out.failed))
    if log.lost and not (out.sent or out.failed):
        said = "Whether mail to others gets out cannot be known: what would tell is not written"
        yield Judged(Check("outgoing", "unknown", said))
        return
    stopped = _stopped(out, facts.now)
    level = _level(out) if stopped is None else "bad"
    if level == "good":
        told = [f"{messages_text(out.sent)} got out"] if out.sent else []
        told += [f"{messages_text(out.failed)} not yet"] if out.failed else []
        said = f"To others in the last 15 minutes: {', '.join(told) or 'nothing was sent'}"
        yield Judged(Check("outgoing", "good", said, measures=measures))
        return
    said, since = _said(out), out.first
    if stopped is not None:
        at, since = time_text(stopped)[-8:], stopped
        said = f"No mail to others gets out any more: {messages_text(out.after)} failed since the last delivery at {at}"
    evidence = (
        *(Evidence(one.text, None, one.count) for one in out.reasons[:1]),
        *whose.told(out.domains, out.senders, out.places),
    )
    mends = (
        Mend("mailtui queue list --queue deferred --group reason", pane="queue"),
        *whose.listing(out.domains, out.senders),
    )
    yield Judged(Check("outgoing", level, said, evidence, since, mends, measures), "failing")


def _stopped(out: Outside, now: float) -> float | None:
    """The last delivery, if nothing gets out any more, however much did before and whatever had failed then; else None.

    Old mail is tried again at once, and fails together: the pause must be one that chance does not make.
    """
    if out.last is None or out.after < MANY or out.places_after < PLACES:
        return None
    return out.last if now - out.last > max(PAUSE, PAUSES * SPAN / out.sent) else None


def _level(out: Outside) -> Level:
    share = out.failed / max(1, out.failed + out.since)
    if out.failed < FEW or share < (MOST if out.failed >= MANY else ALMOST_ALL):
        return "good"
    return "bad" if out.failed >= MANY and out.places >= PLACES and share >= ALMOST_ALL else "watch"


def _said(out: Outside) -> str:
    failed = messages_text(out.failed)
    if not out.sent:
        return f"No mail to others gets out: {failed} failed in the last 15 minutes, none was delivered"
    since = f"since {time_text(out.first or 0.0)[-8:]}"
    if not out.since:
        return f"No mail to others gets out any more: {failed} failed {since}, none was delivered"
    return f"Most mail to others does not get out: {failed} failed {since}, {out.since:,} got out"
