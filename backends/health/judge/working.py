"""How services do their work: amavis's children and what a message takes, gld's database. Pure."""

from backends.errors import NotPermitted
from backends.health.facts import UNREAD, Database, LogFacts, Port, Seen, Service, Services
from backends.health.judge.known import Facts, Judged, mend_of
from backends.health.values import Check, Evidence, Level, Measure

SCAN_SLOW = 10.0  # s
SCANNED = 300.0
"""Seconds whose messages tell how long amavis takes."""
LATELY = 120.0  # s


def at_work(facts: Facts, one: Service, places: list[Port], judged: Judged) -> Judged:
    """amavis: its children and how long it takes; gld: its database."""
    if one.name == "gld" and judged.check.level == "good":
        return _gld(facts, judged, unread=any(place.said == UNREAD for place in places))
    if one.name != "amavis" or judged.fault in {"stopped", "halted"}:
        return judged
    log = facts.value("log", LogFacts)
    scan = log.slowest(facts.now - SCANNED) if log is not None else None
    measures = [Measure("amavis-children", one.children), Measure("amavis-busy", one.busy)]
    if scan is not None:
        measures.append(Measure("amavis-scan", scan, "s", SCAN_SLOW))
    check, fault, said = judged.check, judged.fault, judged.check.said
    level: Level = check.level
    evidence, mends = check.evidence, check.mends
    scanner = log.of("scanner") if log is not None else None
    busy = one.children > 0 and one.busy >= one.children
    if check.level == "good":
        if log is not None and scanner is not None and _still(facts, scanner, log):
            level, said = _scanning(log, scanner.first)
            fault = "trouble"
            evidence = (Evidence(scanner.said, scanner.last, scanner.count), *evidence)
            mends = (mend_of("mailtui av"), *mends)
        elif busy:
            level, fault, said = "watch", "busy", f"All {one.children} children of amavis are busy"
        elif scan is not None and scan > SCAN_SLOW:
            level, fault = "watch", "slow"
            said = f"amavis takes {scan:.1f} s for a message (95th percentile)"
        elif one.children:
            took = f", {scan:.1f} s for a message (95th percentile)" if scan is not None else ""
            said = f"{said}; {one.busy} of {one.children} children busy{took}"
    elif busy:
        said = f"{said}: all its {one.children} children are busy"
    return Judged(Check(check.name, level, said, evidence, mends=mends, measures=tuple(measures)), fault)


def _still(facts: Facts, trouble: Seen, log: LogFacts) -> bool:
    """Whether the scanner's trouble goes on: nothing but a backup has scanned since, and clamd was not started since."""
    told = facts.value("services", Services)
    clamd = next((one for one in told.services if one.name == "clamd"), None) if told is not None else None
    started = clamd.started if clamd is not None and clamd.state == "running" else None
    done = any(one.at > trouble.last and not (one.backup or one.unscanned) for one in log.done)
    return not done and facts.now - trouble.last < LATELY and (started is None or started <= trouble.last)


def _scanning(log: LogFacts, began: float) -> tuple[Level, str]:
    """What amavis makes of a scanner that fails."""
    if backed(log, began):
        return "watch", "amavis has mail scanned by its backup scanner, which is slower"
    if unscanned(log, began):
        return "bad", "amavis cannot have mail scanned" + ("; it lets it pass" if passes(log, began) else "")
    return "watch", "amavis gets no answer from its scanner"


def backed(log: LogFacts, began: float) -> bool:
    """Whether amavis has had mail scanned by a backup scanner from then on, and has not failed with that since."""
    last = max((one.at for one in log.done if one.backup and one.at >= began), default=0.0)
    return last > 0 and not unscanned(log, last)


def unscanned(log: LogFacts, began: float) -> bool:
    """Whether there was mail from then on that no scanner could scan."""
    seen = log.of("unscanned")
    return seen is not None and seen.since(began) is not None


def passes(log: LogFacts, began: float) -> bool:
    """Whether amavis has let mail pass from then on that no scanner could scan, as it does on Debian."""
    return any(one.unscanned and one.passed and one.at >= began for one in log.done)


def _gld(facts: Facts, judged: Judged, *, unread: bool) -> Judged:
    found = facts.value("greylist", Database)
    check = judged.check
    if facts.silent("greylist"):
        found = Database("its database", 2.0, "gld's database does not answer in 2 s")
    if unread and (found is None or not found.error):
        found = Database(
            "", 0.0, "gld closes connections unread, as it does without its database", err_accept=False
        )
    if found is None or not found.error:
        error = facts.error("greylist")
        if found is None and error is not None and not isinstance(error, NotPermitted):
            return Judged(
                Check("gld", "watch", f"gld: {error}", check.evidence, mends=(mend_of(error.hint),)),
                "database",
            )
        return judged
    effect = "all mail passes ungreylisted" if found.err_accept else "senders are told to wait (451)"
    said = f"gld cannot use its database: {effect}"
    mends = (mend_of(found.hint or "mailtui greylist doctor"),)
    return Judged(
        Check("gld", "bad", said, (Evidence(found.error), *check.evidence), mends=mends), "database"
    )
