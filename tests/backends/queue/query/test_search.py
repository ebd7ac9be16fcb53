"""Finding messages in a store: the same that looking at each message finds."""

from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.errors import BadRequest
from backends.queue.listing import store
from backends.queue.message import Message
from backends.queue.query import search
from backends.queue.query.search import find, first, with_domain
from backends.queue.select import FIELDS, Selector
from backends.terms import Term
from tests.backends.queue.making import NOW, any_text, message, some_messages, store_of

PATTERNS = [
    "",
    "re:^ann",
    "re:^$",
    "re:.",
    "re:example$",
    "re:[a-c]@",
    "re:(a|b).*b",
    "re:\\bx\\b",
    "re:^\\w+$",
    "re:[^a]",
]
_value = st.one_of(any_text, st.sampled_from([*PATTERNS, "a", "@", "example", "refused", "connect to", "ss"]))
_term = st.builds(
    lambda field, value, excluded: Selector.typed(f"{'!' * excluded}{field}{value}").terms,
    st.sampled_from(["", *(f"{name}:" for name in FIELDS)]),
    _value.map(lambda value: '"' + value.replace('"', "") + '"'),
    st.booleans(),
)


def _readable(line: str) -> bool:
    try:
        Selector.typed(line)
    except BadRequest:
        return False
    return True


@settings(max_examples=300, deadline=None)
@given(
    some_messages,
    st.lists(_term, max_size=3),
    st.none() | st.integers(0, NOW),
    st.none() | st.integers(0, 5000),
)
def test_a_scan_finds_what_looking_at_each_finds(
    messages: list[Message], terms: list[tuple[Term, ...]], older: int | None, larger: int | None
) -> None:
    selector = Selector(sum(terms, ()), older, larger)
    listed = store_of(messages)
    rows = find(listed, selector, NOW).tolist()
    assert rows == [row for row, one in enumerate(messages) if selector.matches(one, NOW)]
    backwards = list(range(len(messages) - 1, -1, -1))
    assert first(listed, selector, backwards, NOW, 99) == rows[::-1]
    assert first(listed, selector, backwards, NOW, 2) == rows[::-1][:2]


@pytest.mark.parametrize(("size", "windows"), [(1, 50), (150, 17), (1 << 20, 1)])
def test_the_size_of_a_window_does_not_matter(
    size: int, windows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "WINDOW", size)
    listed = store_of(
        [message(f"{number:06X}", f"user{number}@d{number % 3}.example") for number in range(50)]
    )
    assert len(list(listed.windows())) == windows
    for words in ("user7@", "to:user7@", "re:^user7@", "to:re:^user7@"):
        assert find(listed, Selector.typed(words), NOW).tolist() == [7], words
    assert len(find(listed, Selector.typed("!d1.example"), NOW)) == 33


def test_a_first_screen_gives_up_on_what_costs_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "CLOSE_LOOKS", 10)
    listed = store_of([message(f"{number:06X}", f"user{number}@example.net") for number in range(50)])
    order = list(range(50))
    assert first(listed, Selector.typed("user49@"), order, NOW, 5) == [49]
    assert first(listed, Selector.typed("re:user49@"), order, NOW, 5) == []
    assert first(listed, Selector.typed("re:user9@"), order, NOW, 5) == [9]


def test_a_text_is_found_in_its_field_alone() -> None:
    listed = store_of(
        [
            message("AAAAAA", "ann@example.net", sender="bob@example.org"),
            message("BBBBBB", "bob@example.net", sender="ann@example.org", reason="ann said no"),
        ]
    )
    assert find(listed, Selector.typed("from:ann"), NOW).tolist() == [1]
    assert find(listed, Selector.typed("to:ann"), NOW).tolist() == [0]
    assert find(listed, Selector.typed("reason:ann"), NOW).tolist() == [1]
    assert find(listed, Selector.typed("id:ann"), NOW).tolist() == []
    assert find(listed, Selector.typed("ann"), NOW).tolist() == [0, 1]
    assert (
        find(listed, Selector.typed("ID:bbb"), NOW).tolist()
        == find(listed, Selector.typed("id:bbb"), NOW).tolist()
    )


def test_what_spans_two_fields_is_not_found() -> None:
    listed = store_of([message("AAAAAA", "bob@example.net", "eve@example.net", sender="ann@example.org")])
    for words in ("re:org.bob", "re:net.eve", "orgbob", "to:re:bob.*eve", "re:aaaaaa.ann"):
        assert find(listed, Selector.typed(words), NOW).tolist() == [], words


def test_a_scan_ends_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "WINDOW", 1)
    listed = store_of([message(f"{number:06X}") for number in range(20)])
    stop = Event()
    looked: list[int] = []

    def look(*_: object) -> list[int]:
        looked.append(1)
        stop.set()
        return [0]

    monkeypatch.setattr(search, "_containing", look)
    assert find(listed, Selector.typed("ann"), NOW, stop).tolist() == [0]
    assert looked == [1]


def test_messages_of_a_domain_on_either_side() -> None:
    listed = store_of(
        [
            message("AAAAAA", "a@one.example", "b@two.example"),
            message("BBBBBB", "a@three.example", sender="x@one.example"),
            message("CCCCCC", recipients=()),
        ]
    )
    code = listed.domains.index("one.example")
    assert with_domain(listed, [code]).tolist() == [True, False, False]
    assert with_domain(listed, [code], "sender").tolist() == [False, True, False]
    assert not with_domain(listed, []).any()
