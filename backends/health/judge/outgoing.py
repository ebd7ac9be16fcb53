"""Mail to others that does not get out, by the mail log. Pure."""

import re
import shlex
from collections.abc import Iterator

from backends.health.facts import LogFacts, Outside, Reason
from backends.health.judge.known import Facts, Judged
from backends.health.values import Check, Evidence, Level, Measure, Mend
from backends.text import messages_text

FEW = 5
"""Messages that failed which are no longer a single sender's trouble."""
MANY, PLACES = 20, 3
"""So many messages to so many domains: the fault is not theirs."""
_PLAIN = re.compile(r"[\w.+@-]{1,255}", re.ASCII)


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
    if out.sent or out.failed < FEW:
        told = [f"{messages_text(out.sent)} got out"] if out.sent else []
        told += [f"{messages_text(out.failed)} not yet"] if out.failed else []
        said = f"To others in the last 15 minutes: {', '.join(told) or 'nothing was sent'}"
        yield Judged(Check("outgoing", "good", said, measures=measures))
        return
    level: Level = "bad" if out.failed >= MANY and out.places >= PLACES else "watch"
    said = f"No mail to others gets out: {messages_text(out.failed)} failed in the last 15 minutes, none was delivered"
    evidence = (
        *(Evidence(one.text, None, one.count) for one in out.reasons[:1]),
        *_most("to", out.domains, out.places),
        *_most("from", out.senders, 0),
    )
    check = Check("outgoing", level, said, evidence, out.first, tuple(_mends(out)), measures)
    yield Judged(check, "failing")


def _most(way: str, counted: tuple[Reason, ...], of: int) -> Iterator[Evidence]:
    if counted:
        others = f", of {of:,} domains" if of > 1 else ""
        yield Evidence(f"most of them {way} {counted[0].text}: {counted[0].count:,}{others}")


def _mends(out: Outside) -> Iterator[Mend]:
    """What lists them; text of strangers stands in it only where it is plain."""
    yield Mend("mailtui queue list --queue deferred --group reason", pane="queue")
    for option, counted in (("--domain", out.domains), ("--sender", out.senders)):
        if counted and _PLAIN.fullmatch(counted[0].text):
            yield Mend(shlex.join(("mailtui", "queue", "list", f"{option}={counted[0].text}")))
