"""All judges, each with the questions whose answers it needs."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from backends.health.judge.disks import disks
from backends.health.judge.known import Facts, Judged
from backends.health.judge.log import refusing
from backends.health.judge.mail_log import mail_log
from backends.health.judge.outgoing import outgoing
from backends.health.judge.queue import queue
from backends.health.judge.services import LABELS, service
from backends.health.judge.signatures import signatures
from backends.health.judge.tables import maps
from backends.health.judge.upkeep import (
    certificates,
    clock,
    drift,
    parameters,
    resolvers,
    root_mail,
)


class Judge(NamedTuple):
    """What makes checks of the answers to some questions."""

    needs: frozenset[str]
    judge: Callable[[Facts], Iterator[Judged]]


_OF_SERVICES = {
    "postfix": {"ports"},
    "gld": {"ports", "greylist"},
    "amavis": {"ports"},
    "clamd": {"antivirus"},
    "dovecot": {"ports"},
    "mariadb": {"greylist"},
}
JUDGES: tuple[Judge, ...] = (
    *(
        Judge(frozenset({"services", "units", "log", *_OF_SERVICES[name]}), partial(service, name=name))
        for name in LABELS
    ),
    Judge(frozenset({"queue"}), queue),
    Judge(frozenset({"log", "services"}), refusing),
    Judge(frozenset({"log"}), outgoing),
    Judge(frozenset({"log", "services"}), mail_log),
    Judge(frozenset({"antivirus", "services"}), signatures),
    Judge(frozenset({"disks"}), disks),
    Judge(frozenset({"dns"}), resolvers),
    Judge(frozenset({"certificates"}), certificates),
    Judge(frozenset({"clock"}), clock),
    Judge(frozenset({"maps", "tables"}), maps),
    Judge(frozenset({"setup"}), parameters),
    Judge(frozenset({"root"}), root_mail),
    Judge(frozenset({"drift"}), drift),
)
