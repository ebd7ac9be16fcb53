"""Reading `postqueue -j`: golden files, and any bytes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.queue.listing import lines
from backends.queue.listing.lines import BrokenLine
from backends.queue.message import Message

GOLDEN = Path(__file__).parents[3] / "golden" / "postqueue"
LINE = (
    b'{"queue_name": "deferred", "queue_id": "%s", "arrival_time": 1795346805, "message_size": 275, '
    b'"forced_expire": false, "sender": "a@example.org", "recipients": [{"address": "b@example.org"}]}\n'
)


def _read(*chunks: bytes) -> tuple[list[Message], list[BrokenLine]]:
    broken: list[BrokenLine] = []
    return list(lines.messages(chunks, broken)), broken


def _ids(*chunks: bytes) -> list[str]:
    return [message.queue_id for message in _read(*chunks)[0]]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.jsonl")), ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    content = path.read_bytes()
    found, broken = _read(content)
    assert broken == []
    raw = [json.loads(line) for line in content.splitlines()]
    assert [
        {
            "queue_name": m.queue_name,
            "queue_id": m.queue_id,
            "arrival_time": m.arrival_time,
            "message_size": m.message_size,
            "forced_expire": m.forced_expire,
            "sender": m.sender,
            "recipients": [
                {"address": r.address} | ({"delay_reason": r.delay_reason} if r.delay_reason else {})
                for r in m.recipients
            ],
        }
        for m in found
    ] == raw


def test_an_empty_queue_prints_nothing() -> None:
    assert _read() == ([], [])


@given(st.lists(st.integers(1, 200)))
def test_chunks_may_end_anywhere(cuts: list[int]) -> None:
    content = b"".join(LINE % b"ABCDEF%04d" % number for number in range(5))
    chunks, at = [], 0
    for cut in cuts:
        chunks.append(content[at : at + cut])
        at += cut
    assert _ids(*chunks, content[at:]) == [f"ABCDEF{number:04}" for number in range(5)]


def test_a_last_line_without_its_end() -> None:
    assert _ids((LINE % b"AAAAAA").rstrip(b"\n")) == ["AAAAAA"]


def test_members_of_later_releases_are_ignored() -> None:
    line = LINE.replace(b'"sender"', b'"new": {"a": [1]}, "sender"').replace(
        b'"address": "b@example.org"',
        b'"address": "b@example.org", "orig_address": "c", "bounce_reason": "d"',
    )
    assert _ids(line % b"AAAAAA") == ["AAAAAA"]


def test_a_message_listed_twice_counts_once() -> None:
    assert _ids(LINE % b"AAAAAA", LINE % b"BBBBBB", LINE % b"AAAAAA") == ["AAAAAA", "BBBBBB"]


@pytest.mark.parametrize(
    "line",
    [
        b"{\n",
        b"postqueue: warning: something\n",
        b"null\n",
        b"[]\n",
        LINE.replace(b"1795346805", b'"now"') % b"BBBBBB",
        LINE.replace(b"275", b"-275") % b"BBBBBB",
        LINE % b"--help",
        LINE % b"ALL",
        b'{"queue_id": "BBBBBB"}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_broken_line_is_reported_and_passed_over(line: bytes) -> None:
    found, (broken,) = _read(LINE % b"AAAAAA" + line + LINE % b"CCCCCC")
    assert [message.queue_id for message in found] == ["AAAAAA", "CCCCCC"]
    assert broken.number == 2
    assert broken.why
    assert broken.sample == line.rstrip(b"\n")[:200]


def test_line_numbers_go_on_over_chunks() -> None:
    _, broken = _read(LINE % b"AAAAAA", b"\n", b"x\n", LINE % b"BBBBBB", b"y\n")
    assert [one.number for one in broken] == [3, 5]


def test_a_line_cut_short_is_broken() -> None:
    found, broken = _read(LINE % b"AAAAAA" + (LINE % b"BBBBBB")[:80])
    assert len(found) == 1
    assert len(broken) == 1


def test_text_that_is_not_utf_8_stays_readable() -> None:
    line = LINE.replace(b"a@example.org", b"caf\xe9@example.org") % b"AAAAAA"
    assert _read(line)[0][0].sender == "caf\ufffd@example.org"


def test_two_hundred_thousand_recipients() -> None:
    address = b'{"address": "b@example.org"}'
    line = LINE.replace(address, b", ".join([address] * 200_000)) % b"AAAAAA"
    chunks = [line[at : at + 65536] for at in range(0, len(line), 65536)]
    (message,), broken = _read(*chunks)
    assert len(message.recipients) == 200_000
    assert broken == []


def test_a_line_without_an_end_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINE_LIMIT", 10_000)
    pieces = [b"x" * 4000] * 100
    blocks = list(lines.whole_lines(pieces))
    assert max(map(len, blocks)) <= 20_000
    assert b"".join(blocks) == b"".join(pieces)


@given(st.lists(st.binary()))
def test_any_bytes_are_messages_or_broken_lines(chunks: list[bytes]) -> None:
    found, broken = _read(*chunks)
    given = [line for line in b"".join(chunks).split(b"\n") if line.strip()]
    assert len(found) + len(broken) == len(given)


@given(st.lists(st.sampled_from([LINE % b"AAAAAA", LINE % b"BBBBBB", b"\xff\n", b"{}\n", b"\n", b"\0\n"])))
def test_good_lines_are_found_among_broken_ones(given: list[bytes]) -> None:
    found, broken = _read(b"".join(given))
    assert {m.queue_id for m in found} == {
        queue_id for queue_id in ("AAAAAA", "BBBBBB") if LINE % queue_id.encode() in given
    }
    assert len(broken) == sum(line in {b"\xff\n", b"{}\n", b"\0\n"} for line in given)


def test_a_deep_line_is_one_broken_line() -> None:
    deep = b'{"x":' * 100_000 + b"1" + b"}" * 100_000 + b"\n"
    broken: list[lines.BrokenLine] = []
    assert list(lines.messages([deep], broken)) == []
    assert len(broken) == 1


def test_of_very_many_broken_lines_the_first_are_kept() -> None:
    broken: list[lines.BrokenLine] = []
    assert list(lines.messages([b"{}\n" * 5000], broken)) == []
    assert [one.number for one in broken] == list(range(1, 1001))
