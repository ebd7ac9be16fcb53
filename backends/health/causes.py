"""Which trouble explains which: one cause with its symptoms instead of many alarms. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from backends.health.facts import Database, Drifted, LogFacts, QueueFacts
from backends.health.judge.known import EARLY, Facts, Judged
from backends.health.judge.log import over_by, refused
from backends.health.judge.services import LABELS
from backends.health.judge.working import backed, passes, unscanned
from backends.health.values import Check, Evidence, Level, Mend, Report

DOWN = frozenset({"stopped", "halted", "silent", "refused", "garbage"})
OWN = frozenset({"stopped", "halted", "garbage"})
"""Faults that no other service brings about."""
RANKS: dict[Level, int] = {"bad": 0, "watch": 1, "unknown": 2, "good": 3}


class Link(NamedTuple):
    """`cause` in trouble explains the trouble of `symptom`, if the facts fit; `mild`: also when both are only to be watched."""

    cause: str
    symptom: str
    fits: Callable[["Scene"], bool]
    mild: bool = False


class Scene(NamedTuple):
    """All that was judged, by name, the facts behind it, and which cause is looked at."""

    judged: Mapping[str, Judged]
    facts: Facts
    cause: str = ""

    def fault(self, name: str) -> str:
        found = self.judged.get(name)
        return found.fault if found is not None else ""

    def logged(self, *kinds: str) -> bool:
        """Whether the log tells of that since the cause can have begun."""
        log, began = self.facts.value("log", LogFacts), self.began
        found = [log.of(kind) for kind in kinds] if log is not None else []
        return any(seen is not None and seen.since(began) is not None for seen in found)

    @property
    def began(self) -> float:
        """From when on what is seen can be of the cause."""
        return self.judged[self.cause].began or self.facts.began(self.cause)

    def past(self, symptom: str) -> bool:
        """Whether all that is known of the symptom is older than the cause, or just before it, and was over."""
        log = self.facts.value("log", LogFacts)
        every = log.of("refused") if log is not None and symptom == "log" else None
        if log is None or every is None:
            return False
        seen = every.since(self.began)
        if seen is None:
            return True
        return seen.last < self.began + EARLY and bool(over_by(self.facts, log, seen))

    def holds(self, role: str) -> bool:
        """Whether the cause is a file system on which that is kept."""
        volumes = self.facts.value("disks", tuple) or ()
        return any(f"disk-{next(iter(one.folders))}" == self.cause and role in one.folders for one in volumes)

    def waiting(self, *kinds: str) -> bool:
        """Whether mail waits for that, by its delay reasons."""
        found = self.facts.value("queue", QueueFacts)
        return found is not None and any(found.faults.get(kind) for kind in kinds)


def _not_own(name: str) -> Callable[[Scene], bool]:
    return lambda scene: scene.fault(name) not in OWN


def _only_to_start(scene: Scene) -> bool:
    """Whether all that differs is that services do not run."""
    found = scene.facts.value("drift", Drifted)
    return found is not None and not found.files and all(text.startswith("start ") for text in found.todo)


def _links(disks: Sequence[str]) -> list[Link]:
    """All links, those that explain more first."""
    found = [
        Link(disk, symptom, _not_own(symptom))
        for disk in disks
        for symptom in ("mariadb", "clamd", "amavis", "postfix", "gld")
    ]
    found += [
        Link(disk, "queue", lambda scene: scene.waiting("disk") or scene.logged("disk")) for disk in disks
    ]
    found += [Link(disk, "log", lambda scene: scene.logged("disk")) for disk in disks]
    found += [Link(disk, "mail-log", lambda scene: scene.holds("log")) for disk in disks]
    found += [Link(name, "drift", _only_to_start) for name in LABELS]
    return [
        *found,
        Link("mariadb", "gld", lambda scene: scene.fault("gld") in {"database", "silent", "slow"}),
        Link("clamd", "amavis", lambda scene: scene.fault("amavis") in {"trouble", "busy", "silent", "slow"}),
        Link("clamd", "signatures", lambda scene: scene.fault("signatures") == "unloaded"),
        Link("clamd", "clamd-load", lambda _: True),
        Link("clamd", "queue", lambda scene: scene.waiting("scanner", "filter")),
        Link("clamd", "log", lambda scene: scene.logged("scanner")),
        Link("dns", "amavis", lambda scene: scene.fault("amavis") in {"busy", "slow", "silent"}),
        Link("dns", "postfix", lambda scene: scene.fault("postfix") in {"slow", "silent"}),
        Link("dns", "queue", lambda scene: scene.waiting("dns") or scene.fault("queue") == "deferring"),
        Link("dns", "log", lambda scene: scene.logged("dns")),
        Link("dns", "freshclam", lambda _: True),
        Link("dns", "outgoing", lambda _: True),
        Link("amavis", "queue", lambda scene: scene.waiting("filter", "scanner")),
        Link("amavis", "log", lambda scene: scene.logged("filter", "scanner", "refused")),
        Link("gld", "log", lambda scene: scene.logged("policy", "database")),
        Link("mariadb", "log", lambda scene: scene.logged("database")),
        Link("dovecot", "certificates", lambda scene: scene.judged["certificates"].check.level == "unknown"),
        Link("postfix", "queue", lambda scene: True),
        Link("postfix", "log", lambda scene: True),
        Link("maps", "log", lambda scene: scene.fault("maps") == "missing"),
        Link("queue", "log", lambda scene: scene.fault("queue") in {"disk", "filter"}),
        Link("outgoing", "queue", lambda scene: scene.fault("queue") == "deferring", mild=True),
    ]


def report(judged: Sequence[Judged], facts: Facts, seconds: float) -> Report:
    """All checks, each with its cause, the worst first and symptoms behind their causes."""
    by_name = {one.check.name: one for one in judged}
    queue, waiting = by_name.get("queue"), facts.value("queue", QueueFacts)
    if queue is not None and waiting is not None:
        by_name["queue"] = recovered(queue, by_name, waiting)
    causes = explained(by_name, facts)
    if cause := causes.get("log"):
        by_name["log"] = _since(by_name["log"], Scene(by_name, facts, cause))
    checks = [
        msgspec.structs.replace(one.check, cause=causes.get(one.check.name, "")) for one in by_name.values()
    ]
    found = [_with_effect(check, causes, by_name, facts) for check in checks]
    log = facts.value("log", LogFacts)
    lines = log.lines if log is not None else ()
    return Report(facts.now, seconds, tuple(sorted(found, key=_order)), lines)


def explained(judged: Mapping[str, Judged], facts: Facts) -> dict[str, str]:
    """The cause of each check that has one."""
    disks = [name for name, one in judged.items() if name.startswith("disk-") and one.fault == "full"]
    found: dict[str, str] = {}
    for link in _links(disks):
        cause, symptom = judged.get(link.cause), judged.get(link.symptom)
        if cause is None or symptom is None or link.symptom in found:
            continue
        if symptom.check.level == "good" or not _weighs(link, cause.check.level, symptom.check.level):
            continue
        scene = Scene(judged, facts, link.cause)
        if not scene.past(link.symptom) and link.fits(scene):
            found[link.symptom] = link.cause
    return found


def _weighs(link: Link, cause: Level, symptom: Level) -> bool:
    """Whether the cause is in so much trouble that it explains any."""
    return cause == "bad" or (link.mild and cause == symptom == "watch")


def _since(log: Judged, scene: Scene) -> Judged:
    """What senders were told, of the time of the cause alone."""
    found = scene.facts.value("log", LogFacts)
    every = found.of("refused") if found is not None else None
    seen = every.since(scene.began) if every is not None else None
    return log if found is None or seen is None else refused(scene.facts, found, seen, explained=True)


def recovered(queue: Judged, judged: Mapping[str, Judged], found: QueueFacts) -> Judged:
    """The queue, when what its mail waited for works again: delay reasons stay as they were until the next attempt.

    All is only offered to be tried at once where most of it waited for that: the others are not to be pushed.
    """
    filters = [judged[name].check.level for name in ("clamd", "amavis") if name in judged]
    if queue.fault not in {"scanner", "filter"} or not filters or any(level != "good" for level in filters):
        return queue
    waited, deferred = found.faults.get(queue.fault, 0), found.count("deferred")
    said = f"{queue.check.said.partition(';')[0]}; {waited:,} waited for the filter, which works again: the next attempt takes them"
    flush = (Mend("postqueue -f", ("postqueue", "-f")),) if waited * 2 >= deferred else ()
    mends = (*flush, *queue.check.mends)
    return Judged(msgspec.structs.replace(queue.check, level="watch", said=said, mends=mends), "")


def root(name: str, causes: Mapping[str, str]) -> str:
    """What explains it in the end."""
    for _ in causes:
        if name not in causes:
            break
        name = causes[name]
    return name


def _with_effect(
    check: Check, causes: Mapping[str, str], judged: Mapping[str, Judged], facts: Facts
) -> Check:
    """A cause told by its effect on mail, which is why somebody looks; with what the symptoms add as evidence."""
    if check.level != "bad" or check.cause:
        return check
    symptoms = [judged[name].check for name in causes if root(name, causes) == check.name]
    names = {one.name for one in symptoms}
    effect = _effect(check.name, names, Scene(judged, facts, check.name))
    if not effect:
        return check
    said = f"{effect} because {check.said}"
    firsts = [one.since for one in (check, *symptoms) if one.since is not None]
    added = tuple(Evidence(one.said) for one in symptoms if one.name in {"queue", "log"})
    return msgspec.structs.replace(
        check, said=said, evidence=(*added, *check.evidence), since=check.since or min(firsts, default=None)
    )


def _effect(name: str, symptoms: set[str], scene: Scene) -> str:
    judged = scene.judged
    if "queue" in symptoms and judged["queue"].check.level != "unknown":
        return "Mail is deferring"
    if "log" in symptoms and judged["log"].fault == "refusing":
        return "Senders are told to come again (451)"
    if name == "postfix" and judged[name].fault in DOWN:
        return "No mail is taken in"
    if name == "mariadb" and "gld" in symptoms:
        found = scene.facts.value("greylist", Database)
        passes = found is not None and found.err_accept
        return "Mail passes without greylisting" if passes else "Greylisting fails"
    if name == "amavis" and judged[name].fault in DOWN:
        return "No mail can be scanned"
    return _unscanned(scene) if name == "clamd" and judged[name].fault in DOWN else ""


def _unscanned(scene: Scene) -> str:
    """What becomes of mail without clamd, as far as the log has it: amavis may have a backup scanner."""
    log = scene.facts.value("log", LogFacts)
    if log is None:
        return ""
    if backed(log, scene.began):
        return "Mail is scanned by the backup scanner, slower,"
    if not unscanned(log, scene.began):
        return ""
    return "Mail passes unscanned" if passes(log, scene.began) else "No mail can be scanned"


def _order(check: Check) -> tuple[int, int, str]:
    """The worst first; what another explains behind what nothing explains."""
    return RANKS[check.level], int(bool(check.cause)), check.name
