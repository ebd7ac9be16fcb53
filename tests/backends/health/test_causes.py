"""Which trouble explains which: each link where its facts fit, and where they do not."""

from typing import Any

import pytest

from backends.health import facts
from backends.health.causes import _links, explained
from backends.health.judge.known import Facts, Judged
from backends.health.judge.services import LABELS
from backends.health.values import Check, Level
from tests.backends.health.machine import NOW, log


def judged(name: str, fault: str = "", level: Level = "bad") -> Judged:
    return Judged(Check(name, level, f"{name} is in trouble"), fault)


def waiting(**faults: int) -> dict[str, Any]:
    return {"queue": facts.QueueFacts({"deferred": 30}, 30, whole=True, faults=faults)}


def logged(*kinds: str) -> dict[str, Any]:
    return {"log": log(*kinds)}


def cause(first: Judged, second: Judged, outcomes: dict[str, Any] | None = None) -> str | None:
    """What explains the second."""
    both = {one.check.name: one for one in (first, second)}
    return explained(both, Facts(NOW, outcomes or {})).get(second.check.name)


ONLY_TO_START: dict[str, Any] = {"drift": facts.Drifted((), ("start gld",))}


@pytest.mark.parametrize(
    ("first", "second", "outcomes"),
    [
        *(
            (judged("disk-spool", "full"), judged(name, "silent"), {})
            for name in ("postfix", "mariadb", "clamd", "amavis", "gld")
        ),
        (judged("disk-spool", "full"), judged("queue"), waiting(disk=3)),
        (judged("disk-spool", "full"), judged("queue"), logged("disk")),
        (judged("disk-spool", "full"), judged("log"), logged("disk")),
        (judged("gld", "stopped"), judged("drift"), {"drift": facts.Drifted((), ("start gld",))}),
        (judged("mariadb", "silent"), judged("gld", "database"), {}),
        (judged("mariadb", "silent"), judged("log"), logged("database")),
        (judged("clamd", "stopped"), judged("amavis", "trouble"), {}),
        (judged("clamd", "stopped"), judged("signatures", "unloaded"), {}),
        (judged("clamd", "stopped"), judged("clamd-load"), {}),
        (judged("clamd", "stopped"), judged("queue"), waiting(scanner=3)),
        (judged("clamd", "stopped"), judged("log"), logged("scanner")),
        (judged("dns", "silent"), judged("amavis", "slow"), {}),
        (judged("dns", "silent"), judged("postfix", "slow"), {}),
        (judged("dns", "silent"), judged("queue"), waiting(dns=3)),
        (judged("dns", "silent"), judged("log"), logged("dns")),
        (judged("dns", "silent"), judged("freshclam"), {}),
        *((judged(name, "stopped"), judged("drift"), ONLY_TO_START) for name in LABELS),
        (judged("mariadb", "silent"), judged("gld", "slow"), {}),
        (judged("clamd", "stopped"), judged("amavis", "busy"), {}),
        (judged("clamd", "stopped"), judged("queue"), waiting(filter=3)),
        (judged("dns", "silent"), judged("queue", "deferring"), {}),
        (judged("dns", "silent"), judged("outgoing"), {}),
        (judged("amavis", "halted"), judged("queue"), waiting(filter=3)),
        (judged("amavis", "halted"), judged("queue"), waiting(scanner=3)),
        (judged("amavis", "halted"), judged("log"), logged("filter")),
        (judged("amavis", "halted"), judged("log"), logged("scanner")),
        (judged("amavis", "halted"), judged("log"), logged("refused")),
        (judged("gld", "halted"), judged("log"), logged("database")),
        (judged("queue", "disk"), judged("log"), {}),
        (judged("gld", "halted"), judged("log"), logged("policy")),
        (judged("dovecot", "stopped"), judged("certificates", level="unknown"), {}),
        (judged("postfix", "stopped"), judged("queue"), {}),
        (judged("postfix", "stopped"), judged("log"), {}),
        (judged("queue", "filter"), judged("log"), {}),
        (judged("maps", "missing"), judged("log"), {}),
    ],
)
def test_a_cause_explains_what_it_brings_about_and_nothing_once_it_is_well(
    first: Judged, second: Judged, outcomes: dict[str, Any]
) -> None:
    assert cause(first, second, outcomes) == first.check.name
    assert cause(judged(first.check.name, level="watch"), second, outcomes) is None


@pytest.mark.parametrize(
    ("first", "second", "outcomes"),
    [
        (judged("disk-spool", "full"), judged("postfix", "stopped"), {}),
        (judged("disk-spool", "full"), judged("queue"), waiting(scanner=3)),
        (judged("disk-spool", "filling"), judged("postfix", "silent"), {}),
        (
            judged("gld", "stopped"),
            judged("drift"),
            {"drift": facts.Drifted(("/etc/gld.conf",), ("start gld",))},
        ),
        (judged("mariadb", "silent"), judged("gld", "stopped"), {}),
        (judged("clamd", "stopped"), judged("amavis", "stopped"), {}),
        (judged("clamd", "stopped"), judged("signatures"), {}),
        (judged("clamd", "stopped"), judged("queue"), logged("scanner")),
        (judged("clamd", "stopped"), judged("log"), logged("dns")),
        (judged("dns", "silent"), judged("amavis", "halted"), {}),
        (judged("dns", "silent"), judged("queue", "scanner"), waiting(scanner=3)),
        (judged("amavis", "halted"), judged("queue"), waiting(dns=3)),
        (judged("gld", "halted"), judged("log"), logged("scanner")),
        (judged("dovecot", "stopped"), judged("certificates"), {}),
        (judged("queue", "delivery"), judged("log"), {}),
        (judged("maps"), judged("log"), {}),
    ],
)
def test_what_has_another_reason_is_told_apart(
    first: Judged, second: Judged, outcomes: dict[str, Any]
) -> None:
    assert cause(first, second, outcomes) is None


def test_what_explains_another_is_not_explained_by_it() -> None:
    explains: dict[str, set[str]] = {}
    for link in _links(["disk-spool"]):
        explains.setdefault(link.cause, set()).add(link.symptom)

    def below(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, way
        for symptom in explains.get(name, ()):
            below(symptom, (*way, name))

    for name in explains:
        below(name, ())


def test_the_first_link_that_fits_explains() -> None:
    three = {one.check.name: one for one in (judged("dns", "silent"), judged("queue", "deferring"))}
    three["outgoing"] = judged("outgoing", "failing")
    assert explained(three, Facts(NOW, {})) == {"queue": "dns", "outgoing": "dns"}
