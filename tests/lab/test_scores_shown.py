"""What is told of scores, held against a real amavis: what another threshold would do is what it does when it is set."""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.lab.apply import PYTHON, TEST, machine_with, mailtui, ok
from tests.lab.image import bare
from tests.lab.machine import Machine
from tests.lab.process import wait_until
from tests.lab.test_quarantine import EICAR, GTUBE, amavis, send

RULE = """\
header MAILTUI_DOUBTFUL Subject =~ /nearly spam/
score MAILTUI_DOUBTFUL 4
"""
DOUBTFUL = 1.5, 6.0
"""Scores between which the message is that this hits, whatever else does."""

TWO = """\
import smtplib
with smtplib.SMTP("127.0.0.1", 25, "mail.example.test", timeout=60) as smtp:
    smtp.sendmail("alice@example.test", ["alice@example.test", "bob@example.test"], b"From: alice@example.test\\r\\n"
        b"To: both\\r\\nDate: Tue, 24 Nov 2026 10:00:00 +0000\\r\\nMessage-ID: <both@example.test>\\r\\n"
        b"Subject: nearly spam\\r\\n\\r\\nto both\\r\\n")
"""
HITS = """\
import json, sys
from backends.local import LocalHost
from backends.scores.hits import candidates, hit_by
scores = LocalHost().scores
reading, found = scores.read(), {}
for rule in sys.argv[1:]:
    hits = hit_by(rule, scores.rules().messages, 0, 2**32)
    ids = {one.mail_id for one in hits}
    rows = candidates(reading.store, hits).tolist()
    lines = [one.mail_id for _, one in scores.messages(reading, rows) if one.mail_id in ids]
    found[rule] = [sorted(ids), sorted(lines), len(hits)]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine brought to the reference, which has scored a message of each kind."""
    with machine_with(release, bare(release)) as machine:
        ok(machine, "--apply", *TEST, "--filter", "post-queue")
        machine.path("/etc/spamassassin/mailtui-test.cf").write_text(RULE)
        amavis(machine, "restart")
        before = told(machine)["count"]
        send(machine, b"Subject: lunch\r\n\r\nat noon?\r\n")
        send(machine, b"Subject: nearly spam\r\n\r\ndoubtful\r\n")
        send(machine, b"Subject: spam\r\n\r\n" + GTUBE + b"\r\n")
        send(machine, b"Subject: a virus\r\n\r\n" + EICAR + b"\r\n")
        wait_until("four messages more", lambda: told(machine)["count"] == before + 4, timeout=60, every=0.5)
        yield machine


def told(machine: Machine, *words: str) -> dict[str, Any]:
    """What is told as JSON."""
    found: dict[str, Any] = json.loads(ok(machine, "scores", "--json", "--limit", "0", *words))
    return found


def doubtful(machine: Machine) -> list[dict[str, Any]]:
    """The messages that the rule hit."""
    low, high = DOUBTFUL
    found: list[dict[str, Any]] = told(machine, "--threshold", f"tag2={low}", "--what-if", f"tag2={high}")[
        "messages"
    ]
    return found


def test_kinds_and_thresholds_in_force(server: Machine) -> None:
    found = told(server)
    assert (found["thresholds"]["tag2"], found["thresholds"]["kill"]) == (6.31, 6.31)
    counts = {one["kind"]: one["count"] for one in found["spreads"]}
    assert counts["spam"] >= 1
    assert counts["virus"] >= 1
    assert counts["ham"] >= 2
    assert found["spreads"][0]["most"] > 900
    assert found["course"]["whole"]["most"] > 0
    text = ok(server, "scores")
    assert "tag2 6.31" in text
    assert max(map(len, text.splitlines())) <= 80


def test_what_another_threshold_would_do_is_what_it_does(server: Machine) -> None:
    (one,) = doubtful(server)
    assert (one["category"], one["blocked"]) == ("CLEAN", False)
    lower = round(one["score"] - 0.1, 3)
    asked = told(server, "--what-if", f"tag2={lower}")
    assert [message["mail_id"] for message in asked["messages"]] == [one["mail_id"]]
    assert asked["what_if"][0]["count"] == 1
    server.path("/etc/amavis/conf.d/60-mailtui-test").write_text(f"$sa_tag2_level_deflt = {lower};\n1;\n")
    amavis(server, "restart")
    assert told(server)["thresholds"]["tag2"] == lower
    send(server, b"Subject: nearly spam\r\n\r\ndoubtful once more\r\n")
    wait_until("the second one", lambda: len(doubtful(server)) == 2, timeout=60, every=0.5)
    assert sorted(message["category"] for message in doubtful(server)) == ["CLEAN", "SPAMMY"]
    server.path("/etc/amavis/conf.d/60-mailtui-test").unlink()
    amavis(server, "restart")


def test_rules_of_spam_and_of_ham(server: Machine) -> None:
    lines = ok(server, "scores", "--by", "rule", "--json", "--limit", "0").splitlines()
    rules = {one["name"]: one for one in map(json.loads, lines)}
    assert rules["GTUBE"]["spam"] >= 1
    assert rules["GTUBE"]["spam_added"] >= 1000
    assert rules["MAILTUI_DOUBTFUL"]["ham"] >= 1
    assert rules["ALL_TRUSTED"]["ham_taken"] < 0
    assert "GTUBE" in ok(server, "scores", "--by", "rule")


def test_a_message_that_lies_in_several_places_counts_once(server: Machine) -> None:
    """Spam is delivered, with a copy in the quarantine, as the reference has it; and what goes to two lies twice in mailboxes."""
    server.run(["useradd", "--create-home", "bob"])
    server.run(["python3", "-c", TWO])
    both = ["sh", "-c", "grep -l '^To: both' /home/*/Maildir/new/*"]
    wait_until(
        "both mailboxes",
        lambda: len(server.run(both, check=False).stdout.split()) == 2,
        timeout=60,
        every=0.5,
    )
    kept = server.run(["sh", "-c", "ls /var/lib/amavis/virusmails/*/spam-*"]).stdout.split()
    grep = ["sh", "-c", "grep -l '^X-Spam-Status: Yes' /home/alice/Maildir/*/*"]
    assert kept
    assert server.run(grep).stdout.split(), "it was delivered as well"
    lines = ok(server, "scores", "--by", "rule", "--json", "--limit", "0").splitlines()
    rules = {one["name"]: one["spam"] + one["ham"] for one in map(json.loads, lines)}
    found = json.loads(server.run([PYTHON, "-c", HITS, "GTUBE", "MAILTUI_DOUBTFUL"]).stdout)
    for rule, (ids, in_log, hits) in found.items():
        assert rules[rule] == hits == len(ids)
        assert in_log == ids, "and each is found in the log"
    assert rules["GTUBE"] == len(kept)
    assert rules["MAILTUI_DOUBTFUL"] == len(doubtful(server))


def test_the_kill_level_does_what_amavis_s_configuration_says(server: Machine) -> None:
    assert told(server)["thresholds"]["destiny"] == "pass"
    assert "reach it and are delivered all the same" in ok(server, "scores")
    assert not [one for one in told(server, "--what-if", "kill=1000")["messages"] if one["blocked"]]


def test_drawn_and_grouped(server: Machine) -> None:
    ok(server, "scores", "--svg", "/root/scores.svg")
    ElementTree.fromstring(server.path("/root/scores.svg").read_text())
    groups = [json.loads(line) for line in ok(server, "scores", "--by", "domain", "--json").splitlines()]
    assert "example.test" in {one["name"] for one in groups}


def test_a_quarantined_message_is_learnt(server: Machine) -> None:
    before = told(server, "--bayes")["bayes"]
    spam = next(one for one in told(server, "--what-if", "tag2=1000")["messages"] if one["quarantine"])
    assert "1 of them new" in ok(server, "quarantine", "learn", "--spam", spam["mail_id"])
    after = told(server, "--bayes")["bayes"]
    assert after["spam"] == before["spam"] + 1
    assert after["auto_expire"] is False  # the reference's own setting
    assert "1 of them new" in ok(server, "quarantine", "learn", "--forget", spam["mail_id"])
    assert told(server, "--bayes")["bayes"]["spam"] == before["spam"]


def test_without_rights_it_says_what_is_missing(server: Machine) -> None:
    done = server.run(["runuser", "-u", "alice", "--", "mailtui", "scores"], check=False)
    assert done.returncode in {1, 3}
    assert done.stderr.startswith("mailtui: ")
    assert mailtui(server, "scores", "--what-if", "tag2=x").returncode == 2
