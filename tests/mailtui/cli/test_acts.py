"""`queue hold|release|requeue|delete|expire|flush|undo`: whom they hit, when they ask, when they refuse."""

import io
import json

import pytest

from backends.outcome import LeftOut
from backends.queue.plan import Target
from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import NOW, FakeHost, FakeQueue, message

ACTS = ("hold", "release", "requeue", "delete", "expire")


def typed_in(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def hit(host: FakeHost) -> list[tuple[str, list[str]]]:
    return [(action, [target.queue_id for target in targets]) for action, targets in host.queue.done]


@pytest.mark.parametrize("act", ACTS)
def test_named_messages(run: Run, host: FakeHost, act: str) -> None:
    ran = run("queue", act, "AAAAAA3", "AAAAAA1", "AAAAAA1", "--yes")
    assert ran.code == 0
    assert hit(host) == [(act, ["AAAAAA3", "AAAAAA1"])]
    assert "postsuper: 2 messages\n" in ran.out
    assert f"{act}: 2 of 2 messages\n" in ran.out


@pytest.mark.parametrize("act", [act for act in ACTS if act != "release"])
def test_chosen_messages(run: Run, host: FakeHost, act: str) -> None:
    assert run("queue", act, "--reason", "timed out", "--yes").code == 0
    assert hit(host) == [(act, ["AAAAAA1", "AAAAAA2"])]
    assert host.queue.done[0][1][1] == Target("AAAAAA2", "news@example.org", NOW - 2400, 3 << 20)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--yes",),
        ("--sender", ""),
        ("--sender", "re:"),
        ("AAAAAA1", "--all"),
        ("AAAAAA1", "--queue", "hold"),
        ("--all", "--queue", "hold"),
        ("ALL",),
        ("AAA AAA1",),
        ("AAAAAA1;id",),
        ("--max", "0", "AAAAAA1"),
        ("-d",),
        ("--no-such",),
        ("--older-than", "soon"),
    ],
)
def test_what_is_not_said_is_not_done(run: Run, host: FakeHost, act: str, words: tuple[str, ...]) -> None:
    ran = run("queue", act, *words)
    assert ran.code == 2
    assert ran.err
    assert hit(host) == []


@pytest.mark.parametrize("act", ACTS)
def test_everything_must_be_asked_for(run: Run, host: FakeHost, act: str) -> None:
    assert run("queue", act, "--all", "--yes").code == 0
    assert len(hit(host)[0][1]) == {"hold": 3, "release": 1}.get(act, 4)


def test_what_is_chosen_is_what_changes(run: Run, host: FakeHost) -> None:
    """Postfix says nothing of a message that is as it should be already."""
    ran = run("queue", "hold", "--all", "--yes")
    assert (ran.code, hit(host)) == (0, [("hold", ["AAAAAA1", "AAAAAA2", "AAAAAA4"])])
    assert "hold: 3 of 3 messages" in ran.out
    assert ran.err == "mailtui: 1 message that would fit: on hold already\n"
    ran = run("queue", "release", "--reason", "timed out", "--yes")
    assert (ran.code, ran.out, len(hit(host))) == (0, "release: 0 of 0 messages\n", 1)
    assert ran.err == "mailtui: 2 messages that would fit: not on hold\n"


@pytest.mark.parametrize("act", ["hold", "release", "requeue"])
def test_named_and_reversible_neither_asks_nor_lists(run: Run, host: FakeHost, act: str) -> None:
    assert run("queue", act, "AAAAAA1").code == 0
    assert hit(host) == [(act, ["AAAAAA1"])]
    assert host.queue.listings == 1  # carrying out
    assert host.queue.done[0][1] == [Target("AAAAAA1", "", 0)]


@pytest.mark.parametrize(
    "words",
    [
        ("delete", "AAAAAA1"),
        ("expire", "AAAAAA1"),
        ("hold", "--all"),
        ("release", "--queue", "hold"),
        ("requeue", "--all"),
    ],
)
def test_nobody_to_ask(run: Run, host: FakeHost, words: tuple[str, ...]) -> None:
    ran = run("queue", *words)
    assert ran.code == 5
    assert "--yes" in ran.err
    assert hit(host) == []


def test_deleting_looks_named_messages_up(run: Run, host: FakeHost) -> None:
    ran = run("queue", "delete", "AAAAAA2", "ZZZZZZ9", "--yes")
    assert ran.code == 1
    assert host.queue.done == [("delete", [Target("AAAAAA2", "news@example.org", NOW - 2400, 3 << 20)])]
    assert "delete: 1 of 2 messages" in ran.out
    assert "ZZZZZZ9: not in the queue" in ran.out
    assert "mailtui queue undo 7" in ran.out


def test_nothing_of_what_was_named_is_there(run: Run, host: FakeHost) -> None:
    ran = run("queue", "delete", "ZZZZZZ9", "--yes")
    assert (ran.code, hit(host)) == (1, [])
    assert "delete: 0 of 1 message" in ran.out


def test_nothing_matches(run: Run, host: FakeHost) -> None:
    ran = run("queue", "delete", "--sender", "nobody@", "--yes")
    assert (ran.code, ran.out, hit(host)) == (0, "delete: 0 of 0 messages\n", [])


def test_expire_even_what_is_held(run: Run, host: FakeHost) -> None:
    run("queue", "expire", "AAAAAA3", "--even-held", "--yes")
    assert hit(host) == [("force-expire", ["AAAAAA3"])]


def test_dry_run(run: Run, host: FakeHost) -> None:
    ran = run("queue", "delete", "--all", "--dry-run")
    assert (ran.code, hit(host)) == (0, [])
    assert "delete: 4 messages, 3.0M" in ran.out
    assert "oldest   AAAAAA4" in ran.out
    assert "newest   AAAAAA3" in ran.out
    assert "postsuper -d -" in ran.out
    found = json.loads(run("queue", "hold", "AAAAAA2", "--dry-run", "--json").out)
    assert (found["count"], found["size"], found["oldest"]["sender"]) == (1, 3 << 20, "news@example.org")
    assert hit(host) == []


def test_the_cap(run: Run, host: FakeHost) -> None:
    host.queue = FakeQueue(tuple(message(f"B{number:06}") for number in range(1001)))
    for words in (("--all",), [f"B{number:06}" for number in range(1001)]):
        ran = run("queue", "hold", *words, "--yes")
        assert ran.code == 5
        assert "1,001 messages" in ran.err
        assert "--max 1001" in ran.err
    assert run("queue", "hold", "--all", "--yes", "--max", "2").code == 5
    assert hit(host) == []
    assert run("queue", "hold", "--all", "--yes", "--max", "1001").code == 0
    assert len(hit(host)[0][1]) == 1001


def test_ids_on_standard_input(run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    typed_in(monkeypatch, b"AAAAAA1 AAAAAA2\n\n\tAAAAAA1\r\nAAAAAA3")
    assert run("queue", "hold", "-").code == 0
    assert hit(host) == [("hold", ["AAAAAA1", "AAAAAA2", "AAAAAA3"])]


def test_a_listing_on_standard_input(run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = run("queue", "list", "--json").out
    typed_in(monkeypatch, listing.encode() + b"AAAAAA9\n")
    assert run("queue", "hold", "-").code == 0
    targets = host.queue.done[0][1]
    assert targets[1] == Target("AAAAAA2", "news@example.org", NOW - 2400, 3 << 20)
    assert targets[-1] == Target("AAAAAA9", "", 0)


@pytest.mark.parametrize(
    "content",
    [
        b"AAAAAA1 $(id)",
        b"-d ALL",
        b"\xff\xfe\x00",
        b"{}",
        b'{"queue_id":1}',
        b'{"queue_id":"A',
        b"{" * 100_000,
    ],
)
def test_something_else_on_standard_input(
    run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    typed_in(monkeypatch, content)
    ran = run("queue", "hold", "-")
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 2
    assert hit(host) == []


def test_nothing_on_standard_input(run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    typed_in(monkeypatch, b"\n")
    ran = run("queue", "delete", "-", "--yes")
    assert (ran.code, hit(host)) == (0, [])


@pytest.mark.parametrize(
    "words", [("delete", "AAAAAA1", "--yes"), ("hold", "AAAAAA1"), ("flush",), ("undo",), ("undo", "7")]
)
@pytest.mark.parametrize("before", [True, False])
def test_read_only(run: Run, host: FakeHost, words: tuple[str, ...], before: bool) -> None:
    line = ("--read-only", "queue", *words) if before else ("queue", *words, "--read-only")
    ran = run(*line)
    assert (ran.code, hit(host)) == (5, [])


def test_looking_is_not_changing(run: Run) -> None:
    assert run("--read-only", "queue", "delete", "--all", "--dry-run").code == 0
    assert run("--read-only", "queue", "undo", "--list").code == 0


def test_fewer_than_asked(run: Run, host: FakeHost) -> None:
    host.queue.left_out = (LeftOut("AAAAAA1", "it is another message now"),)
    ran = run("queue", "delete", "AAAAAA1", "AAAAAA2", "--yes")
    assert ran.code == 1
    assert "delete: 1 of 2 messages" in ran.out
    assert "AAAAAA1: it is another message now" in ran.out
    found = json.loads(run("queue", "delete", "AAAAAA1", "AAAAAA2", "--yes", "--json").out)
    assert (found["asked"], found["done"], found["left_out"][0]["what"]) == (2, 1, "AAAAAA1")


def test_of_very_many_left_out_some_are_named(run: Run, host: FakeHost) -> None:
    ids = [f"ZZZZ{number:04}" for number in range(500)]
    ran = run("queue", "delete", *ids, "--yes")
    assert ran.code == 1
    assert ran.out.count("not in the queue") == 20
    assert "and 480 more" in ran.out
    assert len(json.loads(run("queue", "delete", *ids, "--yes", "--json").out)["left_out"]) == 500


def test_what_cannot_be_undone_is_said_before(run: Run, host: FakeHost) -> None:
    host.queue.irreversible = "the trash is on another file system"
    assert "no undo: the trash is" in run("queue", "delete", "AAAAAA1", "--yes").err
    assert "  no undo  the trash is" in run("queue", "delete", "AAAAAA1", "--dry-run").out


def test_a_broken_line_keeps_nobody_from_acting(run: Run, host: FakeHost) -> None:
    host.queue.broken = True
    ran = run("queue", "delete", "--sender", "news@", "--yes")
    assert ran.code == 0
    assert "could not be read" in ran.err
    assert hit(host) == [("delete", ["AAAAAA2"])]


def test_flush(run: Run, host: FakeHost) -> None:
    assert run("queue", "flush").out == "Postfix was asked to deliver now: all deferred mail\n"
    assert run("queue", "flush", "AAAAAA1", "AAAAAA2").code == 0
    assert run("queue", "flush", "--site", "example.org").code == 0
    assert [what for what, _ in host.queue.done] == [
        "flush ",
        "flush AAAAAA1",
        "flush AAAAAA2",
        "flush example.org",
    ]
    assert run("queue", "flush", "--site", "").code == 2
    assert run("queue", "flush", "AAAAAA1", "--site", "example.org").code == 2
    assert run("queue", "flush", "example.org").code == 2


def test_undo(run: Run, host: FakeHost) -> None:
    assert run("queue", "undo").code == 0
    assert run("queue", "undo", "7").code == 0
    assert [what for what, _ in host.queue.done] == ["undo None", "undo 7"]
    assert run("queue", "undo", "--list").out.splitlines()[1].split()[0] == "7"
    assert json.loads(run("queue", "undo", "--list", "--json").out)["number"] == 7
    assert run("queue", "undo", "last").code == 2


def test_the_trash_is_emptied_only_when_confirmed(run: Run, host: FakeHost) -> None:
    assert run("queue", "undo", "--empty").code == 5
    assert run("queue", "undo", "--empty", "--yes", "--read-only").code == 5
    assert not host.queue.done
    assert run("queue", "undo", "--empty", "--yes").out == "1 message let go for good\n"
    assert [what for what, _ in host.queue.done] == ["empty -1"]


def test_undo_names_the_instance(run: Run) -> None:
    ran = run("queue", "delete", "AAAAAA1", "--yes", "--config-dir", "/etc/postfix two")
    assert "mailtui queue undo 7 --config-dir '/etc/postfix two'" in ran.out
