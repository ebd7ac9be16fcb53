"""What the mail log tells: senders refused for a fault of this server, mail to others that fails, and whether it is written. Pure."""

import re
import shlex
from collections.abc import Iterator

from backends.health.facts import LogFacts, Outside, Reason, Seen, Services, Written
from backends.health.judge.known import Facts, Judged, unknown
from backends.health.values import Check, Evidence, Level, Measure, Mend
from backends.text import messages_text, time_text

FEW = 5
"""Refusals, and messages to others that failed, which are no longer a single one's trouble."""
MANY, PLACES = 20, 3
"""So many messages to so many domains: the fault is not theirs."""
FRESH = 180.0  # s
PASSES, PASSING = 3, 60.0
"""Messages taken after the last refusal that show that it is over; or one, when so many seconds are past."""
CAUSES = ("postfix", "gld", "amavis", "clamd", "mariadb")
"""Services that have senders refused, until they are started again."""
_PLAIN = re.compile(r"[\w.+@-]{1,255}", re.ASCII)


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
    check = Check(
        "log",
        "bad" if lately and seen.count >= FEW else "watch",
        said,
        (Evidence(seen.said, seen.last, seen.count),),
        seen.first,
        measures=(Measure("refused", seen.count),),
    )
    return Judged(check, "" if over else "refusing")


def over_by(facts: Facts, log: LogFacts, seen: Seen) -> str:
    """What shows that it is past, in words; nothing: it may go on."""
    passed = sum(1 for at in log.taken if at > seen.last)
    if passed >= PASSES or (passed and facts.now - seen.last >= PASSING):
        return "mail is taken again since"
    told = facts.value("services", Services)
    for one in told.services if told is not None else ():
        runs = one.state == "running" and not one.halted
        if one.name in CAUSES and runs and one.started is not None and one.started > seen.last:
            return f"{one.name} was started since"
    return ""


def outgoing(facts: Facts) -> Iterator[Judged]:
    """Whether mail to others gets out, by what was tried in the last quarter of an hour."""
    log = facts.value("log", LogFacts)
    if log is None:
        return
    out = log.outside
    measures = (Measure("outgoing-sent", out.sent), Measure("outgoing-failed", out.failed))
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
    for option, counted in (("--domain", out.domains), ("--sender", out.senders)):
        if counted and _PLAIN.fullmatch(counted[0].text):
            yield Mend(shlex.join(("mailtui", "queue", "list", f"{option}={counted[0].text}")), pane="")
    yield Mend("mailtui queue list --queue deferred --group reason", pane="2")


def mail_log(facts: Facts) -> Iterator[Judged]:
    """Whether what should be in the log's file is written there."""
    log = facts.value("log", LogFacts)
    if log is None or log.file is None:
        return
    file = log.file
    if not file.behind:
        said = "The mail log is the journal" if file.elsewhere else f"{file.path} is written"
        yield Judged(Check("mail-log", "good", said))
        return
    why = (
        "the journal has newer lines"
        if file.elsewhere
        else "Postfix has taken mail since, and what it logs is lost"
    )
    said = f"Nothing is written to {file.path} any more: {why}"
    evidence = (Evidence("its newest line", file.newest),)
    yield Judged(Check("mail-log", "watch", said, evidence, file.newest, tuple(_writer(facts, file))), "lost")


def _writer(facts: Facts, file: Written) -> Iterator[Mend]:
    told = facts.value("services", Services)
    if not file.by:
        yield Mend("apt install rsyslog")
    else:
        systemd = told is None or told.systemd
        argv = ("systemctl", "restart", file.by) if systemd else ("service", file.by, "restart")
        yield Mend(shlex.join(argv), argv)
    yield Mend("df -h /var/log; ls -l /var/log")
