"""`queue list`, `show`, `shape`: what they print, as text and as JSON, whatever the mail holds."""

import json

import pytest

from backends.queue.message import Recipient
from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import HOSTILE, NOW, FakeHost, FakeQueue, message


def ids(text: str) -> list[str]:
    return [json.loads(line)["queue_id"] for line in text.splitlines()]


def test_list_aligns_its_columns(run: Run) -> None:
    lines = run("queue", "list").out.splitlines()
    assert lines[0].split() == ["queue", "ID", "age", "next", "size", "sender", "recipient", "reason"]
    at = lines[0].index("sender")
    assert lines[1][at:].startswith("ann@example.org ")
    assert lines[2][at:].startswith("news@example.org ")
    assert lines[1].split()[:5] == ["deferred", "AAAAAA1", "40m", "5m", "2.0k"]
    assert "eve@gmail.com +2" in lines[3]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (("--queue", "hold"), ["AAAAAA3"]),
        (("--sender", "NEWS@"), ["AAAAAA2"]),
        (("--sender", "re:^ann@"), ["AAAAAA1", "AAAAAA3"]),
        (("--recipient", "eve"), ["AAAAAA3"]),
        (("--domain", "gmail"), ["AAAAAA3"]),
        (("--reason", "timed out"), ["AAAAAA1", "AAAAAA2"]),
        (("--older-than", "1d"), ["AAAAAA4"]),
        (("--larger-than", "1M"), ["AAAAAA2"]),
        (("--reason", "timed out", "--larger-than", "1M"), ["AAAAAA2"]),
        ((), ["AAAAAA1", "AAAAAA2", "AAAAAA3", "AAAAAA4"]),
    ],
)
def test_selectors_narrow(run: Run, selector: tuple[str, ...], expected: list[str]) -> None:
    assert ids(run("queue", "list", "--json", *selector).out) == expected


def test_json_is_what_postqueue_prints_and_the_next_retry(run: Run) -> None:
    first, second, *_ = map(json.loads, run("queue", "list", "--json").out.splitlines())
    assert first["arrival_time"] == NOW - 2400
    assert first["recipients"] == [{"address": "bob@example.net", "delay_reason": "Connection timed out"}]
    assert first["next_retry"] == NOW + 300
    assert "next_retry" not in second


def test_json_keeps_every_character(run: Run, host: FakeHost) -> None:
    odd = HOSTILE + "é日本\udc80\U0001f600"
    host.queue = FakeQueue((message("AAAAAA5", sender=odd),))
    out = run("queue", "list", "--json").out
    assert out.isascii()
    assert json.loads(out)["sender"] == odd


@pytest.mark.parametrize(
    "words",
    [
        ("queue", "list"),
        ("queue", "list", "--json"),
        ("queue", "list", "--group", "reason"),
        ("queue", "list", "--group", "sender"),
        ("queue", "list", "--group", "domain"),
        ("queue", "show", "AAAAAA4"),
        ("queue", "show", "AAAAAA4", "--json"),
        ("queue", "shape"),
        ("queue", "shape", "--sender", "--json"),
        ("queue", "delete", "AAAAAA4", "--dry-run"),
        ("queue", "delete", "AAAAAA4", "--yes"),
        ("queue", "undo", "--list"),
        ("--json",),
        (),
    ],
)
def test_hostile_text_never_reaches_the_terminal(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*words)
    assert ran.code in {0, 1}
    assert ran.out
    for text in (ran.out, ran.err):
        assert [char for char in text if not char.isprintable() and char != "\n"] == []


def test_markup_is_printed_as_it_is(run: Run) -> None:
    assert "[bold]x[/bold]" in run("queue", "list").out


def test_a_narrow_terminal_is_not_overrun(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtui.cli.output._columns", lambda _: 80)
    lines = run("queue", "list").out.splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith("deferred  AAAAAA1")


@pytest.mark.parametrize("by", ["reason", "domain", "sender", "queue"])
def test_groups_count_all_messages(run: Run, by: str) -> None:
    groups = [json.loads(line) for line in run("queue", "list", "--json", "--group", by).out.splitlines()]
    assert sum(group["count"] for group in groups) == 4
    assert all(by in group for group in groups)
    table = run("queue", "list", "--group", by).out.splitlines()
    assert table[0].split()[-1] == by
    assert len(table) == len(groups) + 1


def test_groups_of_what_was_selected(run: Run) -> None:
    out = run("queue", "list", "--json", "--group", "queue", "--sender", "news@").out
    assert json.loads(out) | {"count": 1, "queue": "deferred", "size": 3 << 20} == json.loads(out)


def test_shape_counts_by_age(run: Run) -> None:
    found = json.loads(run("queue", "shape", "--json").out)
    net = next(row for row in found["rows"] if row["domain"] == "example.net")
    assert found["limits"] == [5, 10, 20, 40, 80, 160, 320, 640, 1280]
    assert net["counts"] == [0, 0, 0, 0, 2, 0, 0, 0, 0, 0]
    held = json.loads(run("queue", "shape", "--json", "--queue", "hold").out)
    assert [(row["domain"], row["total"]) for row in held["rows"]] == [("gmail.com", 3)]
    senders = json.loads(run("queue", "shape", "--json", "--sender").out)
    assert "example.org" in [row["domain"] for row in senders["rows"]]
    assert run("queue", "shape").out.splitlines()[1].split()[:2] == ["TOTAL", "6"]
    assert run("queue", "shape", "--queue", "nowhere").code == 2


def test_show_prints_all_parts(run: Run) -> None:
    ran = run("queue", "show", "AAAAAA4", "--limit", "4k")
    for part in (
        "In the queue deferred since",
        "Headers",
        "Attachments",
        "Body",
        "X-Limit: 4096",
        "last",
        "Envelope",
    ):
        assert part in ran.out
    assert "--limit" in ran.err
    shown = json.loads(run("queue", "show", "AAAAAA4", "--json").out)
    assert shown["headers"][0] == ["Subject", HOSTILE]
    assert shown["waiting"]["queue_id"] == "AAAAAA4"


def test_a_queue_that_is_none_is_a_wrong_usage(run: Run) -> None:
    ran = run("queue", "list", "--queue", "defered")
    assert ran.code == 2
    assert "maildrop, incoming, active, deferred, hold" in ran.err


def test_lines_that_cannot_be_read_are_told_at_the_end(run: Run, host: FakeHost) -> None:
    host.queue.broken = True
    for words in (("list",), ("list", "--group", "queue"), ("shape",)):
        ran = run("queue", *words)
        assert ran.code == 1
        assert "could not be read" in ran.err
        assert ran.out


def test_nothing_there_is_said_on_standard_error(run: Run, host: FakeHost) -> None:
    assert run("queue", "list", "--sender", "nobody@").err == "No message matches\n"
    host.queue = FakeQueue(())
    ran = run("queue", "list")
    assert (ran.code, ran.out, ran.err) == (0, "", "The queue is empty\n")
    assert run("queue", "list", "--json").out == ""


def test_messages_are_not_kept(run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON leaves as messages come: the first line is written before the last message is asked for."""
    written: list[str] = []
    seen: list[int] = []

    def endless() -> object:
        for number in range(5):
            seen.append(len(written))
            yield message(f"C00000{number}", recipients=(Recipient("a@b"),))

    monkeypatch.setattr(host.queue, "messages", endless)
    monkeypatch.setattr("mailtui.cli.output.Output.json", lambda _self, value, _extra: written.append(value))
    run("queue", "list", "--json")
    assert seen == [0, 1, 2, 3, 4]


def test_a_pattern_that_is_none(run: Run) -> None:
    ran = run("queue", "list", "--sender", "re:[")
    assert ran.code == 2
    assert "hint" not in ran.err
    assert "for example" in ran.err
