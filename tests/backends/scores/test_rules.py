"""Rules of messages that lie in several places, and which lines of the log are of those that a rule hit."""

import os
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.scores.adapter import AmavisScores
from backends.scores.hits import NEAR, candidates, hit_by
from backends.scores.mailboxes import Box
from backends.scores.rules import compacted, once, tallied
from backends.scores.told import Copy, Ruled
from tests.backends.scores.making import START, Made, store
from tests.backends.scores.test_mailboxes import AMAVIS, HEAD
from tests.support.fake_runner import FakeRunner

MAIL_ID = "S7umGqOWg0-6"
GTUBE = (("GTUBE", 1000.0),)


class Kept:
    """A quarantine that has these."""

    def __init__(self, messages: Sequence[Ruled]) -> None:
        self._messages = messages

    def rules(self, stop: Event | None = None) -> list[Ruled]:
        return list(self._messages)

    def copy(self, path: str) -> Copy | None:
        return None


def boxes(folder: Path, *contents: bytes) -> list[Box]:
    """Mailboxes, each with one message."""
    found = []
    for number, content in enumerate(contents):
        home = folder / f"user{number}"
        for name in ("new", "cur"):
            (home / "Maildir" / name).mkdir(parents=True)
        (home / "Maildir/new/1").write_bytes(content)
        os.utime(home / "Maildir/new/1", (2000.0, 2000.0))
        found.append(Box(str(home), os.getuid()))
    return found


def test_what_is_in_the_quarantine_and_in_two_mailboxes_counts_once(tmp_path: Path) -> None:
    """As `D_PASS` has it: delivered to each recipient, with a copy in the quarantine."""
    content = HEAD.replace(b"Status: No", b"Status: Yes") + b"\nbody\n"
    kept = Ruled(1000.0, True, 5.9, (("MAILTUI_DOUBTFUL", 6.9),), MAIL_ID, place="S/spam-S7umGqOWg0-6.gz")
    found = AmavisScores(FakeRunner(), Kept([kept]), boxes=lambda: boxes(tmp_path, content, content)).rules()
    assert found.messages == (kept,)
    (rule,) = tallied(found.messages)
    assert (rule.spam, rule.ham, rule.sum) == (1, 0, 6.9)


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        (HEAD, HEAD, 1),
        (HEAD, HEAD.replace(MAIL_ID.encode(), b"other-mail-id"), 2),
        (
            HEAD.replace(AMAVIS, b"").replace(
                b"X-Spam-Flag", b"X-Quarantine-ID: <S7umGqOWg0-6>\nX-Spam-Flag"
            ),
            HEAD,
            1,
        ),
    ],
    ids=["both by amavis's number", "two messages", "by the copy's number"],
)
def test_copies_in_mailboxes(tmp_path: Path, first: bytes, second: bytes, count: int) -> None:
    found = AmavisScores(FakeRunner(), boxes=lambda: boxes(tmp_path, first, second)).rules()
    assert len(found.messages) == count


def test_without_amavis_s_number_postfix_s_tells(tmp_path: Path) -> None:
    """What a sender can write, such as one Message-ID for all of a campaign, does not."""
    same = HEAD.replace(AMAVIS, b"") + b"Message-ID: <1@example.org>\n"
    again = same.replace(b"5.9", b"5.8")
    other = same.replace(b"4B5531661A1", b"4B5531661A2")
    bare = same.replace(b"(Postfix)", b"(Exim)")
    contents = (same, same, again, other, bare, bare)
    found = AmavisScores(FakeRunner(), boxes=lambda: boxes(tmp_path, *contents)).rules()
    assert len(found.messages) == 5, (
        "twice the same, a queue ID used again, another, two that nobody numbered"
    )


def test_a_rule_that_is_written_twice_hit_once() -> None:
    assert [rule.count for rule in tallied([Ruled(1.0, True, 1.0, (("A", 1.0), ("A", 1.0)))])] == [1]


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["", "Q1", "Q2"]))))
def test_what_tells_nothing_is_never_left_out(made: list[tuple[str, str]]) -> None:
    messages = [Ruled(1.0, True, 1.0, (), mail_id, queue_id=queued) for mail_id, queued in made]
    found = once(messages)
    assert sum(not one.mail_id and not one.queue_id for one in found) == made.count(("", ""))
    assert {(one.mail_id, "" if one.mail_id else one.queue_id) for one in found} == {
        (mail_id, "" if mail_id else queued) for mail_id, queued in made
    }
    assert once(found) == found
    assert [one.mail_id for one in compacted(found)] == [one.mail_id for one in found]


def test_which_rows_come_into_question() -> None:
    kept = store(
        [
            Made(0, 5000),
            Made(0, 4999),
            Made(NEAR + 1, 5000),
            Made(500, None),
            Made(500, -1200),
            Made(510, -1200, "INFECTED"),
        ]
    )
    messages = [
        Ruled(START, True, 5.0, GTUBE, "first"),
        Ruled(START + 505, False, -1.2, (("BAYES_00", -1.9),), "second"),
        Ruled(START + 505, False, None, GTUBE, "without a score"),
    ]
    own = hit_by("GTUBE", messages, START, START + 1000)
    assert [one.mail_id for one in own] == ["first", "without a score"]
    assert hit_by("GTUBE", messages, START + 1, START + 505) == []
    assert candidates(kept, own).tolist() == [0]
    assert candidates(kept, messages).tolist() == [5, 4, 0]
    assert candidates(kept, []).tolist() == []


def test_of_many_rows_that_come_into_question_the_latest_are_taken() -> None:
    kept = store([Made(at, 5000) for at in range(20)])
    one = Ruled(START + 10, True, 5.0, GTUBE, "first")
    assert candidates(kept, [one]).tolist() == [19, 18, 17, 16]
    assert candidates(kept, [one, one]).tolist() == [19, 18, 17, 16, 15, 14, 13, 12]


@given(
    st.lists(
        st.builds(Made, st.integers(0, 400), st.integers(-3, 3), st.just("CLEAN"), st.just(1)), max_size=30
    ),
    st.lists(st.tuples(st.integers(0, 400), st.integers(-3, 3)), max_size=20),
)
def test_rows_by_score_and_time(made: list[Made], sought: list[tuple[int, int]]) -> None:
    messages = [Ruled(START + at, True, score / 1000, (), "x") for at, score in sought]
    expected = [
        number
        for number, one in enumerate(made)
        if any(abs(one.time - at) <= NEAR and one.score == score for at, score in sought)
    ]
    found = candidates(store(made), messages).tolist()
    assert set(found) <= set(expected)
    assert found == sorted(found, reverse=True)
    assert len(found) == min(len(expected), 4 * len(sought)) or not made
