"""Whether the mail log is written. Pure."""

import shlex
from collections.abc import Iterator

from backends.health.facts import LogFacts, Services, Written
from backends.health.judge.known import Facts, Judged
from backends.health.values import Check, Evidence, Mend


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
