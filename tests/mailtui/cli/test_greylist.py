"""`mailtui greylist …` on a host whose greylist is the demo host's."""

import io
import json
import sys
from typing import Any

import pytest

from backends.greylist.values import Filter, Triplet
from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import FakeHost


def rows(host: FakeHost, **wanted: Any) -> tuple[Triplet, ...]:
    return host.greylist.page(Filter(**wanted), limit=100_000).rows


def waiting(host: FakeHost) -> Triplet:
    return rows(host, client="198.51.100.77", state="waiting")[0]


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_triplets_are_listed_and_no_text_commands_the_terminal(run: Run, host: FakeHost) -> None:
    shown = run("greylist", "list", "--state", "waiting")
    assert shown.code == 0
    assert "198.51.100.77" in shown.out
    assert "\x1b" not in shown.out
    assert "^[[2J<U+202E>" in shown.out
    assert len(shown.out.splitlines()) == len(rows(host, state="waiting")) + 1
    assert len(run("greylist", "list", "--limit", "7").out.splitlines()) == 8
    nobody = run("greylist", "list", "--sender", "nobody at all")
    assert (nobody.code, nobody.out, "No triplet matches" in nobody.err) == (0, "", True)


def test_all_pages_are_listed_as_json(run: Run, host: FakeHost) -> None:
    shown = run("greylist", "list", "--json")
    found = lines(shown.out)
    assert shown.out.isascii()
    assert len(found) == len(rows(host)) > 2000
    assert {one["state"] for one in found} == {"waiting", "ready", "never", "passed"}
    assert lines(run("greylist", "list", "--count", "--json").out) == [{"count": len(found)}]
    assert (
        run("greylist", "list", "--count", "--state", "never").out == f"{len(rows(host, state='never')):,}\n"
    )


def test_statistics_in_text_and_json(run: Run, host: FakeHost) -> None:
    text = run("greylist", "stats").out
    for part in ("triplets", "never came back, by the sender's domain", "192.0.2", "kept waiting", "by day"):
        assert part in text
    found = lines(run("greylist", "stats", "--json", "--top", "2").out)
    assert [one["type"] for one in found] == [
        *("totals", "top", "top", "pools", "delays", "course", "top", "top", "top")
    ]
    assert found[0]["total"] == len(rows(host))
    assert len(found[1]["rows"]) == 2
    assert [one["type"] for one in lines(run("greylist", "stats", "--only", "totals", "--json").out)] == [
        "totals"
    ]
    assert "mailtui greylist whitelist add 192.0.2\n" in run("greylist", "pools").out
    assert "spam-" in run("greylist", "never", "--never-after", "12h").out


def test_what_the_mail_log_tells(run: Run) -> None:
    assert "messages that got in later" in run("greylist", "stats", "--only", "totals", "--log").out
    assert lines(run("greylist", "stats", "--only", "totals", "--log", "--json").out)[-1]["type"] == "log"
    unused = run("greylist", "whitelist", "list", "--log").out
    assert "northbank.example" in unused
    assert "@fabrika.example" not in unused


def test_what_gld_would_decide(run: Run) -> None:
    asked = ("--client", "192.0.2.252", "--from", "ann@new.example", "--to", "bob@example.org")
    text = run("greylist", "check", *asked).out
    assert "has none of ann@new.example, @new.example, 192.0.2.252, 192.0.2" in text
    assert "greylisted: defer_if_permit" in text
    assert "let in from" in text
    (value,) = lines(run("greylist", "check", *asked, "--live", "--json").out)
    assert (value["passes"], value["live"]) == (False, value["action"])
    assert run("greylist", "check", "--client", "nowhere", "--from", "a", "--to", "b").code == 2


def test_a_named_triplet_is_released_and_shut_again(run: Run, host: FakeHost) -> None:
    row = waiting(host)
    words = (row.ip, row.sender, row.recipient)
    assert run("greylist", "release", *words, "--dry-run").code == 0
    assert waiting(host) == row
    done = run("greylist", "release", *words)
    assert (done.code, done.out) == (0, "release: 1 of 1 triplet\nundo with: mailtui greylist undo 1\n")
    again = run("greylist", "release", *words)
    assert again.code == 1
    assert "would be let in already" in again.out
    assert "release" in run("greylist", "undo", "--list").out
    assert run("greylist", "undo").code == 0
    assert waiting(host) == row
    assert run("greylist", "undo").code == 3


def test_what_filters_choose_must_be_confirmed(run: Run, host: FakeHost) -> None:
    refused = run("greylist", "release", "--state", "waiting")
    assert (refused.code, refused.out) == (5, "")
    assert "no terminal to ask at" in refused.err
    assert "oldest" in refused.err
    some = run("greylist", "release", "--state", "waiting", "--yes", "--json")
    (outcome,) = lines(some.out)
    assert outcome["done"] == outcome["asked"] > 0
    assert rows(host, state="waiting") == ()


def test_deleting_asks_always_and_stays_below_the_cap(run: Run, host: FakeHost) -> None:
    row = waiting(host)
    assert run("greylist", "delete", row.ip, row.sender, row.recipient).code == 5
    capped = run("greylist", "delete", "--state", "never", "--yes")
    assert (capped.code, "--max is 1,000" in capped.err) == (5, True)
    assert run("greylist", "delete", "--client", "198.51.100.77", "--yes", "--max", "5000").code == 0
    assert rows(host, client="198.51.100.77") == ()
    assert run("greylist", "undo", "1").code == 0


def test_lines_of_a_listing_can_be_acted_on(
    run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = run("greylist", "list", "--json", "--client", "198.51.100.77").out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(listed.encode())))
    done = run("greylist", "delete", "-", "--yes")
    assert (done.code, f"of {len(listed.splitlines())} triplets" in done.out) == (0, True)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"no triplet\n")))
    assert run("greylist", "delete", "-", "--yes").code == 2


@pytest.mark.parametrize("words", [(), ("one",), ("a", "b", "c", "--state", "never")])
def test_it_must_be_told_which_triplets(run: Run, words: tuple[str, ...]) -> None:
    assert run("greylist", "delete", *words, "--yes").code == 2


def test_a_purge_shows_what_goes(run: Run, host: FakeHost) -> None:
    before = len(rows(host))
    dry = run("greylist", "purge", "--older-than", "20d", "--one-hit", "--dry-run").out
    assert "purge: " in dry
    assert "newest" in dry
    assert run("greylist", "purge", "--older-than", "20d").code == 5
    assert run("greylist", "purge", "--older-than", "20d", "--yes", "--max", "3").code == 5
    assert len(rows(host)) == before
    (outcome,) = lines(run("greylist", "purge", "--older-than", "20d", "--yes", "--json").out)
    assert len(rows(host)) == before - outcome["done"]
    assert run("greylist", "purge", "--yes").code == 2


def test_the_whitelist(run: Run) -> None:
    text = run("greylist", "whitelist", "list").out
    assert text.count("  Debian  ") == 169
    assert "a domain is written @northbank.example" in run("greylist", "whitelist", "list", "--problems").out
    assert run("greylist", "whitelist", "add", "@new.example", "--comment", "it's").code == 0
    assert run("greylist", "whitelist", "add", "@new.example").code == 1
    wrong = run("greylist", "whitelist", "add", "new.example")
    assert (wrong.code, "three octets" in wrong.err) == (2, True)
    assert run("greylist", "whitelist", "remove", "@new.example").code == 5
    assert run("greylist", "whitelist", "remove", "@new.example", "--yes").code == 0
    assert run("greylist", "whitelist", "remove", "@new.example", "--yes").code == 1
    assert run("greylist", "whitelist", "add").code == 2
    assert len(lines(run("greylist", "whitelist", "list", "--json").out)) == 172


def test_the_doctor(run: Run) -> None:
    text = run("greylist", "doctor")
    assert text.code == 0
    assert "whitelist: 172 rows" in text.out
    assert lines(run("greylist", "doctor", "--json").out)[0]["state"] == "good"


@pytest.mark.parametrize(
    "words",
    [
        ("release", "a", "b", "c"),
        ("delete", "a", "b", "c", "--yes"),
        ("purge", "--older-than", "1d", "--yes"),
        ("whitelist", "add", "@a.example"),
        ("undo",),
        ("check", "--client", "192.0.2.1", "--from", "a@b.example", "--to", "c@d.example", "--live"),
    ],
)
def test_nothing_is_changed_when_read_only(run: Run, host: FakeHost, words: tuple[str, ...]) -> None:
    before = rows(host)
    ran = run("--read-only", "greylist", *words)
    assert (ran.code, "--read-only" in ran.err) == (5, True)
    assert rows(host) == before


@pytest.mark.parametrize("action", ["release", "delete", "purge", "undo"])
def test_help_tells_where_it_is_set_how_long_an_act_is_kept(run: Run, action: str) -> None:
    told = run("greylist", action, "--help").out
    assert '[greylist], undo = "7d"' in " ".join(told.split())
    assert "week" not in told
