"""Stretches of the triplets: whatever way one moves, what is shown is a part of the table, in order and bounded."""

from hypothesis import given
from hypothesis import strategies as st

from backends.greylist.values import Key, Page, Triplet
from mailtui.panes.greylist import window
from mailtui.panes.greylist.window import KEPT, PAGE, Read, Window

TABLE = [Triplet(f"{number:05}", "a@b.example", "c@d.example", number, number, 1) for number in range(5000)]


def reader(table: list[Triplet]) -> Read:
    def read(after: Key | None, limit: int, backwards: bool) -> Page:
        rows = table
        if after is not None:
            at = next((i for i, row in enumerate(table) if row.ip >= after.ip), len(table))
            rows = table[:at] if backwards else [row for row in table[at:] if row.ip > after.ip]
        some = rows[-limit:] if backwards else rows[:limit]
        return Page(tuple(some), len(rows) > len(some))

    return read


def sound(found: Window, table: list[Triplet]) -> None:
    assert len(found.rows) <= KEPT
    if not found.rows:
        return
    start = table.index(found.rows[0])
    assert list(found.rows) == table[start : start + len(found.rows)]
    assert found.before == (table[start - 1].key if start else None)
    assert found.more == (start + len(found.rows) < len(table))
    assert found.start in {None, start}


@given(
    st.sampled_from([0, 1, 100, PAGE, PAGE + 1, 777, 5000]),
    st.lists(st.sampled_from(["first", "last", "further", "back", "again"]), max_size=25),
)
def test_any_way_through_the_table(size: int, steps: list[str]) -> None:
    table = TABLE[:size]
    read = reader(table)
    found = window.first(read)
    sound(found, table)
    for step in steps:
        match step:
            case "first":
                found = window.first(read)
            case "last":
                found = window.last(read, size)
            case "further":
                found = window.further(found, read)
            case "back":
                found = window.back(found, read)
            case _:
                found = window.again(found, read)
        sound(found, table)


def test_all_of_it_forwards_and_backwards() -> None:
    read = reader(TABLE)
    found = window.first(read)
    while found.more:
        found = window.further(found, read)
    assert found.rows[-1] == TABLE[-1]
    assert found.start == len(TABLE) - KEPT
    while found.before is not None:
        found = window.back(found, read)
    assert (found.rows[0], found.start, found.more) == (TABLE[0], 0, True)


def test_again_shows_what_has_changed_meanwhile() -> None:
    found = window.further(window.first(reader(TABLE)), reader(TABLE))
    table = [row for row in TABLE if row.first % 2]
    sound(window.again(found, reader(table)), table)
