"""Senders that were told to come again for a fault of this server, by the mail log. Pure."""

from collections.abc import Iterator

from backends.health.facts import LogFacts, Seen, Services
from backends.health.judge.known import Facts, Judged, unknown
from backends.health.values import Check, Evidence, Measure
from backends.text import time_text

FEW = 5
"""Refusals which are no longer a single sender's trouble."""
FRESH = 180.0  # s
PASSES, PASSING = 3, 60.0
"""Messages taken after the last refusal that show that it is over; or one, when so many seconds are past."""
TAKEN = "mail is taken again since"
CAUSES = ("postfix", "gld", "amavis", "clamd", "mariadb")
"""Services that have senders refused, until they are started again."""


def refusing(facts: Facts) -> Iterator[Judged]:
    """Whether senders are told to come again for a fault of this server."""
    log = facts.value("log", LogFacts)
    if log is None:
        if (error := facts.error("log")) is not None:
            yield unknown("log", "The mail log cannot be read", error)
        return
    if (seen := log.of("refused")) is not None:
        yield refused(facts, log, seen)
        return
    if log.lost:
        said = "Whether senders are told to come again cannot be known: what would tell is not written"
        yield Judged(Check("log", "unknown", said))
        return
    said = "No sender was told to come again for a fault of this server in the last 20 minutes"
    yield Judged(Check("log", "good", said))


def refused(facts: Facts, log: LogFacts, seen: Seen, *, explained: bool = False) -> Judged:
    """These refusals: going on, or past; `explained`: what has them refused is known, and goes on."""
    over = "" if explained else over_by(facts, log, seen)
    lately = not over and facts.now - seen.last < FRESH
    said = f"Senders were told to come again (451): {seen.count:,} times"
    if over:
        said += f" until {time_text(seen.last)[-8:]}; {over}"
    else:
        said += f" since {time_text(seen.first)[-8:]}" if explained else " in 20 minutes"
    evidence = [Evidence(seen.said, seen.last, seen.count)]
    if over == TAKEN and not log.proven:
        evidence.append(Evidence("by a log file, in which syslog lets any user of this machine write"))
    check = Check(
        "log",
        "bad" if lately and seen.count >= FEW else "watch",
        said,
        tuple(evidence),
        seen.first,
        measures=(Measure("refused", seen.count),),
    )
    return Judged(check, "" if over else "refusing")


def over_by(facts: Facts, log: LogFacts, seen: Seen) -> str:
    """What shows that it is past, in words; nothing: it may go on."""
    passed = sum(1 for at in log.taken if at > seen.last)
    if passed >= PASSES or (passed and facts.now - seen.last >= PASSING):
        return TAKEN
    told = facts.value("services", Services)
    for one in told.services if told is not None else ():
        runs = one.state == "running" and not one.halted
        if one.name in CAUSES and runs and one.started is not None and one.started > seen.last:
            return f"{one.name} was started since"
    return ""
