"""The queue: how much waits, since when, why, and whether it grows. Pure."""

from collections.abc import Iterator

from backends.health.facts import QueueFacts
from backends.health.judge import whose
from backends.health.judge.known import Facts, Judged, unknown
from backends.health.values import Check, Evidence, Level, Measure, Mend, Point
from backends.text import age_text, messages_text

RECENT = 1200.0  # s
SOME, MANY = 20, 200
FEW = 5
"""Messages deferred lately that are no longer just the world's troubles."""
CROWDED = 1000
STUCK = 100
STANDING, LOOKS = 300.0, 2
"""Seconds of which so many recorded points must show mail that nothing takes up."""
FAULTS = {
    "scanner": "because nothing can be scanned",
    "filter": "because the content filter does not take them",
    "disk": "because there is no room",
    "dns": "because names cannot be looked up",
    "delivery": "because they cannot be delivered here",
}


def queue(facts: Facts) -> Iterator[Judged]:
    """The queue as one check."""
    found = facts.value("queue", QueueFacts)
    if found is None:
        if (error := facts.error("queue")) is not None:
            yield unknown("queue", "The queue cannot be listed", error)
        return
    grown = _grown(facts, found)
    level, said, fault = _level(found, grown)
    if _stands(facts, found):
        level, fault = "bad", "standing"
        said = f"{found.count('incoming'):,} messages lie in incoming and none becomes active: the queue manager does not work"
    at_least = "" if found.whole else "at least "
    evidence = [Evidence(reason.text, None, reason.count) for reason in found.reasons if level != "good"]
    evidence[1:1] = whose.told(found.domains, found.senders) if evidence else ()
    if found.oldest is not None:
        evidence.insert(
            0, Evidence(f"the oldest waits for {at_least}{age_text(facts.now - found.oldest)}", found.oldest)
        )
    if grown > 0 and level != "good":
        evidence.insert(0, Evidence(f"{messages_text(grown)} more deferred than 20 minutes before"))
    if not found.whole:
        evidence.append(
            Evidence(f"of {sum(found.counts.values()):,} messages {found.read:,} were looked at in the time")
        )
    since = found.first_recent if level != "good" and found.recent else None
    mends: tuple[Mend, ...] = ()
    if level != "good":
        mends = (
            Mend("mailtui queue list --group reason", pane="queue"),
            *whose.listing(found.domains, found.senders),
        )
    if fault == "standing":
        mends = (Mend("systemctl restart postfix"), *mends)
    yield Judged(
        Check("queue", level, said, tuple(evidence), since, mends, tuple(_measures(found, facts.now))), fault
    )


def _stands(facts: Facts, found: QueueFacts) -> bool:
    """Whether mail has come in for minutes, and nothing was taken up at any look."""
    looks = [point for point in facts.course if facts.now - point.at < STANDING]
    return (
        len(looks) >= LOOKS
        and all(point.incoming and point.active == 0 for point in looks[-LOOKS:])
        and found.count("incoming") > 0
        and found.count("active") == 0
    )


def _level(found: QueueFacts, grown: int) -> tuple[Level, str, str]:
    deferred, active = found.count("deferred"), found.count("active")
    incoming, dropped = found.count("incoming"), found.count("maildrop")
    said = f"{deferred:,} deferred, {active:,} active, {found.count('hold'):,} on hold, {incoming:,} incoming"
    faults = {
        name: count
        for name, count in found.faults.items()
        if name != "dns" or count * 2 > deferred  # else it is the others' names that cannot be looked up
    }
    fault = max(faults, key=lambda name: faults[name], default="")
    if fault and found.faults[fault] >= min(FEW, max(1, deferred)):
        count = found.faults[fault]
        return (
            ("bad" if count >= SOME or found.recent >= FEW else "watch"),
            f"{said}; {count:,} {FAULTS[fault]}",
            fault,
        )
    if found.recent >= MANY or grown >= MANY or (found.recent >= SOME and found.recent * 4 > deferred):
        return "watch", f"{said}; {found.recent:,} of them deferred in the last 20 minutes", "deferring"
    if dropped >= STUCK or incoming >= STUCK * 2:
        return "watch", f"{said}; {dropped + incoming:,} are not taken up", "stuck"
    if active >= CROWDED:
        return "watch", f"{said}: more than can be delivered at once", "crowded"
    return "good", said, ""


def _grown(facts: Facts, found: QueueFacts) -> int:
    """How many more are deferred than some 20 minutes before, where that was recorded."""
    before = [p for p in facts.course if p.deferred is not None and RECENT <= facts.now - p.at <= 2 * RECENT]
    if not before:
        return 0
    point: Point = before[-1]
    return found.count("deferred") - (point.deferred or 0)


def _measures(found: QueueFacts, now: float) -> Iterator[Measure]:
    for name in ("active", "deferred", "hold", "incoming"):
        yield Measure(f"queue-{name}", found.count(name))
    if found.oldest is not None:
        yield Measure("queue-oldest", round(now - found.oldest), "s")
