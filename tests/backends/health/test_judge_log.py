"""What the mail log comes to: refusals of now and of before, mail that does not get out, a file that nothing writes."""

from typing import Any

import msgspec
import pytest

from backends.health import facts
from backends.health.causes import report
from backends.health.facts import LogFacts, Outside, Reason, Written
from backends.health.judge.judges import JUDGES
from backends.health.judge.known import Facts
from backends.health.values import Check, Report
from backends.text import time_text
from tests.backends.health.machine import DAY, NOW, antivirus, ports, services, told, well, wrong
from tests.backends.health.test_judge import DOWN, REFUSED


def seen(kind: str, *times: float) -> facts.Seen:
    return facts.Seen(kind, tuple(times), f"postfix/smtpd: {kind}")


def log(*found: facts.Seen, **other: Any) -> LogFacts:
    return LogFacts(NOW - 1200, NOW, found, **other)


def known(wrong_since: dict[str, float], looked: float, **spoilt: Any) -> Report:
    """What is reported by a look after others."""
    facts_known = Facts(NOW, well() | spoilt, wrong=wrong_since, looked=looked)
    return report([one for judge in JUDGES for one in judge.judge(facts_known)], facts_known, 0.1)


def old(last: float = NOW - 600, count: int = 41) -> facts.Seen:
    return seen("refused", *(last - number for number in range(count, -1, -1)))


def test_old_refusals_are_not_laid_to_what_is_broken_now() -> None:
    stopped = services(gld={"state": "stopped", "since": NOW - 120, "pid": None, "started": None})
    spoilt: dict[str, Any] = {"services": stopped, "ports": ports(gld=REFUSED)}
    policy = seen("policy", NOW - 700, NOW - 600)
    found = wrong(told(**spoilt, log=log(old(), policy)))
    assert found["gld"].said == "gld does not run"
    assert not any("policy" in one.said for one in found["gld"].evidence)
    assert found["log"].cause == ""
    new = seen("refused", *(NOW - 600 - n for n in range(9)), NOW - 100, NOW - 90, NOW - 3)
    found = wrong(told(**spoilt, log=log(new, seen("policy", NOW - 700, NOW - 100))))
    assert found["gld"].said == "Senders are told to come again (451) because gld does not run"
    assert found["log"].cause == "gld"
    assert "451): 3 times since" in found["log"].said
    assert [one.times for one in found["gld"].evidence if "policy" in one.said] == [1]


def test_refusals_just_before_a_cause_are_its_first_signs_unless_they_were_over() -> None:
    stopped = services(amavis={"state": "stopped", "since": NOW - 5, "pid": None, "started": None})
    spoilt: dict[str, Any] = {"services": stopped, "ports": ports(amavis=REFUSED)}
    just = old(NOW - 30)
    assert wrong(told(**spoilt, log=log(just)))["log"].cause == "amavis"
    over = log(just, taken=(NOW - 29, NOW - 28, NOW - 27))
    assert wrong(told(**spoilt, log=over))["log"].cause == ""
    again = log(seen("refused", *just.times, NOW - 4), taken=(NOW - 29, NOW - 28, NOW - 27))
    assert wrong(told(**spoilt, log=again))["log"].cause == "amavis"


def test_what_was_seen_before_the_last_good_look_is_no_sign() -> None:
    halted = services(gld={"halted": True})
    spoilt: dict[str, Any] = {"services": halted, "log": log(old(), seen("policy", NOW - 600))}
    assert wrong(known({}, NOW - 20, **spoilt))["log"].cause == ""
    assert wrong(known({"gld": NOW - 660}, NOW - 20, **spoilt))["log"].cause == "gld"
    assert wrong(known({"gld": NOW - 300}, NOW - 20, **spoilt))["log"].cause == ""


def test_evidence_of_a_process_is_no_older_than_it() -> None:
    fresh = services(gld={"halted": True, "started": NOW - 200})
    found = wrong(told(services=fresh, log=log(old(), seen("policy", NOW - 600))))
    assert found["log"].cause == ""


def refusals(found: Report) -> Check:
    return next(check for check in found.checks if check.name == "log")


def test_refusals_that_go_on_are_bad_and_those_that_are_past_are_told_as_past() -> None:
    now = old(NOW - 5)
    assert refusals(told(log=log(now))).level == "bad"
    assert refusals(told(log=log(now, taken=(NOW - 9,)))).level == "bad"
    assert refusals(told(log=log(now, taken=(NOW - 2, NOW - 1)))).level == "bad"
    past = refusals(told(log=log(now, taken=(NOW - 3, NOW - 2, NOW - 1))))
    assert past.level == "watch"
    assert "42 times until " in past.said
    assert past.said.endswith("; mail is taken again since")
    assert "mail is taken again" in refusals(told(log=log(old(NOW - 70), taken=(NOW - 1,)))).said


@pytest.mark.parametrize("name", ["gld", "amavis", "postfix", "mariadb"])
def test_refusals_are_past_when_what_brings_them_about_was_started_since(name: str) -> None:
    found = refusals(told(log=log(old(NOW - 5)), services=services(**{name: {"started": NOW - 3}})))
    assert found.level == "watch"
    assert found.said.endswith(f"; {name} was started since")
    halted = services(**{name: {"started": NOW - 3, "halted": True}})
    assert "started since" not in refusals(told(log=log(old(NOW - 5)), services=halted)).said
    dovecot = services(dovecot={"started": NOW - 3})
    assert refusals(told(log=log(old(NOW - 5)), services=dovecot)).level == "bad"


def test_past_refusals_are_not_the_effect_of_another_trouble() -> None:
    past = log(old(NOW - 300), seen("scanner", NOW - 300), taken=(NOW - 200, NOW - 100))
    stopped = services(clamd={"state": "stopped", "since": NOW - 60})
    found = told(services=stopped, antivirus=antivirus(DOWN), log=past)
    assert "451" not in found.checks[0].said
    assert wrong(found)["log"].level == "watch"


FAILING = Outside(
    0,
    5,
    NOW - 700,
    1,
    (Reason("Connection timed out", 5),),
    (Reason("example.net", 5),),
    (Reason("bob@example.org", 4), Reason("ann@example.org", 1)),
)


def test_a_small_server_from_which_nothing_gets_out() -> None:
    (check,) = wrong(told(log=log(outside=FAILING))).values()
    assert (check.name, check.level, check.since) == ("outgoing", "watch", NOW - 700)
    assert (
        check.said
        == "No mail to others gets out: 5 messages failed in the last 15 minutes, none was delivered"
    )
    assert [one.said for one in check.evidence] == [
        "Connection timed out",
        "most often to example.net: 5",
        "most often from bob@example.org: 4",
    ]
    assert [mend.text for mend in check.mends] == [
        "mailtui queue list --queue deferred --group reason",
        "mailtui queue list --domain=example.net",
        "mailtui queue list --sender=bob@example.org",
    ]


@pytest.mark.parametrize(
    ("since", "failed", "places", "level"),
    [
        (0, 4, 4, "good"),
        (0, 20, 2, "watch"),
        (0, 19, 9, "watch"),
        (0, 20, 3, "bad"),
        (1, 300, 9, "bad"),
        (1, 300, 2, "watch"),
        (20, 20, 9, "watch"),
        (21, 20, 9, "good"),
        (2, 18, 9, "watch"),
        (3, 18, 9, "good"),
        (33, 300, 9, "bad"),
        (34, 300, 9, "watch"),
    ],
)
def test_how_bad_it_is_that_mail_does_not_get_out(since: int, failed: int, places: int, level: str) -> None:
    for before in (0, 500):  # what was delivered before the first failure tells nothing
        out = Outside(before + since, failed, NOW - 300, places, since=since)
        found = told(log=log(outside=out))
        assert next(check.level for check in found.checks if check.name == "outgoing") == level


@pytest.mark.parametrize(("after", "places", "level"), [(20, 3, "bad"), (19, 9, "good"), (90, 2, "good")])
def test_an_everyday_failure_before_an_outage_does_not_hide_it(after: int, places: int, level: str) -> None:
    out = Outside(160, 140, NOW - 880, 50, since=160, last=NOW - 420, after=after, places_after=places)
    for usual in (  # such a pause is made by chance
        msgspec.structs.replace(out, last=NOW - 100),
        msgspec.structs.replace(out, sent=12, failed=20, since=24),
    ):
        assert "outgoing" not in wrong(told(log=log(outside=usual)))
    check = next(one for one in told(log=log(outside=out)).checks if one.name == "outgoing")
    assert check.level == level
    if level == "bad":
        assert check.since == NOW - 420
        last = time_text(NOW - 420)[-8:]
        assert (
            check.said
            == f"No mail to others gets out any more: {after} messages failed since the last delivery at {last}"
        )


def test_one_delivery_does_not_hide_that_hundreds_fail() -> None:
    first = time_text(NOW - 700)[-8:]
    few = msgspec.structs.replace(FAILING, sent=3, failed=300, since=1)
    assert (
        wrong(told(log=log(outside=few)))["outgoing"].said
        == f"Most mail to others does not get out: 300 messages failed since {first}, 1 got out"
    )
    none = wrong(told(log=log(outside=msgspec.structs.replace(FAILING, sent=3))))["outgoing"]
    assert (
        none.said
        == f"No mail to others gets out any more: 5 messages failed since {first}, none was delivered"
    )


def test_a_queue_that_defers_names_whose_mail_waits_for_the_first_reason() -> None:
    queue = facts.QueueFacts(
        {"deferred": 40},
        40,
        whole=True,
        recent=30,
        reasons=(Reason("Connection timed out", 30), Reason("Mailbox full", 10)),
        domains=(Reason("example.net", 29),),
        senders=(Reason("news@example.org", 30),),
    )
    check = wrong(told(queue=queue))["queue"]
    assert [one.said for one in check.evidence] == [
        "Connection timed out",
        "most often to example.net: 29",
        "most often from news@example.org: 30",
        "Mailbox full",
    ]
    assert [mend.text for mend in check.mends] == [
        "mailtui queue list --group reason",
        "mailtui queue list --domain=example.net",
        "mailtui queue list --sender=news@example.org",
    ]


def test_the_first_mend_of_mail_that_does_not_get_out_is_gone_to() -> None:
    mends = wrong(told(log=log(outside=FAILING)))["outgoing"].mends
    assert [bool(mend.pane) for mend in mends] == [True, False, False]


def test_mail_that_waits_because_none_gets_out_is_one_trouble() -> None:
    queue = facts.QueueFacts({"deferred": 40}, 40, whole=True, recent=30)
    found = told(queue=queue, log=log(outside=FAILING))
    assert [check.name for check in found.causes] == ["outgoing"]
    assert wrong(found)["queue"].cause == "outgoing"
    dead = facts.Resolvers((facts.Resolver("192.168.0.1", 1.6, "no answer"),))
    assert [check.name for check in told(dns=dead, queue=queue, log=log(outside=FAILING)).causes] == ["dns"]


@pytest.mark.parametrize("text", ["$(id)@example.org", "x y", "a;b", "\x1b[31m", "--max", "é@example.org"])
def test_a_mend_holds_no_text_that_a_shell_obeys(text: str) -> None:
    strange = Outside(0, 9, NOW, 1, (), (Reason(text, 9),), (Reason(text, 9),))
    for mend in wrong(told(log=log(outside=strange)))["outgoing"].mends:
        assert text not in mend.text or text == "--max"
        assert not mend.argv


def test_what_a_log_file_says_may_be_anybodys() -> None:
    def said(log_file: Written | None) -> list[str]:
        over = log(old(NOW - 70), taken=(NOW - 1,), file=log_file)
        return [one.said for one in refusals(told(log=over)).evidence]

    assert len(said(None)) == 1
    assert said(file())[1:] == ["by a log file, in which syslog lets any user of this machine write"]
    assert len(said(file(elsewhere=True))) == 1


def done(at: float, *, backup: bool = True) -> facts.Done:
    return facts.Done(at, "ham", 9.0, backup)


@pytest.mark.parametrize(
    ("seen_too", "scanned", "amavis", "clamd"),
    [
        (
            (),
            (done(NOW - 40),),
            "amavis has mail scanned by its backup scanner, which is slower",
            "Mail is scanned by the backup scanner, slower, because clamd does not run",
        ),
        ((), (), "amavis gets no answer from its scanner", "clamd does not run"),
        (
            (seen("unscanned", NOW - 30),),
            (done(NOW - 40),),
            "amavis cannot have mail scanned",
            "No mail can be scanned because clamd does not run",
        ),
        (
            (seen("unscanned", NOW - 30),),
            (facts.Done(NOW - 19, "ham", 9.0, unscanned=True),),
            "amavis cannot have mail scanned; it lets it pass",
            "Mail passes unscanned because clamd does not run",
        ),
        (
            (seen("unscanned", NOW - 50),),
            (done(NOW - 40), done(NOW - 45, backup=False)),
            "amavis has mail scanned by its backup scanner, which is slower",
            "Mail is scanned by the backup scanner, slower, because clamd does not run",
        ),
        (
            (),
            (done(NOW - 2000), done(NOW - 45, backup=False)),
            "amavis gets no answer from its scanner",
            "clamd does not run",
        ),
    ],
)
def test_what_becomes_of_mail_without_its_scanner(
    seen_too: tuple[facts.Seen, ...], scanned: tuple[facts.Done, ...], amavis: str, clamd: str
) -> None:
    stopped = services(clamd={"state": "stopped", "since": NOW - 60, "pid": None, "started": None})
    trouble = log(seen("scanner", NOW - 55, NOW - 20), *seen_too, done=scanned)
    found = wrong(told(services=stopped, antivirus=antivirus(DOWN), log=trouble))
    assert found["clamd"].said == clamd
    assert found["clamd"].level == "bad"
    assert found["amavis"].said == amavis
    assert found["amavis"].level == ("bad" if "cannot" in amavis else "watch")


def test_what_a_scanner_that_failed_has_cost_is_no_slowness_of_amavis() -> None:
    slow = (facts.Done(NOW - 60, "ham", 11.0, backup=True), facts.Done(NOW - 50, "ham", 11.0, unscanned=True))
    assert not wrong(told(log=log(done=slow)))
    assert "11.0 s" in wrong(told(log=log(done=(facts.Done(NOW - 40, "ham", 11.0),))))["amavis"].said


def file(**other: Any) -> Written:
    return Written("/var/log/mail.log", NOW - 3000, **other)


def test_a_log_that_is_not_written_any_more() -> None:
    found = wrong(told(log=log(file=file(behind=True, elsewhere=True, by="rsyslog"))))
    check = found["mail-log"]
    assert check.since == NOW - 3000
    assert "the journal has newer lines" in check.said
    assert check.mends[0].argv == ("systemctl", "restart", "rsyslog")
    lost = wrong(told(log=log(file=file(behind=True)), services=facts.Services((), systemd=False)))[
        "mail-log"
    ]
    assert "what it logs is lost" in lost.said
    assert lost.mends[0].text == "apt install rsyslog"
    other = told(
        log=log(file=file(behind=True, by="syslog-ng")),
        services=facts.Services(services().services, systemd=False),
    )
    assert wrong(other)["mail-log"].mends[0].argv == ("service", "syslog-ng", "restart")


def test_what_a_log_that_is_lost_would_tell_is_not_known() -> None:
    lost = file(behind=True)
    levels = {check.name: check.level for check in told(log=log(file=lost)).checks}
    assert (levels["log"], levels["outgoing"]) == ("unknown", "unknown")
    kept = {check.name: check.level for check in told(log=log(file=file(behind=True, elsewhere=True))).checks}
    assert (kept["log"], kept["outgoing"]) == ("good", "good")
    assert wrong(told(log=log(seen("refused", NOW - 30), file=lost)))["log"].level == "watch"


def test_a_log_that_is_written_and_one_that_is_the_journal_are_no_fault() -> None:
    assert not wrong(told(log=log(file=file())))
    assert not wrong(told(log=log(file=file(elsewhere=True))))
    assert "mail-log" not in {check.name for check in told(log=log()).checks}


def test_a_full_disk_explains_that_the_log_is_not_written() -> None:
    def cause(**folders: str) -> str:
        full = (facts.Volume("8:1", folders, 100 << 30, 1 << 20, 0, 0),)
        found = told(disks=full, log=log(file=file(behind=True, by="rsyslog")))
        return wrong(found)["mail-log"].cause

    assert cause(spool="/var/spool/postfix", log="/var/log") == "disk-spool"
    assert cause(quarantine="/var/lib/amavis") == ""


def test_what_the_scanner_was_told_before_it_was_started_is_no_trouble_now() -> None:
    found = told(log=log(seen("scanner", NOW - 60)), services=services(clamd={"started": NOW - 30}))
    assert "amavis" not in wrong(found)
    assert "amavis" in wrong(told(log=log(seen("scanner", NOW - 60))))


@pytest.mark.parametrize("level", ["bad", "watch"])
def test_mail_that_waits_for_a_filter_that_works_again_is_only_watched(level: str) -> None:
    count = 300 if level == "bad" else 9
    queue = facts.QueueFacts(
        {"deferred": count}, count, whole=True, recent=count // 20, faults={"filter": count}
    )
    (check,) = wrong(told(queue=queue)).values()
    assert (check.name, check.level) == ("queue", "watch")
    assert f"{count} waited for the filter, which works again" in check.said
    assert check.mends[0].argv == ("postqueue", "-f")
    mixed = msgspec.structs.replace(queue, counts={"deferred": 3 * count})
    (check,) = wrong(told(queue=mixed)).values()
    assert all(mend.argv != ("postqueue", "-f") for mend in check.mends)  # it would push two thirds at others
    halted = wrong(told(queue=queue, services=services(amavis={"halted": True, "started": NOW - DAY})))
    assert halted["queue"].level == level
