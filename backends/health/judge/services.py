"""The services of the stack: do they run, do they answer as they should, how busy are they. Pure."""

from collections.abc import Iterator

from backends.antivirus.values import Status
from backends.health.facts import Database, LogFacts, Port, Service, Services
from backends.health.judge.known import Facts, Judged, mend_of
from backends.health.judge.working import at_work
from backends.health.units import with_units
from backends.health.values import Check, Evidence, Level, Measure, Mend
from backends.maillog.files import LOG
from backends.text import age_text, size_text, visible

SLOW = 1.0  # s for a greeting
LOADING = 180.0  # s that clamd may take to load its signatures
OFTEN = 3  # restarts by systemd that are worth a look
LABELS = {
    "postfix": "Postfix",
    "gld": "gld",
    "amavis": "amavis",
    "clamd": "clamd",
    "dovecot": "Dovecot",
    "mariadb": "MariaDB",
}
LOGS = {"scanner": "clamd", "filter": "amavis", "database": "mariadb", "policy": "gld"}
"""Troubles in the log by the service that they tell of."""


def service(facts: Facts, name: str) -> Iterator[Judged]:
    """One service; nothing where it is neither installed nor asked for by another."""
    told = _told(facts)
    if told is None:
        return
    one = next((each for each in told.services if each.name == name), None)
    places = answers(facts, name)
    if one is None or (one.state == "absent" and not any(place.error or place.said for place in places)):
        return
    needed = told.mail and (one.wanted is None or bool(places))
    if one.state == "stopped" and not one.wanted and not needed:
        return
    judged = _starting(one, places, facts.now) or _judged(one, places, systemd=told.systemd)
    check, fault, _ = at_work(facts, one, places, judged)
    stopped = fault == "stopped"
    began = facts.began(name, one.since if stopped else one.started, exact=stopped)
    evidence = (*check.evidence, *_logged(facts, name, check.level, began))
    yield Judged(
        Check(
            check.name,
            check.level,
            check.said,
            evidence,
            _since(facts, one, check.level, fault, began),
            check.mends,
            (*_measures(one, places), *check.measures),
        ),
        fault,
        began,
    )


def _told(facts: Facts) -> Services | None:
    """The services with their units; where they could not be looked at, those that should answer somewhere."""
    told = facts.value("services", Services)
    if told is None:
        if facts.error("services") is None:
            return None
        told = Services(tuple(Service(name, "unknown", unit=name) for name in LABELS if answers(facts, name)))
    return with_units(told, facts.value("units", dict) or {})


def answers(facts: Facts, name: str) -> list[Port]:
    """Where it should answer, and how it did."""
    if name == "clamd":
        return _of_clamd(facts)
    if name == "mariadb":
        return _of_database(facts)
    ports = facts.value("ports", tuple) or ()
    return [port for port in ports if port.service == name]


def _of_clamd(facts: Facts) -> list[Port]:
    if facts.silent("antivirus"):
        return [Port("clamd", "its socket", error="no PONG in 2 s", silent=True)]
    status = facts.value("antivirus", Status)
    if status is None:
        return []
    daemon = status.daemon
    silent = "in time" in daemon.error
    error = "" if daemon.answers else daemon.error
    if "not open to this user" in error:
        return []
    return [Port("clamd", daemon.where, daemon.release, daemon.seconds, error, silent, daemon.answers)]


def _of_database(facts: Facts) -> list[Port]:
    if facts.silent("greylist"):
        return [Port("mariadb", "its socket", error="no answer to gld's login in 2 s", silent=True)]
    found = facts.value("greylist", Database)
    if found is None:
        return []
    if found.speaks:
        return [Port("mariadb", found.where, "it speaks", found.seconds, right=True)]
    return [Port("mariadb", found.where, seconds=found.seconds, error=found.error)]


def _judged(one: Service, places: list[Port], *, systemd: bool) -> Judged:
    for look in (_stopped, _halted, _unanswered, _slow):
        if (found := look(one, places, systemd=systemd)) is not None:
            return found
    label = LABELS[one.name]
    if one.state == "unknown" and not any(place.right for place in places):
        return Judged(Check(one.name, "unknown", f"Whether {label} runs is hidden from this user"))
    there = f", answers on {', '.join(_where(place) for place in places)}" if places else ""
    return Judged(Check(one.name, "good", f"{label} runs{there}", _shown(one)))


def _starting(one: Service, places: list[Port], now: float) -> Judged | None:
    """clamd opens its socket when it has loaded its signatures, which takes long; to start it anew takes longer."""
    began = one.started
    if one.name != "clamd" or one.halted or one.state != "running" or began is None or now - began > LOADING:
        return None
    if not places or any(place.right or place.silent or place.said for place in places):
        return None
    said = f"clamd has run for {age_text(max(0.0, now - began))} and loads its signatures: nothing is scanned yet"
    return Judged(Check("clamd", "watch", said, _shown(one), mends=(Mend("wait for it"),)), "starting")


def _stopped(one: Service, places: list[Port], *, systemd: bool) -> Judged | None:
    if one.state not in {"stopped", "absent"} or any(place.right for place in places):
        return None
    label = LABELS[one.name]
    if one.state == "absent":
        said = f"{label} is not installed, and mail needs it"
        return Judged(Check(one.name, "bad", said, mends=(mend_of("mailtui --apply"),)), "stopped")
    failed = (Evidence(f"systemd: {one.result}"),) if one.result not in {"", "success"} else ()
    mends: tuple[Mend, ...] = (_mend("start", one, systemd=systemd), _look(one, systemd=systemd))
    said = f"{label} does not run"
    if (
        other := next((place for place in places if place.said and place.where.isdecimal()), None)
    ) is not None:
        said += f", and something else answers on {_where(other)}"
        failed = (Evidence(_port_text(other)), *failed)
        mends = (Mend(f"ss -ltnp 'sport = :{other.where}'"), *mends)
    return Judged(Check(one.name, "bad", said, failed, mends=mends), "stopped")


def _halted(one: Service, _places: list[Port], *, systemd: bool) -> Judged | None:
    if not one.halted:
        return None
    said = f"{LABELS[one.name]} is halted: process {one.pid} is stopped by a signal"
    argv = ("systemctl", "kill", "--signal=SIGCONT", f"{one.process_unit or one.unit}.service")
    go_on = Mend(" ".join(argv), argv) if systemd else Mend(f"kill -CONT {one.pid}")
    mends = (go_on, _mend("restart", one, systemd=systemd))
    return Judged(Check(one.name, "bad", said, _shown(one), mends=mends), "halted")


def _unanswered(one: Service, places: list[Port], *, systemd: bool) -> Judged | None:
    for place in places:
        if (found := _place(place, LABELS[one.name])) is not None:
            said, fault = found
            evidence = (Evidence(_port_text(place)), *_shown(one))
            mends = (_mend("restart", one, systemd=systemd), _look(one, systemd=systemd))
            return Judged(Check(one.name, "bad", said, evidence, mends=mends), fault)
    return None


def _slow(one: Service, places: list[Port], *, systemd: bool) -> Judged | None:
    label = LABELS[one.name]
    for place in places:
        if place.seconds > SLOW and place.where.isdecimal():
            said = f"{label} answers slowly: {place.seconds:.1f} s on {_where(place)}"
            return Judged(Check(one.name, "watch", said, _shown(one)), "slow")
    if one.restarts and one.restarts >= OFTEN:
        said = f"{label} was started again {one.restarts} times by systemd"
        mends = (_look(one, systemd=systemd),)
        return Judged(Check(one.name, "watch", said, _shown(one), mends=mends), "restarts")
    return None


def _place(place: Port, label: str) -> tuple[str, str] | None:
    """What is wrong where it should answer, and the fault in a word."""
    if place.right:
        return None
    where = _where(place)
    if place.silent:
        return f"{label} does not answer" + (f" on {where}" if place.where.isdecimal() else ""), "silent"
    if place.said:
        return f"What answers on {where} is not {label}", "garbage"
    if "that is not clamd" in place.error or "without a word" in place.error:
        return f"What answers on {where} is not {label}", "garbage"
    return f"{label} does not answer on {where}", "refused"


def _port_text(place: Port) -> str:
    where = _where(place)
    if place.said:
        return f"{where} says {visible(place.said)!r}"
    if place.silent:
        return f"{where}: connected, but no answer in {max(place.seconds, 1.0):.1f} s"
    return f"{where}: {visible(place.error)}"


def _where(place: Port) -> str:
    return f"port {place.where}" if place.where.isdecimal() else place.where


def _shown(one: Service) -> tuple[Evidence, ...]:
    if one.pid is None:
        return ()
    memory = f", {size_text(one.memory)} of memory" if one.memory else ""
    return (Evidence(f"process {one.pid}{memory}; started", one.started),)


def _logged(facts: Facts, name: str, level: Level, began: float) -> Iterator[Evidence]:
    """What the log says of a service that is in trouble, since that can have begun."""
    log = facts.value("log", LogFacts)
    if log is None or level == "good":
        return
    for kind in log.seen:
        if LOGS.get(kind.kind) == name and (seen := kind.since(began)) is not None:
            yield Evidence(seen.said, seen.last, seen.count)


def _since(facts: Facts, one: Service, level: Level, fault: str, began: float) -> float | None:
    if level == "good":
        return None
    if fault == "stopped" and one.since is not None:
        return one.since
    log = facts.value("log", LogFacts)
    kind = next((kind for kind, name in LOGS.items() if name == one.name), "")
    logged = log.of(kind) if log is not None and kind else None
    seen = logged.since(began) if logged is not None else None
    return seen.first if seen is not None else None


def _measures(one: Service, places: list[Port]) -> Iterator[Measure]:
    yield Measure(f"{one.name}-up", float(one.state == "running" and not one.halted))
    if one.memory is not None:
        yield Measure(f"{one.name}-memory", one.memory, "B")
    if one.restarts is not None:
        yield Measure(f"{one.name}-restarts", one.restarts)
    for place in places:
        if place.right:
            suffix = place.where if place.where.isdecimal() else "answer"
            yield Measure(f"{one.name}-{suffix}", round(place.seconds, 6), "s", SLOW)


def _mend(verb: str, one: Service, *, systemd: bool) -> Mend:
    unit = "postfix" if one.name == "postfix" else one.unit
    argv = ("systemctl", verb, unit) if systemd else ("service", unit, verb)
    return Mend(" ".join(argv), argv)


def _look(one: Service, *, systemd: bool) -> Mend:
    if systemd:
        return Mend(f"journalctl -u {one.unit} -n 20")
    return Mend(f"grep -i {one.name} {LOG} | tail")
