"""Any entry of a source read by itself, and entries found by a filter: the same as when all are read one after the other."""

from io import BytesIO
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BadRequest, Refused
from backends.maps import blocks as blocks_module
from backends.maps import index as index_module
from backends.maps import search as search_module
from backends.maps.blocks import blocks
from backends.maps.index import index, part
from backends.maps.reading import Entry, entries_of
from backends.maps.search import search
from backends.maps.values import Table, Use

PLAIN = Table("hash:/x", "hash", "/x", (Use("virtual_alias_maps"),))
ALIASES = Table("hash:/x", "hash", "/x", (Use("alias_maps"),))
PATTERNS = Table("regexp:/x", "regexp", "/x", (Use("header_checks"),))
LINES = st.lists(
    st.sampled_from(
        [
            b"ann bob\n",
            b"# no\n",
            b" more\n",
            b"\n",
            b"  \n",
            b"key\tvalue x",
            b"\0nul x\n",
            b"\xff x\n",
            b"a: b\n",
        ]
    )
)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "BLOCK", 16)
    monkeypatch.setattr(index_module, "STEP", 3)
    monkeypatch.setattr(index_module, "APART", 40)


def one_by_one(table: Table, content: bytes) -> list[Entry]:
    return list(entries_of(table, blocks(BytesIO(content))))


def by_parts(table: Table, content: bytes) -> list[Entry]:
    file = BytesIO(content)
    found = index(file, "m")
    read = [part(table, file, found, number, "m") for number in range(len(found.places))]
    for number, entries in enumerate(read):
        first = found.places[number][0]
        assert {found.part(first + at) for at in range(len(entries))} == {number}
    assert found.count == sum(map(len, read))
    return [entry for entries in read for entry in entries]


@given(LINES)
@pytest.mark.parametrize("table", [PLAIN, ALIASES, PATTERNS])
def test_parts_are_the_whole(table: Table, lines: list[bytes]) -> None:
    content = b"".join(lines)
    assert by_parts(table, content) == one_by_one(table, content)


@given(LINES, st.sampled_from(["ann", "!ann", "value:more", "key:a", "re:^k", "b !more", '"ann bob"']))
@pytest.mark.parametrize("table", [PLAIN, ALIASES, PATTERNS])
def test_a_filter_finds_what_reading_all_finds(table: Table, lines: list[bytes], text: str) -> None:
    content = b"".join(lines)
    terms = search_module.conditions(text)
    expected = [
        entry
        for entry in one_by_one(table, content)
        if all(search_module._has(entry, one) ^ one.excluded for one in terms)
    ]
    assert list(search(table, BytesIO(content), text).entries) == expected


def test_a_source_that_is_another_now_is_not_read_by_its_old_index() -> None:
    found = index(BytesIO(b"a b\n"), "then")
    with pytest.raises(Refused, match="changed meanwhile"):
        part(PLAIN, BytesIO(b"a c\n"), found, 0, "now")


def test_what_is_too_long_ends_it_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "LONGEST", 64)
    content = b"a b\n" + bytes(1000)
    found = index(BytesIO(content), "m")
    assert found.count == 1
    assert "not shown" in found.cut
    assert "not looked at" in search(PLAIN, BytesIO(content), "zzz").cut


def test_only_so_many_are_given_and_it_stops_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "MOST", 5)
    content = b"ann bob\n" * 20
    found = search(PLAIN, BytesIO(content), "bob")
    assert (len(found.entries), found.more) == (5, True)
    stop = Event()
    stop.set()
    assert index(BytesIO(content), "m", stop).count == 0
    assert search(PLAIN, BytesIO(content), "zzz", stop).more


def test_a_pattern_that_is_none_is_said() -> None:
    with pytest.raises(BadRequest):
        search(PLAIN, BytesIO(b"a b\n"), "re:(")
