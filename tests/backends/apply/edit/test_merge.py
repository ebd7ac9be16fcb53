"""What was last applied, what is there now, what the reference has: three ways into one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.apply.edit.merge import Entry, Text, difference, merge_entries, merge_texts
from backends.apply.told import Take

BASE = b"one\ntwo\nthree\nfour\nfive\n"


def test_entries_of_both_sides() -> None:
    base = {"same": "1", "mine": "1", "theirs": "1", "both": "1", "alike": "1", "gone": "1"}
    mine = {"same": "1", "mine": "2", "theirs": "1", "both": "2", "alike": "2", "gone": "1", "own": "x"}
    reference = {"same": "1", "mine": "1", "theirs": "3", "both": "3", "alike": "2", "new": "n"}
    assert merge_entries(base, mine, reference) == {
        "same": Entry("1"),
        "mine": Entry("2", kept=True),
        "theirs": Entry("3"),
        "both": Entry("2", conflict=True),
        "alike": Entry("2"),
        "new": Entry("n"),
        "gone": Entry(None),
    }
    assert merge_entries(base, mine, reference, Take.MINE)["both"] == Entry("2", kept=True)
    assert merge_entries(base, mine, reference, Take.REFERENCE)["both"] == Entry("3")
    assert merge_entries(None, {"a": "1"}, {"a": "2"}) == {"a": Entry("2")}


def test_an_entry_taken_away_here_stays_away() -> None:
    assert merge_entries({"a": "1"}, {}, {"a": "1"}) == {"a": Entry(None, kept=True)}


@pytest.mark.parametrize(
    ("base", "mine", "expected"),
    [
        (BASE, BASE, Text(BASE.replace(b"five", b"FIVE"))),
        (BASE, None, Text(BASE.replace(b"five", b"FIVE"))),
        (None, None, Text(BASE.replace(b"five", b"FIVE"))),
        (BASE, BASE.replace(b"one", b"ONE"), Text(b"ONE\ntwo\nthree\nfour\nFIVE\n", kept=True)),
        (BASE, BASE.replace(b"five", b"5"), Text(BASE.replace(b"five", b"5"), conflict=True)),
        (None, b"other\n", Text(b"other\n", conflict=True)),
    ],
)
def test_whole_files(base: bytes | None, mine: bytes | None, expected: Text) -> None:
    assert merge_texts(base, mine, BASE.replace(b"five", b"FIVE")) == expected


def test_a_conflict_goes_to_the_side_that_is_named() -> None:
    mine, reference = BASE.replace(b"five", b"5").replace(b"one", b"1"), BASE.replace(b"five", b"FIVE")
    assert merge_texts(BASE, mine, reference, Take.MINE).content == mine
    assert merge_texts(BASE, mine, reference, Take.REFERENCE).content == b"1\ntwo\nthree\nfour\nFIVE\n"
    assert merge_texts(None, mine, reference, Take.REFERENCE).content == reference
    assert merge_texts(None, mine, reference, Take.MINE) == Text(mine, kept=True)


def test_without_a_change_of_the_reference_what_is_there_stays() -> None:
    assert merge_texts(BASE, b"mine\n", BASE) == Text(b"mine\n", kept=True)


FILES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d"]), max_size=6).map(
    lambda lines: "".join(lines).encode()
)


@given(FILES, FILES, FILES)
def test_any_files_merge_to_one_that_merges_to_itself(base: bytes, mine: bytes, reference: bytes) -> None:
    merged = merge_texts(base, mine, reference)
    assert merged.conflict == (merged.content == mine and merge_texts(base, mine, reference).conflict)
    for take in (Take.MINE, Take.REFERENCE):
        settled = merge_texts(base, mine, reference, take)
        assert not settled.conflict
        assert merge_texts(reference, settled.content, reference).content == settled.content


def test_a_difference_shows_no_password_and_commands_no_terminal() -> None:
    assert difference("/etc/x", b"a\n", b"a\n") == []
    assert difference("/etc/x", b"a\n", b"b\x1b[31m\n")[2:] == ["@@ -1 +1 @@", "-a", "+b^[[31m"]
    assert difference("/etc/x", None, b"b\n")[0] == "--- /dev/null"
    secret = difference("/etc/gld.conf", b"SQLPASSWD=old\n", b"SQLPASSWD=new\n", secret=True)
    assert secret == ["/etc/gld.conf: differs (not shown: it holds a password)"]
