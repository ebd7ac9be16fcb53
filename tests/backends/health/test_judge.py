"""What facts come to: each trouble alone, and the one cause of several."""

from typing import Any

import msgspec
import pytest

from backends.antivirus.findings import findings
from backends.antivirus.values import Daemon, Stats
from backends.errors import Failed, NotAnswering, NotPermitted
from backends.health import facts
from backends.health.asking import silent
from backends.health.judge.judges import JUDGES
from backends.health.judge.known import Facts, mend_of
from backends.health.judge.tables import maps as judge_maps
from backends.health.judge.upkeep import drift
from backends.health.values import Check, Point
from tests.backends.health.machine import (
    DAY,
    NAMES,
    NOW,
    antivirus,
    log,
    ports,
    services,
    told,
    well,
    wrong,
)

SILENT = {"said": "", "right": False, "silent": True, "error": "no answer", "seconds": 1.6}
REFUSED = {"said": "", "right": False, "error": "Connection refused"}
GARBAGE = {"said": "garbage", "right": False}
DOWN = Daemon(
    "/run/clamd", answers=False, error="clamd does not run: /run/clamd is not there", hint="start it"
)


def test_a_machine_on_which_all_is_well() -> None:
    found = told()
    assert found.level == "good"
    assert not wrong(found)
    assert {*NAMES, "queue", "disk-spool", "clock", "signatures", "freshclam"} <= {
        c.name for c in found.checks
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_does_not_run_is_the_cause(name: str) -> None:
    spoilt: dict[str, Any] = {
        "services": services(**{name: {"state": "stopped", "since": NOW - 60, "pid": None}})
    }
    spoilt["ports"] = ports(**{name: REFUSED})
    if name == "clamd":
        spoilt |= {"antivirus": antivirus(DOWN)}
    if name == "mariadb":
        spoilt["greylist"] = facts.Database("x", 0.1, "Connection refused", "start it", err_accept=False)
    found = told(**spoilt)
    (cause,) = [check for check in found.causes if check.level == "bad"]
    assert cause.name == name
    assert "does not run" in cause.said
    assert cause.since == NOW - 60
    assert cause.mends[0].argv == ("systemctl", "start", "clamav-daemon" if name == "clamd" else name)


@pytest.mark.parametrize("name", NAMES)
def test_a_halted_service_is_let_go_on(name: str) -> None:
    found = told(
        services=services(**{name: {"halted": True, "process_unit": "x@-"}}), ports=ports(**{name: SILENT})
    )
    check = wrong(found)[name]
    assert "is halted: process 700" in check.said
    assert check.mends[0].argv == ("systemctl", "kill", "--signal=SIGCONT", "x@-.service")


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (SILENT, "does not answer on port 25"),
        (REFUSED, "does not answer on port 25"),
        (GARBAGE, "is not Postfix"),
    ],
)
def test_a_port_without_the_right_answer(spoilt: dict[str, Any], said: str) -> None:
    check = wrong(told(ports=ports(postfix=spoilt)))["postfix"]
    assert said in check.said
    assert "port 25" in check.evidence[0].said


def test_something_else_in_the_place_of_a_stopped_service() -> None:
    found = told(services=services(gld={"state": "stopped"}), ports=ports(gld=GARBAGE))
    assert wrong(found)["gld"].said == "gld does not run, and something else answers on port 2525"


def test_what_nothing_asks_for_is_not_missed() -> None:
    gone = services(dovecot={"state": "absent"}, gld={"state": "stopped", "wanted": False})
    places = tuple(port for port in ports() if port.service not in {"dovecot", "gld"})
    assert not wrong(told(services=gone, ports=places))
    found = told(services=services(amavis={"state": "absent"}), ports=ports(amavis=REFUSED))
    assert "is not installed" in wrong(found)["amavis"].said


def test_the_scanner_is_down_therefore_mail_is_deferring() -> None:
    queue = facts.QueueFacts(
        {"deferred": 412}, 412, whole=True, recent=390, first_recent=NOW - 1260, faults={"scanner": 390}
    )
    found = told(
        services=services(clamd={"state": "stopped"}),
        antivirus=antivirus(DOWN),
        queue=queue,
        log=log("scanner", "refused"),
    )
    assert [check.name for check in found.causes if check.level == "bad"] == ["clamd"]
    cause = found.checks[0]
    assert cause.said == "Mail is deferring because clamd does not run"
    assert cause.since == NOW - 600
    causes = {name: check.cause for name, check in wrong(found).items()}
    assert causes == {"clamd": "", "amavis": "clamd", "queue": "clamd", "log": "clamd"}


def test_mail_that_waits_for_others_is_not_the_scanners_doing() -> None:
    queue = facts.QueueFacts(
        {"deferred": 400}, 400, whole=True, recent=390, reasons=(facts.Reason("Connection refused", 390),)
    )
    found = told(
        services=services(clamd={"state": "stopped"}),
        antivirus=antivirus(DOWN),
        queue=queue,
        log=log("scanner"),
    )
    told_apart = wrong(found)
    assert told_apart["queue"].cause == ""
    assert "Connection refused" in str(told_apart["queue"].evidence)
    assert "deferring" not in told_apart["clamd"].said


def test_a_queue_manager_that_stands_still_is_told_by_what_it_leaves() -> None:
    queue = facts.QueueFacts({"incoming": 73}, 73, whole=True)

    def judged(*before: Point) -> Check:
        known = Facts(NOW, well() | {"queue": queue}, before)
        return next(one.check for judge in JUDGES for one in judge.judge(known) if one.check.name == "queue")

    looks = [Point(NOW - seconds, active=0, incoming=60) for seconds in (130, 70, 10)]
    assert judged(*looks).level == "bad"
    assert "the queue manager does not work" in judged(*looks).said
    assert judged().level == "good"
    assert judged(looks[0], Point(NOW - 10, active=4, incoming=60)).level == "good"
    assert judged(*(Point(NOW - 4000 + number, active=0, incoming=60) for number in range(3))).level == "good"


def test_clamd_that_loads_its_signatures_is_not_started_again() -> None:
    loading = Daemon("/run/clamd", answers=False, error="/run/clamd is not there")
    found = told(services=services(clamd={"started": NOW - 8}), antivirus=antivirus(loading))
    clamd = next(check for check in found.checks if check.name == "clamd")
    assert (clamd.level, clamd.said) == (
        "watch",
        "clamd has run for 8s and loads its signatures: nothing is scanned yet",
    )
    assert not any(mend.argv for mend in clamd.mends)
    found = told(services=services(clamd={"started": NOW - 600}), antivirus=antivirus(loading))
    clamd = next(check for check in found.checks if check.name == "clamd")
    assert clamd.level == "bad"


def test_after_the_scanner_came_back_mail_waits_for_its_next_attempt() -> None:
    queue = facts.QueueFacts({"deferred": 9}, 9, whole=True, faults={"scanner": 9})
    found = told(queue=queue, log=log("scanner"), services=services(clamd={"started": NOW - 1}))
    (check,) = wrong(found).values()
    assert (check.name, check.level) == ("queue", "watch")
    assert check.mends[0].argv == ("postqueue", "-f")


@pytest.mark.parametrize(
    ("accepts", "effect"), [(True, "Mail passes without greylisting"), (False, "Greylisting fails")]
)
def test_a_database_that_hangs_is_the_cause_of_what_gld_does(accepts: bool, effect: str) -> None:
    found = told(
        services=services(mariadb={"halted": True}),
        greylist=facts.Database("x", 1.5, "no answer", "restart it", err_accept=accepts),
    )
    assert found.checks[0].name == "mariadb"
    assert found.checks[0].said.startswith(effect)
    assert wrong(found)["gld"].cause == "mariadb"
    assert wrong(told(greylist=silent(2)))["gld"].cause == "mariadb"


def test_gld_that_closes_connections_unread_has_no_database() -> None:
    unread = {"said": "closes the connection unread"}
    assert "cannot use its database" in wrong(told(ports=ports(gld=unread)))["gld"].said


def test_a_full_disk_is_the_cause_of_all_that_needs_room() -> None:
    full = (facts.Volume("8:1", {"spool": "/var"}, 100 << 30, 1 << 20, 0, 0),)
    queue = facts.QueueFacts({"deferred": 30}, 30, whole=True, recent=30, faults={"disk": 30})
    found = told(
        disks=full,
        queue=queue,
        log=log("disk", "refused"),
        greylist=facts.Database("x", 0.1, "disk full", err_accept=False),
    )
    assert [check.name for check in found.causes] == ["disk-spool"]
    assert found.checks[0].said.startswith("Mail is deferring because /var is full")


def test_a_mend_of_our_own_is_in_its_pane() -> None:
    def pane(text: str) -> str:
        return mend_of(text).pane

    assert [pane(text) for text in ("mailtui av update", "mailtui av update; or so", "mailtui --apply")] == [
        "antivirus",
        "antivirus",
        "config",
    ]
    assert [pane(text) for text in ("systemctl restart x", "see it, then: mailtui av", "mailtui health")] == [
        ""
    ] * 3
    status = antivirus()
    old = tuple(msgspec.structs.replace(one, built=NOW - 30 * DAY) for one in status.databases)
    of_old = tuple(findings(status.daemon, old, status.freshclam, 600, NOW))
    check = wrong(told(antivirus=msgspec.structs.replace(status, findings=of_old)))["signatures"]
    assert (check.mends[0].text, check.mends[0].pane) == ("mailtui av update", "antivirus")


def test_a_disk_that_fills() -> None:
    def level(a_day: float) -> str:
        found = told({"8:1": facts.Growth(a_day, DAY)})
        return next(check.level for check in found.checks if check.name == "disk-spool")

    assert [level(x) for x in (0.0, -1e12, float(1 << 30), float(16 << 30), float(60 << 30))] == [
        "good",
        "good",
        "good",
        "watch",
        "bad",
    ]
    said = wrong(told({"8:1": facts.Growth(float(16 << 30), 2 * DAY)}))["disk-spool"].said
    assert said == "/var/spool/postfix is full in 3 days: 50 GiB of 100 GiB used, 16 GiB more a day"


@pytest.mark.parametrize(
    ("size", "free", "inodes", "left", "level"),
    [
        (100 << 30, 9 << 30, 0, 0, "watch"),
        (100 << 30, 1 << 30, 0, 0, "bad"),
        (100 << 30, 50 << 30, 1000, 10, "bad"),
        (100 << 30, 50 << 30, 1000, 90, "watch"),
        (1 << 28, 50 << 20, 0, 0, "bad"),
    ],
)
def test_room_and_inodes(size: int, free: int, inodes: int, left: int, level: str) -> None:
    found = told(disks=(facts.Volume("8:1", {"log": "/var/log"}, size, free, inodes, left),))
    assert wrong(found)["disk-log"].level == level


def test_room_is_told_as_it_is() -> None:
    def said(size: int, free: int) -> str:
        found = told(disks=(facts.Volume("8:1", {"spool": "/s"}, size, free, 0, 0),))
        return wrong(found)["disk-spool"].said

    assert said(40 << 20, (40 << 20) - (40 << 10)) == "/s has too little room: 40 MiB of 40 MiB free"
    assert said(100 << 30, 1 << 30) == "/s is full: 99 GiB of 100 GiB used"
    assert said(100 << 30, 9 << 30) == "/s is nearly full: 91 GiB of 100 GiB used"


def test_what_waits_for_others_is_watched() -> None:
    queue = facts.QueueFacts({"deferred": 900}, 900, whole=True, recent=300, faults={"dns": 20})
    (check,) = wrong(told(queue=queue)).values()
    assert (check.name, check.level) == ("queue", "watch")
    assert "300 of them deferred in the last 20 minutes" in check.said


def test_names_cannot_be_looked_up() -> None:
    dead = facts.Resolvers((facts.Resolver("192.168.0.1", 1.6, "no answer"),))
    queue = facts.QueueFacts({"deferred": 30}, 30, whole=True, recent=30, faults={"dns": 30})
    found = told(dns=dead, queue=queue)
    assert [check.name for check in found.causes] == ["dns"]
    half = facts.Resolvers((facts.Resolver("a", 0.1), facts.Resolver("b", 1.6, "no answer")))
    assert wrong(told(dns=half))["dns"].level == "watch"
    copied = facts.Resolvers((facts.Resolver("a", 0.1),), "/var/spool/postfix/etc/resolv.conf")
    assert "old copy" in wrong(told(dns=copied))["dns"].said


@pytest.mark.parametrize(
    ("left", "level"), [(-1.0, "bad"), (2 * DAY, "bad"), (10 * DAY, "watch"), (30 * DAY, "good")]
)
def test_certificates_end(left: float, level: str) -> None:
    found = told(certificates=(facts.Certificate("/x", ("postfix",), NOW + left), well()["certificates"][0]))
    assert next(check.level for check in found.checks if check.name == "certificates") == level


def test_other_things_to_be_kept_up() -> None:
    found = wrong(
        told(
            certificates=(facts.Certificate("/x", ("dovecot",), NOW + 90 * DAY, served=False),),
            clock=facts.Clock(synchronised=False, error=9.0),
            maps=facts.Stale(("hash:/etc/postfix/virtual",), 9),
            setup=facts.Setup({}, unused=("main.cf: unused parameter: smtpd_tls_certfile=x",)),
            root=facts.RootMail("", "/usr/bin/maildrop"),
            drift=facts.Drifted(("/etc/gld.conf: conflict",)),
        )
    )
    assert {name: check.level for name, check in found.items()} == dict.fromkeys(
        ("certificates", "clock", "maps", "parameters", "root-mail", "drift"), "watch"
    )
    assert not wrong(told(clock=facts.Clock(synchronised=False, error=9.0, own=False)))


def test_drift_is_as_old_as_the_file_that_drifted() -> None:
    def since(recorded: float | None, changed: float | None) -> float | None:
        answers = well() | {"drift": facts.Drifted(("/etc/gld.conf: conflict",), (), changed)}
        known = Facts(NOW, answers, wrong={} if recorded is None else {"drift": recorded})
        return next(found.check.since for found in drift(known))

    assert since(None, NOW - 500) == NOW - 500
    assert since(NOW - 60, NOW - 500) == NOW - 500
    assert since(NOW - 900, NOW - 500) is None  # it was touched again: what was recorded holds
    assert since(NOW - 60, None) is None


def maps(**other: Any) -> tuple[str, str, list[str], list[str]]:
    found = next(check for check in told(**other).checks if check.name == "maps")
    return found.level, found.said, [one.said for one in found.evidence], [one.text for one in found.mends]


def test_tables_are_judged_as_their_pane_does() -> None:
    tables = facts.Tables(
        ("hash:/x: \x1b[31ma is there 2 times", "hash:/x: b never matches"), ("hash:/y: unused",)
    )
    stale = facts.Stale(("hash:/z",), 9)
    said = "2 things are wrong in lookup tables: mail goes otherwise than they say"
    wrong_too = ["hash:/x: ^[[31ma is there 2 times", "hash:/x: b never matches"]
    assert maps(tables=tables) == ("bad", said, wrong_too, ["mailtui maps lint"])
    assert maps(tables=tables, maps=stale)[1] == said
    assert maps(tables=facts.Tables((), tables.notes), maps=stale)[0::3] == (
        "watch",
        ["mailtui maps rebuild"],
    )
    missing = facts.Stale((), 9, ("hash:/n",))
    assert maps(tables=tables, maps=missing)[2:] == (["hash:/n"], ["mailtui maps rebuild"])
    assert maps(tables=facts.Tables((), tables.notes)) == (
        "good",
        "7 lookup tables are as their sources; 1 note on them",
        ["hash:/y: unused"],
        ["mailtui maps lint"],
    )
    assert maps(tables=facts.Tables(closed=("mysql:/p",)))[:3] == (
        "good",
        "7 lookup tables are as their sources; what is in 1 of them is hidden from this user",
        ["mysql:/p"],
    )
    assert maps(tables=silent(2))[:2] == (
        "good",
        "7 lookup tables are as their sources; what is in them was not looked at in the time",
    )
    assert maps(tables=Failed("no", hint="h"))[0] == "unknown"
    late = Facts(NOW, {"maps": facts.Stale((), 7), "tables": silent(2)}, wrong={"maps": NOW - 90})
    assert [one.check.level for one in judge_maps(late)] == ["unknown"]


def test_what_cannot_be_seen_is_said() -> None:
    hidden = NotPermitted("it cannot be read", hint="run mailtui as root")
    for name in ("queue", "log", "disks", "dns", "certificates", "clock", "maps", "setup", "root", "drift"):
        spoilt: dict[str, Any] = {name: hidden}
        (check,) = wrong(told(**spoilt)).values()
        assert check.level == "unknown"
        assert "cannot be read" in check.said


def test_what_does_not_answer_is_said() -> None:
    found = wrong(told(antivirus=silent(2)))
    assert found["clamd"].said == "clamd does not answer"
    assert isinstance(silent(2), NotAnswering)
    assert "drift" not in wrong(told(drift=silent(2)))


def test_services_that_cannot_be_looked_at_are_known_by_their_ports() -> None:
    found = told(services=silent(2), units=silent(2), ports=ports(amavis=REFUSED))
    assert [check.name for check in found.causes] == ["amavis"]


def test_nothing_of_a_mail_server() -> None:
    gone = facts.Services((), mail=False)
    nothing: dict[str, Any] = dict.fromkeys(well(), None) | {"services": gone, "ports": ()}
    assert told(**nothing).checks == ()
    everything: dict[str, Any] = dict.fromkeys(well(), Failed("no", hint="no"))
    assert told(**everything).level == "unknown"


def test_amavis_is_busy_or_slow() -> None:
    busy = services(amavis={"children": 8, "busy": 8})
    assert wrong(told(services=busy))["amavis"].said == "All 8 children of amavis are busy"
    done = tuple(facts.Done(NOW - at, "ham", 12.0) for at in range(9, 0, -1))
    assert "12.0 s" in wrong(told(log=facts.LogFacts(NOW - 1200, NOW, (), done)))["amavis"].said


def test_a_trouble_of_the_scanner_has_the_level_that_the_scanner_gives_it() -> None:
    late = Daemon("/run/clamd", answers=True, daily=6, stats=Stats(12, 0, 12, 5))
    spoilt = antivirus(late)
    (busy,) = [one for one in spoilt.findings if one.name == "load"]
    assert wrong(told(antivirus=spoilt))["clamd-load"].level == busy.state == "watch"
    stopped = antivirus(DOWN)
    assert next(one.state for one in stopped.findings if one.name == "clamd") == "bad"
    assert (
        wrong(told(antivirus=stopped, services=services(clamd={"state": "stopped"})))["clamd"].level == "bad"
    )
