"""A source scanned in blocks beside the same source read line by line."""

from collections import Counter
from io import BytesIO
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backends.maps import blocks, scan
from backends.maps.forms import FORMS
from backends.maps.lines import entries
from tests.backends.maps.test_lines import PIECES, SOURCES

ALL = st.one_of(
    SOURCES, st.lists(st.sampled_from([*PIECES, b"x" * 300, b"name: v\n"]), max_size=60).map(b"".join)
)


@settings(deadline=None)
@given(ALL, st.booleans(), st.sampled_from([1, 7, 64, 1 << 20]))
@example(b"key\n value\nkey v\n", False, 7)
@example(b'"a b" v\n"A B" w\n', False, 1 << 20)
@example(b"a\tb\n" * 5, False, 1 << 20)
@example(b"a:\n", True, 1 << 20)
@example(b"a: b\na:b\na:\tb\n", True, 7)
@example(b"a :b\n", True, 7)
@example(b",root: x\nu@d: x\n", True, 1)
def test_the_same_is_found_as_line_by_line(source: bytes, alias: bool, size: int) -> None:
    with patch.object(blocks, "BLOCK", size):
        found = scan.scan(BytesIO(source), alias=alias)
    good, problems = [], Counter[str]()
    for one in entries(source, alias=alias):
        problems[one.problem] += 1
        if one.key and one.value and one.problem in {"", "nul"}:
            good.append((one.key.decode().casefold().encode(), one.line))
    keys = Counter(key for key, _line in good)
    assert found.entries == len(good)
    assert {kind: one.count for kind, one in found.problems.items()} == {
        kind: count for kind, count in problems.items() if kind
    }
    assert found.twice_count == sum(count - 1 for count in keys.values())
    assert dict(found.twice) == {
        key: [line for other, line in good if other == key][:20] for key, count in keys.items() if count > 1
    }
    assert not found.cut


def test_keys_that_are_never_looked_up_are_counted_with_their_lines() -> None:
    source = b"@x.example a\nok@x.example b\n" + b"u@ c\n" * 30 + b'"q u"@x d\n'
    found = scan.scan(BytesIO(source), ways=(FORMS["transport"],))
    shown = {
        str(form.hint)[:14]: (one.count, one.examples[0])
        for form, one in found.problems.items()
        if not isinstance(form, str)
    }
    assert shown == {"leave the @ ou": (1, (1, b"@x.example")), "name the domai": (30, (3, b"u@"))}


def test_a_key_that_one_of_two_ways_looks_up_is_fine() -> None:
    found = scan.scan(BytesIO(b"@x a\n.y b\n"), ways=(FORMS["transport"], FORMS["address"]))
    assert found.problems == {}


def test_a_line_without_end_is_not_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "LONGEST", 1000)
    monkeypatch.setattr(blocks, "BLOCK", 100)
    found = scan.scan(BytesIO(b"a b\n" + b"x" * 5000))
    assert (found.entries, found.cut) == (1, "A line is longer than 16 MiB: what follows was not looked at")
    assert scan.scan(BytesIO(b"# " + b"x" * 5000 + b"\nc d\n")).cut


def test_of_very_many_entries_the_first_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 40)
    monkeypatch.setattr(scan, "MOST", 20)
    found = scan.scan(BytesIO(b"".join(b"k%d v\n" % number for number in range(100))))
    assert found.entries == 100
    assert "entries only" in found.cut


def test_lines_out_of_the_ordinary_are_looked_at_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "ODD", 3)
    found = scan.scan(BytesIO(b'"a" v\n"b" v\n"c" v\n"d" v\n'))
    assert found.entries == 3
    assert "only the first 3 lines" in found.cut
