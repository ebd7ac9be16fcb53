"""The facts of a machine on which all is well, to be spoilt one by one."""

from collections.abc import Callable
from typing import Any

from backends.antivirus.findings import findings
from backends.antivirus.values import Daemon, Database, Freshclam, Run, Stats, Status
from backends.health import facts
from backends.health.adapter import HostHealth
from backends.health.asking import Question
from backends.health.causes import report
from backends.health.judge.judges import JUDGES
from backends.health.judge.known import Facts
from backends.health.ring import Ring
from backends.health.values import Check, Report
from backends.runner import LocalRunner, Runner

NOW = 1_795_435_200.0
DAY = 86400.0
PORTS = (("postfix", "25"), ("postfix", "10025"), ("amavis", "10024"), ("gld", "2525"), ("dovecot", "993"))
NAMES = ("postfix", "gld", "amavis", "clamd", "dovecot", "mariadb")
UNITS = {"clamd": "clamav-daemon"}


def service(name: str, **other: Any) -> facts.Service:
    values: dict[str, Any] = {
        "state": "running",
        "pid": 700,
        "memory": 1 << 24,
        "started": NOW - DAY,
        "wanted": True,
    }
    return facts.Service(name, **(values | {"unit": UNITS.get(name, name)} | other))


def services(**spoilt: dict[str, Any]) -> facts.Services:
    return facts.Services(tuple(service(name, **spoilt.get(name, {})) for name in NAMES))


def ports(**spoilt: dict[str, Any]) -> tuple[facts.Port, ...]:
    """Each answers; those of a service are as `spoilt` says."""
    well: dict[str, Any] = {"said": "220 hi", "seconds": 0.01, "right": True}
    return tuple(facts.Port(name, where, **(well | spoilt.get(name, {}))) for name, where in PORTS)


def antivirus(daemon: Daemon | None = None, **spoilt: Any) -> Status:
    daemon = daemon or Daemon("/run/clamd", answers=True, daily=7, stats=Stats(1, 1, 12, 0))
    files = (
        Database("main.cvd", "official", 9, NOW - DAY, 1, 9, NOW - DAY, loaded=True),
        Database("daily.cvd", "official", 9, NOW - DAY, 7, 9, NOW - DAY, loaded=True),
    )
    fetching = Freshclam("daemon", 5, 24, runs=(Run(NOW - 60, NOW - 59, "current"),))
    return Status(NOW, daemon, files, fetching, tuple(findings(daemon, files, fetching, 600, NOW)))


def well() -> dict[str, Any]:
    """All answers."""
    return {
        "services": services(),
        "setup": facts.Setup({}),
        "ports": ports(),
        "queue": facts.QueueFacts({"deferred": 3, "active": 2}, 5, whole=True, oldest=NOW - 4000),
        "log": facts.LogFacts(NOW - 1200, NOW, (), (facts.Done(NOW - 30, "ham", 0.4),)),
        "greylist": facts.Database("gld@localhost", 0.01, speaks=True),
        "antivirus": antivirus(),
        "disks": (facts.Volume("8:1", {"spool": "/var/spool/postfix"}, 100 << 30, 50 << 30, 1000, 900),),
        "dns": facts.Resolvers((facts.Resolver("127.0.0.1", 0.001),)),
        "certificates": (facts.Certificate("/etc/x.pem", ("postfix",), NOW + 90 * DAY),),
        "clock": facts.Clock(synchronised=True, error=0.001, by="chronyd"),
        "maps": facts.Stale((), 7),
        "tables": facts.Tables(),
        "root": facts.RootMail("alice"),
        "drift": facts.Drifted(()),
    }


def seen(kind: str, *, count: int = 9, last: float = NOW - 3) -> facts.Seen:
    step = (last - NOW + 600) / max(1, count - 1)
    times = tuple(NOW - 600 + step * number for number in range(count))
    return facts.Seen(kind, times, f"postfix/smtpd: {kind}")


def log(*kinds: str) -> facts.LogFacts:
    return facts.LogFacts(NOW - 1200, NOW, tuple(seen(kind) for kind in kinds))


def told(growth: dict[str, facts.Growth] | None = None, **spoilt: Any) -> Report:
    """What is reported of the machine with some answers spoilt."""
    known = Facts(NOW, well() | spoilt, (), growth or {})
    return report([one for judge in JUDGES for one in judge.judge(known)], known, 0.1)


def wrong(found: Report) -> dict[str, Check]:
    return {check.name: check for check in found.checks if check.level != "good"}


class Sources:
    """These answers, or what is called for them."""

    def __init__(self, **spoilt: Question) -> None:
        self.spoilt = spoilt

    def questions(self) -> dict[str, Question]:
        return {name: (lambda value=value: value) for name, value in well().items()} | self.spoilt

    def waiting(self) -> int:
        return 38


class Kept:
    """A ring in memory."""

    def __init__(self, ring: Ring | None = None) -> None:
        self.ring = ring or Ring()

    def load(self) -> Ring:
        return self.ring

    def save(self, kept: Ring) -> None:
        self.ring = kept


def health(
    sources: Sources,
    kept: Kept | None = None,
    *,
    patience: float = 0.3,
    now: float = NOW,
    runner: Runner | None = None,
    record: Callable[..., None] | None = None,
) -> HostHealth:
    return HostHealth(
        sources,
        kept or Kept(),
        runner or LocalRunner(),
        lambda: now,
        patience=patience,
        record=record or (lambda *_words, **_more: None),
    )
